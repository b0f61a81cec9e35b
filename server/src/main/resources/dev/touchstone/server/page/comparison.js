// A comparison as a table: each metric's difference, its interval and what that says.

import { h, badge, fact, scrolling } from './ui.js';
import * as f from './format.js';
import { intervalMark } from './drawings.js';
import { higherIsBetter } from './report.js';

const KIND = { BETTER: 'good', WORSE: 'bad', INDISTINGUISHABLE: 'calm', UNDEFINED: 'calm' };

/** What the verdicts of several metrics come to, in words. */
export function summary(metrics) {
  const of = verdict => metrics.filter(m => m.verdict === verdict).map(m => f.label(m.metric));
  const list = names => (names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`);
  const parts = [];
  if (of('BETTER').length) parts.push(`better in ${list(of('BETTER'))}`);
  if (of('WORSE').length) parts.push(`worse in ${list(of('WORSE'))}`);
  if (of('INDISTINGUISHABLE').length) parts.push(`undecided in ${list(of('INDISTINGUISHABLE'))}`);
  return parts.join('; ') || 'nothing can be told apart';
}

/**
 * @param metrics entries as a report's `comparison` has them
 * @param mine, other what the two are called
 */
export function differences(metrics, mine, other) {
  const rows = metrics.slice().sort((a, b) => f.byImportance(a.metric, b.metric));
  const tested = rows.some(m => m.p_value_holm != null);
  return scrolling('Differences', 'scroll', h('table', { class: 'differences' },
    h('thead', null, h('tr', null,
      h('th', { scope: 'col' }, 'Metric'),
      h('th', { scope: 'col', class: 'num phone-hidden' }, mine),
      h('th', { scope: 'col', class: 'num phone-hidden' }, other),
      h('th', { scope: 'col', class: 'num' }, 'Difference'),
      h('th', { scope: 'col', class: 'phone-hidden' }, h('span', { class: 'unseen' }, 'Interval, drawn')),
      h('th', { scope: 'col', class: 'num phone-hidden' }, 'Interval'),
      tested && h('th', { scope: 'col', class: 'num phone-hidden', title: 'adjusted for all metrics (Holm)' }, 'p'),
      h('th', { scope: 'col', class: 'phone-hidden' }, 'Verdict'))),
    h('tbody', null, rows.map(m => {
      const reach = Math.max(...[m.ci_low, m.ci_high, m.difference].filter(v => v != null).map(Math.abs), 0) || 1;
      return h('tr', { key: m.metric },
        h('td', null, f.label(m.metric), direction(m), h('span', { class: 'phone-only' }, badge(m.verdict))),
        h('td', { class: 'num phone-hidden' }, f.value(m.value)),
        h('td', { class: 'num phone-hidden' }, f.value(m.baseline)),
        h('td', { class: 'num' }, h('b', null, f.signed(m.difference)),
          h('small', { class: 'phone-only' }, f.signedInterval(m.ci_low, m.ci_high))),
        h('td', { class: 'drawn phone-hidden' }, m.difference != null && intervalMark({
          value: m.difference, low: m.ci_low, high: m.ci_high, range: [-reach * 1.08, reach * 1.08], reference: 0, kind: KIND[m.verdict],
        })),
        h('td', { class: 'num phone-hidden', title: f.method(m.ci_method, m.level) }, m.ci_low == null ? h('small', null, f.reason(m.reason ?? m.ci_reason) ?? '–') : f.signedInterval(m.ci_low, m.ci_high)),
        tested && h('td', { class: 'num phone-hidden' }, f.pValue(m.p_value_holm)),
        h('td', { class: 'phone-hidden' }, badge(m.verdict)));
    }))));
}

function direction(m) {
  const up = m.direction ? m.direction === 'higher_is_better' : higherIsBetter(m.metric);
  if (up == null) return null;
  const words = up ? 'higher is better' : 'lower is better';
  return h('small', { class: 'direction', title: words }, h('span', { 'aria-hidden': 'true' }, up ? '↑' : '↓'), h('span', { class: 'unseen' }, words));
}

/** The rows of its CSV. */
export const differenceTable = metrics => ({
  head: ['metric', 'value', 'baseline', 'difference', 'ci_low', 'ci_high', 'level', 'ci_method', 'p_value', 'p_value_holm', 'verdict'],
  rows: metrics.map(m => [m.metric, m.value, m.baseline, m.difference, m.ci_low, m.ci_high, m.level, m.ci_method, m.p_value, m.p_value_holm, m.verdict]),
});

/** Decisions that differ at the thresholds of both. */
export function decisions(comparison) {
  const { flips, mcnemar } = comparison;
  if (!flips && !mcnemar) return null;
  return h('dl', { class: 'facts' },
    flips && fact('Decisions that differ', f.count(flips.total), `rate ${f.value(flips.rate?.value)} (${f.interval(flips.rate?.ci_low, flips.rate?.ci_high)})`),
    flips && fact('Became right', f.count(flips.mended)),
    flips && fact('Became wrong', f.count(flips.broken)),
    flips && fact('Raised to positive', f.count(flips.raised), `${f.count(flips.positive_raised)} of them positive`),
    flips && fact('Lowered to negative', f.count(flips.lowered), `${f.count(flips.negative_lowered)} of them negative`),
    mcnemar && fact('McNemar’s p', f.pValue(mcnemar.p_value), 'mid-p: are both right equally often?'));
}

/** What was paired, and how completely. */
export function coverage(join) {
  if (!join) return null;
  const both = `${f.count(join.joined)} examples that both have, paired by ${join.paired_by}`;
  return join.complete ? `Over ${both}.` : `Over ${both}: ${f.percent(join.share, 1)} of the larger set. The rest is left out.`;
}
