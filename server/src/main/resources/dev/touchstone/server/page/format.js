// Numbers, times and names as people read them. Pure functions.

const LABELS = {
  average_precision: 'Average precision',
  roc_auc: 'ROC AUC',
  log_loss: 'Log loss',
  brier: 'Brier score',
  brier_skill: 'Brier skill',
  f1: 'F1',
  max_f1: 'Best F1',
  max_f1_threshold: 'Threshold of best F1',
  mcc: 'Matthews correlation',
  ks: 'Kolmogorov–Smirnov',
  ece: 'Calibration error (ECE)',
  mce: 'Calibration error (MCE)',
  youden_j: 'Youden’s J',
  n_pos: 'Positives',
};

// what people look at first comes first; the rest by name
const ORDER = [
  'average_precision', 'roc_auc', 'log_loss', 'brier', 'f1', 'precision', 'recall', 'accuracy',
];

const REASONS = {
  no_positives: 'there are no positives',
  no_negatives: 'there are no negatives',
  no_predicted_positives: 'nothing is predicted positive',
  not_requested: 'not asked for',
  not_computed: 'not computed',
  threshold_selected: 'the threshold was chosen on the same data',
  empty: 'there are no predictions',
  one_class: 'there is one class only',
  invalid_score: 'a score is not a number',
  zero_weight: 'all weights are zero',
  zero_margin: 'a margin of the table is zero',
  score_outside_0_1: 'scores are not in [0, 1]',
  infinite: 'the value is infinite',
  above_every_score: 'above every score',
  fewer_than_2: 'needs two model checkpoints',
  all_tied: 'all values are the same',
  value_at_limit: 'at the end of its range',
  precision_not_reached: 'no threshold reaches it',
  too_few_positives: 'too few positives',
  too_few_rows: 'too few examples',
  undefined_in_a_fold: 'undefined in a fold',
  no_promises: 'no proxy had an interval to be held to',
};

/** By code units: an order by a language's rules takes a browser 30 ms to learn. */
export const byText = (a, b) => (a < b ? -1 : Number(a > b));

export const byImportance = (a, b) => {
  const rank = name => {
    const i = ORDER.indexOf(name);
    return i < 0 ? ORDER.length : i;
  };
  return rank(a) - rank(b) || byText(a, b);
};

export function label(metric) {
  if (LABELS[metric]) return LABELS[metric];
  const words = metric.replaceAll('_', ' ')
    .replace(/\b(roc|auc|pr|mcc|fpr|tpr|ece|mce|f\d)\b/g, w => w.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const reason = text => (text == null ? null : REASONS[text] ?? text);

/** A metric's value: four digits that matter, never more than six decimals. */
export function value(v) {
  if (v == null) return '–';
  const a = Math.abs(v);
  if (a === 0) return '0';
  if (a >= 1e5 || a < 1e-4) return v.toExponential(2).replace('e-', 'e−');
  if (a >= 100) return v.toFixed(1);
  if (a >= 1) return v.toFixed(3);
  if (a >= 0.01) return v.toFixed(4);
  return v.toFixed(6);
}

/** How an interval was made: `binned_bounds` at level 1 is a proof and no estimate. */
export function method(name, level) {
  if (!name) return null;
  const words = name.replaceAll('_', ' ');
  if (level == null) return words;
  return level >= 1 ? `${words}, certain` : `${words}, ${Math.round(level * 1000) / 10} %`;
}

export const interval = (low, high) =>
  low == null || high == null ? null : `${value(low)}–${value(high)}`;

export function signed(v) {
  if (v == null) return '–';
  // what is left of subtracting equal doubles is not a difference
  if (Math.abs(v) < 1e-12) return '0';
  const a = Math.abs(v);
  const text = a < 1e-4 && a >= 5e-7 ? a.toFixed(6) : value(a);
  return (v < 0 ? '−' : '+') + text;
}

/** An interval of a difference: both ends with their signs. */
export const signedInterval = (low, high) => (low == null || high == null ? null : `${signed(low)} … ${signed(high)}`);

export const pValue = p => (p == null ? '–' : p < 1e-4 ? '<0.0001' : p.toFixed(p < 0.01 ? 4 : 3));

/** 10⁻³ and the like, where a power of ten has no short decimal. */
export function power(v) {
  const e = Math.round(Math.log10(v));
  if (e >= -3) return String(v >= 1 ? Math.round(v) : Number(v.toPrecision(1)));
  return `10${String(e).replace('-', '⁻').replace(/\d/g, n => '⁰¹²³⁴⁵⁶⁷⁸⁹'[n])}`;
}

/**
 * With commas between thousands, and at most two decimals. Written out, since the first formatter
 * that a browser is asked for takes it 60 ms.
 */
export function count(n) {
  if (n == null) return '–';
  if (!Number.isFinite(n)) return String(n);
  const [whole, part] = String(Math.round(Math.abs(n) * 100) / 100).split('.');
  return (n < 0 ? '-' : '') + whole.replace(/\B(?=(\d{3})+$)/g, ',') + (part ? `.${part}` : '');
}

/** A sum of any size: whole from a thousand on. */
export const amount = v => count(Math.abs(v) >= 1_000 ? Math.round(v) : v);

/** 1,234,567 as 1.23 M where room is short. */
export function short(n) {
  if (n == null) return '–';
  if (n >= 1e9) return (n / 1e9).toFixed(2) + ' G';
  if (n >= 1e6) return (n / 1e6).toFixed(2) + ' M';
  if (n >= 1e4) return (n / 1e3).toFixed(1) + ' k';
  return count(n);
}

export function bytes(n) {
  if (n == null) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) {
    n /= 1024;
    i++;
  }
  return `${i === 0 ? n : n.toFixed(1)} ${units[i]}`;
}

export function percent(part, whole, digits = 1) {
  if (!(whole > 0)) return '–';
  const p = (100 * part) / whole;
  if (p > 0 && p < 0.1) return '<0.1 %';
  if (p < 100 && p > 99.9) return '>99.9 %';
  return p.toFixed(digits) + ' %';
}

/** A share that may be very small, to two digits. */
export function share(part, whole) {
  if (!(whole > 0)) return '–';
  const p = (100 * part) / whole;
  return `${p >= 0.001 || p === 0 ? Number(p.toPrecision(2)) : p.toExponential(1)} %`;
}

export function epoch(e) {
  return e == null ? '–' : String(Math.round(e * 100) / 100);
}

/** A threshold tells scores apart: it keeps digits that a metric would not. */
export function threshold(t) {
  if (t == null) return 'above all';
  if (t === 0) return '0';
  const a = Math.abs(t);
  return a < 1e-4 ? t.toExponential(3).replace('e-', 'e−') : t.toPrecision(a > 0.9995 ? 6 : 4);
}

export function ago(millis) {
  const s = Math.max(0, Math.round(millis / 1000));
  if (s < 2) return 'just now';
  if (s < 60) return `${s} s ago`;
  const m = Math.round(s / 60);
  if (m < 60) return `${m} min ago`;
  const h = Math.round(m / 60);
  if (h < 48) return `${h} h ago`;
  return `${Math.round(h / 24)} days ago`;
}

/** The same where room is short. */
export const age = millis => ago(millis).replace('just now', 'now').replace(' ago', '');

const two = n => String(n).padStart(2, '0');

export function clock(millis) {
  const t = new Date(millis);
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

export function dateTime(millis) {
  const t = new Date(millis);
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${clock(millis)}`;
}

export function seconds(s) {
  if (s == null) return '–';
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  return s < 120 ? `${s.toFixed(1)} s` : `${(s / 60).toFixed(1)} min`;
}

export const shortKey = key => (key && key.length > 14 ? key.slice(0, 10) + '…' : key);
