// The body of a long table in a box that scrolls: only rows in view are drawn, as if all were.

import { Component } from './lib/preact.js';
import { h } from './ui.js';

const FIRST = 24;
const AROUND = 12;

/**
 * props: `rows`, `draw(row)` (a `tr` with a key), and what else a `tbody` takes. Rows are about as
 * high as the first one.
 */
export class Rows extends Component {
  constructor() {
    super();
    this.state = { from: 0, to: FIRST };
    this.look = () => {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        this.measure();
      });
    };
  }

  componentDidMount() {
    this.box = this.base.closest('.scroll');
    this.box.addEventListener('scroll', this.look, { passive: true });
    this.look();
  }

  componentWillUnmount() {
    this.box.removeEventListener('scroll', this.look);
    cancelAnimationFrame(this.frame);
  }

  componentDidUpdate() {
    this.look();
  }

  measure() {
    const { from, to } = this.state;
    const { length } = this.props.rows;
    const height = this.height ??= this.base.querySelector('tr:not(.unseen-rows)')?.offsetHeight || null;
    if (!height) return;
    const first = Math.floor(this.box.scrollTop / height);
    const end = Math.ceil((this.box.scrollTop + this.box.clientHeight) / height);
    const missing = (first < from && from > 0) || (end > to && to < length);
    if (missing || from >= length && from > 0) {
      this.setState({ from: Math.max(0, Math.min(first, length - 1) - AROUND), to: end + AROUND });
    }
  }

  render({ rows, draw, ...others }, { from, to }) {
    const end = Math.min(to, rows.length);
    const space = (key, n) => n > 0 && h('tr', {
      key, class: 'unseen-rows', 'aria-hidden': 'true', style: { height: `${n * (this.height ?? 36)}px` },
    });
    return h('tbody', others, space('above', Math.min(from, rows.length)), rows.slice(from, end).map(draw), space('below', rows.length - end));
  }
}
