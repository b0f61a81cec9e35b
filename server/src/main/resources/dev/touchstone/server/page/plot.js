// What every chart has in common: uPlot in an element of the page, the page's colours, axes, ticks.

import { Component } from './lib/preact.js';
import uPlot from './lib/uplot.js';
import { h } from './ui.js';
import { state } from './store.js';

const FONT = '12px system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';

const NAMES = ['ink', 'muted', 'line', 'line-strong', 'panel', 'proxy', 'proxy-band', 'full', 'warn',
  ...Array.from({ length: 12 }, (_, i) => `run-${i}`)].map(name => `--${name}`);
const known = new Map();
let theme = -1;

/** A custom property of the style sheets; all are read once a theme, since each asking settles all styles. */
export function css(name) {
  if (theme !== state.themeVersion) {
    theme = state.themeVersion;
    const style = getComputedStyle(document.documentElement);
    for (const each of NAMES) known.set(each, style.getPropertyValue(each).trim());
  }
  return known.get(name) ?? getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function colours() {
  return {
    ink: css('--ink'), muted: css('--muted'), line: css('--line'), panel: css('--panel'),
    proxy: css('--proxy'), band: css('--proxy-band'), full: css('--full'),
  };
}

export function axis(c, label, values, size) {
  return {
    stroke: c.muted, font: FONT, labelFont: FONT, label, labelSize: label ? 22 : 0,
    labelGap: 2, size,
    grid: { stroke: c.line, width: 1 }, ticks: { stroke: c.line, width: 1, size: 4 }, values,
  };
}

/** Holds a uPlot: builds it anew when `props.version` changes, else only sets its data. */
export class Plot extends Component {
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

/** Ticks of one axis get one number of decimals: what their distance needs. */
export function tick(t, ticks) {
  const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : Math.abs(t) || 1;
  let decimals = 0;
  while (decimals < 8 && Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6) decimals++;
  return t.toFixed(decimals);
}
