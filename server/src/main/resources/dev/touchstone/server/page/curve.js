// A model checkpoint's PR or ROC curve, with an operating point that can be dragged.

import uPlot from './lib/uplot.js';
import { Plot, axis } from './plot.js';

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
