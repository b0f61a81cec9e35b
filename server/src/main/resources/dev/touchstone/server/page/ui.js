// Small pieces that every view uses. Text from topics only ever becomes text: Preact makes text
// nodes of it, and nothing here sets HTML.

import { h } from './lib/preact.js';
import * as f from './format.js';
import { copy } from './store.js';

export { h };

// each state has a shape and a word besides its colour
const STATES = {
  EVALUATED: ['good', '◆', 'Evaluated'],
  REUSED: ['good', '◆', 'Reused'],
  EVALUATING: ['busy', '◌', 'Evaluating'],
  WAITING: ['busy', '◌', 'Waiting'],
  SUPERSEDED: ['calm', '○', 'Superseded'],
  INCOMPLETE: ['warn', '△', 'Incomplete'],
  EXPIRED: ['warn', '△', 'Expired'],
  FAILED: ['bad', '✕', 'Failed'],
  PROXY: ['calm', '–', 'Proxy only'],
  LIVE: ['good', '●', 'Live'],
  FINISHED: ['calm', '■', 'Finished'],
  STOPPED: ['warn', '■', 'Stopped'],
  STALE: ['warn', '△', 'Stale'],
  RECEIVING: ['busy', '◌', 'Receiving'],
  COMPLETE: ['good', '●', 'Complete'],
  INCONSISTENT: ['bad', '✕', 'Inconsistent'],
  PASS: ['good', '✓', 'Pass'],
  FAIL: ['bad', '✕', 'Fail'],
  INSUFFICIENT: ['warn', '△', 'Insufficient'],
  TRUSTED: ['good', '✓', 'Trusted'],
  UNTRUSTED: ['bad', '✕', 'Untrusted'],
  UNKNOWN: ['calm', '·', 'Not known yet'],
  BETTER: ['good', '▲', 'Better'],
  WORSE: ['bad', '▼', 'Worse'],
  INDISTINGUISHABLE: ['calm', '≈', 'Undecided'],
  UNDEFINED: ['calm', '–', 'Undefined'],
  PAIRED: ['good', '⇄', 'Paired'],
  UNPAIRED: ['warn', '△', 'Unpaired'],
};

// what the server means by them; there is no message that ends a run
const MEANINGS = {
  LIVE: 'heard from within the last minute',
  FINISHED: 'silent for a minute, and nothing is open',
  STOPPED: 'silent, after a STOP signal',
  STALE: 'silent although a prediction set is unfinished or an evaluation is waiting',
  TRUSTED: 'its intervals have held the exact values as often as they claim, as far as chance lets one tell',
  UNTRUSTED: 'its intervals have missed the exact values more often than chance explains: nothing is decided on it',
  UNKNOWN: 'fewer than three full evaluations have scored it',
  BETTER: 'the interval of the difference lies wholly on the better side of 0',
  WORSE: 'the interval of the difference lies wholly on the worse side of 0',
  INDISTINGUISHABLE: 'the interval of the difference holds 0: these examples don’t tell',
  UNDEFINED: 'there is no interval',
  PAIRED: 'each example is set against itself: what both models share cancels',
  UNPAIRED: 'two intervals set against each other',
};

export function badge(state, title = MEANINGS[state]) {
  const [kind, mark, word] = STATES[state] ?? ['calm', '·', state];
  return h('span', { class: `badge ${kind}`, title },
    h('span', { class: 'mark', 'aria-hidden': 'true' }, mark), word);
}

export function card(title, aside, ...children) {
  return h('section', { class: 'card' },
    h('header', null, h('h2', null, title), h('div', { class: 'aside' }, aside)), children);
}

/** A box that scrolls by itself can be reached and scrolled with the keyboard. */
export function scrolling(name, cssClass, ...children) {
  return h('div', { class: cssClass, role: 'region', 'aria-label': name, tabIndex: 0 }, children);
}

/** A group of buttons of which one is pressed. */
export function segmented(name, options, chosen, choose) {
  return h('div', { class: 'segmented', role: 'group', 'aria-label': name },
    options.map(([id, text]) => h('button', {
      type: 'button', key: id, 'aria-pressed': String(id === chosen), onClick: () => choose(id),
    }, text)));
}

export function select(name, options, chosen, choose) {
  return h('label', { class: 'select' }, h('span', null, name),
    h('select', { value: chosen, onChange: e => choose(e.target.value) },
      options.map(([id, text]) => h('option', { key: id, value: id, selected: id === chosen }, text))));
}

export function snippet(text) {
  return h('div', { class: 'snippet' }, h('code', null, text),
    h('button', { type: 'button', class: 'quiet', onClick: () => copy(text) }, 'Copy'));
}

export function copyButton(text, words) {
  return h('button', { type: 'button', class: 'quiet', title: text, onClick: () => copy(text) }, words);
}

export function empty(title, ...children) {
  return h('div', { class: 'empty' }, h('h2', null, title), children);
}

export function problem(title, p, retry) {
  return h('div', { class: 'empty problem', role: 'alert' },
    h('h2', null, title), h('p', null, p.message),
    retry && h('p', null, h('button', { type: 'button', onClick: retry }, 'Try again')));
}

export function fact(name, value, title) {
  return h('div', { class: 'fact', title }, h('dt', null, name), h('dd', null, value));
}

export function progress(part, whole, name) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  return h('progress', { value: share, max: 1, 'aria-label': name }, f.percent(part, whole));
}

/** A run's last values as a line without axes; decoration, the number stands beside it. */
export function sparkline(values, width = 72, height = 22) {
  if (!values || values.length < 2) return h('svg', { class: 'spark', width, height, 'aria-hidden': 'true' });
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const x = i => 2 + ((width - 6) * i) / (values.length - 1);
  const y = v => height - 3 - ((height - 6) * (v - low)) / span;
  const points = values.map((v, i) => `${x(i).toFixed(1)},${y(v).toFixed(1)}`).join(' ');
  const last = values.length - 1;
  return h('svg', { class: 'spark', width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
    h('polyline', { points }), h('circle', { cx: x(last), cy: y(values[last]), r: 2.2 }));
}

const kept = new Map();

/** The tree of the same name that was made of the same things before: Preact skips it whole. */
export function keep(name, things, make) {
  const old = kept.get(name);
  if (old && old.things.length === things.length && old.things.every((t, i) => t === things[i])) return old.tree;
  const tree = make();
  kept.set(name, { things, tree });
  return tree;
}
