// Where no run is chosen: how the engine does, what it refused, what was asked of it.

import { h, badge, card, empty, problem, scrolling, snippet } from './ui.js';
import * as f from './format.js';
import { state, now, refreshRuns } from './store.js';
import { toCheckpoint } from './route.js';

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

export function Start() {
  const { runs, status } = state;
  if (runs == null) {
    return [
      h('div', { class: 'title' }, h('h1', null, 'Engine')),
      state.runsProblem
        ? problem('The server can’t be reached', state.runsProblem, refreshRuns)
        : h('p', { class: 'hint' }, 'Loading…'),
    ];
  }
  const dead = status?.dead_letters;
  const reading = status && !status.kafka.caught_up;
  if (!runs.length) {
    return [
      h('div', { class: 'title' }, h('h1', null, 'Engine')),
      empty(reading ? 'Reading what the engine has said so far…' : 'No run yet',
        h('p', null, 'Touchstone shows a run as soon as its first predictions arrive. To watch one now:'),
        snippet('./touchstone demo'),
        h('p', null, 'Your own training job sends its prediction batches to the topic ', h('code', null, 'touchstone.predictions'),
          '. This page needs no reload when they come.')),
      dead?.total > 0 && card('Dead letters', f.count(dead.total), deadLetters(dead)),
    ];
  }
  const received = runs.reduce((sum, r) => sum + r.received, 0);
  const lag = Object.values(status?.kafka.lag ?? {}).reduce((a, b) => a + b, 0);
  return [
    h('div', { class: 'title' }, h('h1', null, 'Engine')),
    h('dl', { class: 'stats' },
      stat('Runs', f.count(runs.length), `${runs.filter(r => r.status === 'LIVE').length} live`),
      stat('Predictions received', f.short(received), 'each scored once'),
      stat('Evaluations waiting', f.count(status?.view.waiting), `${f.count(status?.view.reports)} reports held`),
      stat('Dead letters', f.count(dead?.total), dead?.total ? 'kept, with reasons' : 'nothing was refused'),
      stat('Not read yet', f.count(lag), status?.kafka.state === 'CONNECTED' ? 'messages' : 'Kafka does not answer')),
    h('p', { class: 'hint wide-only' }, 'Choose a run on the left, or press ', h('kbd', null, 'j'), '.'),
    card('Evaluations', 'newest first', evaluations()),
    card('Dead letters', dead ? f.count(dead.total) : null, deadLetters(dead)),
  ];
}
