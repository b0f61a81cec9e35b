// One model checkpoint: its full report, with an operating point that everything follows.

import { h, badge, card, copyButton, empty, keep, problem, select } from './ui.js';
import * as f from './format.js';
import { state, evaluate, refreshDetail } from './store.js';
import { toCheckpoint, toCompare, toRun } from './route.js';
import { go, isOpen, setOpen } from './params.js';
import { reportKeyPath, reportPath } from './api.js';
import { exportMenu } from './export.js';
import { derive } from './report.js';
import * as remote from './remote.js';
import { costCard, curveCard, picked, pointCard, thresholdsCard, topCard } from './operating.js';
import { slicesCard } from './slices.js';
import { calibrationCard } from './calibration.js';
import { foldsCard } from './folds.js';
import { coverage, decisions, differenceTable, differences, summary } from './comparison.js';
import { checksCard } from './checks.js';

const TILES = 6;
const FIGURES_MILLIS = 2_000;

// what is derived from a report, kept as long as the report is the same object
let derived = null;

function derivedOf(document) {
  if (derived?.document !== document) derived = derive(document);
  return derived;
}

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

/** A part that is shut until it is wanted; whether it is open is in the address. */
function foldOut(id, title, note, aside, make) {
  const open = isOpen(id);
  return h('section', { class: 'card fold-out' },
    h('details', { open, onToggle: e => setOpen(id, e.target.open) },
      h('summary', null, h('h2', null, title), h('small', null, note)),
      open && [h('div', { class: 'aside', key: 'aside' }, aside), make()]));
}

/** Whatever the report measured, each with its interval and how it was made, or why there is none. */
function allMetrics(d, source) {
  const { metrics } = d.body;
  const names = Object.keys(metrics ?? {}).sort(f.byImportance);
  if (names.length <= TILES) return null;
  const aside = exportMenu({
    ...source('metrics', 'metrics'), title: 'All metrics',
    table: () => ({
      head: ['metric', 'value', 'ci_low', 'ci_high', 'level', 'ci_method', 'reason'],
      rows: names.map(n => [n, metrics[n].value, metrics[n].ci_low, metrics[n].ci_high, metrics[n].level, metrics[n].ci_method, metrics[n].reason ?? metrics[n].ci_reason]),
    }),
  });
  return foldOut('metrics', 'All metrics', `${names.length}`, aside, () => h('dl', { class: 'all-metrics' }, names.map(name => {
    const m = metrics[name];
    const range = f.interval(m.ci_low, m.ci_high);
    const why = f.reason(m.value == null ? m.reason : m.ci_reason);
    return h('div', { key: name }, h('dt', { title: name }, f.label(name)), h('dd', null, f.value(m.value)),
      h('dd', { class: 'note', title: range ? f.method(m.ci_method, m.level) : why },
        range ?? (m.value == null ? why ?? 'undefined' : 'no interval')));
  })));
}

function flat(object, prefix = '') {
  return Object.entries(object ?? {}).flatMap(([k, v]) =>
    v != null && typeof v === 'object' && !Array.isArray(v) ? flat(v, `${prefix}${k}.`) : [[prefix + k, v]]);
}

function pairs(rows) {
  return h('dl', { class: 'pairs' }, rows.filter(([, v]) => v != null && !(Array.isArray(v) && !v.length)).map(([k, v]) => [
    h('dt', { key: k }, k.replaceAll('_', ' ')), h('dd', null, Array.isArray(v) ? v.join(', ') : String(v))]));
}

function provenance(document, d, source) {
  const cost = flat(document.cost ?? d.body.cost);
  const seconds = cost.filter(([k, v]) => k.endsWith('seconds') && typeof v === 'number').reduce((sum, [, v]) => sum + v, 0);
  const where = source('report');
  const aside = [
    h('a', { class: 'button quiet', href: where.path, download: `${where.name}.json` }, 'Download JSON'),
    copyButton(`curl -s '${new URL(where.path, globalThis.document.baseURI)}'`, 'Copy as curl'),
  ];
  return foldOut('provenance', 'Where it comes from and what it cost',
    seconds > 0 ? `${f.seconds(seconds)} of computing` : '', aside, () => h('div', { class: 'provenance' },
      pairs([
        ['report_key', document.report_key], ['trigger', document.trigger], ['trigger_id', document.trigger_id],
        ['label_revision', document.revision], ['triggered', f.dateTime(document.triggered_at)], ['finished', f.dateTime(document.finished_at)],
        ...flat(d.body.provenance),
      ]),
      cost.length > 0 && pairs(cost.map(([k, v]) => [`cost: ${k}`, k.endsWith('seconds') ? f.seconds(v) : v]))));
}

/** The checkpoint of this run whose predictions are under that key, where the page knows it. */
function nameOfSet(key) {
  const claim = state.detail?.sets.find(s => s.set_key === key)?.claims[0];
  return claim ? { run: claim.run_id, checkpoint: claim.checkpoint, words: claim.checkpoint } : { words: `set ${f.shortKey(key)}` };
}

function comparisonCard(d, route, source) {
  const { comparison } = d.body;
  if (!comparison) return null;
  const other = nameOfSet(comparison.baseline);
  return keep('comparison', [d, other.words], () => card(['Against ', other.words], [
    other.run && h('a', { class: 'button quiet', href: toCompare(route.run, route.checkpoint, other.run, other.checkpoint) }, 'Compare'),
    exportMenu({ ...source('comparison', 'comparison'), title: `Against ${other.words}`, table: () => differenceTable(comparison.metrics) }),
  ],
  h('p', null, h('b', null, capital(summary(comparison.metrics))), '. ', h('span', { class: 'hint' }, coverage(comparison.join))),
  differences(comparison.metrics, 'This', other.words),
  decisions(comparison)));
}

const capital = text => text.charAt(0).toUpperCase() + text.slice(1);

// ---------------------------------------------------------------- the view

function neighbour(route, by, mark, words) {
  const list = (state.detail?.checkpoints ?? []).filter(c => c.report_key != null);
  const at = list.findIndex(c => c.checkpoint === route.checkpoint);
  const next = at < 0 ? null : list[at + by];
  return next && h('a', {
    class: 'button quiet', title: words, 'aria-label': words,
    href: toCheckpoint(route.run, next.checkpoint, carriedOver(route.params)),
  }, mark);
}

/** What makes sense for another report too. */
export function carriedOver(params) {
  const { curve, of, fp, fn, sm, ss, open, t } = params;
  return { curve, of, fp, fn, sm, ss, open, t };
}

/** The report before this one in the run, which it is first compared with. */
export function reportBefore(detail, checkpoint) {
  const list = (detail?.checkpoints ?? []).filter(c => c.report_key != null);
  const at = list.findIndex(c => c.checkpoint === checkpoint);
  return at > 0 ? list[at - 1] : list.find(c => c.checkpoint !== checkpoint) ?? null;
}

/** A checkpoint may have been asked several questions: each answer is a report of its own. */
function reportChoice(known, document) {
  const seen = new Map();
  for (const e of known?.evaluations ?? []) {
    if (e.report_key && !seen.has(e.report_key)) seen.set(e.report_key, e);
  }
  if (seen.size < 2) return null;
  const words = e => `${e.trigger === 'checkpoint' ? 'with the model checkpoint' : 'on request'}, ${f.clock(e.finished_at)}`;
  return select('Report', [...seen].map(([key, e]) => [key, words(e)]), document?.report_key ?? '', key => go({ report: key }));
}

function heading(route, known, document) {
  const before = reportBefore(state.detail, route.checkpoint);
  return h('div', { class: 'title' },
    h('nav', { class: 'crumbs', 'aria-label': 'Where this is' },
      h('a', { href: toRun(route.run, { metric: route.params.metric, q: route.params.q }) }, `‹ ${route.run}`),
      neighbour(route, -1, '‹', 'Previous report ([)'), neighbour(route, 1, '›', 'Next report (])')),
    h('div', { class: 'title-row' },
      h('h1', { title: route.checkpoint }, route.checkpoint),
      h('div', { class: 'actions' },
        reportChoice(known, document),
        document && h('a', { class: 'button', href: toCompare(route.run, route.checkpoint, before ? route.run : null, before?.checkpoint) }, 'Compare…'))),
    h('div', { class: 'meta' },
      badge(known?.state ?? document?.state ?? 'WAITING'),
      known?.step != null && h('span', null, 'step ', h('b', null, f.count(known.step))),
      known?.epoch != null && h('span', null, 'epoch ', h('b', null, f.epoch(known.epoch))),
      document && h('span', null, h('b', null, f.count(document.report.n)), ' predictions',
        document.report.n_pos != null && [', ', h('b', null, f.count(document.report.n_pos)), ' positive']),
      document && h('span', null, `${document.evaluation_set}/${document.split}${document.fold == null ? '' : `, fold ${document.fold}`}`),
      document && h('span', { title: 'from trigger to report' }, 'report in ', h('b', null, f.seconds((document.finished_at - document.triggered_at) / 1000)))),
    (known?.verdicts ?? []).map(v => h('div', { key: v.gate, class: `notice ${v.outcome === 'PASS' ? 'good' : v.outcome === 'FAIL' ? 'bad' : 'warn'}` },
      badge(v.outcome), h('span', null, `${v.gate}: ${v.reasons.join('; ')}`))));
}

/** The checkpoint's figures; those of skew and audit are fetched only where the run has any. */
function figures(route, known) {
  if (!state.detail?.metrics.some(m => /^(skew|audit)_/.test(m))) return known?.proxies;
  const all = remote.run(route.run, FIGURES_MILLIS).value;
  return all?.checkpoints.find(c => c.checkpoint === route.checkpoint)?.proxies ?? known?.proxies;
}

/** The report that the address asks for, else the newest one. */
function shownReport(route) {
  const { report, reportProblem } = state;
  const key = route.params.report;
  if (key) {
    const entry = remote.report(key);
    return { document: entry.value, problem: entry.problem, retry: null };
  }
  const mine = report?.run_id === route.run && report.checkpoint === route.checkpoint;
  return { document: mine ? report : null, problem: reportProblem, retry: refreshDetail };
}

function skeleton() {
  return h('div', { class: 'skeleton', role: 'status', 'aria-label': 'Loading the report' },
    h('div', { class: 'stats' }, Array.from({ length: TILES }, (_, i) => h('i', { key: i }))), h('i', { class: 'tall' }));
}

function without(route, known, why, retry) {
  if (!why) return [heading(route, known, null), skeleton()];
  if (why.status !== 404) return [heading(route, known, null), problem('The report can’t be loaded', why, retry)];
  const underWay = known && ['WAITING', 'EVALUATING'].includes(known.state);
  const asking = state.asking.has(`${route.run}\u0000${route.checkpoint}`);
  return [
    heading(route, known, null),
    empty(underWay ? 'The report is on its way' : 'No report yet',
      h('p', null, known?.reason ? f.reason(known.reason) : why.message),
      known && !underWay && state.status?.writes_allowed !== false && h('p', null, h('button', {
        type: 'button', disabled: asking, onClick: () => evaluate(route.run, route.checkpoint),
      }, asking ? 'Asking…' : 'Ask for the full evaluation'))),
    known && checksCard(known.verdicts ?? [], figures(route, known), null, {
      name: `${route.run} ${route.checkpoint} verdicts`, path: `v1/runs/${encodeURIComponent(route.run)}`, part: 'verdicts',
    }),
  ];
}

export function Checkpoint() {
  const { route } = state;
  const known = state.detail?.checkpoints.find(c => c.checkpoint === route.checkpoint);
  const { document, problem: why, retry } = shownReport(route);
  if (!document) return without(route, known, why, retry);
  const d = derivedOf(document);
  const path = document.report_key ? reportKeyPath(document.report_key) : reportPath(route.run, route.checkpoint);
  const about = `${route.run} · ${route.checkpoint} · ${f.count(d.body.n)} predictions of ${document.evaluation_set}/${document.split}`;
  const source = (panel, part) => ({
    name: `${route.run} ${route.checkpoint} ${panel}`, caption: about, path, part: part ? `report.${part}` : undefined,
  });
  const index = d.points.length && d.positives != null ? picked(d) : -1;
  return [
    heading(route, known, document),
    metricTiles(d.body),
    index < 0 ? empty('This report holds no curve', h('p', null, 'It was made without one, or there was nothing to rank.')) : [
      h('div', { class: 'two wide-first' }, curveCard(d, index, source), pointCard(d, index, source)),
      h('div', { class: 'two wide-first' },
        d.sweep.length > 0 ? thresholdsCard(d, index, source) : h('div', null),
        h('div', { class: 'stack' }, topCard(d, index, source), costCard(d, index, source))),
    ],
    slicesCard(d, source),
    calibrationCard(d, source),
    comparisonCard(d, route, source),
    foldsCard(d, source),
    checksCard(known?.verdicts ?? [], { ...figures(route, known), ...d.body.metrics }, state.detail?.run, {
      name: `${route.run} ${route.checkpoint} verdicts`, caption: about, path: `v1/runs/${encodeURIComponent(route.run)}`, part: 'verdicts',
    }),
    allMetrics(d, source),
    provenance(document, d, source),
  ];
}
