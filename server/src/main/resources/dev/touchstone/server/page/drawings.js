// Small drawings beside numbers. The numbers say the same: drawings are hidden from screen readers.

import { h } from './ui.js';

const WIDTH = 124;
const HEIGHT = 18;
const PAD = 5;

/** The range that holds all of `rows`' values and bounds, and `reference`. */
export function rangeOf(rows, reference) {
  const all = rows.flatMap(r => [r?.value, r?.ci_low, r?.ci_high, reference]).filter(v => v != null);
  const low = Math.min(...all);
  const high = Math.max(...all);
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

/**
 * A value with its interval on a common scale, and a line where the reference lies.
 *
 * @param range [low, high] of the drawing
 * @param kind class of the colour: good, bad, calm
 */
export function intervalMark({ value, low, high, range, reference, kind = 'calm', width = WIDTH }) {
  const x = v => PAD + (Math.min(1, Math.max(0, (v - range[0]) / (range[1] - range[0])))) * (width - 2 * PAD);
  const middle = HEIGHT / 2;
  return h('svg', { class: `mark-interval ${kind}`, width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, 'aria-hidden': 'true' },
    reference != null && h('line', { class: 'reference', x1: x(reference), x2: x(reference), y1: 0, y2: HEIGHT }),
    low != null && high != null && h('line', { class: 'reach', x1: x(low), x2: Math.max(x(high), x(low) + 1), y1: middle, y2: middle }),
    value != null && h('circle', { cx: x(value), cy: middle, r: 3.6 }));
}

/** Several values on a common scale, and the interval of their mean. */
export function dotsMark({ values, mean, range, width = WIDTH }) {
  const x = v => PAD + ((v - range[0]) / (range[1] - range[0])) * (width - 2 * PAD);
  const middle = HEIGHT / 2;
  return h('svg', { class: 'mark-interval calm', width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, 'aria-hidden': 'true' },
    mean?.ci_low != null && h('line', { class: 'reach', x1: x(mean.ci_low), x2: x(mean.ci_high), y1: middle, y2: middle }),
    values.filter(v => v != null).map((v, i) => h('circle', { key: i, class: 'one', cx: x(v), cy: middle, r: 2.6 })),
    mean?.value != null && h('line', { class: 'mean', x1: x(mean.value), x2: x(mean.value), y1: 2, y2: HEIGHT - 2 }));
}

/** A line without axes, with a dot on it and a ring. */
export function lineMark({ values, at, ring, width = 360, height = 56 }) {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const x = i => 5 + ((width - 10) * i) / Math.max(1, values.length - 1);
  const y = v => height - 6 - ((height - 12) * (v - low)) / span;
  return h('svg', { class: 'mark-line', viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
    h('polyline', { points: values.map((v, i) => `${x(i).toFixed(1)},${y(v).toFixed(1)}`).join(' ') }),
    h('circle', { class: 'ring', cx: x(ring), cy: y(values[ring]), r: 3.5 }),
    h('circle', { class: 'dot', cx: x(at), cy: y(values[at]), r: 4 }));
}
