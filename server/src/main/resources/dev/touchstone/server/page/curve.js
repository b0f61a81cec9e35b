// PR and ROC curves with an operating point that can be dragged: by mouse, by touch, by keyboard.

import { Plot, axis } from './plot.js';
import * as f from './format.js';

/** Where a point lies in the plane of the chart. */
export const PLANES = {
  pr: { x: v => v.recall, y: v => v.precision, xName: 'Recall', yName: 'Precision' },
  roc: { x: v => v.fpr, y: v => v.recall, xName: 'False positive rate', yName: 'True positive rate (recall)' },
};

const LABEL_ROOM = 92;

/**
 * @param plane `pr` or `roc`
 * @param curves [{ vertices, colour, dash }], the colour by its name in the style sheet; the last on top
 * @param prevalence what guessing reaches
 * @param points, picked, onPick the operating points, which one is chosen, and who is told of another
 */
export class CurveChart extends Plot {
  describe() {
    const c = this.colours;
    const plane = PLANES[this.props.plane];
    const share = (u, ticks) => ticks.map(t => t.toFixed(1));
    const unit = to => ({ time: false, range: () => [0, to] });
    this.pixels = null;
    return {
      // the curves are drawn by hand: they may hold several points of one x
      data: [[0, 1], [null, null]],
      options: {
        padding: [12, 14, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { show: false }, show: false },
        scales: { x: { ...unit(1), range: () => [-0.005, 1.005] }, y: unit(1.02) },
        axes: [axis(c, plane.xName, share, 34), axis(c, plane.yName, share, 42)],
        series: [{}, { show: false }],
        hooks: {
          drawAxes: [u => this.drawBaseline(u)],
          draw: [u => this.drawCurves(u), () => this.place()],
          setSize: [() => {
            this.pixels = null;
            this.place();
          }],
        },
      },
    };
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

  drawCurves(u) {
    const { ctx } = u;
    const plane = PLANES[this.props.plane];
    const stepped = this.props.plane === 'pr';
    ctx.save();
    ctx.beginPath();
    ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    ctx.clip();
    ctx.lineJoin = 'round';
    for (const { vertices, colour, dash } of this.props.curves) {
      ctx.strokeStyle = this.colours[colour];
      ctx.lineWidth = 2 * devicePixelRatio;
      ctx.setLineDash((dash ?? []).map(d => d * devicePixelRatio));
      ctx.beginPath();
      let before = null;
      for (const v of vertices) {
        if (plane.x(v) == null || plane.y(v) == null) continue;
        const x = u.valToPos(plane.x(v), 'x', true);
        const y = u.valToPos(plane.y(v), 'y', true);
        if (before == null) ctx.moveTo(stepped ? u.valToPos(0, 'x', true) : x, y);
        // the step to the left of a vertex is its share of average precision: the area is the metric
        else if (stepped) ctx.lineTo(before, y);
        ctx.lineTo(x, y);
        before = x;
      }
      ctx.stroke();
    }
    ctx.restore();
  }

  update(before) {
    const same = before.curves.length === this.props.curves.length
      && before.curves.every((c, i) => c.vertices === this.props.curves[i].vertices);
    if (before.points !== this.props.points) this.pixels = null;
    if (same) this.place();
    else this.plot.redraw();
  }

  built() {
    if (!this.props.points) return;
    const { over } = this.plot;
    this.marker = document.createElement('div');
    this.marker.className = 'operating-point';
    this.tag = document.createElement('span');
    this.marker.append(this.tag);
    over.append(this.marker);
    const pick = event => {
      const box = over.getBoundingClientRect();
      this.props.onPick(this.nearest(event.clientX - box.left, event.clientY - box.top));
    };
    over.addEventListener('pointerdown', event => {
      if (event.button !== 0) return;
      over.setPointerCapture(event.pointerId);
      pick(event);
      this.props.onGrab?.();
      event.preventDefault(); // the keyboard's focus stays where onGrab has put it
    });
    over.addEventListener('pointermove', event => {
      if (over.hasPointerCapture(event.pointerId)) pick(event);
    });
    this.place();
  }

  /** The operating point nearest to a place of the plot, in CSS pixels. */
  nearest(px, py) {
    const { xs, ys } = this.pixels ?? this.measure();
    let best = 0;
    let least = Infinity;
    for (let i = 0; i < xs.length; i++) {
      const distance = (xs[i] - px) ** 2 + (ys[i] - py) ** 2;
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }

  measure() {
    const plane = PLANES[this.props.plane];
    const { points } = this.props;
    const xs = new Float64Array(points.length).fill(NaN);
    const ys = new Float64Array(points.length).fill(NaN);
    points.forEach((v, i) => {
      if (plane.x(v) == null || plane.y(v) == null) return;
      xs[i] = this.plot.valToPos(plane.x(v), 'x');
      ys[i] = this.plot.valToPos(plane.y(v), 'y');
    });
    this.pixels = { xs, ys };
    return this.pixels;
  }

  /** Where the operating point is drawn, in CSS pixels of the plot; null where it has no place. */
  position() {
    const plane = PLANES[this.props.plane];
    const point = this.props.points?.[this.props.picked];
    if (!this.plot || !point || plane.x(point) == null || plane.y(point) == null) return null;
    return { x: this.plot.valToPos(plane.x(point), 'x'), y: this.plot.valToPos(plane.y(point), 'y'), point };
  }

  place() {
    if (!this.marker) return;
    const at = this.position();
    this.marker.hidden = at == null;
    if (at == null) return;
    this.marker.style.left = `${at.x}px`;
    this.marker.style.top = `${at.y}px`;
    this.tag.textContent = f.threshold(at.point.threshold);
    this.tag.className = at.x > this.plot.over.clientWidth - LABEL_ROOM ? 'left' : '';
  }
}
