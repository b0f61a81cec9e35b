// Does a score of 0.2 come true in two of ten cases? The report's bins, with their intervals.

import { h, card, fact, segmented } from './ui.js';
import * as f from './format.js';
import { state } from './store.js';
import { set } from './params.js';
import { exportMenu } from './export.js';
import { Plot, axis, tick } from './plot.js';

const LOG_BELOW = 0.05; // where half of the bins lie below it, a linear axis shows a heap
const FACTS = [
  ['ece', 'Mean gap between score and rate, in bins of equal width'],
  ['ece_debiased', 'The same, without what chance alone adds'],
  ['ece_equal_mass', 'The same, in bins of equal size'],
  ['mce', 'The largest gap'],
  ['brier_reliability', 'The part of the Brier score that miscalibration costs'],
  ['brier_resolution', 'The part that telling cases apart gains'],
];

class CalibrationChart extends Plot {
  describe() {
    const c = this.colours;
    const { log, bins } = this.props;
    const [from, to] = this.range(bins, log);
    this.floor = from;
    const words = (u, ticks) => ticks.map(t => (log ? f.power(t) : tick(t, ticks)));
    const scale = { time: false, distr: log ? 3 : 1, range: () => [from, to] };
    const decades = log ? { splits: () => powers(from, to), filter: (u, splits) => splits } : {};
    return {
      data: [[from, to], [null, null]],
      options: {
        padding: [12, 14, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: { x: scale, y: { ...scale } },
        axes: [{ ...axis(c, 'Mean score', words, 34), ...decades }, { ...axis(c, 'Share of positives', words, 56), ...decades }],
        series: [{}, { show: false }],
        hooks: { draw: [u => this.drawBins(u)] },
      },
    };
  }

  range(bins, log) {
    const all = bins.flatMap(b => [b.mean_score, b.positive_rate, b.ci_high]).filter(v => v > 0);
    if (!log) return [0, Math.min(1, Math.max(...all, 0.1) * 1.05)];
    const low = Math.min(...bins.flatMap(b => [b.mean_score, b.positive_rate]).filter(v => v > 0), 0.1);
    return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(Math.max(...all)))];
  }

  drawBins(u) {
    const { ctx } = u;
    const c = this.colours;
    const ratio = devicePixelRatio;
    const at = (v, scale) => u.valToPos(Math.max(v, this.floor), scale, true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    ctx.clip();
    ctx.setLineDash([5 * ratio, 5 * ratio]);
    ctx.strokeStyle = c.muted;
    ctx.lineWidth = 1.25 * ratio;
    ctx.beginPath();
    ctx.moveTo(u.bbox.left, u.bbox.top + u.bbox.height);
    ctx.lineTo(u.bbox.left + u.bbox.width, u.bbox.top);
    ctx.stroke();
    ctx.setLineDash([]);
    for (const b of this.props.bins) {
      const x = at(b.mean_score, 'x');
      ctx.strokeStyle = c.full;
      ctx.lineWidth = 1.5 * ratio;
      if (b.ci_low != null) {
        ctx.beginPath();
        ctx.moveTo(x, at(b.ci_low, 'y'));
        ctx.lineTo(x, at(b.ci_high, 'y'));
        ctx.stroke();
      }
      ctx.beginPath();
      ctx.arc(x, at(b.positive_rate, 'y'), 4.5 * ratio, 0, 2 * Math.PI);
      // hollow: a rate of 0 has no place on a logarithmic axis and stands at its foot
      ctx.fillStyle = this.props.log && !(b.positive_rate > 0) ? c.panel : c.full;
      ctx.lineWidth = 2 * ratio;
      ctx.fill();
      ctx.stroke();
    }
    ctx.restore();
  }

  update(before) {
    if (before.bins !== this.props.bins) this.build();
  }
}

function powers(from, to) {
  const count = Math.round(Math.log10(to / from)) + 1;
  return Array.from({ length: count }, (_, i) => from * 10 ** i);
}

export function calibrationCard(d, source) {
  const bins = d.body.calibration ?? [];
  if (!bins.length) return null;
  const natural = bins.filter(b => b.mean_score < LOG_BELOW).length * 2 > bins.length ? 'log' : 'linear';
  const given = state.route.params.cal;
  const scale = ['log', 'linear'].includes(given) ? given : natural;
  const metrics = d.body.metrics ?? {};
  return card('Calibration', [
    segmented('Axes', [['linear', 'Linear'], ['log', 'Log']], scale, s => set({ cal: s === natural ? null : s })),
    exportMenu({
      ...source('calibration', 'calibration'), title: 'Calibration',
      table: () => ({
        head: ['low', 'high', 'weight', 'mean_score', 'positive_rate', 'ci_low', 'ci_high'],
        rows: bins.map(b => [b.low, b.high, b.weight, b.mean_score, b.positive_rate, b.ci_low, b.ci_high]),
      }),
    }),
  ],
  h('div', { class: 'calibration' },
    h(CalibrationChart, {
      version: [scale, state.themeVersion].join(), bins, log: scale === 'log', height: 320, phoneHeight: 280,
      label: `Share of positives by mean score in ${bins.length} bins; on the diagonal scores come true`,
    }),
    h('dl', { class: 'facts tall' }, FACTS.filter(([name]) => metrics[name]).map(([name, words]) =>
      fact(f.label(name), f.value(metrics[name].value), words)))),
  h('ul', { class: 'legend' },
    h('li', null, h('i', { class: 'key full dot' }), `${bins.length} bins, with 95 % intervals`),
    h('li', null, h('i', { class: 'key dashed' }), 'Where scores come true'),
    scale === 'log' && bins.some(b => !(b.positive_rate > 0)) && h('li', null, h('i', { class: 'key full hollow' }), 'No positive in the bin')));
}
