// The list of runs.

import { h, badge, sparkline } from './ui.js';
import * as f from './format.js';
import { state, now } from './store.js';
import { replaceParams, toRun } from './route.js';

const SHOWN = 200;

export function visibleRuns() {
  const wanted = (state.route.params.q ?? '').toLowerCase();
  return (state.runs ?? []).filter(r => r.run_id.toLowerCase().includes(wanted));
}

/** Parameters that make sense for another run too. */
export function carried(params) {
  const { metric, axis, q } = params;
  return { metric, axis, q };
}

function search(text) {
  replaceParams(state.route, { q: text });
  state.route.params = { ...state.route.params, q: text };
}

function item(run) {
  const current = run.run_id === state.route.run;
  const { headline } = run;
  const shown = headline?.proxy ?? headline?.full;
  const best = headline?.best_full ?? headline?.best;
  return h('li', { key: run.run_id },
    h('a', {
      class: 'run', href: toRun(run.run_id, carried(state.route.params)),
      'aria-current': current ? 'page' : undefined,
    },
    h('span', { class: 'name', title: run.run_id }, run.run_id),
    headline && h('span', { class: 'numbers' },
      sparkline(headline.trail),
      h('span', { class: 'pair', title: f.label(headline.metric) },
        h('b', null, f.value(shown?.value)),
        h('small', { title: headline.best_full ? 'best full result' : 'best proxy' },
          headline.best_full && h('span', { class: 'diamond', 'aria-hidden': 'true' }, '◆ '),
          `best ${f.value(best?.value)}`))),
    h('span', { class: 'about' },
      badge(run.status),
      headline?.proxy?.trust === 'UNTRUSTED' && badge('UNTRUSTED'),
      h('span', { class: 'counts' }, [
        run.waiting ? `${run.waiting} waiting` : null,
        run.step == null ? null : `step ${f.count(run.step)}`,
      ].filter(Boolean).join(' · ')),
      h('span', { title: `last heard ${f.dateTime(run.last_seen)}` }, f.age(now() - run.last_seen))),
    (run.full_evaluations_avoided > 0 || run.inference_avoided > 0) && h('span', {
      class: 'avoided', title: 'full evaluations and predictions that were not needed',
    }, 'avoided: ', [
      run.full_evaluations_avoided > 0 && `${f.short(run.full_evaluations_avoided)} full evaluations`,
      run.inference_avoided > 0 && `${f.short(run.inference_avoided)} predictions`,
    ].filter(Boolean).join(', '))));
}

let drawn = { key: null, tree: null };

/** The list changes once a second at most; in between Preact is given the same tree and skips it. */
export function Sidebar(draw) {
  const { runs, runsProblem, route } = state;
  const key = [runs, runsProblem, route.run, JSON.stringify(route.params), Math.floor(now() / 1_000)];
  if (!drawn.key || key.some((part, i) => part !== drawn.key[i])) drawn = { key, tree: tree(draw) };
  return drawn.tree;
}

function tree(draw) {
  const runs = visibleRuns();
  const all = state.runs?.length ?? 0;
  return h('nav', { class: 'sidebar', 'aria-label': 'Runs' },
    h('div', { class: 'search' },
      h('input', {
        id: 'search', type: 'search', placeholder: 'Find a run', 'aria-label': 'Find a run',
        'aria-keyshortcuts': '/', autocomplete: 'off', spellcheck: false,
        value: state.route.params.q ?? '',
        onInput: e => {
          search(e.target.value);
          draw();
        },
      }),
      h('kbd', { 'aria-hidden': 'true' }, '/')),
    state.runs == null && !state.runsProblem && h('p', { class: 'hint' }, 'Loading runs…'),
    state.runs == null && state.runsProblem && h('p', { class: 'hint', role: 'alert' }, 'Runs can’t be loaded: ', state.runsProblem.message),
    all > 0 && runs.length === 0 && h('p', { class: 'hint' }, 'No run’s id holds this text.'),
    h('ul', { class: 'runs' }, runs.slice(0, SHOWN).map(item)),
    runs.length > SHOWN && h('p', { class: 'hint' }, `${SHOWN} of ${runs.length} shown: search to narrow them down`));
}
