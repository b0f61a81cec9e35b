// The curves that the page holds: fetched when a chart wants them, a batch of runs at a time, kept
// up to date by events, and forgotten when others were used since.

import * as api from './api.js';

/** How much of a curve a chart needs: all of it, a line, or a line the size of a stamp. */
export const WHOLE = { name: 'whole', points: 20_000, fields: [] };
export const LINE = { name: 'line', points: 1_500, fields: ['step', 'epoch', 'ts', 'value', 'attempt'] };
export const STAMP = { name: 'stamp', points: 150, digits: 6, fields: ['step', 'epoch', 'ts', 'value', 'attempt'] };

/** What is drawn while many lines are still on their way: no more than that axis needs. */
export function firstOf(axis) {
  const more = { step: [], epoch: ['epoch'] }[axis] ?? ['ts'];
  return { name: `first ${axis}`, points: 100, digits: 6, fields: ['step', 'value', 'attempt', ...more] };
}

const MAX_SHEETS = 60;
const RUNS_AT_ONCE = 100; // what the API takes
const IN_TURN = 20; // behind what is drawn: small enough that reading one stops nobody
const MAX_ADDRESS = 5_000;

const sheets = new Map();
const arrivals = [];
let changed = () => {};
let queue = [];
let versions = 0; // no two of what was ever held are the same
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
 * @param first a coarser detail that is shown until all of them are here; asked for first
 * @returns {{curves: object[], waiting: number, problem: Error|null}}
 */
export function curvesOf(metric, slice, runs, detail, first = null) {
  const sheet = sheetOf(metric, slice, detail);
  const known = held(sheet, runs);
  if (first && known.waiting > 0 && !known.problem) {
    const coarse = curvesOf(metric, slice, runs, first);
    // the finer ones don't take the server's time from the coarse
    if (coarse.waiting === 0) ask(sheet, runs, true);
    return coarse;
  }
  ask(sheet, runs, false);
  return known;
}

/** The curves of those runs as soon as all are here. */
export async function whenHeld(metric, slice, runs, detail) {
  for (;;) {
    const { curves, waiting, problem } = curvesOf(metric, slice, runs, detail);
    if (problem) throw problem;
    if (!waiting) return curves;
    await new Promise(done => arrivals.push(done));
  }
}

function sheetOf(metric, slice, detail) {
  const key = [metric, slice, detail.name].join('\u0000');
  const sheet = sheets.get(key) ?? new Sheet(metric, slice, detail);
  sheets.delete(key); // the one used last is the last one
  sheets.set(key, sheet);
  if (sheets.size > MAX_SHEETS) sheets.delete(sheets.keys().next().value);
  return sheet;
}

function held(sheet, runs) {
  const answer = { curves: [], waiting: 0, problem: null };
  for (const run of runs) {
    const entry = sheet.runs.get(run);
    if (!entry?.curves) answer.waiting += entry?.problem ? 0 : 1;
    else answer.curves.push(...entry.curves);
    if (entry?.problem) answer.problem = entry.problem;
  }
  return answer;
}

function ask(sheet, runs, inTurn) {
  const missing = runs.filter(run => {
    const entry = sheet.runs.get(run);
    return !entry || (entry.stale && !entry.asked);
  });
  if (missing.length) fetchAll(sheet, missing, inTurn);
}

function batches(runs, most) {
  const all = [];
  let batch = [];
  let length = 0;
  for (const run of runs) {
    const size = encodeURIComponent(run).length + 5;
    if (batch.length === most || (batch.length && length + size > MAX_ADDRESS)) {
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

function fetchAll(sheet, runs, inTurn) {
  for (const run of runs) {
    const entry = sheet.runs.get(run) ?? { curves: null, late: [] };
    sheet.runs.set(run, Object.assign(entry, { asked: true, stale: false, problem: null }));
  }
  if (inTurn) fetchInTurn(sheet, batches(runs, IN_TURN));
  else for (const batch of batches(runs, RUNS_AT_ONCE)) fetchBatch(sheet, batch);
}

async function fetchInTurn(sheet, all) {
  for (const batch of all) await fetchBatch(sheet, batch);
}

async function fetchBatch(sheet, runs) {
  try {
    const { curves } = await api.curves(sheet.metric, sheet.slice, runs, sheet.detail);
    for (const run of runs) sheet.runs.get(run).curves = [];
    for (const curve of curves) {
      curve.version = ++versions;
      curve.set = setName(curve);
      sheet.runs.get(curve.run_id)?.curves.push(curve);
    }
  } catch (problem) {
    for (const run of runs) sheet.runs.get(run).problem = problem;
  }
  for (const run of runs) {
    const entry = sheet.runs.get(run);
    entry.asked = false;
    for (const point of entry.late.splice(0)) fold(sheet, point);
  }
  arrivals.splice(0).forEach(done => done());
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
  // an answer on its way may be older than the point
  if (entry?.asked) entry.late.push(point);
  if (!entry?.curves) return;
  let curve = entry.curves.find(c => c.tier === point.tier
    && c.evaluation_set === point.evaluation_set && c.split === point.split && c.sample === (point.sample ?? ''));
  if (!curve) {
    curve = {
      run_id: point.run_id, metric: point.metric, tier: point.tier, slice: point.slice,
      evaluation_set: point.evaluation_set, split: point.split,
      sample: point.sample ?? '', set: setName(point),
      higher_is_better: entry.curves[0]?.higher_is_better ?? null, total: 0, version: ++versions,
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
  curve.version = ++versions;
}
