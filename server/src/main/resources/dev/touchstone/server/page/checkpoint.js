// One model checkpoint: its full report, with an operating point that everything follows.

import { h, badge, card, copyButton, empty, fact, problem, scrolling, segmented } from './ui.js';
import * as f from './format.js';
import { state, evaluate, changed } from './store.js';
import { replaceParams, toCheckpoint, toRun, withParams } from './route.js';
import { CurveChart } from './curve.js';
import { reportPath } from './api.js';

const TILES = 6;
const MAX_ROWS = 500;
const FEW_POSITIVES = 30;
const SLICE_METRICS = ['average_precision', 'roc_auc', 'log_loss', 'precision', 'recall'];

// what is derived from a report, kept as long as the report is the same object
let derived = { of: null };

function derive(document) {
  if (derived.of === document) return derived;
  const body = document.report;
  const positives = body.weight_pos ?? body.n_pos;
  const total = body.weight_total ?? body.n;
  const negatives = total - positives;
  const raw = body.curve?.length ? body.curve : body.sweep ?? [];
  const vertices = raw.map(v => ({
    threshold: v.threshold,
    tp: v.tp,
    fp: v.fp,
    fn: v.fn ?? positives - v.tp,
    tn: v.tn ?? negatives - v.fp,
    precision: v.precision,
    recall: v.recall,
    fpr: v.fpr ?? (negatives > 0 ? v.fp / negatives : null),
    f1: 2 * v.tp + v.fp + (v.fn ?? positives - v.tp) > 0
      ? (2 * v.tp) / (2 * v.tp + v.fp + (v.fn ?? positives - v.tp)) : null,
  }));
  // strictest first: recall grows along the curve
  vertices.sort((a, b) => (b.threshold ?? Infinity) - (a.threshold ?? Infinity));
  const every = Math.ceil((body.sweep?.length ?? 0) / MAX_ROWS) || 1;
  derived = {
    of: document, body, positives, negatives, total, vertices,
    prevalence: total > 0 ? positives / total : null,
    rows: (body.sweep ?? []).filter((_, i) => i % every === 0)
      .sort((a, b) => (b.threshold ?? Infinity) - (a.threshold ?? Infinity)),
    thinned: every > 1,
    bestF1: vertices.reduce((best, v, i) => ((v.f1 ?? -1) > (vertices[best]?.f1 ?? -1) ? i : best), 0),
  };
  return derived;
}

/** The vertex of the threshold in the address, else the one of best F1. */
function picked(d) {
  const asked = state.route.params.t;
  if (asked == null || !d.vertices.length) return d.bestF1;
  if (asked === 'max') return 0;
  const t = Number(asked);
  return Number.isFinite(t) ? atThreshold(d.vertices, t) : d.bestF1;
}

/** What is predicted positive at t: the last vertex whose threshold is not below it. */
function atThreshold(vertices, t) {
  let at = 0;
  vertices.forEach((v, i) => {
    if ((v.threshold ?? Infinity) >= t) at = i;
  });
  return at;
}

function pick(d, index) {
  const t = d.vertices[index]?.threshold;
  const params = { t: t == null ? 'max' : String(t) };
  replaceParams(state.route, params);
  state.route.params = { ...state.route.params, ...params };
  changed();
}

const go = changes => {
  location.hash = withParams(state.route, changes);
};

// ---------------------------------------------------------------- parts

function metricTiles(body) {
  const names = Object.keys(body.metrics ?? {}).sort(f.byImportance).slice(0, TILES);
  return h('dl', { class: 'stats metrics' }, names.map(name => {
    const m = body.metrics[name];
    const range = f.interval(m.ci_low, m.ci_high);
    return h('div', { class: 'stat', key: name, title: m.ci_method ? `interval: ${f.method(m.ci_method, m.level)}` : undefined },
      h('dt', null, f.label(name)),
      h('dd', null, f.value(m.value)),
      h('dd', { class: 'note' }, m.value == null ? f.reason(m.reason) ?? 'undefined' : range ?? 'no interval'));
  }));
}

/** Whatever the report measured, each with its interval and how it was made, or why there is none. */
function allMetrics(body) {
  const names = Object.keys(body.metrics ?? {}).sort(f.byImportance);
  if (names.length <= TILES) return null;
  return card('All metrics', `${names.length}`, h('dl', { class: 'all-metrics' }, names.map(name => {
    const m = body.metrics[name];
    const range = f.interval(m.ci_low, m.ci_high);
    const why = f.reason(m.value == null ? m.reason : m.ci_reason);
    return h('div', { key: name }, h('dt', { title: name }, f.label(name)), h('dd', null, f.value(m.value)),
      h('dd', { class: 'note', title: range ? f.method(m.ci_method, m.level) : why },
        range ?? (m.value == null ? why ?? 'undefined' : 'no interval')));
  })));
}

function operatingPoint(d, index) {
  const v = d.vertices[index];
  return h('dl', { class: 'facts point' },
    fact('Threshold', h('span', { id: 'threshold-value' }, f.threshold(v.threshold))),
    fact('Precision', f.value(v.precision)),
    fact('Recall', f.value(v.recall)),
    fact('F1', f.value(v.f1)),
    fact('False positive rate', v.fpr == null ? '–' : f.share(v.fp, d.negatives)),
    fact('Predicted positive', f.share(v.tp + v.fp, d.total)));
}

function curveCard(d, index) {
  const plane = state.route.params.curve === 'roc' ? 'roc' : 'pr';
  const half = atThreshold(d.vertices, 0.5);
  const { metrics } = d.body;
  const area = plane === 'pr' ? metrics.average_precision : metrics.roc_auc;
  const baseline = plane === 'pr'
    ? `prevalence ${f.value(d.prevalence)}: what guessing reaches` : 'the diagonal: what guessing reaches';
  return card(plane === 'pr' ? 'Precision and recall' : 'Receiver operating characteristic',
    segmented('Curve', [['pr', 'PR'], ['roc', 'ROC']], plane, c => go({ curve: c === 'pr' ? null : c })),
    h(CurveChart, {
      version: [plane, state.themeVersion].join(), class: 'square', height: 380, phoneHeight: 300,
      label: `${plane === 'pr' ? 'Precision-recall' : 'ROC'} curve; area ${f.value(area?.value)}`,
      plane, vertices: d.vertices, prevalence: d.prevalence, picked: index,
      onPick: i => pick(d, i),
    }),
    h('div', { class: 'slider' },
      h('label', { for: 'threshold' }, 'Operating point'),
      h('input', {
        id: 'threshold', type: 'range', min: 0, max: d.vertices.length - 1, step: 1, value: index,
        'aria-valuetext': `threshold ${f.threshold(d.vertices[index].threshold)}`,
        onInput: e => pick(d, Number(e.target.value)),
      }),
      h('button', { type: 'button', class: 'quiet', onClick: () => pick(d, d.bestF1) }, 'Best F1'),
      h('button', { type: 'button', class: 'quiet', onClick: () => pick(d, half) }, '0.5')),
    h('ul', { class: 'legend' },
      h('li', null, h('i', { class: 'key full line' }), `Exact, ${f.count(d.vertices.length)} vertices`),
      h('li', null, h('i', { class: 'key dashed' }), baseline),
      h('li', null, h('i', { class: 'key handle' }), 'Drag the point, or click the curve')));
}

function cell(kind, name, n, whole, of) {
  return h('td', { class: `cell ${kind}` }, h('b', null, f.count(n)), h('span', null, name),
    h('small', null, `${f.percent(n, whole)} of ${of}`));
}

function confusion(d, index) {
  const v = d.vertices[index];
  return card('Confusion matrix', null,
    h('table', { class: 'confusion' },
      h('thead', null, h('tr', null, h('td', null), h('th', { scope: 'col' }, 'Predicted positive'), h('th', { scope: 'col' }, 'Predicted negative'))),
      h('tbody', null,
        h('tr', null, h('th', { scope: 'row' }, 'Positive'),
          cell('right', 'true positives', v.tp, d.positives, 'positives'),
          cell('wrong', 'missed', v.fn, d.positives, 'positives')),
        h('tr', null, h('th', { scope: 'row' }, 'Negative'),
          cell('wrong', 'false alarms', v.fp, d.negatives, 'negatives'),
          cell('right', 'true negatives', v.tn, d.negatives, 'negatives')))),
    operatingPoint(d, index));
}

/** The entry that predicts about as many positives as `v` does; thresholds alone may lie apart. */
function nearestByCount(entries, v) {
  const flagged = v.tp + v.fp;
  let best = 0;
  entries.forEach((e, i) => {
    const least = Math.abs(entries[best].tp + entries[best].fp - flagged);
    if (Math.abs(e.tp + e.fp - flagged) < least) best = i;
  });
  return best;
}

function sweep(d, index) {
  const current = nearestByCount(d.rows, d.vertices[index]);
  const head = ['Threshold', 'Precision', 'Recall', 'F1', 'TP', 'FP', 'FN', 'TN'];
  return card('Thresholds', d.thinned ? `${d.rows.length} of ${d.body.sweep.length}; the JSON has all` : `${d.rows.length}`,
    h('div', { class: 'scroll tall', role: 'region', 'aria-label': 'Thresholds', tabIndex: 0, ref: box => follow(box, current) },
      h('table', { class: 'sweep' },
        h('thead', null, h('tr', null, head.map(n => h('th', { key: n, scope: 'col', class: 'num' }, n)))),
        h('tbody', null, d.rows.map((r, i) => h('tr', {
          key: i, class: i === current ? 'current' : '', 'aria-current': i === current ? 'true' : undefined,
          onClick: () => pick(d, nearestByCount(d.vertices, r)),
        },
        h('td', { class: 'num' }, f.threshold(r.threshold)),
        h('td', { class: 'num' }, f.value(r.precision)),
        h('td', { class: 'num' }, f.value(r.recall)),
        h('td', { class: 'num' }, f.value(r.f1)),
        [r.tp, r.fp, r.fn, r.tn].map((n, k) => h('td', { key: k, class: 'num' }, f.count(n)))))))));
}

let followed = -1;

/** Keeps the row of the operating point in sight, without moving the page. */
function follow(box, current) {
  if (!box || followed === current) return;
  followed = current;
  const row = box.querySelector('tr.current');
  if (row) box.scrollTop = row.offsetTop - box.clientHeight / 2;
}

function slices(d) {
  const list = d.body.slices ?? [];
  if (!list.length) return null;
  const names = SLICE_METRICS.filter(m => list.some(s => s.metrics?.[m]));
  const main = names[0];
  const all = d.body.metrics[main]?.value;
  const sorted = list.slice().sort((a, b) => (a.metrics?.[main]?.value ?? Infinity) - (b.metrics?.[main]?.value ?? Infinity));
  return card('Slices', `worst ${f.label(main ?? '')} first`,
    scrolling('Slices', 'scroll', h('table', null,
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Slice'), h('th', { scope: 'col', class: 'num' }, 'Examples'),
        h('th', { scope: 'col', class: 'num' }, 'Positives'),
        names.map(n => h('th', { key: n, scope: 'col', class: 'num' }, f.label(n))),
        h('th', { scope: 'col', class: 'num' }, 'Against all'))),
      h('tbody', null, sorted.map(s => {
        const v = s.metrics?.[main]?.value;
        return h('tr', { key: s.slice, class: s.n_pos < FEW_POSITIVES ? 'few' : '', title: s.n_pos < FEW_POSITIVES ? 'few positives: read with care' : undefined },
          h('td', { class: 'clip', title: s.slice }, s.slice),
          h('td', { class: 'num' }, f.count(s.n)),
          h('td', { class: 'num' }, f.count(s.n_pos)),
          names.map(n => {
            const m = s.metrics?.[n];
            return h('td', { key: n, class: 'num', title: m?.value == null ? f.reason(m?.reason) : f.interval(m.ci_low, m.ci_high) }, f.value(m?.value));
          }),
          h('td', { class: 'num' }, v == null || all == null ? '–' : f.signed(v - all)));
      })))));
}

function flat(object, prefix = '') {
  return Object.entries(object ?? {}).flatMap(([k, v]) =>
    v != null && typeof v === 'object' && !Array.isArray(v) ? flat(v, `${prefix}${k}.`) : [[prefix + k, v]]);
}

function provenance(document, d, path) {
  const cost = flat(document.cost ?? d.body.cost);
  const rows = [
    ['report_key', document.report_key], ['trigger', document.trigger],
    ['finished', f.dateTime(document.finished_at)],
    ...flat(d.body.provenance), ...cost.map(([k, v]) => [`cost.${k}`, v]),
  ];
  const url = new URL(path, location.href);
  return card('Where it comes from', [
    h('a', { class: 'button quiet', href: path, download: `${document.checkpoint}.json` }, 'Download JSON'),
    copyButton(`curl -s '${url}'`, 'Copy as curl'),
  ],
  h('dl', { class: 'pairs' }, rows.filter(([, v]) => v != null).map(([k, v]) => [
    h('dt', { key: k }, k.replaceAll('_', ' ')), h('dd', null, Array.isArray(v) ? v.join(', ') : String(v))])));
}

// ---------------------------------------------------------------- the view

function neighbour(route, by, mark, words) {
  const list = (state.detail?.checkpoints ?? []).filter(c => c.report_key != null);
  const at = list.findIndex(c => c.checkpoint === route.checkpoint);
  const next = at < 0 ? null : list[at + by];
  return next && h('a', {
    class: 'button quiet', title: words, 'aria-label': words,
    href: toCheckpoint(route.run, next.checkpoint, { curve: route.params.curve }),
  }, mark);
}

function heading(route, known, document) {
  return h('div', { class: 'title' },
    h('nav', { class: 'crumbs', 'aria-label': 'Where this is' },
      h('a', { href: toRun(route.run, { metric: route.params.metric, q: route.params.q }) }, `‹ ${route.run}`),
      neighbour(route, -1, '‹', 'Previous report ([)'), neighbour(route, 1, '›', 'Next report (])')),
    h('h1', { title: route.checkpoint }, route.checkpoint),
    h('div', { class: 'meta' },
      badge(known?.state ?? document?.state ?? 'WAITING'),
      known?.step != null && h('span', null, 'step ', h('b', null, f.count(known.step))),
      known?.epoch != null && h('span', null, 'epoch ', h('b', null, f.epoch(known.epoch))),
      document && h('span', null, h('b', null, f.count(document.report.n)), ' predictions, ',
        h('b', null, f.count(document.report.n_pos)), ' positive'),
      document && h('span', null, `${document.evaluation_set}/${document.split}`),
      document && h('span', { title: 'from trigger to report' }, 'report in ', h('b', null, f.seconds((document.finished_at - document.triggered_at) / 1000)))),
    (known?.verdicts ?? []).map(v => h('div', { key: v.gate, class: `notice ${v.outcome === 'PASS' ? 'good' : v.outcome === 'FAIL' ? 'bad' : 'warn'}` },
      badge(v.outcome), h('span', null, `${v.gate}: ${v.reasons.join('; ')}`))));
}

export function Checkpoint() {
  const { route, report, reportProblem } = state;
  const known = state.detail?.checkpoints.find(c => c.checkpoint === route.checkpoint);
  const document = report?.run_id === route.run && report.checkpoint === route.checkpoint ? report : null;
  if (!document) {
    if (!reportProblem) return [heading(route, known, null), h('p', { class: 'hint' }, 'Loading the report…')];
    if (reportProblem.status !== 404) return [heading(route, known, null), problem('The report can’t be loaded', reportProblem)];
    const underWay = known && ['WAITING', 'EVALUATING'].includes(known.state);
    return [heading(route, known, null), empty(underWay ? 'The report is on its way' : 'No report yet',
      h('p', null, known?.reason ? f.reason(known.reason) : reportProblem.message),
      known && !underWay && h('p', null, h('button', {
        type: 'button', onClick: () => evaluate(route.run, route.checkpoint),
      }, 'Ask for the full evaluation')))];
  }
  const d = derive(document);
  const index = d.vertices.length ? picked(d) : -1;
  return [
    heading(route, known, document),
    metricTiles(d.body),
    index < 0 ? empty('This report holds no curve', h('p', null, 'It was made without one, or there was nothing to rank.')) : [
      h('div', { class: 'two' }, curveCard(d, index), confusion(d, index)),
      d.rows.length > 0 && sweep(d, index),
    ],
    slices(d),
    allMetrics(d.body),
    provenance(document, d, reportPath(route.run, route.checkpoint)),
  ];
}
