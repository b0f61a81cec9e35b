// One run: its metrics, curves, model checkpoints and prediction sets.

import { Component } from './lib/preact.js';
import { h, badge, card, copyButton, empty, fact, problem, progress, scrolling, segmented, select } from './ui.js';
import * as f from './format.js';
import { state, now, chosenMetric, evaluate, go, refreshDetail } from './store.js';
import { toCheckpoint } from './route.js';
import { RunChart } from './runchart.js';
import { avoided, pin } from './runlist.js';
import { isPinned } from './pins.js';
import { Rows } from './rows.js';
import { deadLetters } from './start.js';

const TILES = 5;
const SETS_SHOWN = 8;

// ---------------------------------------------------------------- title

function title(detail) {
  const { run, signal } = detail;
  return h('div', { class: 'title' },
    h('div', { class: 'title-line' },
      h('h1', { title: run.run_id }, run.run_id),
      h('button', {
        type: 'button', class: `quiet ${isPinned(run.run_id) ? 'on' : ''}`, 'aria-pressed': String(isPinned(run.run_id)),
        title: 'Keep on top of the list (p)', onClick: () => pin(run.run_id),
      }, isPinned(run.run_id) ? '★ Pinned' : '☆ Pin')),
    h('div', { class: 'meta' },
      badge(run.status),
      run.attempt > 0 && h('span', null, `attempt ${run.attempt}`),
      run.step != null && h('span', null, 'step ', h('b', null, f.count(run.step)),
        run.epoch != null && `, epoch ${f.epoch(run.epoch)}`),
      h('span', { title: f.dateTime(run.last_seen) }, 'last heard ', f.ago(now() - run.last_seen)),
      h('span', null, h('b', null, f.short(run.received)),
        run.expected != null && run.expected !== run.received ? ` of ${f.short(run.expected)}` : '',
        ' predictions in'),
      run.duplicates > 0 && h('span', { title: 'batches received again and dropped' }, f.count(run.duplicates), ' duplicate'),
      run.dead_letters > 0 && h('span', { class: 'bad', title: 'messages of this run that were refused' }, f.count(run.dead_letters), ' dead-lettered'),
      avoided(run) && h('span', { title: 'full evaluations and predictions that were not needed' }, 'avoided: ', avoided(run))),
    signal?.decision === 'STOP' && h('div', { class: 'notice warn', role: 'status' },
      h('b', null, 'STOP '), `at ${signal.checkpoint || `step ${f.count(signal.step)}`}: ${signal.reason}`,
      signal.difference != null && ` · ${signal.metric} ${f.signed(signal.difference)} against ${signal.compared_with}`,
      signal.best_checkpoint && [' · best ', h('a', { href: toCheckpoint(run.run_id, signal.best_checkpoint) }, signal.best_checkpoint)]));
}

// ---------------------------------------------------------------- metric tiles

/** The newest value of a metric in one tier. */
const newest = (detail, tier, metric) => detail.newest[metric]?.[tier === 'proxies' ? 'proxy' : 'full'] ?? null;

const isUntrusted = (detail, metric) => newest(detail, 'proxies', metric)?.trust === 'UNTRUSTED';

function tile(detail, metric, chosen) {
  const proxy = newest(detail, 'proxies', metric);
  const full = newest(detail, 'full', metric);
  const main = proxy ?? full;
  return h('button', {
    type: 'button', key: metric, class: 'tile', 'aria-pressed': String(metric === chosen),
    title: full ? `full evaluation at step ${f.count(full.step)}: ${f.value(full.value)}` : undefined,
    onClick: () => go({ metric }),
  },
  h('span', { class: 'tile-name' }, f.label(metric)),
  h('span', { class: 'tile-value' }, f.value(main?.value)),
  h('span', { class: 'tile-note' },
    proxy?.trust === 'UNTRUSTED' ? badge('UNTRUSTED') : main?.value == null ? f.reason(main?.reason) ?? ' ' : f.interval(main.ci_low, main.ci_high) ?? ' '),
  h('span', { class: 'tile-full' },
    full ? [h('span', { class: 'diamond', 'aria-hidden': 'true' }, '◆'), ` ${f.value(full.value)} `,
      h('small', null, `at ${f.count(full.step)}`)] : h('small', null, 'no full result yet')));
}

function tiles(detail, chosen) {
  const names = detail.metrics.slice().sort(f.byImportance);
  const first = names.slice(0, TILES);
  const rest = names.slice(TILES);
  return h('div', { class: 'tiles', role: 'group', 'aria-label': 'Metric' },
    first.map(m => tile(detail, m, chosen)),
    rest.length > 0 && h('div', { class: 'tile more' },
      select('More metrics',
        [['', first.includes(chosen) ? 'choose…' : f.label(first[0])], ...rest.map(m => [m, f.label(m)])],
        rest.includes(chosen) ? chosen : '', m => go({ metric: m || first[0] })),
      rest.includes(chosen) && h('span', { class: 'tile-value' }, f.value((newest(detail, 'proxies', chosen) ?? newest(detail, 'full', chosen))?.value))));
}

// ---------------------------------------------------------------- model checkpoints

function difference(c, metric) {
  const p = c.proxies[metric]?.value;
  const q = c.full[metric]?.value;
  return p == null || q == null ? null : p - q;
}

function checkpointRow(detail, c, metric) {
  const run = detail.run.run_id;
  const asking = state.asking.has(run + '\u0000' + c.checkpoint);
  const hasReport = c.report_key != null;
  const canAsk = ['PROXY', 'INCOMPLETE', 'EXPIRED', 'FAILED', 'SUPERSEDED'].includes(c.state);
  const link = toCheckpoint(run, c.checkpoint);
  const verdict = c.verdicts[0];
  return h('tr', { key: c.checkpoint },
    h('td', { class: 'clip' }, c.state !== 'PROXY' ? h('a', { href: link, title: c.checkpoint }, c.checkpoint) : h('span', { title: c.checkpoint }, c.checkpoint)),
    h('td', { class: 'num phone-hidden' }, f.count(c.step)),
    h('td', { class: 'num optional' }, f.epoch(c.epoch)),
    h('td', { class: 'state' }, badge(c.state), c.reason && h('small', { class: 'why' }, f.reason(c.reason))),
    h('td', { class: 'num' }, f.value(c.proxies[metric]?.value),
      c.proxies[metric] && isUntrusted(detail, metric) && [' ', badge('UNTRUSTED')]),
    h('td', { class: c.full[metric] ? 'num full' : 'num none' }, f.value(c.full[metric]?.value)),
    h('td', { class: 'num optional', title: 'proxy minus full' }, f.signed(difference(c, metric))),
    h('td', { class: 'optional' }, verdict ? badge(verdict.outcome, verdict.reasons.join('\n')) : ''),
    h('td', { class: 'act' },
      hasReport ? h('a', { class: 'button quiet', href: link }, 'Report')
        : canAsk && state.status?.writes_allowed !== false && h('button', {
          type: 'button', class: 'quiet', disabled: asking,
          title: 'Ask for the full evaluation of this checkpoint',
          onClick: () => evaluate(run, c.checkpoint),
        }, asking ? 'Asking…' : 'Evaluate')));
}

function checkpoints(detail, metric) {
  const triggered = detail.checkpoints.filter(c => c.state !== 'PROXY');
  const all = state.route.params.show === 'all' || !triggered.length;
  const rows = (all ? detail.checkpoints : triggered).slice().reverse();
  const head = ['Checkpoint', 'Step', 'Epoch', 'State', 'Proxy', 'Full', 'Proxy − full', 'Gate', ''];
  const numeric = new Set(['Step', 'Epoch', 'Proxy', 'Full', 'Proxy − full']);
  const optional = new Set(['Epoch', 'Proxy − full', 'Gate']);
  return card(['Model checkpoints', h('small', null, ` ${f.label(metric)}`)],
    triggered.length > 0 && triggered.length < detail.checkpoints.length && segmented('Which', [
      ['triggered', `Triggered ${triggered.length}`], ['all', `All ${detail.checkpoints.length}`],
    ], all ? 'all' : 'triggered', s => go({ show: s === 'all' ? 'all' : null })),
    scrolling('Model checkpoints', 'scroll tall', h('table', { class: 'checkpoints' },
      h('thead', null, h('tr', null, head.map(t => h('th', {
        key: t, scope: 'col', class: [numeric.has(t) && 'num', optional.has(t) && 'optional', t === '' && 'act', t === 'Step' && 'phone-hidden'].filter(Boolean).join(' '),
      }, t || h('span', { class: 'unseen' }, 'Action'))))),
      h(Rows, { rows, draw: c => checkpointRow(detail, c, metric) }))));
}

// ---------------------------------------------------------------- track record

const RECORDS = [['.proxy_', 'whole sets'], ['.sampled_proxy_', 'samples']];

function recordRow(detail, metric, [infix, of]) {
  const figure = name => newest(detail, 'proxies', metric + infix + name);
  const bias = figure('bias');
  if (!bias) return null;
  const coverage = figure('coverage');
  return h('tr', { key: metric + infix },
    h('td', null, f.label(metric), ' ', h('small', { class: 'hint' }, of)),
    h('td', null, badge(bias.trust)),
    h('td', { class: 'num' }, coverage?.value == null ? '–' : f.percent(coverage.value, 1, 0)),
    h('td', { class: 'num' }, f.signed(bias.value)),
    h('td', { class: 'num optional' }, f.value(figure('absolute_error')?.value)),
    h('td', { class: 'num optional', title: f.reason(figure('kendall_tau')?.reason) }, f.value(figure('kendall_tau')?.value)));
}

/** How well the proxies have foretold the exact values so far; nothing before the first report. */
function trackRecord(detail) {
  const rows = detail.metrics.slice().sort(f.byImportance)
    .flatMap(metric => RECORDS.map(record => recordRow(detail, metric, record))).filter(Boolean);
  if (!rows.length) return null;
  const head = ['Proxy', 'Trust', 'Intervals that held', 'Bias', 'Mean error', 'Kendall’s tau'];
  return card(['Track record', h('small', null, ' proxies against full evaluations')], null,
    scrolling('Track record', 'scroll', h('table', { class: 'record' },
      h('thead', null, h('tr', null, head.map((t, i) => h('th', {
        key: t, scope: 'col', class: [i > 1 && 'num', i > 3 && 'optional'].filter(Boolean).join(' '),
      }, t)))),
      h('tbody', null, rows))));
}

// ---------------------------------------------------------------- prediction sets

function sets(detail) {
  const { run } = detail;
  const dead = state.status?.dead_letters;
  const open = detail.sets.filter(s => s.state !== 'COMPLETE');
  const done = detail.sets.filter(s => s.state === 'COMPLETE').reverse();
  const all = state.route.params.sets === 'all';
  const shown = all ? [...open, ...done] : [...open, ...done].slice(0, Math.max(SETS_SHOWN, open.length));
  return card('Prediction sets', `${f.count(detail.sets.length)}`,
    h('dl', { class: 'facts' },
      fact('Received', f.count(run.received)),
      fact('Expected', run.expected == null ? 'not said' : f.count(run.expected)),
      fact('Duplicate batches', f.count(run.duplicates), 'received again and dropped'),
      fact('Conflicts', h('span', { class: run.conflicts ? 'bad' : '' }, f.count(run.conflicts)), 'batches that contradicted one received before'),
      fact('Dead letters', h('span', { class: run.dead_letters ? 'bad' : '' }, f.count(run.dead_letters)), 'messages of this run that were refused')),
    h('ul', { class: 'sets' }, shown.map(s => h('li', { key: s.set_key },
      h('span', { class: 'set-name' },
        h('b', null, s.claims.find(c => c.run_id === run.run_id)?.checkpoint ?? shortKey(s)),
        h('small', { title: s.set_key }, `${s.evaluation_set}/${s.split}${s.fold == null ? '' : ` fold ${s.fold}`}${s.sampled ? ', sampled' : ''}`)),
      progress(s.received, s.expected ?? s.received, `received of ${s.evaluation_set}`),
      h('span', { class: 'set-count' }, s.expected == null || s.expected === s.received
        ? f.count(s.received) : `${f.count(s.received)} of ${f.count(s.expected)}`),
      badge(s.state, s.reason),
      (s.duplicates > 0 || s.conflicts > 0 || s.revision > 0 || s.reason) && h('small', { class: 'why' }, [
        s.duplicates > 0 && `${f.count(s.duplicates)} duplicate${s.duplicates === 1 ? '' : 's'}`,
        s.conflicts > 0 && `${f.count(s.conflicts)} conflict${s.conflicts === 1 ? '' : 's'}`,
        s.revision > 0 && `label revision ${s.revision}`,
        s.reason,
      ].filter(Boolean).join(' · '))))),
    detail.sets.length > SETS_SHOWN && h('p', null, h('button', {
      type: 'button', class: 'quiet', onClick: () => go({ sets: all ? null : 'all' }),
    }, all ? 'Show fewer' : `Show all ${detail.sets.length}`)),
    dead?.total > 0 && h('details', null,
      h('summary', null, `Dead letters of all runs: ${f.count(dead.total)}`), deadLetters(dead)));
}

const shortKey = s => f.shortKey(s.set_key);

// ---------------------------------------------------------------- the view

/** Draws anew only when something of what it is about has changed: it may hold hundreds of rows. */
class Kept extends Component {
  shouldComponentUpdate({ on }) {
    return on.some((part, i) => part !== this.props.on[i]);
  }

  render({ draw }) {
    return draw();
  }
}

export function Run() {
  const { detail, detailProblem, route } = state;
  if (!detail) {
    if (!detailProblem) return [h('div', { class: 'title' }, h('h1', null, route.run)), h('div', { class: 'skeleton run-skeleton', role: 'status', 'aria-label': 'Loading the run' }, h('i'), h('i'), h('i'))];
    if (detailProblem.status === 404) {
      return [h('div', { class: 'title' }, h('h1', null, route.run)), empty('No such run here', h('p', null, detailProblem.message),
        h('p', null, h('a', { href: '#/' }, 'All runs')))];
    }
    return [h('div', { class: 'title' }, h('h1', null, route.run)),
      problem('The run can’t be loaded', detailProblem, refreshDetail)];
  }
  const metric = chosenMetric();
  const curl = `curl -s '${new URL(`v1/runs/${encodeURIComponent(route.run)}`, location.href)}'`;
  return [
    title(detail),
    metric == null
      ? empty('No metric yet', h('p', null, 'Predictions are arriving; the first values come with the next emission.'))
      : [tiles(detail, metric), h(RunChart, { detail, metric })],
    detail.checkpoints.length > 0 && h(Kept, {
      on: [detail, metric, route.params.show, state.asking.size, state.status?.writes_allowed],
      draw: () => checkpoints(detail, metric ?? 'average_precision'),
    }),
    trackRecord(detail),
    sets(detail),
    h('p', { class: 'foot' }, copyButton(curl, 'Copy as curl')),
  ];
}
