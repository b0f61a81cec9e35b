// The list of runs: found, sorted, pinned, chosen for the overlay, and drawn only where it is seen.

import { Component } from './lib/preact.js';
import { h, badge, sparkline } from './ui.js';
import * as f from './format.js';
import { state, changed, go, now, setNow } from './store.js';
import { listOf, listTo, toRun } from './route.js';
import { isPinned, togglePin } from './pins.js';
import { colours, variable } from './colours.js';

// ---------------------------------------------------------------- which runs, in which order

const lastOf = run => run.headline?.proxy?.value ?? run.headline?.full?.value ?? null;
const bestOf = run => (run.headline?.best_full ?? run.headline?.best)?.value ?? null;

/** Columns of the wide list: parameter, heading, what is sorted by, whether numbers. */
export const COLUMNS = [
  ['name', 'Run', r => r.run_id],
  ['status', 'Status', r => ['LIVE', 'STALE', 'STOPPED', 'FINISHED'].indexOf(r.status)],
  ['seen', 'Last seen', r => -r.last_seen],
  ['trail', '', null],
  ['last', 'Last', r => lastOf(r), true],
  ['best', 'Best', r => bestOf(r), true],
  ['step', 'Step', r => r.step, true],
  ['in', 'In', r => r.received, true],
  ['duplicates', 'Duplicate', r => r.duplicates, true],
  ['dead', 'Dead-lettered', r => r.dead_letters, true],
];

const DEFAULT_SORT = 'seen';
const BACKWARDS = new Set(['last', 'best', 'step', 'in', 'duplicates', 'dead']); // the largest first

let seen = { key: null, runs: [] };

/** The runs that fit search and status, pinned ones first. */
export function visibleRuns() {
  const { q = '', status, sort = DEFAULT_SORT } = state.route.params;
  const key = [state.runs, q, status, sort, state.pinVersion];
  if (seen.key?.every((part, i) => part === key[i])) return seen.runs;
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const runs = (state.runs ?? []).filter(r => (!status || r.status === status)
    && words.every(w => r.run_id.toLowerCase().includes(w)));
  const backwards = sort.startsWith('-');
  const name = backwards ? sort.slice(1) : sort;
  const by = COLUMNS.find(([id]) => id === name)?.[2] ?? COLUMNS[2][2];
  const sign = backwards !== BACKWARDS.has(name) ? -1 : 1;
  runs.sort((a, b) => isPinned(b.run_id) - isPinned(a.run_id) || sign * compare(by(a), by(b), sign)
    || f.byText(a.run_id, b.run_id));
  seen = { key, runs };
  return runs;
}

/** Missing values come last either way. */
function compare(a, b, sign) {
  if (a == null || b == null) return a === b ? 0 : a == null ? sign : -sign;
  return typeof a === 'string' ? f.byText(a, b) : a - b;
}

/** Parameters that make sense for another run too. */
export function carried(params) {
  const { metric, axis, smooth, scale, q, status, sort, with: chosen } = params;
  return { metric, axis, smooth, scale, q, status, sort, with: chosen };
}

/** Runs that are chosen to lie over one another. */
export const chosenRuns = () => listOf(state.route.params.with);

export function toggleChosen(run) {
  const chosen = chosenRuns();
  go({ with: listTo(chosen.includes(run) ? chosen.filter(r => r !== run) : [...chosen, run]) });
}

export function pin(run) {
  togglePin(run);
  state.pinVersion = (state.pinVersion ?? 0) + 1;
  changed();
}

// ---------------------------------------------------------------- one run

function counts(run) {
  return [
    run.duplicates > 0 && `${f.count(run.duplicates)} duplicate`,
    run.dead_letters > 0 && `${f.count(run.dead_letters)} dead-lettered`,
    run.waiting > 0 && `${f.count(run.waiting)} waiting`,
  ].filter(Boolean);
}

/** Full evaluations and predictions that were not needed. */
export function avoided(run) {
  return [
    run.full_evaluations_avoided > 0 && `${f.short(run.full_evaluations_avoided)} full evaluations`,
    run.inference_avoided > 0 && `${f.short(run.inference_avoided)} predictions`,
  ].filter(Boolean).join(', ');
}

const cell = (name, ...content) => h('span', { class: `c-${name}` }, content);

function item(run, at, of, numbers, time) {
  const id = run.run_id;
  const current = id === state.route.run;
  const { headline } = run;
  const best = headline?.best_full ?? headline?.best;
  const chosen = numbers.has(id);
  const more = counts(run);
  const saved = avoided(run);
  return h('li', {
    key: id, class: `row ${current ? 'current' : ''}`, 'aria-setsize': of, 'aria-posinset': at + 1,
    style: { transform: `translateY(calc(${at} * var(--row)))` },
  },
  h('a', { class: 'run', href: toRun(id, carried(state.route.params)), 'aria-current': current ? 'page' : undefined },
    h('span', { class: 'name', title: id }, id),
    cell('status', badge(run.status), headline?.proxy?.trust === 'UNTRUSTED' && badge('UNTRUSTED')),
    h('span', { class: 'c-seen', title: `last heard ${f.dateTime(run.last_seen)}` }, f.age(time - run.last_seen)),
    cell('trail', headline && sparkline(headline.trail)),
    h('span', { class: 'c-last', title: headline && f.label(headline.metric) }, h('b', null, headline ? f.value(lastOf(run)) : '')),
    h('span', { class: 'c-best', title: headline?.best_full ? 'best full result' : 'best proxy' },
      headline?.best_full && h('span', { class: 'diamond', 'aria-hidden': 'true' }, '◆ '),
      h('span', { class: 'word' }, 'best '), headline ? f.value(best?.value) : ''),
    h('span', { class: 'c-step' }, h('span', { class: 'word' }, 'step '), f.count(run.step)),
    h('span', { class: 'c-in', title: `${f.count(run.received)} predictions received${run.expected == null ? '' : ` of ${f.count(run.expected)}`}` }, f.short(run.received)),
    h('span', { class: 'c-duplicates', title: 'batches received again and dropped' }, f.count(run.duplicates)),
    h('span', { class: `c-dead ${run.dead_letters ? 'bad' : ''}`, title: 'messages of this run that were refused' }, f.count(run.dead_letters)),
    (more.length > 0 || saved) && h('span', { class: 'more', title: saved && `avoided: ${saved}` },
      [...more, saved && `avoided: ${saved}`].filter(Boolean).join(' · '))),
  h('button', {
    type: 'button', class: `bare choose ${chosen ? 'on' : ''}`, 'aria-pressed': String(chosen), 'aria-label': `Overlay ${id}`,
    title: chosen ? 'Take out of the overlay' : 'Lay over other runs', onClick: () => toggleChosen(id),
  }, h('i', { class: 'swatch', style: chosen ? { background: variable(numbers.get(id)), borderColor: 'transparent' } : null })),
  h('button', {
    type: 'button', class: `bare pin ${isPinned(id) ? 'on' : ''}`, 'aria-pressed': String(isPinned(id)), 'aria-label': `Pin ${id}`,
    title: isPinned(id) ? 'No longer keep on top' : 'Keep on top (p)', onClick: () => pin(id),
  }, isPinned(id) ? '★' : '☆'));
}

// ---------------------------------------------------------------- only what is seen

const AROUND = 6;

const rowHeight = list => parseFloat(getComputedStyle(list).getPropertyValue('--row')) || 48;

/** Rows of one height, of which those in view are drawn; `--row` in the style sheet is that height. */
export class RunList extends Component {
  constructor() {
    super();
    this.state = { from: 0, to: 24 };
    this.look = () => this.soon();
    this.resized = () => {
      this.row = null;
      this.soon();
    };
  }

  componentDidMount() {
    addEventListener('scroll', this.look, { capture: true, passive: true });
    addEventListener('resize', this.resized);
    this.soon();
  }

  componentWillUnmount() {
    removeEventListener('scroll', this.look, { capture: true });
    removeEventListener('resize', this.resized);
    cancelAnimationFrame(this.frame);
  }

  componentDidUpdate() {
    this.soon();
  }

  /** Measures when a frame begins: the layout is done then, and asking costs nothing. */
  soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.measure();
    });
  }

  measure() {
    if (!this.list) return;
    this.row ??= rowHeight(this.list);
    const { top } = this.list.getBoundingClientRect();
    const first = Math.max(0, Math.floor(-top / this.row));
    const end = Math.max(first, Math.ceil((innerHeight - top) / this.row));
    const { from, to } = this.state;
    // drawn anew only where what is seen is not drawn
    if (first < from || Math.min(end, this.props.runs.length) > to) this.setState({ from: Math.max(0, first - AROUND), to: end + AROUND });
  }

  shouldComponentUpdate(props, { from, to }) {
    // drawn anew when something of it changed, and once a second for its ages
    const key = [props.runs, state.route, JSON.stringify(state.route.params), state.pinVersion, Math.floor(now() / 1_000), from, to];
    const same = this.key?.every((part, i) => part === key[i]);
    this.key = key;
    return !same;
  }

  render({ runs }, { from, to }) {
    const numbers = colours(chosenRuns());
    const time = now();
    return h('ul', {
      class: 'runs', id: 'runs', style: { height: `calc(${runs.length} * var(--row))` }, ref: e => { this.list = e; },
    }, runs.slice(from, to).map((run, i) => item(run, from + i, runs.length, numbers, time)));
  }
}

/** Scrolls so that the run at that place is seen, drawn or not. */
export function reveal(at) {
  const list = document.getElementById('runs');
  if (!list) return;
  const row = rowHeight(list);
  const box = list.closest('.sidebar') ?? document.scrollingElement;
  const offset = list.getBoundingClientRect().top - (box === document.scrollingElement ? 0 : box.getBoundingClientRect().top) + box.scrollTop;
  const top = offset + at * row;
  if (top < box.scrollTop + 60) box.scrollTop = top - 60;
  else if (top + row > box.scrollTop + box.clientHeight) box.scrollTop = top + row - box.clientHeight + 12;
}

// ---------------------------------------------------------------- search

/** While it is typed into, what it holds is what was typed, whatever the address says meanwhile. */
class SearchField extends Component {
  render(props, { draft }) {
    return h('div', { class: 'search' },
      h('input', {
        id: 'search', type: 'search', placeholder: 'Find a run', 'aria-label': 'Find a run',
        'aria-keyshortcuts': '/', autocomplete: 'off', spellcheck: false,
        value: draft ?? state.route.params.q ?? '',
        onInput: e => {
          this.setState({ draft: e.target.value });
          setNow({ q: e.target.value || null });
        },
        onBlur: () => this.setState({ draft: null }),
      }),
      h('kbd', { 'aria-hidden': 'true' }, '/'));
  }
}

export const searchField = () => h(SearchField);

/** What stands where no run is. */
export function noRuns() {
  if (state.runs == null) {
    return state.runsProblem
      ? h('p', { class: 'hint', role: 'alert' }, 'Runs can’t be loaded: ', state.runsProblem.message)
      : h('div', { class: 'skeleton', role: 'status', 'aria-label': 'Loading runs' }, [0, 1, 2, 3].map(i => h('i', { key: i })));
  }
  if (state.runs.length && !visibleRuns().length) {
    return h('p', { class: 'hint' }, 'No run fits. ', h('button', {
      type: 'button', class: 'quiet', onClick: () => go({ q: null, status: null }),
    }, 'Show all'));
  }
  return null;
}
