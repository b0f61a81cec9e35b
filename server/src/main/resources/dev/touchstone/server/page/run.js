// One run: its metrics, curves, model checkpoints and prediction sets.

import { h, badge, card, copyButton, empty, fact, problem, progress, scrolling, segmented, select } from './ui.js';
import * as f from './format.js';
import { state, now, chosenMetric, chosenSlice, evaluate, refreshDetail } from './store.js';
import { toCheckpoint, withParams } from './route.js';
import { MetricChart } from './charts.js';
import { deadLetters } from './start.js';

const TILES = 5;
const AXES = [['step', 'Step'], ['epoch', 'Epoch'], ['time', 'Time']];
const SETS_SHOWN = 8;
const NONE = [];

let hovered = null;

const go = changes => {
  location.hash = withParams(state.route, changes);
};

// ---------------------------------------------------------------- title

function title(detail) {
  const { run, signal } = detail;
  return h('div', { class: 'title' },
    h('h1', { title: run.run_id }, run.run_id),
    h('div', { class: 'meta' },
      badge(run.status),
      run.attempt > 0 && h('span', null, `attempt ${run.attempt}`),
      run.step != null && h('span', null, 'step ', h('b', null, f.count(run.step)),
        run.epoch != null && `, epoch ${f.epoch(run.epoch)}`),
      h('span', { title: f.dateTime(run.last_seen) }, 'last heard ', f.ago(now() - run.last_seen)),
      h('span', null, h('b', null, f.short(run.received)),
        run.expected != null && run.expected !== run.received ? ` of ${f.short(run.expected)}` : '',
        ' predictions')),
    signal?.decision === 'STOP' && h('div', { class: 'notice warn', role: 'status' },
      h('b', null, 'STOP '), `at ${signal.checkpoint || `step ${f.count(signal.step)}`}: ${signal.reason}`,
      signal.difference != null && ` · ${signal.metric} ${f.signed(signal.difference)} against ${signal.compared_with}`,
      signal.best_checkpoint && [' · best ', h('a', { href: toCheckpoint(run.run_id, signal.best_checkpoint) }, signal.best_checkpoint)]));
}

// ---------------------------------------------------------------- metric tiles

/** The newest value of a metric in one tier over all checkpoints. */
function newest(detail, tier, metric) {
  for (let i = detail.checkpoints.length - 1; i >= 0; i--) {
    const v = detail.checkpoints[i][tier][metric];
    if (v) return v;
  }
  return null;
}

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

// ---------------------------------------------------------------- chart

const setName = s => `${s.evaluation_set}/${s.split}${s.sample ? ` sample ${s.sample}` : ''}`;

/** Without a chosen set the longest curve; of a sample the exact values are the whole set's. */
function curveOf(tier, chosen) {
  const curves = (state.series?.curves ?? NONE).filter(c => c.tier === tier);
  const wanted = chosen && setName(tier === 'full' ? { ...chosen, sample: '' } : chosen);
  return (wanted ? curves.find(c => setName(c) === wanted)
    : curves.slice().sort((a, b) => b.points.length - a.points.length)[0]) ?? null;
}

function readout(row, metric) {
  if (!row) return h('p', { class: 'readout hint' }, 'Point at the chart to read values. Drag to zoom, double-click to reset.');
  const { proxy, full } = row;
  const any = proxy ?? full;
  const tier = (kind, p) => p && h('span', { class: kind },
    h('i', { class: `key ${kind}` }), h('b', null, f.value(p.value)),
    p.value == null ? ` ${f.reason(p.reason) ?? ''}` : f.interval(p.ci_low, p.ci_high) ? ` (${f.interval(p.ci_low, p.ci_high)})` : '',
    kind === 'proxy' && p.state === 'PARTIAL' ? ` partial, ${f.short(p.n)} predictions` : '');
  return h('p', { class: 'readout' },
    h('span', null, `step ${f.count(any.step)}`, any.epoch != null && ` · epoch ${f.epoch(any.epoch)}`, ` · ${f.clock(any.ts)}`),
    tier('proxy', proxy), tier('full', full));
}

function chart(detail, metric) {
  const axis = X_NAMES.has(state.route.params.axis) ? state.route.params.axis : 'step';
  const slice = chosenSlice();
  const sets = detail.evaluation_sets.map(setName);
  const chosen = detail.evaluation_sets.find(s => setName(s) === state.route.params.set);
  const chosenSet = chosen ? setName(chosen) : null;
  const proxy = curveOf('proxy', chosen);
  const full = curveOf('full', chosen);
  const loaded = state.series?.metric === metric && state.series?.slice === slice;
  const method = proxy?.points.find(p => p.ci_method)?.ci_method;
  const level = proxy?.points.find(p => p.level)?.level;
  const fullMethod = full?.points.find(p => p.ci_method);
  const higher = (proxy ?? full)?.higher_is_better;
  const controls = [
    detail.slices.length > 1 && select('Slice', detail.slices.map(s => [s, s || 'all examples']), slice,
      s => go({ slice: s })),
    sets.length > 1 && select('Set', sets.map(s => [s, s]), chosenSet ?? sets[0], s => go({ set: s })),
    segmented('Axis', AXES, axis, a => go({ axis: a === 'step' ? null : a })),
  ];
  return card([f.label(metric), h('small', null, higher == null ? '' : higher ? ' higher is better' : ' lower is better')], controls,
    loaded && (proxy || full)
      ? h(MetricChart, {
        version: [metric, slice, axis, chosenSet, state.themeVersion].join('\u0000'),
        label: `${f.label(metric)} by ${axis}: proxy line with its interval, full results as diamonds`,
        axis, proxy: proxy?.points ?? NONE, full: full?.points ?? NONE,
        onHover: row => {
          hovered = row;
          state.hoverVersion = (state.hoverVersion ?? 0) + 1;
          drawSoon();
        },
      })
      : h('div', { class: 'plot-space' }, loaded ? h('p', { class: 'hint' }, 'Nothing measured for this slice yet.') : null),
    readout(hovered, metric),
    h('ul', { class: 'legend' },
      h('li', null, h('i', { class: 'key proxy line' }), 'Proxy, as predictions arrive'),
      h('li', null, h('i', { class: 'key proxy band' }), level >= 1 ? 'Its bounds' : 'Its interval',
        method && h('small', null, f.method(method, level))),
      isUntrusted(detail, metric) && h('li', { class: 'bad' }, badge('UNTRUSTED'),
        'The proxy has missed exact values more often than chance explains'),
      h('li', null, h('i', { class: 'key proxy hollow' }), 'Set still arriving'),
      h('li', null, h('i', { class: 'key full' }, '◆'), 'Full evaluation, exact',
        fullMethod && h('small', null, f.method(fullMethod.ci_method, fullMethod.level)))));
}

const X_NAMES = new Set(AXES.map(([id]) => id));
let drawSoon = () => {};

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
      h('tbody', null, rows.map(c => checkpointRow(detail, c, metric))))));
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
      fact('Dead letters', h('span', { class: dead?.total ? 'bad' : '' }, f.count(dead?.total)), 'of all runs')),
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

export function Run(draw) {
  drawSoon = draw;
  const { detail, detailProblem, route } = state;
  if (!detail) {
    if (!detailProblem) return h('p', { class: 'hint' }, 'Loading the run…');
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
      : [tiles(detail, metric), chart(detail, metric)],
    detail.checkpoints.length > 0 && checkpoints(detail, metric ?? 'average_precision'),
    trackRecord(detail),
    sets(detail),
    h('p', { class: 'foot' }, copyButton(curl, 'Copy as curl')),
  ];
}
