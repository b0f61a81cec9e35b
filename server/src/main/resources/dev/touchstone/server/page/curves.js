// The curves that the page holds: fetched when a chart wants them, a batch of runs at a time, kept
// up to date by events, and forgotten when others were used since.

import * as api from './api.js';

/** How much of a curve a chart needs: all of it, a line, or a line the size of a stamp. */
export const WHOLE = { name: 'whole', points: 20_000, fields: [] };
export const LINE = { name: 'line', points: 1_500, fields: ['step', 'epoch', 'ts', 'value', 'attempt'] };
export const STAMP = { name: 'stamp', points: 150, fields: ['step', 'epoch', 'ts', 'value', 'attempt'] };

const MAX_SHEETS = 60;
const RUNS_AT_ONCE = 40;
const MAX_ADDRESS = 5_000;

const sheets = new Map();
let changed = () => {};
let queue = [];
const MAX_QUEUE = 20_000;

export function onChange(listener) {
  changed = listener;
}

/** What a curve is measured on: evaluation set, split, and which sample of it. */
export const setName = s => `${s.evaluation_set}/${s.split}${s.sample ? ` sample ${s.sample}` : ''}`;

/** A metric of a slice, of as many runs as were asked for. */
class Sheet {
  constructor(metric, slice, detail) {
    Object.assign(this, { metric, slice, detail });
    this.runs = new Map();
    this.marked = `"metric":${JSON.stringify(metric)}`;
  }
}

/**
 * What is known of the curves of those runs; asks for what is not.
 *
 * @returns {{curves: object[], waiting: number, problem: Error|null}}
 */
export function curvesOf(metric, slice, runs, detail) {
  const key = [metric, slice, detail.name].join('\u0000');
  let sheet = sheets.get(key);
  if (!sheet) sheet = new Sheet(metric, slice, detail);
  sheets.delete(key); // the one used last is the last one
  sheets.set(key, sheet);
  if (sheets.size > MAX_SHEETS) sheets.delete(sheets.keys().next().value);
  const missing = [];
  const answer = { curves: [], waiting: 0, problem: null };
  for (const run of runs) {
    const entry = sheet.runs.get(run);
    if (!entry || (entry.stale && !entry.asked)) missing.push(run);
    if (!entry?.curves) answer.waiting += entry?.problem ? 0 : 1;
    else answer.curves.push(...entry.curves);
    if (entry?.problem) answer.problem = entry.problem;
  }
  if (missing.length) fetchAll(sheet, missing);
  return answer;
}

function batches(runs) {
  const all = [];
  let batch = [];
  let length = 0;
  for (const run of runs) {
    const size = encodeURIComponent(run).length + 5;
    if (batch.length === RUNS_AT_ONCE || (batch.length && length + size > MAX_ADDRESS)) {
      all.push(batch);
      batch = [];
      length = 0;
    }
    batch.push(run);
    length += size;
  }
  if (batch.length) all.push(batch);
  return all;
}

function fetchAll(sheet, runs) {
  for (const run of runs) {
    const entry = sheet.runs.get(run) ?? { curves: null };
    sheet.runs.set(run, Object.assign(entry, { asked: true, stale: false, problem: null }));
  }
  for (const batch of batches(runs)) fetchBatch(sheet, batch);
}

async function fetchBatch(sheet, runs) {
  try {
    const { curves } = await api.curves(sheet.metric, sheet.slice, runs, sheet.detail);
    for (const run of runs) sheet.runs.get(run).curves = [];
    for (const curve of curves) {
      curve.version = 0;
      curve.set = setName(curve);
      sheet.runs.get(curve.run_id)?.curves.push(curve);
    }
  } catch (problem) {
    for (const run of runs) sheet.runs.get(run).problem = problem;
  }
  for (const run of runs) sheet.runs.get(run).asked = false;
  changed();
}

/** What failed is asked for again, and what may have changed unheard is fetched anew when it is drawn. */
export function forget() {
  queue = [];
  for (const sheet of sheets.values()) {
    for (const [run, entry] of sheet.runs) {
      if (entry.problem) sheet.runs.delete(run);
      else entry.stale = true;
    }
  }
}

/** A point as it came; read when the next frame is drawn, if a curve here wants it. */
export function heard(text) {
  if (!sheets.size) return;
  if (queue.length >= MAX_QUEUE) forget();
  else queue.push(text);
}

/** Folds the points that came since the last frame into their curves. */
export function takeQueue() {
  if (!queue.length) return;
  const texts = queue;
  queue = [];
  for (const text of texts) {
    let point = null;
    for (const sheet of sheets.values()) {
      if (!text.includes(sheet.marked)) continue;
      point ??= JSON.parse(text);
      if (point.metric === sheet.metric && point.slice === sheet.slice) fold(sheet, point);
    }
  }
}

function fold(sheet, point) {
  const entry = sheet.runs.get(point.run_id);
  if (!entry?.curves) return;
  let curve = entry.curves.find(c => c.tier === point.tier
    && c.evaluation_set === point.evaluation_set && c.split === point.split && c.sample === (point.sample ?? ''));
  if (!curve) {
    curve = {
      run_id: point.run_id, metric: point.metric, tier: point.tier, slice: point.slice,
      evaluation_set: point.evaluation_set, split: point.split,
      sample: point.sample ?? '', set: setName(point),
      higher_is_better: entry.curves[0]?.higher_is_better ?? null, total: 0, version: 0,
    };
    const fields = sheet.detail.fields.length ? sheet.detail.fields
      : ['attempt', 'checkpoint', 'ci_high', 'ci_low', 'epoch', 'manner', 'n', 'step', 'ts', 'value'];
    for (const field of fields) curve[field] = [];
    if (curve.manner) curve.manners = [];
    entry.curves.push(curve);
  }
  put(curve, point);
}

const COLUMNS = ['attempt', 'checkpoint', 'ci_high', 'ci_low', 'epoch', 'n', 'step', 'ts', 'value'];

function put(curve, point) {
  const before = i => curve.step[i] - point.step || curve.attempt[i] - point.attempt
    || (curve.checkpoint ? (curve.checkpoint[i] < point.checkpoint ? -1 : Number(curve.checkpoint[i] !== point.checkpoint)) : 0);
  let at = curve.step.length;
  while (at > 0 && before(at - 1) > 0) at--;
  const known = at > 0 && before(at - 1) === 0;
  if (known) at--;
  const write = (column, value) => {
    if (known) column[at] = value;
    else column.splice(at, 0, value);
  };
  for (const name of COLUMNS) if (curve[name]) write(curve[name], point[name]);
  if (curve.manner) {
    const { ci_method, level, target, state, trust, reason, revision } = point;
    const same = curve.manners.findIndex(m => m.state === state && m.trust === trust && m.reason === reason
      && m.ci_method === ci_method && m.level === level && m.revision === revision);
    if (same < 0) curve.manners.push({ ci_method, level, target, state, trust, reason, revision });
    write(curve.manner, same < 0 ? curve.manners.length - 1 : same);
  }
  if (!known) curve.total++;
  curve.version++;
}
