// The folds of a report: how far a metric's value depends on what was held out.

import { h, card, keep, scrolling } from './ui.js';
import * as f from './format.js';
import { state } from './store.js';
import { set } from './params.js';
import { exportMenu } from './export.js';
import { dotsMark, rangeOf } from './drawings.js';

const SHOWN = 6;

export function foldsCard(d, source) {
  const { folds } = d.body;
  if (!folds) return null;
  const all = state.route.params.folds === 'all';
  return keep('folds', [d, all], () => tree(folds, all, source));
}

function tree(folds, all, source) {
  const names = Object.keys(folds.metrics ?? {}).sort(f.byImportance);
  const defined = names.filter(n => folds.metrics[n].averaged?.value != null);
  const shown = all ? names : defined.slice(0, SHOWN);
  const head = ['Metric', 'Average', 'Its interval', 'Fold by fold', 'Lowest', 'Highest', 'Pooled'];
  return card(['Folds', h('small', null, ` ${folds.folds.length}, ${folds.column ? `by ${folds.column}` : 'each held out once'}`)], [
    exportMenu({
      ...source('folds', 'folds'), title: 'Folds',
      table: () => ({
        head: ['metric', 'fold', 'n', 'n_pos', 'value'],
        rows: names.flatMap(n => folds.metrics[n].per_fold.map((v, i) => [n, folds.folds[i].fold, folds.folds[i].n, folds.folds[i].n_pos, v.value])),
      }),
    }),
  ],
  scrolling('Folds', 'scroll', h('table', { class: 'folds' },
    h('thead', null, h('tr', null, head.map(t => h('th', {
      key: t, scope: 'col', class: [t !== 'Metric' && t !== 'Fold by fold' && 'num', ['Fold by fold', 'Lowest', 'Highest', 'Pooled'].includes(t) && 'phone-hidden'].filter(Boolean).join(' '),
    }, t)))),
    h('tbody', null, shown.map(n => row(n, folds.metrics[n]))))),
  h('p', { class: 'hint note' }, 'Each dot is a fold. The interval allows for training sets that overlap (Nadeau and Bengio).'),
  names.length > shown.length || all
    ? h('p', null, h('button', { type: 'button', class: 'quiet', onClick: () => set({ folds: all ? null : 'all' }) },
      all ? 'Show fewer' : `Show all ${names.length}`))
    : null);
}

function row(name, m) {
  const values = m.per_fold.map(v => v.value);
  const known = values.filter(v => v != null);
  const { averaged, pooled } = m;
  const range = rangeOf([averaged, ...known.map(value => ({ value }))]);
  return h('tr', { key: name },
    h('td', null, f.label(name)),
    h('td', { class: 'num', title: f.reason(averaged?.reason) }, h('b', null, f.value(averaged?.value))),
    h('td', { class: 'num' }, f.interval(averaged?.ci_low, averaged?.ci_high) ?? '–'),
    h('td', { class: 'drawn phone-hidden' }, known.length > 0 && dotsMark({ values, mean: averaged, range })),
    h('td', { class: 'num phone-hidden' }, known.length ? f.value(Math.min(...known)) : '–'),
    h('td', { class: 'num phone-hidden' }, known.length ? f.value(Math.max(...known)) : '–'),
    h('td', { class: 'num phone-hidden' }, f.value(pooled?.value)));
}
