// The operating point and what follows it: curve, confusion matrix, thresholds, the top k, costs.

import { h, card, fact, keep, scrolling, segmented } from './ui.js';
import * as f from './format.js';
import { state } from './store.js';
import { go, number, oneOf, set } from './params.js';
import { exportMenu } from './export.js';
import { Field, typed } from './field.js';
import { CurveChart } from './curve.js';
import { lineMark } from './drawings.js';
import { atCount, atThreshold, cheapest, costOf, tops } from './report.js';

const NEIGHBOURS = 6;
const COST_POINTS = 160;
const DEFAULT_COSTS = { fp: 1, fn: 10 };
const NAMES = {
  decision: 'Decision threshold', max_f1: 'Best F1', max_youden_j: 'Best Youden’s J', max_mcc: 'Best Matthews correlation',
  min_cost: 'Least cost as asked',
};

/** The point of the threshold in the address, else the one of best F1. */
export function picked(d) {
  const asked = state.route.params.t;
  if (asked == null) return d.best;
  if (asked === 'max') return 0;
  const t = Number(asked);
  return Number.isFinite(t) ? atThreshold(d.points, t) : d.best;
}

function pick(d, index) {
  const t = d.points[index]?.threshold;
  set({ t: t == null ? 'max' : String(t) });
}

function pointName(name) {
  const [, of, at] = /^\w+_at_(precision|recall|fpr)_([\d.]+)$/.exec(name) ?? [];
  if (of === 'fpr') return `False positive rate up to ${at}`;
  if (of) return `${f.label(of)} of at least ${at}`;
  return NAMES[name] ?? f.label(name);
}

// ---------------------------------------------------------------- curve

let chart = null;

/** Arrows move to the next point of the report, or as far as one can see where there are many. */
function onKey(event, d, index) {
  const stride = event.shiftKey ? 1 : Math.max(1, Math.round(d.points.length / 400));
  const by = { ArrowRight: stride, ArrowUp: stride, ArrowLeft: -stride, ArrowDown: -stride, PageUp: 20 * stride, PageDown: -20 * stride }[event.key];
  if (by == null) return;
  event.preventDefault();
  pick(d, Math.min(d.points.length - 1, Math.max(0, index + by)));
}

export function curveCard(d, index, source) {
  const plane = oneOf('curve', ['pr', 'roc']);
  const title = plane === 'pr' ? 'Precision and recall' : 'Receiver operating characteristic';
  const area = d.body.metrics?.[plane === 'pr' ? 'average_precision' : 'roc_auc'];
  const areaName = plane === 'pr' ? 'average precision' : 'ROC AUC';
  const point = d.points[index];
  const fewer = () => [{ vertices: d.vertices, colour: 'full' }];
  return card(title, [
    segmented('Curve', [['pr', 'PR'], ['roc', 'ROC']], plane, c => go({ curve: c === 'pr' ? null : c })),
    exportMenu({
      ...source('curve', 'curve'), title,
      table: () => ({
        head: ['threshold', 'tp', 'fp', 'fn', 'tn', 'precision', 'recall', 'fpr'],
        rows: d.vertices.map(v => [v.threshold, v.tp, v.fp, v.fn, v.tn, v.precision, v.recall, v.fpr]),
      }),
      decorate: (context, left, top) => drawPoint(context, left, top),
    }),
  ],
  h(CurveChart, {
    ref: c => { chart = c; },
    version: [plane, state.themeVersion].join(), class: 'square', height: 384, phoneHeight: 300,
    label: `${plane === 'pr' ? 'Precision-recall' : 'ROC'} curve, ${areaName} ${f.value(area?.value)}`,
    plane, curves: keep('curves', [d.vertices], fewer), prevalence: d.prevalence, points: d.points, picked: index,
    onPick: i => pick(d, i),
    onGrab: () => document.getElementById('threshold')?.focus({ preventScroll: true }),
  }),
  h('div', { class: 'slider' },
    h('label', { for: 'threshold' }, 'Operating point'),
    h('input', {
      id: 'threshold', type: 'range', min: 0, max: d.points.length - 1, step: 1, value: index,
      'aria-valuetext': `threshold ${f.threshold(point.threshold)}, precision ${f.value(point.precision)}, recall ${f.value(point.recall)}`,
      onInput: e => pick(d, Number(e.target.value)),
      onKeyDown: e => onKey(e, d, index),
    })),
  h('ul', { class: 'legend' },
    h('li', null, h('i', { class: 'key full line' }), `Exact; ${areaName} ${f.value(area?.value)}`),
    h('li', null, h('i', { class: 'key dashed' }), plane === 'pr' ? `Prevalence ${f.value(d.prevalence)}: what guessing reaches` : 'What guessing reaches'),
    h('li', null, h('i', { class: 'key handle' }), 'Drag it, click the curve, or use the arrow keys')));
}

function drawPoint(context, left, top) {
  const at = chart?.position();
  if (!at) return;
  const { bbox } = chart.plot;
  context.beginPath();
  context.arc(left + bbox.left / devicePixelRatio + at.x, top + bbox.top / devicePixelRatio + at.y, 7.5, 0, 2 * Math.PI);
  context.fillStyle = chart.colours.panel;
  context.strokeStyle = chart.colours.ink;
  context.lineWidth = 3;
  context.fill();
  context.stroke();
}

// ---------------------------------------------------------------- one threshold

function thresholdField(d, point) {
  return h(Field, {
    id: 'threshold-value', words: 'Threshold', kind: 'threshold', value: f.threshold(point.threshold),
    title: point.threshold == null ? 'above every score' : String(point.threshold),
    accept: text => {
      const t = typed(text);
      if (t != null) pick(d, atThreshold(d.points, t));
    },
  });
}

function jump(d, index) {
  const choices = d.named.filter(p => p.index >= 0);
  if (!choices.length) return null;
  const here = choices.find(p => p.index === index);
  return h('label', { class: 'field' }, h('span', null, 'Go to'),
    h('select', { value: here?.name ?? '', onChange: e => pick(d, choices.find(p => p.name === e.target.value).index) },
      !here && h('option', { value: '', selected: true }, 'choose…'),
      choices.map(p => h('option', { key: p.name, value: p.name, selected: p.name === here?.name }, pointName(p.name)))));
}

function facts(d, point) {
  const flagged = point.tp + point.fp;
  return h('dl', { class: 'facts point' },
    fact('Precision', f.value(point.precision), flagged === 0 ? 'nothing is predicted positive' : undefined),
    fact('Recall', f.value(point.recall)),
    fact('F1', f.value(point.f1)),
    fact('FP rate', point.fpr == null ? '–' : f.share(point.fp, d.negatives), 'false alarms among negatives'),
    fact('Flagged', f.share(flagged, d.total), 'predicted positive'),
    fact('Lift', point.precision == null || !d.prevalence ? '–' : `× ${f.value(point.precision / d.prevalence)}`, 'precision against prevalence'));
}

const OF = [['class', 'class'], ['predicted', 'predicted'], ['all', 'all']];

function cell(kind, name, n, wholes, of) {
  const [whole, words] = wholes[of];
  return h('td', { class: `cell ${kind}` }, h('b', null, f.count(n)), h('span', null, name),
    h('small', null, `${f.percent(n, whole)} of ${words}`));
}

export function pointCard(d, index, source) {
  const v = d.points[index];
  const of = oneOf('of', OF.map(([id]) => id));
  const all = [d.total, 'all'];
  const pos = [d.positives, 'positives'];
  const neg = [d.negatives, 'negatives'];
  const yes = [v.tp + v.fp, 'flagged'];
  const no = [v.fn + v.tn, 'the rest'];
  return card('At this threshold', [
    exportMenu({
      ...source('confusion', 'operating_points'), title: `Confusion matrix at threshold ${f.threshold(v.threshold)}`,
      table: () => ({
        head: ['threshold', 'actual', 'predicted', 'count', 'share_of_class', 'share_of_predicted', 'share_of_all'],
        rows: [['positive', 'positive', v.tp, pos, yes], ['positive', 'negative', v.fn, pos, no],
          ['negative', 'positive', v.fp, neg, yes], ['negative', 'negative', v.tn, neg, no]]
          .map(([a, p, n, c, q]) => [v.threshold, a, p, n, part(n, c[0]), part(n, q[0]), part(n, d.total)]),
      }),
    }),
  ],
  h('div', { class: 'point-head' }, thresholdField(d, v), jump(d, index)),
  h('table', { class: 'confusion' },
    h('thead', null, h('tr', null, h('td', null), h('th', { scope: 'col' }, 'Predicted positive'), h('th', { scope: 'col' }, 'Predicted negative'))),
    h('tbody', null,
      h('tr', null, h('th', { scope: 'row' }, 'Positive'),
        cell('right', 'true positives', v.tp, { class: pos, predicted: yes, all }, of),
        cell('wrong', 'missed', v.fn, { class: pos, predicted: no, all }, of)),
      h('tr', null, h('th', { scope: 'row' }, 'Negative'),
        cell('wrong', 'false alarms', v.fp, { class: neg, predicted: yes, all }, of),
        cell('right', 'true negatives', v.tn, { class: neg, predicted: no, all }, of)))),
  h('div', { class: 'percent-of' }, h('span', { 'aria-hidden': 'true' }, 'Percent of'),
    segmented('Percent of', OF, of, o => set({ of: o === 'class' ? null : o }))),
  facts(d, v));
}

const part = (n, whole) => (whole > 0 ? n / whole : null);

// ---------------------------------------------------------------- thresholds around it

function nearby(d, point) {
  const flagged = point.tp + point.fp;
  const t = point.threshold ?? Infinity;
  const others = d.sweep.filter(r => r.threshold !== point.threshold);
  const after = others.findIndex(r => r.tp + r.fp > flagged || (r.tp + r.fp === flagged && (r.threshold ?? Infinity) < t));
  const split = after < 0 ? others.length : after;
  // near an end there are more on the other side
  const from = Math.max(0, Math.min(split - NEIGHBOURS, others.length - 2 * NEIGHBOURS));
  const to = Math.max(split + NEIGHBOURS, from + 2 * NEIGHBOURS);
  return [...others.slice(from, split), point, ...others.slice(split, to)];
}

const CONFUSION = ['tp', 'fp', 'fn', 'tn'];

export function thresholdsCard(d, index, source) {
  const point = d.points[index];
  const rows = nearby(d, point);
  const head = ['Threshold', 'Precision', 'Recall', 'F1', 'TP', 'FP', 'FN', 'TN'];
  const row = r => [r.threshold, r.precision, r.recall, r.f1, ...CONFUSION.map(k => r[k])];
  return card('Thresholds', [
    h('span', null, `around the operating point, of ${f.count(d.sweep.length)}`),
    exportMenu({
      ...source('thresholds', 'sweep'), title: 'Thresholds',
      table: () => ({
        head: ['threshold', 'precision', 'recall', 'f1', ...CONFUSION],
        rows: d.body.sweep.map(row),
      }),
      brief: () => ({ head: ['threshold', 'precision', 'recall', 'f1', ...CONFUSION], rows: rows.map(row) }),
    }),
  ],
  scrolling('Thresholds', 'scroll', h('table', { class: 'sweep' },
    h('thead', null, h('tr', null, head.map(n => h('th', { key: n, scope: 'col', class: 'num' }, n)))),
    h('tbody', null, rows.map((r, i) => h('tr', {
      key: i, class: r === point ? 'current' : '', 'aria-current': r === point ? 'true' : undefined,
      onClick: () => pick(d, atThreshold(d.points, r.threshold ?? Infinity)),
    },
    h('td', { class: 'num' }, f.threshold(r.threshold)),
    [r.precision, r.recall, r.f1].map((x, k) => h('td', { key: k, class: 'num' }, f.value(x))),
    CONFUSION.map(k => h('td', { key: k, class: 'num' }, f.count(r[k])))))))));
}

// ---------------------------------------------------------------- the top k

function amountField(id, words, value, onValue, mode) {
  return h(Field, {
    id, words, value: String(value), mode,
    accept: text => {
      const n = typed(text);
      if (n != null && n >= 0) onValue(n);
    },
  });
}

export function topCard(d, index, source) {
  const v = d.points[index];
  const fixed = tops(d.body.metrics);
  const flagged = v.tp + v.fp;
  const row = (k, precision, recall, current) => h('tr', { key: current ? 'current' : k, class: current ? 'current' : '' },
    h('td', { class: 'num' }, f.count(k)),
    h('td', { class: 'num' }, f.value(precision)),
    h('td', { class: 'num' }, f.value(recall)),
    h('td', { class: 'num' }, precision == null || !d.prevalence ? '–' : `× ${f.value(precision / d.prevalence)}`));
  const rows = fixed.filter(t => t.k !== flagged).map(t => [t.k, row(t.k, t.precision.value, t.recall?.value, false)]);
  rows.push([flagged, row(flagged, v.precision, v.recall, true)]);
  rows.sort((a, b) => a[0] - b[0]);
  return card('The top k', [
    exportMenu({
      ...source('top', 'metrics'), title: 'Precision at k',
      table: () => ({
        head: ['k', 'precision', 'recall'],
        rows: [...fixed.map(t => [t.k, t.precision.value, t.recall?.value]), [flagged, v.precision, v.recall]].sort((a, b) => a[0] - b[0]),
      }),
    }),
  ],
  amountField('top-k', 'Room for', flagged, k => pick(d, atCount(d.points, k)), 'numeric'),
  h('table', { class: 'sweep topk' },
    h('thead', null, h('tr', null, ['k', 'Precision', 'Recall', 'Lift'].map(t => h('th', { key: t, scope: 'col', class: 'num' }, t)))),
    h('tbody', null, rows.map(([, tr]) => tr))));
}

// ---------------------------------------------------------------- costs

export function costCard(d, index, source) {
  const costs = { fp: number('fp', DEFAULT_COSTS.fp, 0), fn: number('fn', DEFAULT_COSTS.fn, 0) };
  const v = d.points[index];
  const cost = costOf(v, costs);
  const { least, line, ring, at } = keep('costs', [d, costs.fp, costs.fn], () => {
    const found = cheapest(d.points, costs);
    const every = Math.max(1, Math.floor(d.points.length / COST_POINTS));
    const shown = d.points.map((_, i) => i).filter(i => i % every === 0 || i === found);
    return {
      // what is far worse than flagging nothing would flatten the rest
      least: found, line: shown.map(i => Math.min(costOf(d.points[i], costs), 1.5 * costOf(d.points[0], costs) || Infinity)), ring: shown.indexOf(found),
      at: i => Math.max(0, shown.findLastIndex(s => s <= i)),
    };
  });
  const lowest = costOf(d.points[least], costs);
  const row = p => [p.threshold, p.fp, p.fn, costOf(p, costs), costOf(p, costs) / d.total];
  const head = ['threshold', 'false_positives', 'false_negatives', 'cost', 'cost_per_prediction'];
  const here = index === least || cost === lowest;
  return card('Expected cost', [
    exportMenu({
      ...source('costs', 'sweep'), title: `Expected cost at ${costs.fp} a false alarm, ${costs.fn} a miss`,
      table: () => ({ head, rows: d.points.map(row) }),
      brief: () => ({ head: ['', ...head], rows: [['here', ...row(v)], ['least', ...row(d.points[least])]] }),
    }),
  ],
  h('div', { class: 'fields' },
    amountField('cost-fp', 'A false alarm costs', costs.fp, n => set({ fp: n === DEFAULT_COSTS.fp ? null : String(n) })),
    amountField('cost-fn', 'A miss costs', costs.fn, n => set({ fn: n === DEFAULT_COSTS.fn ? null : String(n) }))),
  lineMark({ values: line, at: at(index), ring }),
  h('p', { class: 'cost' }, h('b', { id: 'cost' }, f.amount(cost)), h('span', null, ` in all, ${f.value((1000 * cost) / d.total)} per 1,000 ${d.noun}`)),
  h('p', { class: 'hint cheapest' }, here
    ? 'No threshold of this report is cheaper.'
    : [`Least at ${f.threshold(d.points[least].threshold)}: ${f.amount(lowest)}, ${f.percent(cost - lowest, cost)} less. `,
      h('button', { type: 'button', class: 'quiet', onClick: () => pick(d, least) }, 'Go there')]));
}

