// What a report's numbers mean for the page: every operating point it holds, in order, and what
// follows from one of them. Pure functions; nothing is estimated that the report does not say.

/**
 * A report made ready to look at.
 *
 * `vertices` are the curve as it is drawn; `points` all exact operating points that the report
 * holds, strictest first: the curve's, the sweep's and the named ones.
 */
export function derive(document) {
  const body = document.report;
  const total = body.weight_total ?? body.n;
  const positives = body.weight_pos ?? body.n_pos ?? null;
  const negatives = positives == null ? null : total - positives;
  const complete = row => {
    const fn = row.fn ?? positives - row.tp;
    return {
      threshold: row.threshold,
      tp: row.tp,
      fp: row.fp,
      fn,
      tn: row.tn ?? negatives - row.fp,
      precision: row.precision,
      recall: row.recall,
      fpr: row.fpr ?? (negatives > 0 ? row.fp / negatives : null),
      f1: row.f1 !== undefined ? row.f1 : 2 * row.tp + row.fp + fn > 0 ? (2 * row.tp) / (2 * row.tp + row.fp + fn) : null,
    };
  };
  const curve = (body.curve ?? []).map(complete);
  const sweep = (body.sweep ?? []).map(complete).sort(strictestFirst);
  const named = (body.operating_points ?? []).filter(p => p.tp != null);
  const points = merged([...curve, ...sweep, ...named.map(complete)]);
  return {
    document, body, total, positives, negatives, sweep, points,
    vertices: curve.length ? curve : points,
    prevalence: total > 0 && positives != null ? positives / total : null,
    named: named.map(p => ({ name: p.name, index: points.findIndex(q => q.threshold === p.threshold) })),
    best: best(points, p => p.f1 ?? -1),
    noun: Number.isInteger(total) && total === body.n ? 'predictions' : 'of weight',
  };
}

const strictestFirst = (a, b) =>
  a.tp + a.fp - (b.tp + b.fp) || (b.threshold ?? Infinity) - (a.threshold ?? Infinity);

/** In order, each threshold once. */
function merged(rows) {
  rows.sort(strictestFirst);
  return rows.filter((row, i) => i === 0 || row.threshold !== rows[i - 1].threshold);
}

/** The first point at which `score` is highest. */
export function best(points, score) {
  let found = 0;
  let high = -Infinity;
  points.forEach((p, i) => {
    const s = score(p);
    if (s > high) {
      high = s;
      found = i;
    }
  });
  return found;
}

/** The last point for which `keeps` holds, in an order in which it first holds and then doesn't. */
function lastWhere(points, keeps) {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (keeps(points[middle])) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What is predicted positive at t: the last point whose threshold is not below it. */
export const atThreshold = (points, t) => lastWhere(points, p => (p.threshold ?? Infinity) >= t);

/** The most that can be flagged without going over k. */
export const atCount = (points, k) => lastWhere(points, p => p.tp + p.fp <= k);

export const costOf = (point, costs) => point.fp * costs.fp + point.fn * costs.fn;

export const cheapest = (points, costs) => best(points, p => -costOf(p, costs));

/** The report's `precision_at_top_100` and the like, by count. */
export function tops(metrics) {
  return Object.keys(metrics ?? {})
    .map(name => /^precision_at_top_(\d+)$/.exec(name))
    .filter(Boolean)
    .map(([name, k]) => ({ k: Number(k), precision: metrics[name], recall: metrics[`recall_at_top_${k}`] }))
    .sort((a, b) => a.k - b.k);
}

// ---------------------------------------------------------------- which way is better

// as the server's MetricDirection has it
const LOWER = /^(.*_loss|brier(_reliability)?|(ece|mce)(_.*)?|r?mse|mae|error_rate|fpr|fnr)$/;
const NEITHER = /^(prevalence|brier_(uncertainty|within_bin_.*)|.*_threshold)$/;

/** Null where neither way is better. */
export const higherIsBetter = metric => (NEITHER.test(metric) ? null : !LOWER.test(metric));

// ---------------------------------------------------------------- slices

const FEW_POSITIVES = 30;

/** Metrics that slices have, in the order of `byImportance`. */
export function sliceMetrics(body, byImportance) {
  const names = new Set();
  for (const s of body.slices ?? []) {
    for (const name of Object.keys(s.metrics ?? {})) names.add(name);
  }
  return [...names].sort(byImportance);
}

/**
 * Slices with what each lacks against the others: `worse` is how far it lies on the bad side, by the
 * report's own difference to the rest where there is one, else by the plain difference to all.
 */
export function slicesBy(body, metric) {
  const all = body.metrics?.[metric]?.value;
  const up = higherIsBetter(metric);
  return (body.slices ?? []).map(s => {
    const m = s.metrics?.[metric] ?? null;
    const tested = s.differences?.[metric] ?? null;
    const difference = tested?.value ?? (m?.value == null || all == null ? null : m.value - all);
    const count = s.n_pos ?? s.n;
    return {
      slice: s.slice, n: s.n, nPos: s.n_pos, metric: m, tested, difference,
      reason: s.reason ?? m?.reason ?? null,
      few: s.reason != null || count < FEW_POSITIVES,
      worse: difference == null ? null : up === null ? Math.abs(difference) : up ? -difference : difference,
    };
  });
}

const ORDERS = {
  worst: (a, b) => (b.worse ?? -Infinity) - (a.worse ?? -Infinity),
  name: (a, b) => a.slice.localeCompare(b.slice, 'en', { numeric: true }),
  n: (a, b) => b.n - a.n,
  value: (a, b) => (b.metric?.value ?? -Infinity) - (a.metric?.value ?? -Infinity),
};

export const SLICE_ORDERS = Object.keys(ORDERS);

/** Sorted; ties by name, so that the order is the same each time. */
export const sortSlices = (slices, order) =>
  slices.slice().sort((a, b) => ORDERS[order](a, b) || ORDERS.name(a, b));

// ---------------------------------------------------------------- differences of two reports

/**
 * What two reports' own intervals say of their difference: from the end of one to the other end of
 * the other. That holds whatever binds the two, at the least level to which both hold together, and
 * is wider than what pairing gives.
 */
export function unpaired(mine, other) {
  const names = Object.keys(mine ?? {}).filter(name => other?.[name]);
  return names.map(metric => {
    const [a, b] = [mine[metric], other[metric]];
    const row = {
      metric, value: a.value, baseline: b.value, difference: null, ci_low: null, ci_high: null,
      level: null, ci_method: null, reason: a.reason ?? b.reason, ci_reason: a.ci_reason ?? b.ci_reason,
      verdict: 'UNDEFINED',
    };
    if (a.value == null || b.value == null) return row;
    row.difference = a.value - b.value;
    if ([a, b].some(m => m.ci_low == null || m.ci_high == null || m.level == null)) return row;
    row.ci_low = a.ci_low - b.ci_high;
    row.ci_high = a.ci_high - b.ci_low;
    row.ci_method = 'ends_of_both_intervals';
    row.level = Math.max(0, a.level + b.level - 1);
    row.verdict = verdict(metric, row.ci_low, row.ci_high);
    return row;
  });
}

function verdict(metric, low, high) {
  const up = higherIsBetter(metric);
  if (up === null) return 'UNDEFINED';
  if (low > 0) return up ? 'BETTER' : 'WORSE';
  if (high < 0) return up ? 'WORSE' : 'BETTER';
  return 'INDISTINGUISHABLE';
}

const OTHER_WAY = { BETTER: 'WORSE', WORSE: 'BETTER' };
const minus = v => (v == null ? null : 0 - v);

/** A comparison read from the other side: what was the baseline is now looked at. */
export function turned(comparison) {
  const { join, mcnemar, flips } = comparison;
  return {
    ...comparison,
    join: join && { ...join, rows: join.baseline_rows, baseline_rows: join.rows },
    threshold: comparison.baseline_threshold,
    baseline_threshold: comparison.threshold,
    metrics: comparison.metrics.map(m => ({
      ...m, value: m.baseline, baseline: m.value, difference: minus(m.difference),
      ci_low: minus(m.ci_high), ci_high: minus(m.ci_low), verdict: OTHER_WAY[m.verdict] ?? m.verdict,
    })),
    mcnemar: mcnemar && { ...mcnemar, baseline_only: mcnemar.candidate_only, candidate_only: mcnemar.baseline_only },
    flips: flips && {
      ...flips, raised: flips.lowered, lowered: flips.raised, mended: flips.broken, broken: flips.mended,
      positive_raised: flips.positive_lowered, positive_lowered: flips.positive_raised,
      negative_raised: flips.negative_lowered, negative_lowered: flips.negative_raised,
    },
  };
}
