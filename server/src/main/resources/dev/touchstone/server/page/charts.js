// The two charts, on uPlot: a metric over steps, and a checkpoint's curve.

import { Component } from './lib/preact.js';
import uPlot from './lib/uplot.js';
import { h } from './ui.js';
import * as f from './format.js';

const FONT = '12px system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';
const MAX_DOTS = 80;

const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function colours() {
  return {
    ink: css('--ink'), muted: css('--muted'), line: css('--line'), panel: css('--panel'),
    proxy: css('--proxy'), band: css('--proxy-band'), full: css('--full'),
  };
}

function axis(c, label, values, size) {
  return {
    stroke: c.muted, font: FONT, labelFont: FONT, label, labelSize: label ? 22 : 0,
    labelGap: 2, size,
    grid: { stroke: c.line, width: 1 }, ticks: { stroke: c.line, width: 1, size: 4 }, values,
  };
}

/** Holds a uPlot: builds it anew when `props.version` changes, else only sets its data. */
class Plot extends Component {
  componentDidMount() {
    this.observer = new ResizeObserver(() => {
      const width = this.host.clientWidth;
      if (this.plot && width > 0 && width !== this.plot.width) {
        this.plot.setSize({ width, height: this.height() });
      }
    });
    this.observer.observe(this.host);
    this.build();
  }

  componentWillUnmount() {
    this.observer.disconnect();
    this.plot?.destroy();
  }

  componentDidUpdate(before) {
    if (before.version !== this.props.version) this.build();
    else this.update(before);
  }

  height() {
    return innerWidth < 640 ? this.props.phoneHeight ?? 240 : this.props.height ?? 340;
  }

  build() {
    this.plot?.destroy();
    this.colours = colours();
    const { options, data } = this.describe();
    const width = Math.max(120, this.host.clientWidth);
    this.plot = new uPlot({ ...options, width, height: this.height() }, data, this.host);
    this.built?.();
  }

  render() {
    return h('div', {
      class: `plot ${this.props.class ?? ''}`, role: 'img', 'aria-label': this.props.label,
      ref: e => { this.host = e; },
    });
  }
}

// ---------------------------------------------------------------- metric over steps

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

/** Ticks of one axis get one number of decimals: what their distance needs. */
function tick(t, ticks) {
  const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : Math.abs(t) || 1;
  let decimals = 0;
  while (decimals < 8 && Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6) decimals++;
  return t.toFixed(decimals);
}

// ---------------------------------------------------------------- PR and ROC

/** Where a curve's vertex lies in the plane of the chart. */
export const PLANES = {
  pr: { x: v => v.recall, y: v => v.precision, xName: 'Recall', yName: 'Precision' },
  roc: { x: v => v.fpr, y: v => v.recall, xName: 'False positive rate', yName: 'True positive rate (recall)' },
};

export class CurveChart extends Plot {
  describe() {
    const c = this.colours;
    const plane = PLANES[this.props.plane];
    // the step to the left of a vertex is its share of average precision: the area is the metric
    const paths = this.props.plane === 'pr' ? uPlot.paths.stepped({ align: -1 }) : uPlot.paths.linear();
    const unit = { time: false, range: () => [0, 1] };
    const share = (u, ticks) => ticks.map(t => t.toFixed(1));
    return {
      data: this.data(),
      options: {
        padding: [12, 14, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { show: false } },
        scales: { x: { ...unit, range: () => [-0.005, 1.005] }, y: { ...unit, range: () => [0, 1.02] } },
        axes: [axis(c, plane.xName, share, 34), axis(c, plane.yName, share, 42)],
        series: [
          {},
          { stroke: c.full, width: 2, paths, spanGaps: true, points: { show: false } },
        ],
        hooks: {
          drawAxes: [u => this.drawBaseline(u)],
          setSize: [() => this.place()],
          draw: [() => this.place()],
        },
      },
    };
  }

  data() {
    const plane = PLANES[this.props.plane];
    const kept = this.props.vertices.filter(v => plane.x(v) != null && plane.y(v) != null);
    return [kept.map(plane.x), kept.map(plane.y)];
  }

  /** What guessing reaches: the prevalence, or the diagonal. */
  drawBaseline(u) {
    const { ctx } = u;
    const [from, to] = this.props.plane === 'pr' ? [this.props.prevalence, this.props.prevalence] : [0, 1];
    if (from == null) return;
    ctx.save();
    ctx.strokeStyle = this.colours.muted;
    ctx.lineWidth = 1.25 * devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 5 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(u.valToPos(0, 'x', true), u.valToPos(from, 'y', true));
    ctx.lineTo(u.valToPos(1, 'x', true), u.valToPos(to, 'y', true));
    ctx.stroke();
    ctx.restore();
  }

  update(before) {
    if (before.vertices !== this.props.vertices) this.plot.setData(this.data());
    this.place();
  }

  built() {
    const { over } = this.plot;
    this.marker = document.createElement('div');
    this.marker.className = 'operating-point';
    over.append(this.marker);
    const pick = event => {
      const box = over.getBoundingClientRect();
      this.props.onPick(this.nearest(event.clientX - box.left, event.clientY - box.top));
    };
    over.addEventListener('pointerdown', event => {
      over.setPointerCapture(event.pointerId);
      pick(event);
    });
    over.addEventListener('pointermove', event => {
      if (over.hasPointerCapture(event.pointerId)) pick(event);
    });
    this.place();
  }

  nearest(px, py) {
    const plane = PLANES[this.props.plane];
    let best = 0;
    let least = Infinity;
    this.props.vertices.forEach((v, i) => {
      if (plane.x(v) == null || plane.y(v) == null) return;
      const dx = this.plot.valToPos(plane.x(v), 'x') - px;
      const dy = this.plot.valToPos(plane.y(v), 'y') - py;
      const distance = dx * dx + dy * dy;
      if (distance < least) {
        least = distance;
        best = i;
      }
    });
    return best;
  }

  place() {
    const plane = PLANES[this.props.plane];
    const vertex = this.props.vertices[this.props.picked];
    const shown = this.plot && this.marker && vertex && plane.x(vertex) != null && plane.y(vertex) != null;
    if (!shown) {
      if (this.marker) this.marker.hidden = true;
      return;
    }
    this.marker.hidden = false;
    this.marker.style.left = `${this.plot.valToPos(plane.x(vertex), 'x')}px`;
    this.marker.style.top = `${this.plot.valToPos(plane.y(vertex), 'y')}px`;
  }
}
