// Curves over steps or time: one run in detail or many runs over one another. uPlot makes scales,
// axes and zoom; lines are drawn here, since each run has its own x and there may be 200 of them.

import { h } from './lib/preact.js';
import { Plot, axis, css, tick } from './plot.js';
import * as f from './format.js';
import { MAX_DRAWN, PARTIAL, SAMPLED, UNTRUSTED, lowerBound, nearest, thin } from './lines.js';

const MAX_DOTS = 80;
const ALL_DRAWN = 20_000; // points of all lines together
const SMALL_DRAWN = 6_000;
const COARSE_FIRST = 40; // lines: their shape is drawn at once, the rest when nothing moves any more
const FINE_MILLIS = 120;
const DOUBLE_CLICK_MILLIS = 300;
const LEAST_DRAWN = 30;
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];

/** 3725 as 1:02:05, for an axis of relative time. */
export function duration(seconds) {
  const s = Math.round(Math.abs(seconds));
  const two = n => String(n).padStart(2, '0');
  const text = s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
    : `${Math.floor(s / 60)}:${two(s % 60)}`;
  return seconds < 0 ? `−${text}` : text;
}

/** What the visible part of lines and diamonds needs of y; of a band what lies within one spread. */
export function yRange(lines, diamonds, from, to, log) {
  let low = Infinity;
  let high = -Infinity;
  let bandLow = Infinity;
  let bandHigh = -Infinity;
  const takes = v => !Number.isNaN(v) && v != null && (!log || v > 0);
  const value = v => {
    if (!takes(v)) return;
    if (v < low) low = v;
    if (v > high) high = v;
  };
  const bound = v => {
    if (!takes(v)) return;
    if (v < bandLow) bandLow = v;
    if (v > bandHigh) bandHigh = v;
  };
  for (const { x, y, raw, low: lows, high: highs } of lines) {
    const end = Math.min(x.length, lowerBound(x, to) + 1);
    for (let i = Math.max(0, lowerBound(x, from) - 1); i < end; i++) {
      value(y[i]);
      if (raw) value(raw[i]);
      if (lows) {
        bound(lows[i]);
        bound(highs[i]);
      }
    }
  }
  for (const d of diamonds) {
    if (d.x < from || d.x > to) continue;
    value(d.y);
    bound(d.low);
    bound(d.high);
  }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) {
    const spread = Math.max(high / low, 1.05);
    const pad = Math.max(high / low, 1.2) ** 0.06;
    return [Math.max(Math.min(low, bandLow), low / spread) / pad, Math.min(Math.max(high, bandHigh), high * spread) * pad];
  }
  const spread = high - low || Math.abs(high) * 0.1 || 0.1;
  let bottom = Math.max(Math.min(low, bandLow), low - spread);
  let top = Math.min(Math.max(high, bandHigh), high + spread);
  const pad = (top - bottom || spread) * 0.06;
  bottom -= pad;
  top += pad;
  // metrics of probabilities end at 0; do not show ground below it
  if (low >= 0 && bottom < 0) bottom = 0;
  return [bottom, top];
}

function logSplits(min, max) {
  const steps = max / min > 1e4 ? [1] : max / min > 30 ? [1, 2, 5] : max / min > 4 ? [1, 1.5, 2, 3, 5, 7] : null;
  if (!steps) {
    const size = 10 ** Math.floor(Math.log10((max - min) / 4));
    const step = [1, 2, 5, 10].map(s => s * size).find(s => (max - min) / s <= 6);
    const all = [];
    for (let v = Math.ceil(min / step) * step; v <= max; v += step) all.push(v);
    return all;
  }
  const all = [];
  for (let e = Math.floor(Math.log10(min)); 10 ** e <= max; e++) {
    for (const s of steps) if (s * 10 ** e >= min && s * 10 ** e <= max) all.push(s * 10 ** e);
  }
  return all;
}

const plain = v => String(Number(v.toPrecision(6)));

/**
 * Lines over one axis.
 *
 * props: `lines` ({ id, colour, x, y, raw?, low?, high?, kinds?, width?, faint? }), `diamonds`
 * ({ id, colour, x, y, low, high }), `marks` (drawn upright lines, { x, colour }), `axis`, `log`,
 * `highlight` (an id), `onHover({ x, id } | null)`, `onPick(id)`, `small`.
 */
export class LineChart extends Plot {
  describe() {
    const { axis: name, log, small } = this.props;
    const c = { line: css('--line'), muted: css('--muted') };
    this.zoom = this.props.version === this.zoomVersion ? this.zoom : null;
    this.zoomVersion = this.props.version;
    const y = axis(c, null, (u, ticks) => (log ? ticks.map(plain) : ticks.map(t => tick(t, ticks))), small ? 46 : 64);
    if (log) Object.assign(y, { splits: (u, i, min, max) => logSplits(min, max), filter: (u, splits) => splits });
    const format = name === 'relative' ? ticks => ticks.map(duration)
      : ticks => ticks.map(t => (Math.abs(t) >= 1e4 ? f.short(t) : f.count(t)));
    const x = axis(c, null, name === 'time' ? undefined : (u, ticks) => format(ticks), 34);
    if (name === 'relative') x.incrs = SECONDS;
    if (small) for (const side of [x, y]) Object.assign(side, { font: '11px system-ui, sans-serif', space: 56 });
    return {
      data: this.data(),
      options: {
        padding: small ? [8, 8, 0, 0] : [12, 14, 0, 0],
        legend: { show: false },
        cursor: {
          drag: { x: !small, y: false, setScale: false }, points: { show: false }, y: false, x: false,
          bind: {
            dblclick: () => () => {
              clearTimeout(this.picking);
              this.zoomTo(null);
            },
          },
        },
        scales: {
          x: { time: name === 'time', range: () => this.xRange() },
          y: { distr: log ? 3 : 1, range: () => this.yRange() },
        },
        axes: [x, y],
        series: [{}, { stroke: 'transparent', paths: () => null, points: { show: false } }],
        hooks: {
          draw: [u => this.drawAll(u)],
          setSelect: [u => {
            const { left, width } = u.select;
            if (width < 4) return;
            this.zoomTo([u.posToVal(left, 'x'), u.posToVal(left + width, 'x')]);
            u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          }],
        },
      },
    };
  }

  data() {
    const { lines, diamonds = [] } = this.props;
    let low = Infinity;
    let high = -Infinity;
    for (const { x } of lines) {
      if (!x.length) continue;
      if (x[0] < low) low = x[0];
      if (x[x.length - 1] > high) high = x[x.length - 1];
    }
    for (const d of diamonds) {
      if (d.x < low) low = d.x;
      if (d.x > high) high = d.x;
    }
    this.extent = low > high ? [0, 1] : [low, high];
    return [this.extent, this.yRange()];
  }

  xRange() {
    if (this.zoom) return this.zoom;
    const [low, high] = this.extent;
    const pad = (high - low || Math.abs(high) * 0.1 || 1) * 0.02;
    return [low - pad, high + pad];
  }

  yRange() {
    const { lines, diamonds = [], log } = this.props;
    const [from, to] = this.xRange();
    const of = [lines, diamonds, from, to, log];
    // asked twice a draw
    if (!this.range?.of.every((part, i) => part === of[i])) this.range = { of, y: yRange(lines, diamonds, from, to, log) };
    return this.range.y;
  }

  zoomTo(range) {
    this.zoom = range;
    this.plot.setData(this.data());
  }

  update(before) {
    const { lines, diamonds, marks, highlight } = this.props;
    if (before.lines !== lines || before.diamonds !== diamonds || before.marks !== marks) this.plot.setData(this.data());
    else if (before.highlight !== highlight) this.drawTop();
  }

  built() {
    const { over } = this.plot;
    this.top = document.createElement('canvas');
    this.top.className = 'chart-top';
    over.append(this.top);
    this.at = null;
    const point = event => {
      const box = over.getBoundingClientRect();
      this.point(event.clientX - box.left, event.clientY - box.top);
    };
    over.addEventListener('pointermove', point);
    over.addEventListener('pointerdown', point);
    over.addEventListener('pointerleave', event => {
      if (event.pointerType !== 'touch') this.point(null);
    });
    over.addEventListener('click', () => {
      const id = this.at?.id;
      clearTimeout(this.picking);
      // the first half of a double click, which ends the zoom, opens nothing
      if (id != null) this.picking = setTimeout(() => this.props.onPick?.(id), this.zoom ? DOUBLE_CLICK_MILLIS : 0);
    });
    this.props.onHover?.(null);
    this.placeMarks();
  }

  // ---- pointing

  /** The line nearest to the pointer, at its point nearest in x. */
  point(left, top) {
    if (left == null) {
      this.at = null;
    } else {
      const u = this.plot;
      const x = u.posToVal(left, 'x');
      let best = null;
      let least = Infinity;
      for (const line of this.props.lines) {
        const i = nearest(line.x, x);
        if (i < 0 || Number.isNaN(line.y[i]) || line.faint) continue;
        const dx = u.valToPos(line.x[i], 'x') - left;
        const dy = u.valToPos(line.y[i], 'y') - top;
        const distance = Math.abs(dy) + Math.abs(dx) * 0.2;
        if (distance < least) {
          least = distance;
          best = { id: line.id, i, x: line.x[i], y: line.y[i] };
        }
      }
      for (const d of this.props.diamonds ?? []) {
        if (best && this.props.lines.length === 1) break;
        const distance = Math.abs(u.valToPos(d.x, 'x') - left) + Math.abs(u.valToPos(d.y, 'y') - top) * 0.5;
        if (distance < least) {
          least = distance;
          best = { id: d.id, i: -1, x: d.x, y: d.y };
        }
      }
      this.at = best;
    }
    this.tell();
  }

  /** One point on, for the keyboard. */
  step(by) {
    const line = this.props.lines.find(l => l.id === (this.at?.id ?? l.id) && !l.faint);
    if (!line?.x.length) return;
    const from = this.at ? nearest(line.x, this.at.x) + by : by > 0 ? 0 : line.x.length - 1;
    const i = Math.min(line.x.length - 1, Math.max(0, from));
    this.at = { id: line.id, i, x: line.x[i], y: line.y[i] };
    this.tell();
  }

  tell() {
    const key = this.at && `${this.at.id} ${this.at.x}`;
    this.drawTop();
    if (key !== this.told) {
      this.told = key;
      this.props.onHover?.(this.at);
    }
  }

  // ---- drawing

  /** Value to pixel of the canvas, without uPlot's look-ups: it is called a hundred thousand times. */
  transforms(u, { left, top, width, height }) {
    const { min, max } = u.scales.x;
    const kx = width / (max - min);
    const lift = this.props.log ? Math.log : v => v;
    const bottom = lift(u.scales.y.min);
    const ky = height / (lift(u.scales.y.max) - bottom);
    return {
      px: v => left + (v - min) * kx,
      py: v => top + height - (lift(v) - bottom) * ky,
    };
  }

  drawAll(u) {
    const { ctx } = u;
    this.coarse = !this.fine && this.props.lines.length > COARSE_FIRST;
    this.fine = false;
    clearTimeout(this.finer);
    if (this.coarse) {
      this.finer = setTimeout(() => {
        this.fine = true;
        this.plot.redraw(false, false);
      }, FINE_MILLIS);
    }
    ctx.save();
    ctx.beginPath();
    ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    ctx.clip();
    ctx.lineJoin = this.props.lines.length > 20 ? 'bevel' : 'round'; // round ones cost the most of many lines
    const to = this.transforms(u, u.bbox);
    const { lines, diamonds = [], marks = [] } = this.props;
    this.panel = css('--panel');
    for (const mark of marks) this.drawMark(ctx, u, to, mark);
    for (const line of lines) if (line.low) this.drawBand(ctx, u, to, line);
    for (const line of lines) if (line.raw) this.drawLine(ctx, u, to, { ...line, y: line.raw, faint: true, kinds: null });
    for (const line of lines) this.drawLine(ctx, u, to, line);
    for (const diamond of diamonds) this.drawDiamond(ctx, to, diamond);
    ctx.restore();
    this.drawTop();
    this.placeMarks();
  }

  /** Indices of what is in view, one more on each side, thinned. */
  visible(u, line) {
    const { min, max } = u.scales.x;
    const from = Math.max(0, lowerBound(line.x, min) - 1);
    const to = Math.min(line.x.length, lowerBound(line.x, max) + 1);
    const most = this.props.small ? 300 : MAX_DRAWN;
    // of two hundred lines over one another nobody sees each turn, and drawing all takes a frame's time many times over
    const share = Math.max(LEAST_DRAWN, Math.round((this.props.small || this.coarse ? SMALL_DRAWN : ALL_DRAWN) / this.props.lines.length));
    return thin(line.y, from, to, Math.min(most, share, Math.max(4, 2 * Math.round(u.bbox.width))));
  }

  drawLine(ctx, u, { px, py }, line) {
    const ratio = devicePixelRatio;
    const { x, y, kinds } = line;
    const shown = this.visible(u, line);
    ctx.strokeStyle = line.colour;
    ctx.fillStyle = line.colour;
    ctx.globalAlpha = line.faint ? 0.28 : line.alpha ?? 1;
    ctx.lineWidth = (line.width ?? 2) * ratio * (line.faint ? 0.75 : 1);
    const styles = kinds ? [0, UNTRUSTED, SAMPLED] : [0];
    for (const style of styles) {
      ctx.setLineDash(style === UNTRUSTED ? [6 * ratio, 5 * ratio] : style === SAMPLED ? [1.5 * ratio, 4 * ratio] : []);
      ctx.lineCap = style === SAMPLED ? 'round' : 'butt';
      ctx.beginPath();
      let drawn = false;
      let before = -1;
      for (const i of shown) {
        if (Number.isNaN(y[i])) {
          before = -1;
          continue;
        }
        const own = kinds ? (kinds[i] & UNTRUSTED ? UNTRUSTED : kinds[i] & SAMPLED) : 0;
        if (before >= 0 && own === style) {
          if (!drawn) ctx.moveTo(px(x[before]), py(y[before]));
          ctx.lineTo(px(x[i]), py(y[i]));
          drawn = true;
        } else {
          drawn = false;
        }
        before = i;
      }
      ctx.stroke();
    }
    ctx.setLineDash([]);
    if (!line.faint && (kinds || shown.length === 1)) this.drawDots(ctx, { px, py }, line, shown);
    ctx.globalAlpha = 1;
  }

  /** A dot each while they can be told apart; hollow where the set is still arriving, square for a sample. */
  drawDots(ctx, { px, py }, line, shown) {
    const ratio = devicePixelRatio;
    const { x, y, kinds } = line;
    for (const i of shown) {
      const partial = kinds?.[i] & PARTIAL;
      if (Number.isNaN(y[i]) || (!partial && shown.length > MAX_DOTS)) continue;
      const r = (partial ? 4 : 2.6) * ratio;
      ctx.beginPath();
      if (kinds?.[i] & SAMPLED) ctx.rect(px(x[i]) - r, py(y[i]) - r, 2 * r, 2 * r);
      else ctx.arc(px(x[i]), py(y[i]), r, 0, 2 * Math.PI);
      ctx.fillStyle = partial ? this.panel : line.colour;
      ctx.fill();
      if (partial) {
        ctx.lineWidth = 2 * ratio;
        ctx.stroke();
      }
    }
  }

  drawBand(ctx, u, { px, py }, line) {
    const { x, low, high } = line;
    const { min, max } = u.scales.x;
    const from = Math.max(0, lowerBound(x, min) - 1);
    const to = Math.min(x.length, lowerBound(x, max) + 1);
    const step = Math.max(1, Math.ceil((to - from) / (MAX_DRAWN / 2)));
    ctx.fillStyle = line.band;
    let run = [];
    const flush = () => {
      if (run.length > 1) {
        ctx.beginPath();
        run.forEach(([at, , top], k) => (k ? ctx.lineTo(at, top) : ctx.moveTo(at, top)));
        for (let k = run.length - 1; k >= 0; k--) ctx.lineTo(run[k][0], run[k][1]);
        ctx.closePath();
        ctx.fill();
      } else if (run.length === 1) {
        const [[at, bottom, top]] = run;
        ctx.fillRect(at - 1.5 * devicePixelRatio, top, 3 * devicePixelRatio, bottom - top);
      }
      run = [];
    };
    const floor = this.props.log ? u.scales.y.min : -Infinity;
    for (let i = from; i < to; i += step) {
      let bottom = Infinity;
      let top = -Infinity;
      for (let k = i; k < Math.min(to, i + step); k++) {
        if (low[k] < bottom) bottom = low[k];
        if (high[k] > top) top = high[k];
      }
      if (bottom > top) flush();
      else run.push([px(x[i]), py(Math.max(floor, bottom)), py(top)]);
    }
    flush();
  }

  /** What was measured in full: a diamond with whiskers, above everything. */
  drawDiamond(ctx, { px, py }, { x, y, low, high, colour, size = 7 }) {
    const ratio = devicePixelRatio;
    const at = px(x);
    const middle = py(y);
    if (low != null && high != null) {
      const top = py(high);
      const bottom = py(low);
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1.5 * ratio;
      ctx.beginPath();
      ctx.moveTo(at, top);
      ctx.lineTo(at, bottom);
      for (const end of [top, bottom]) {
        ctx.moveTo(at - 4 * ratio, end);
        ctx.lineTo(at + 4 * ratio, end);
      }
      ctx.stroke();
    }
    const r = size * ratio;
    ctx.beginPath();
    ctx.moveTo(at, middle - r);
    ctx.lineTo(at + r, middle);
    ctx.lineTo(at, middle + r);
    ctx.lineTo(at - r, middle);
    ctx.closePath();
    ctx.fillStyle = colour;
    ctx.strokeStyle = this.panel;
    ctx.lineWidth = 2 * ratio;
    ctx.fill();
    ctx.stroke();
  }

  drawMark(ctx, u, { px }, mark) {
    if (!mark.upright) return;
    const ratio = devicePixelRatio;
    ctx.strokeStyle = mark.colour;
    ctx.lineWidth = 1.25 * ratio;
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(px(mark.x), u.bbox.top);
    ctx.lineTo(px(mark.x), u.bbox.top + u.bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  /** What follows the pointer, on a canvas of its own: the lines below stay as they are. */
  drawTop() {
    const u = this.plot;
    if (!u || !this.top) return;
    const width = u.over.clientWidth;
    const height = u.over.clientHeight;
    const ratio = devicePixelRatio;
    if (this.top.width !== Math.round(width * ratio) || this.top.height !== Math.round(height * ratio)) {
      this.top.width = Math.round(width * ratio);
      this.top.height = Math.round(height * ratio);
      this.top.style.width = `${width}px`;
      this.top.style.height = `${height}px`;
    }
    const ctx = this.top.getContext('2d');
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    const to = this.transforms(u, { left: 0, top: 0, width, height });
    const id = this.at?.id ?? this.props.highlight;
    const line = this.props.lines.length > 1 && id != null && this.props.lines.find(l => l.id === id && !l.faint);
    if (line) {
      ctx.globalAlpha = 0.62;
      ctx.fillStyle = css('--panel');
      ctx.fillRect(0, 0, width, height);
      ctx.globalAlpha = 1;
      ctx.strokeStyle = line.colour;
      ctx.lineWidth = 2.5;
      ctx.lineJoin = 'round';
      ctx.beginPath();
      let before = false;
      for (const i of this.visible(u, line)) {
        if (Number.isNaN(line.y[i])) before = false;
        else if (before) ctx.lineTo(to.px(line.x[i]), to.py(line.y[i]));
        else {
          ctx.moveTo(to.px(line.x[i]), to.py(line.y[i]));
          before = true;
        }
      }
      ctx.stroke();
    }
    if (!this.at) return;
    const x = to.px(this.at.x);
    ctx.strokeStyle = css('--line-strong');
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(Math.round(x) + 0.5, 0);
    ctx.lineTo(Math.round(x) + 0.5, height);
    ctx.stroke();
    const own = this.props.lines.find(l => l.id === this.at.id);
    ctx.beginPath();
    ctx.arc(x, to.py(this.at.y), 5, 0, 2 * Math.PI);
    ctx.fillStyle = own?.colour ?? css('--full');
    ctx.strokeStyle = css('--panel');
    ctx.lineWidth = 2;
    ctx.fill();
    ctx.stroke();
  }

  /** Puts the buttons of marks above their x; those that would lie on one another into rows. */
  placeMarks() {
    if (!this.plot || !this.marks) return;
    const left = this.plot.bbox.left / devicePixelRatio;
    const width = this.plot.bbox.width / devicePixelRatio;
    const ends = [];
    const buttons = [...this.marks.children].sort((a, b) => a.dataset.x - b.dataset.x);
    for (const button of buttons) {
      const x = this.plot.valToPos(Number(button.dataset.x), 'x');
      button.hidden = !(x >= -1 && x <= width + 1);
      if (button.hidden) continue;
      const half = button.offsetWidth / 2;
      let row = ends.findIndex(end => end <= x - half - 2);
      if (row < 0) row = ends.push(0) - 1;
      ends[row] = x + half;
      button.style.left = `${left + x}px`;
      button.style.top = `${row * 22}px`;
    }
    this.marks.style.height = `${Math.max(1, ends.length) * 22}px`;
  }

  componentWillUnmount() {
    clearTimeout(this.finer);
    clearTimeout(this.picking);
    super.componentWillUnmount();
  }

  componentDidUpdate(before) {
    super.componentDidUpdate(before);
    this.placeMarks();
  }

  render() {
    const { label, children, small, id } = this.props;
    return h('div', { class: small ? 'line-chart small' : 'line-chart' },
      children?.length > 0 && h('div', { class: 'marks', ref: e => { this.marks = e; } }, children),
      h('div', {
        id,
        class: `plot ${small ? 'small' : ''}`, role: 'group', 'aria-roledescription': 'chart', 'aria-label': label,
        tabIndex: small ? undefined : 0,
        onKeyDown: e => {
          const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
          if (!by) return;
          e.preventDefault();
          this.step(by * (e.shiftKey ? 10 : 1));
        },
        onBlur: () => this.point(null),
        ref: e => { this.host = e; },
      }));
  }
}
