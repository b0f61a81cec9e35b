// A metric over steps, on uPlot.

import * as f from './format.js';
import { Plot, axis, tick } from './plot.js';

const MAX_DOTS = 80;

const X = {
  step: p => p.step,
  epoch: p => p.epoch,
  time: p => p.ts / 1000,
};

/** The newest attempt's point at each step. */
function newest(points) {
  const byStep = new Map();
  for (const p of points) {
    const old = byStep.get(p.step);
    if (!old || p.attempt >= old.attempt) byStep.set(p.step, p);
  }
  return [...byStep.values()];
}

/** Proxy and full points side by side, by x; a proxy's time is its own, a full one's its report's. */
export function align(proxyPoints, fullPoints, axisName) {
  const x = X[axisName];
  const rows = new Map();
  const put = (p, field) => {
    const at = x(p);
    if (at == null) return;
    const row = rows.get(at) ?? { x: at };
    row[field] = p;
    rows.set(at, row);
  };
  newest(proxyPoints).forEach(p => put(p, 'proxy'));
  newest(fullPoints).forEach(p => put(p, 'full'));
  return [...rows.values()].sort((a, b) => a.x - b.x);
}

/**
 * The range of y: all values, and of the band what lies within one spread of them. The first few
 * predictions of a set have bounds that would flatten every curve.
 */
export function yRange(rows) {
  const values = [];
  const bounds = [];
  for (const { proxy, full } of rows) {
    if (proxy?.value != null) values.push(proxy.value);
    if (full?.value != null) values.push(full.value);
    for (const p of [proxy, full]) {
      if (p?.ci_low != null) bounds.push(p.ci_low);
      if (p?.ci_high != null) bounds.push(p.ci_high);
    }
  }
  if (!values.length) return [0, 1];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const spread = high - low || Math.abs(high) * 0.1 || 0.1;
  let from = Math.max(Math.min(low, ...bounds), low - spread);
  let to = Math.min(Math.max(high, ...bounds), high + spread);
  const pad = (to - from || spread) * 0.06;
  from -= pad;
  to += pad;
  // metrics of probabilities end at 0; do not show ground below it
  if (low >= 0 && from < 0) from = 0;
  return [from, to];
}

export class MetricChart extends Plot {
  describe() {
    const c = this.colours;
    const { axis: axisName } = this.props;
    const number = (u, ticks) => ticks.map(t => f.count(t));
    const dots = () => this.rows.length <= MAX_DOTS;
    const hidden = { stroke: 'transparent', points: { show: false } };
    return {
      data: this.data(),
      options: {
        padding: [12, 14, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: true, y: false }, points: { show: false }, y: false },
        scales: {
          x: {
            time: axisName === 'time',
            range: (u, low, high) => {
              const pad = (high - low || Math.abs(high) * 0.1 || 1) * 0.02;
              return [low - pad, high + pad];
            },
          },
          y: { range: () => yRange(this.rows) },
        },
        axes: [
          axis(c, null, axisName === 'time' ? undefined : number, 34),
          axis(c, null, (u, ticks) => ticks.map(t => tick(t, ticks)), 64),
        ],
        bands: [{ series: [2, 3], fill: c.band }],
        series: [
          {},
          {
            stroke: c.proxy, width: 2, spanGaps: true,
            points: { show: dots, size: 5, fill: c.proxy, stroke: c.proxy },
          },
          hidden, hidden,
          { stroke: 'transparent', points: { show: true, size: 9, width: 2, fill: c.panel, stroke: c.proxy } },
        ],
        hooks: {
          draw: [u => this.drawFull(u)],
          setCursor: [u => this.point(u)],
        },
      },
    };
  }

  data() {
    this.rows = align(this.props.proxy, this.props.full, this.props.axis);
    const proxy = field => this.rows.map(r => r.proxy?.[field] ?? null);
    const partial = this.rows.map(r => (r.proxy?.state === 'PARTIAL' ? r.proxy.value : null));
    return [this.rows.map(r => r.x), proxy('value'), proxy('ci_high'), proxy('ci_low'), partial];
  }

  update(before) {
    if (before.proxy !== this.props.proxy || before.full !== this.props.full) {
      this.plot.setData(this.data());
    }
  }

  built() {
    this.props.onHover?.(null);
  }

  /** Diamonds with whiskers, above everything: what was measured in full. */
  drawFull(u) {
    const { ctx } = u;
    const c = this.colours;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    ctx.clip();
    for (const { x, full } of this.rows) {
      if (full?.value == null) continue;
      const px = u.valToPos(x, 'x', true);
      const py = u.valToPos(full.value, 'y', true);
      if (full.ci_low != null && full.ci_high != null) {
        const [top, bottom] = [full.ci_high, full.ci_low].map(v => u.valToPos(v, 'y', true));
        ctx.strokeStyle = c.full;
        ctx.lineWidth = 1.5 * ratio;
        ctx.beginPath();
        ctx.moveTo(px, top);
        ctx.lineTo(px, bottom);
        for (const y of [top, bottom]) {
          ctx.moveTo(px - 4 * ratio, y);
          ctx.lineTo(px + 4 * ratio, y);
        }
        ctx.stroke();
      }
      const r = 7 * ratio;
      ctx.beginPath();
      ctx.moveTo(px, py - r);
      ctx.lineTo(px + r, py);
      ctx.lineTo(px, py + r);
      ctx.lineTo(px - r, py);
      ctx.closePath();
      ctx.fillStyle = c.full;
      ctx.strokeStyle = c.panel;
      ctx.lineWidth = 2 * ratio;
      ctx.fill();
      ctx.stroke();
    }
    ctx.restore();
  }

  point(u) {
    const { idx } = u.cursor;
    this.props.onHover?.(idx == null ? null : this.rows[idx]);
  }
}
