// Where no run is chosen: how the engine does, what it refused, what was asked of it.

import { h, badge, card, empty, problem, scrolling, segmented, snippet } from './ui.js';
import * as f from './format.js';
import { state, go, now, refreshRuns } from './store.js';
import { toCheckpoint, toOverlay } from './route.js';
import { COLUMNS, RunList, carried, chosenRuns, noRuns, searchField, visibleRuns } from './runlist.js';

function stat(name, value, note) {
  return h('div', { class: 'stat' }, h('dt', null, name), h('dd', null, value), note && h('dd', { class: 'note' }, note));
}

/** The refused messages: how many, why, and the last of them. */
export function deadLetters(dead) {
  if (!dead || dead.total === 0) {
    return h('p', { class: 'hint' }, 'None. A message that breaks a rule is kept here whole, with the reason.');
  }
  return [
    h('ul', { class: 'rules' }, dead.rules.slice(0, 8).map(r =>
      h('li', { key: r.rule }, h('b', null, f.count(r.count)), h('span', null, r.rule)))),
    scrolling('Dead letters', 'scroll', h('table', { class: 'dead' },
      h('thead', null, h('tr', null,
        ['When', 'Where', 'Reason', 'Begins with'].map(t => h('th', { key: t, scope: 'col' }, t)))),
      h('tbody', null, dead.last.slice(0, 12).map((d, i) => h('tr', { key: i },
        h('td', { title: f.dateTime(d.ts) }, f.ago(now() - d.ts)),
        h('td', { class: 'mono' }, d.topic == null ? '–' : `${d.topic}/${d.partition}@${d.offset}`),
        h('td', { class: 'wrap' }, d.reason),
        h('td', { class: 'mono clip', title: `${f.bytes(d.bytes)}: ${d.preview}` }, d.preview)))))),
  ];
}

function evaluations() {
  const list = state.evaluations ?? [];
  if (!list.length) return h('p', { class: 'hint' }, 'None yet. A checkpoint event or a request asks for one.');
  return scrolling('Evaluations', 'scroll', h('table', null,
    h('thead', null, h('tr', null,
      ['State', 'Run', 'Checkpoint', 'Asked', 'Took', 'Reason'].map(t => h('th', { key: t, scope: 'col' }, t)))),
    h('tbody', null, list.map((e, i) => h('tr', { key: e.id ?? i },
      h('td', null, badge(e.state)),
      h('td', { class: 'clip', title: e.run_id }, e.run_id),
      h('td', { class: 'clip' }, h('a', { href: toCheckpoint(e.run_id, e.checkpoint) }, e.checkpoint)),
      h('td', { title: f.dateTime(e.triggered_at) }, f.ago(now() - e.triggered_at)),
      h('td', { class: 'num' }, e.finished_at == null ? '–' : f.seconds((e.finished_at - e.triggered_at) / 1000)),
      h('td', { class: 'wrap' }, f.reason(e.reason) ?? ''))))));
}

// ---------------------------------------------------------------- the runs

const STATUSES = [['', 'All'], ['LIVE', 'Live'], ['STALE', 'Stale'], ['STOPPED', 'Stopped'], ['FINISHED', 'Finished']];

function toolbar(runs) {
  const { params } = state.route;
  const chosen = chosenRuns();
  const of = status => (status ? runs.filter(r => r.status === status).length : runs.length);
  return h('div', { class: 'toolbar' },
    searchField(),
    runs.length > 0 && segmented('Status', STATUSES.filter(([id]) => !id || id === params.status || of(id) > 0)
      .map(([id, word]) => [id, [word, ' ', h('small', { key: 'n' }, f.count(of(id)))]]), params.status ?? '', id => go({ status: id || null })),
    h('span', { class: 'grow' }),
    chosen.length > 0 && h('button', { type: 'button', class: 'quiet', onClick: () => go({ with: null }) }, 'Choose none'),
    runs.length > 1 && h('a', { class: 'button', href: toOverlay(carried(params)), title: 'Curves over one another (o)' },
      chosen.length ? `Overlay ${chosen.length} runs` : 'Overlay'));
}

function heading([id, text, by, numeric]) {
  if (!by) return h('span', { key: id, class: `c-${id}` });
  const sort = state.route.params.sort ?? 'seen';
  const on = sort === id || sort === `-${id}`;
  const next = sort === id ? `-${id}` : id;
  return h('span', { key: id, class: id === 'name' ? 'name' : `c-${id}` }, h('button', {
    type: 'button', class: `bare ${numeric ? 'num' : ''}`, 'aria-pressed': String(on),
    'aria-label': `Sort by ${text.toLowerCase()}`, onClick: () => go({ sort: next === 'seen' ? null : next }),
  }, text, on && h('i', { 'aria-hidden': 'true' }, sort.startsWith('-') ? ' ↑' : ' ↓')));
}

function list(runs) {
  const metric = runs.find(r => r.headline)?.headline.metric;
  return h('section', { class: 'run-table', 'aria-label': 'Runs' },
    toolbar(runs),
    h('div', { class: 'heads' }, COLUMNS.map(heading)),
    noRuns(),
    h(RunList, { runs: visibleRuns() }),
    metric && h('p', { class: 'hint wide-only' }, `Last and best are of ${f.label(metric).toLowerCase()}; `,
      h('span', { class: 'diamond', 'aria-hidden': 'true' }, '◆'), ' from full results.'));
}

// ---------------------------------------------------------------- the view

const TRAINING = `import touchstone

with touchstone.init("fraud", run_id="fraud-7") as run:
    for step in range(100, 1000, 100):
        …  # train, then score the evaluation set
        run.log_predictions(scores, labels, step=step)
        run.checkpoint(path, step=step)`;

export function Start() {
  const { runs, status } = state;
  if (runs == null) {
    return [
      h('div', { class: 'title' }, h('h1', null, 'Runs')),
      // the same places as below: what is typed into the search meanwhile stays
      state.runsProblem ? problem('The server can’t be reached', state.runsProblem, refreshRuns) : list([]),
    ];
  }
  const dead = status?.dead_letters;
  const reading = status && !status.kafka.caught_up;
  if (!runs.length) {
    return [
      h('div', { class: 'title' }, h('h1', null, 'Runs')),
      empty(reading ? 'Reading what the engine has said so far…' : 'No run yet',
        h('p', null, 'A run shows up here with its first predictions; this page needs no reload. To watch one now:'),
        snippet('./touchstone demo'),
        h('p', null, 'Or from your own training loop:'),
        snippet(TRAINING)),
      dead?.total > 0 && card('Dead letters', f.count(dead.total), deadLetters(dead)),
    ];
  }
  const lag = Object.values(status?.kafka.lag ?? {}).reduce((a, b) => a + b, 0);
  const received = runs.reduce((sum, r) => sum + r.received, 0);
  return [
    h('div', { class: 'title' }, h('h1', null, 'Runs')),
    list(runs),
    h('h2', { class: 'section' }, 'Engine'),
    h('dl', { class: 'stats' },
      stat('Predictions received', f.short(received), 'each scored once'),
      stat('Evaluations waiting', f.count(status?.view.waiting), `${f.count(status?.view.reports)} reports held`),
      stat('Dead letters', f.count(dead?.total), dead?.total ? 'kept, with reasons' : 'nothing was refused'),
      stat('Not read yet', f.count(lag), status?.kafka.state === 'CONNECTED' ? 'messages' : 'Kafka does not answer')),
    card('Evaluations', 'newest first', evaluations()),
    card('Dead letters', dead ? f.count(dead.total) : null, deadLetters(dead)),
  ];
}
