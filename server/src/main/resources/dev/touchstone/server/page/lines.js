// What is drawn of a curve: its points by the chosen axis, smoothed, and thinned without losing a
// spike. Pure functions.

/** More than a screen has columns; lowest and highest of a bucket stay, so a spike is never lost. */
export const MAX_DRAWN = 1_500;

export const AXES = [['step', 'Step'], ['epoch', 'Epoch'], ['relative', 'Relative'], ['time', 'Time']];
const NAMES = new Set(AXES.map(([id]) => id));
export const axisOf = params => (NAMES.has(params.axis) ? params.axis : 'step');

/** 0 is none; near 1 a point counts little against those before it. */
export function smoothingOf(params) {
  const weight = Number(params.smooth);
  return weight > 0 && weight <= 0.99 ? weight : 0;
}

// bits of how a point is drawn
export const UNTRUSTED = 1;
export const SAMPLED = 2;
export const PARTIAL = 4;

/**
 * A curve's points of the newest attempt at each step, in the order of the axis. `origin` is where
 * relative time begins; `sampled` tells the model checkpoints whose predictions are a sample.
 */
export function lineOf(curve, axis, origin = 0, sampled = null) {
  const key = `${curve.version} ${axis} ${axis === 'relative' ? origin : ''} ${sampled ? [...sampled].join('\u0000') : ''}`;
  const known = curve.lines?.[axis];
  if (known?.key === key) return known;
  const x = xOf(curve, axis, origin);
  const at = [];
  for (let i = 0; i < curve.step.length; i++) {
    const next = i + 1 < curve.step.length && curve.step[i + 1] === curve.step[i];
    if (!next && x(i) != null) at.push(i); // points are by step, then attempt
  }
  const ordered = at.every((i, k) => k === 0 || x(at[k - 1]) <= x(i));
  if (!ordered) at.sort((a, b) => x(a) - x(b));
  const column = values => Float64Array.from(at, i => values?.[i] ?? NaN);
  const manner = i => curve.manners?.[curve.manner[i]];
  const line = {
    key,
    at,
    x: Float64Array.from(at, x),
    y: column(curve.value),
    low: curve.ci_low && column(curve.ci_low),
    high: curve.ci_high && column(curve.ci_high),
    kinds: Uint8Array.from(at, i => (manner(i)?.trust === 'UNTRUSTED' ? UNTRUSTED : 0)
      | (sampled?.has(curve.checkpoint?.[i]) ? SAMPLED : 0)
      | (manner(i)?.state === 'PARTIAL' ? PARTIAL : 0)),
  };
  curve.lines = { ...curve.lines, [axis]: line }; // whoever goes through the axes comes back
  return line;
}

function xOf(curve, axis, origin) {
  switch (axis) {
    case 'epoch': return i => curve.epoch[i];
    case 'time': return i => curve.ts[i] / 1000;
    case 'relative': return i => (curve.ts[i] - origin) / 1000;
    default: return i => curve.step[i];
  }
}

/** When the first of the curves begins: both tiers of a run count from there. */
export function originOf(curves) {
  let origin = Infinity;
  for (const { ts } of curves) for (const t of ts) if (t < origin) origin = t;
  return Number.isFinite(origin) ? origin : 0;
}

/** Exponential moving average that starts at the first value and not at 0; gaps stay gaps. */
export function smooth(values, weight) {
  if (!(weight > 0)) return values;
  const out = new Float64Array(values.length);
  let mean = 0;
  let debias = 1;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) {
      out[i] = NaN;
      continue;
    }
    mean = mean * weight + (1 - weight) * values[i];
    debias *= weight;
    out[i] = mean / (1 - debias);
  }
  return out;
}

/** The first index whose x is at least `wanted`. */
export function lowerBound(x, wanted) {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index whose x is nearest; -1 where there is none. */
export function nearest(x, wanted) {
  const at = lowerBound(x, wanted);
  if (at === 0) return x.length ? 0 : -1;
  if (at === x.length) return at - 1;
  return wanted - x[at - 1] <= x[at] - wanted ? at - 1 : at;
}

/** Indices from `from` up to `to` (exclusive), at most `max`: of each bucket the lowest and the highest. */
export function thin(y, from, to, max = MAX_DRAWN) {
  const size = to - from;
  if (size <= max) return Array.from({ length: size }, (_, i) => from + i);
  const kept = [from];
  const buckets = Math.floor((max - 2) / 2);
  for (let b = 0; b < buckets; b++) {
    const start = from + 1 + Math.floor(((size - 2) * b) / buckets);
    const end = from + 1 + Math.floor(((size - 2) * (b + 1)) / buckets);
    let low = start;
    let high = start;
    for (let i = start + 1; i < end; i++) {
      if (y[i] < y[low] || Number.isNaN(y[low])) low = i;
      if (y[i] > y[high] || Number.isNaN(y[high])) high = i;
    }
    kept.push(Math.min(low, high));
    if (low !== high) kept.push(Math.max(low, high));
  }
  kept.push(to - 1);
  return kept;
}
