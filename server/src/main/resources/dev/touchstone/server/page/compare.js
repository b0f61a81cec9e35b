// Two model checkpoints, of one run or of two: the difference example by example where a report
// holds it, and until then what their own intervals say.

import { h, badge, card, empty, keep, problem, segmented, select } from './ui.js';
import * as f from './format.js';
import { state, evaluate } from './store.js';
import { toCheckpoint } from './route.js';
import { go, oneOf } from './params.js';
import { reportKeyPath } from './api.js';
import { exportMenu } from './export.js';
import * as remote from './remote.js';
import { derive, turned, unpaired } from './report.js';
import { CurveChart } from './curve.js';
import { coverage, decisions, differenceTable, differences, summary } from './comparison.js';
import { reportBefore } from './checkpoint.js';

const FRESH_MILLIS = 10_000;
const PENDING_MILLIS = 1_500;
const MAX_SEARCHED = 8; // reports of one side that are read to find a comparison
const MAIN = ['average_precision', 'roc_auc', 'log_loss', 'brier', 'f1', 'precision', 'recall', 'accuracy'];

// ---------------------------------------------------------------- the two sides

/** What the address says of a side, and what is known of it. */
function sideOf(runId, checkpointId, maxAge) {
  if (!runId) return { run: null };
  const { value: detail, problem: why } = remote.run(runId, maxAge);
  const side = { run: runId, asked: checkpointId ?? null, detail, problem: detail ? null : why };
  if (!detail) return side;
  const reported = detail.checkpoints.filter(c => c.report_key != null);
  const best = detail.run.headline?.best_full?.checkpoint;
  const id = checkpointId ?? (reported.find(c => c.checkpoint === best) ?? reported.at(-1))?.checkpoint;
  side.reported = reported;
  side.known = detail.checkpoints.find(c => c.checkpoint === id) ?? null;
  side.checkpoint = side.known?.checkpoint ?? id ?? null;
  if (side.known?.report_key) {
    const entry = remote.report(side.known.report_key);
    side.document = entry.value;
    side.problem = entry.value ? null : entry.problem;
  }
  return side;
}

function runChoices(current) {
  const ids = (state.runs ?? []).map(r => r.run_id);
  if (current && !ids.includes(current)) ids.unshift(current);
  return ids.map(id => [id, id]);
}

function picker(side, name, words, fields) {
  const best = side.detail?.run.headline?.best_full;
  const choices = (side.reported ?? []).slice().reverse().map(c => [c.checkpoint, `${c.checkpoint}${c.step == null ? '' : ` · step ${f.count(c.step)}`}`]);
  if (side.asked && !choices.some(([id]) => id === side.asked)) choices.unshift([side.asked, `${side.asked} · no report`]);
  const { document } = side;
  return h('section', { class: `card side ${name}`, 'aria-label': words },
    h('h3', null, words),
    select('Run', [...(side.run ? [] : [['', 'choose…']]), ...runChoices(side.run)], side.run ?? '',
      run => go({ [fields.run]: run || null, [fields.checkpoint]: null })),
    side.detail && select('Checkpoint', [['', best ? `best: ${best.checkpoint}` : 'newest report'], ...choices], side.asked ?? '',
      c => go({ [fields.checkpoint]: c || null })),
    h('div', { class: 'meta' },
      document && h('span', null, h('b', null, f.count(document.report.n)), ` predictions, ${document.evaluation_set}/${document.split}`),
      document && h('a', { href: toCheckpoint(side.run, side.checkpoint) }, 'Report'),
      side.run && !side.detail && !side.problem && h('span', null, 'Loading…')));
}

const SIDES = {
  mine: { run: 'run', checkpoint: 'checkpoint' },
  other: { run: 'with_run', checkpoint: 'with' },
};

function swap(params) {
  go({ run: params.with_run ?? null, checkpoint: params.with ?? null, with_run: params.run ?? null, with: params.checkpoint ?? null });
}

function pickers(mine, other) {
  return h('div', { class: 'versus' },
    picker(mine, 'mine', 'This one', SIDES.mine),
    h('button', { type: 'button', class: 'swap', title: 'Swap', 'aria-label': 'Swap the two', onClick: () => swap(state.route.params) }, '⇄'),
    picker(other, 'other', 'Against', SIDES.other));
}

// ---------------------------------------------------------------- a comparison that exists

function reportKeys(known) {
  const asked = known.evaluations.filter(e => e.report_key).sort((a, b) => b.finished_at - a.finished_at);
  return [...new Set([known.report_key, ...asked.map(e => e.report_key)])].filter(Boolean).slice(0, MAX_SEARCHED);
}

/** A report on `side` against the predictions of `other`: found, none, or undefined while searching. */
function against(side, other) {
  for (const key of reportKeys(side.known)) {
    const { value, problem: why } = remote.report(key);
    if (!value && !why) return undefined;
    if (value?.report.comparison && value.report.comparison.baseline === other.document.set_key) return value;
  }
  return null;
}

/** The comparison of both from whichever side it was made, as `mine` sees it. */
function paired(mine, other) {
  const found = against(mine, other);
  if (found) return { comparison: found.report.comparison, document: found };
  const back = against(other, mine);
  if (back) return { comparison: keep('turned', [back], () => turned(back.report.comparison)), document: back };
  return found === undefined || back === undefined ? undefined : null;
}

// ---------------------------------------------------------------- asking for one

/** The same two checkpoints have the same id: whoever asks again, here or elsewhere, asks once. */
function requestId(mine, other) {
  const text = JSON.stringify([mine.run, mine.checkpoint, other.run, other.checkpoint]);
  const part = seed => {
    // two rounds of FNV-1a, over the text and back
    let hash = seed;
    for (const c of text + [...text].reverse().join('')) hash = Math.imul(hash ^ c.codePointAt(0), 0x01000193) >>> 0;
    return hash.toString(16).padStart(8, '0');
  };
  return `compare-${[0x811c9dc5, 0x9747b28c, 0x5bd1e995, 0x1b873593].map(part).join('')}`;
}

function requests(mine, other) {
  const id = requestId(mine, other);
  return mine.known.evaluations.filter(e => e.id?.startsWith(id)).sort((a, b) => b.triggered_at - a.triggered_at);
}

const ENDED_WITHOUT = ['FAILED', 'EXPIRED', 'INCOMPLETE', 'SUPERSEDED'];

function ask(mine, other, tried) {
  const groupings = mine.document.report.slicing?.groupings.map(g => g.grouping);
  evaluate(mine.run, mine.checkpoint, {
    baseline: { run_id: other.run, checkpoint: other.checkpoint },
    evaluation_set: mine.document.evaluation_set,
    split: mine.document.split,
    // the new report becomes the newest: it should say no less than the one before
    ...(groupings?.length ? { slices: groupings } : {}),
  }, tried ? `${requestId(mine, other)}.${tried}` : requestId(mine, other));
}

function askNotice(mine, other) {
  const [newest, ...older] = requests(mine, other);
  const asking = state.asking.has(`${mine.run}\u0000${mine.checkpoint}`);
  if (newest && !ENDED_WITHOUT.includes(newest.state) && newest.report_key == null) {
    return h('div', { class: 'notice', role: 'status' }, badge(newest.state),
      h('span', { class: 'grow' }, `The comparison example by example was asked for: ${f.reason(newest.reason) ?? 'it waits for its turn'}.`));
  }
  const failed = newest && ENDED_WITHOUT.includes(newest.state);
  return h('div', { class: `notice ${failed ? 'bad' : ''}`, role: 'status' }, failed && badge(newest.state),
    h('span', { class: 'grow' }, failed
      ? `The comparison example by example ended without a result: ${f.reason(newest.reason)}.`
      : 'Each side’s own interval, set against the other’s. Example by example the same difference has a far narrower interval.'),
    state.status?.writes_allowed === false
      ? h('small', null, 'This server takes no requests.')
      : h('button', { type: 'button', disabled: asking, onClick: () => ask(mine, other, failed ? older.length + 1 : 0) },
        asking ? 'Asking…' : failed ? 'Ask again' : 'Compare example by example'));
}

// ---------------------------------------------------------------- parts

function warning(mine, other) {
  const [a, b] = [mine.document, other.document];
  if (mine.run === other.run && mine.checkpoint === other.checkpoint) return 'Both sides are the same model checkpoint.';
  if (a.evaluation_set !== b.evaluation_set || a.split !== b.split) {
    return `They were evaluated on different examples, ${a.evaluation_set}/${a.split} and ${b.evaluation_set}/${b.split}: a difference may be of the data and not of the models.`;
  }
  const [d, e] = [a.report.provenance?.dataset_digest, b.report.provenance?.dataset_digest];
  return d && e && d !== e ? 'Their data sets have different digests: a difference may be of the data and not of the models.' : null;
}

const nameOf = (side, elsewhere) => (side.run === elsewhere.run ? side.checkpoint : `${side.run} · ${side.checkpoint}`);

function differenceCard(mine, other, found) {
  const names = [nameOf(mine, other), nameOf(other, mine)];
  const title = `${names[0]} against ${names[1]}`;
  const where = {
    name: `${mine.run} ${mine.checkpoint} against ${other.run} ${other.checkpoint}`, title,
    caption: `${mine.document.evaluation_set}/${mine.document.split}`,
  };
  if (found) {
    const { comparison, document } = found;
    return card(['Difference', h('small', null, ' example by example')], [
      badge('PAIRED'),
      exportMenu({ ...where, path: reportKeyPath(document.report_key), part: 'report.comparison', table: () => differenceTable(comparison.metrics) }),
    ],
    h('p', { class: 'outcome' }, h('b', null, `${names[0]} is ${summary(comparison.metrics)}.`)),
    differences(comparison.metrics, 'This one', 'Against'),
    decisions(comparison),
    h('p', { class: 'hint note' }, coverage(comparison.join)));
  }
  const all = keep('unpaired', [mine.document, other.document], () => unpaired(mine.document.report.metrics, other.document.report.metrics));
  const main = all.filter(m => MAIN.includes(m.metric));
  const shown = main.length ? main : all.slice(0, MAIN.length);
  return card(['Difference', h('small', null, ' of two reports')], [
    badge('UNPAIRED'),
    exportMenu({ ...where, path: reportKeyPath(mine.document.report_key), part: 'report.metrics', table: () => differenceTable(all) }),
  ],
  found === undefined ? h('p', { class: 'hint' }, 'Looking for a comparison example by example…') : askNotice(mine, other),
  h('p', { class: 'outcome' }, h('b', null, `${names[0]} is ${summary(shown)}.`)),
  differences(shown, 'This one', 'Against'),
  h('p', { class: 'hint note' }, 'An interval goes from the end of one to the far end of the other. It holds whatever binds the two, at 90 % or more, and is wide: “undecided” here may well be decided example by example.'));
}

function curvesCard(mine, other) {
  const [a, b] = keep('both', [mine.document, other.document], () => [derive(mine.document), derive(other.document)]);
  if (!a.vertices.length || !b.vertices.length) return null;
  const plane = oneOf('curve', ['pr', 'roc']);
  const title = plane === 'pr' ? 'Precision and recall' : 'Receiver operating characteristic';
  const area = d => f.value(d.body.metrics?.[plane === 'pr' ? 'average_precision' : 'roc_auc']?.value);
  const columns = ['threshold', 'tp', 'fp', 'precision', 'recall', 'fpr'];
  return card(title, [
    segmented('Curve', [['pr', 'PR'], ['roc', 'ROC']], plane, c => go({ curve: c === 'pr' ? null : c })),
    exportMenu({
      name: `${mine.run} ${mine.checkpoint} against ${other.run} ${other.checkpoint} curves`, title,
      caption: `${nameOf(mine, other)} (orange) against ${nameOf(other, mine)} (blue, dashed)`,
      path: reportKeyPath(mine.document.report_key), part: 'report.curve',
      table: () => ({
        head: ['model', ...columns],
        rows: [[mine, a], [other, b]].flatMap(([side, d]) => d.vertices.map(v => [`${side.run} ${side.checkpoint}`, ...columns.map(c => v[c])])),
      }),
    }),
  ],
  h(CurveChart, {
    version: [plane, state.themeVersion].join(), height: 360, phoneHeight: 300,
    label: `${title} of both`, plane, prevalence: a.prevalence,
    curves: keep('both curves', [a, b], () => [{ vertices: b.vertices, colour: 'proxy', dash: [7, 4] }, { vertices: a.vertices, colour: 'full' }]),
  }),
  h('ul', { class: 'legend' },
    h('li', null, h('i', { class: 'key full line' }), nameOf(mine, other), h('small', null, area(a))),
    h('li', null, h('i', { class: 'key proxy line dashed' }), nameOf(other, mine), h('small', null, area(b))),
    h('li', null, h('i', { class: 'key dashed' }), 'What guessing reaches')));
}

function missing(side, words) {
  if (!side.run) return null;
  if (side.problem) return problem(`${words}: the ${side.detail ? 'report' : 'run'} can’t be loaded`, side.problem, null);
  if (!side.detail || (side.known?.report_key && !side.document)) {
    return h('div', { class: 'skeleton', role: 'status', 'aria-label': 'Loading' }, h('i', { class: 'tall' }));
  }
  const asking = state.asking.has(`${side.run}\u0000${side.checkpoint}`);
  return empty(`${words}: no full report yet`,
    h('p', null, side.checkpoint ? `${side.checkpoint} of ${side.run} has no report to compare.` : `${side.run} has no report to compare.`),
    side.known && state.status?.writes_allowed !== false && h('p', null, h('button', {
      type: 'button', disabled: asking, onClick: () => evaluate(side.run, side.checkpoint),
    }, asking ? 'Asking…' : 'Ask for the full evaluation')));
}

// ---------------------------------------------------------------- the view

let pendingBefore = false;

export function Compare() {
  const { params } = state.route;
  const age = pendingBefore ? PENDING_MILLIS : FRESH_MILLIS;
  const mine = sideOf(params.run, params.checkpoint, age);
  let other = sideOf(params.with_run, params.with, age);
  if (!params.with_run && mine.run) {
    // the run itself, at the report before
    const before = reportBefore(mine.detail, mine.checkpoint);
    other = sideOf(mine.run, before?.checkpoint, age);
  }
  const head = [
    h('div', { class: 'title' }, h('h1', null, 'Compare')),
    pickers(mine, other),
  ];
  if (!mine.run) {
    return [head, empty('Which two?', h('p', null, 'Choose a run on each side: its best full result is taken, or another model checkpoint that has a report. ',
      'A run’s report has a button, Compare…, that leads here.'))];
  }
  if (!mine.document || !other.document) return [head, missing(mine, 'This one'), missing(other, 'Against')];
  const found = paired(mine, other);
  pendingBefore = !found && requests(mine, other).some(e => e.finished_at == null);
  const careful = warning(mine, other);
  return [
    head,
    careful && h('div', { class: 'notice warn', role: 'status' }, careful),
    differenceCard(mine, other, found),
    curvesCard(mine, other),
  ];
}
