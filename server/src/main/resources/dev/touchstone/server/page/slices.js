// The slices of a report, the worst first: what each lacks against the others, with its interval.

import { h, card, keep, scrolling, select } from './ui.js';
import * as f from './format.js';
import { state } from './store.js';
import { go, oneOf } from './params.js';
import { exportMenu } from './export.js';
import { intervalMark, rangeOf } from './drawings.js';
import { SLICE_ORDERS, higherIsBetter, sliceMetrics, slicesBy, sortSlices } from './report.js';

const SHOWN = 40;

function verdictOf(row, metric) {
  const { tested } = row;
  if (tested?.ci_low == null || higherIsBetter(metric) === null) return 'calm';
  if (tested.ci_low > 0) return higherIsBetter(metric) ? 'good' : 'bad';
  if (tested.ci_high < 0) return higherIsBetter(metric) ? 'bad' : 'good';
  return 'calm';
}

function heading(id, words, order, numeric) {
  return h('th', {
    key: id, scope: 'col', class: numeric ? 'num' : '',
    'aria-sort': order === id ? (id === 'name' ? 'ascending' : 'descending') : undefined,
  }, h('button', { type: 'button', class: 'sort', onClick: () => go({ ss: id === 'worst' ? null : id }) },
    words, h('span', { 'aria-hidden': 'true' }, order === id ? (id === 'name' ? ' ↑' : ' ↓') : '')));
}

export function slicesCard(d, source) {
  const { body } = d;
  if (!body.slices?.length) return null;
  const names = sliceMetrics(body, f.byImportance);
  const metric = names.includes(state.route.params.sm) ? state.route.params.sm : names[0];
  const order = oneOf('ss', SLICE_ORDERS);
  const all = state.route.params.slices === 'all';
  return keep('slices', [d, metric, order, all], () => tree(d, source, names, metric, order, all));
}

function tree(d, source, names, metric, order, all) {
  const { body } = d;
  const whole = body.metrics?.[metric];
  const rows = sortSlices(slicesBy(body, metric), order);
  const shown = all ? rows : rows.slice(0, SHOWN);
  const range = rangeOf(rows.filter(r => !r.few).map(r => r.metric), whole?.value);
  const tested = rows.some(r => r.tested);
  const positives = rows.some(r => r.nPos != null);
  const about = tested ? 'difference to the rest of the examples' : 'difference to all examples';
  return card(['Slices', h('small', null, ` ${order === 'worst' ? 'worst first' : ''}`)], [
    select('Metric', names.map(n => [n, f.label(n)]), metric, m => go({ sm: m === names[0] ? null : m })),
    exportMenu({
      ...source('slices', 'slices'), title: `Slices by ${f.label(metric)}`,
      table: () => ({
        head: ['slice', 'n', 'n_pos', metric, 'ci_low', 'ci_high', 'difference', 'difference_ci_low', 'difference_ci_high', 'p_value_bh', 'reason'],
        rows: rows.map(r => [r.slice, r.n, r.nPos, r.metric?.value, r.metric?.ci_low, r.metric?.ci_high,
          r.difference, r.tested?.ci_low, r.tested?.ci_high, r.tested?.p_value_bh, r.reason]),
      }),
    }),
  ],
  scrolling('Slices', 'scroll', h('table', { class: 'slices' },
    h('thead', null, h('tr', null,
      heading('name', 'Slice', order),
      heading('n', 'Examples', order, true),
      positives && h('th', { scope: 'col', class: 'num phone-hidden' }, 'Positives'),
      heading('value', 'Value', order, true),
      h('th', { scope: 'col', class: 'phone-hidden' }, h('span', { class: 'unseen' }, 'Interval, drawn')),
      heading('worst', 'Difference', order, true),
      h('th', { scope: 'col', class: 'num phone-hidden' }, 'Its interval'))),
    h('tbody', null, shown.map(r => h('tr', { key: r.slice, class: r.few ? 'few' : '', title: r.few ? 'too few to say much: read with care' : undefined },
      h('td', { class: 'clip', title: r.slice }, r.slice),
      h('td', { class: 'num' }, f.count(r.n)),
      positives && h('td', { class: 'num phone-hidden' }, f.count(r.nPos)),
      h('td', { class: 'num', title: f.interval(r.metric?.ci_low, r.metric?.ci_high) ?? f.reason(r.reason) },
        r.metric?.value == null ? h('small', null, f.reason(r.reason) ?? '–') : f.value(r.metric.value)),
      h('td', { class: 'drawn phone-hidden' }, r.metric?.value != null && intervalMark({
        value: r.metric.value, low: r.metric.ci_low, high: r.metric.ci_high, range, reference: whole?.value, kind: verdictOf(r, metric),
      })),
      h('td', { class: `num ${verdictOf(r, metric)}` }, f.signed(r.difference)),
      h('td', { class: 'num phone-hidden', title: r.tested?.p_value_bh == null ? undefined : `p ${f.value(r.tested.p_value_bh)}, adjusted for all slices` },
        r.tested?.ci_low == null ? '–' : f.signedInterval(r.tested.ci_low, r.tested.ci_high))))))),
  h('p', { class: 'hint note' }, `${f.label(metric)} of all examples: ${f.value(whole?.value)}. Shown is the ${about}`,
    tested ? ', coloured where its 95 % interval leaves out 0. ' : '. ', 'Grey rows have few examples.'),
  rows.length > SHOWN && h('p', null, h('button', { type: 'button', class: 'quiet', onClick: () => go({ slices: all ? null : 'all' }) },
    all ? `Show ${SHOWN}` : `Show all ${rows.length}`)));
}
