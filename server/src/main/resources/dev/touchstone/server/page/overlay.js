// Many runs over one another: one metric large, every other one small. Without chosen runs all that
// the list shows are drawn.

import { Component } from './lib/preact.js';
import { h, badge, card, empty, problem, scrolling, segmented, select, snippet } from './ui.js';
import * as f from './format.js';
import { state, changed, go, refreshRuns } from './store.js';
import { listOf, listTo, toRun } from './route.js';
import { css } from './plot.js';
import { LineChart } from './linechart.js';
import { axisOf, lineOf, nearest, originOf, smooth, smoothingOf } from './lines.js';
import { LINE, STAMP, curvesOf, firstOf, forget, whenHeld } from './curves.js';
import { exportMenu } from './export.js';
import { curvesPath } from './api.js';
import { colours, variable } from './colours.js';
import { carried, visibleRuns } from './runlist.js';
import { chartControls, pick, tableOf, where } from './runchart.js';
import { Rows } from './rows.js';

const MAX_RUNS = 200;
const COARSE_FIRST = 20; // beyond it the shape of all lines comes before their every point
const MANY = 12; // beyond it lines get thinner and full results no marks of their own

export const overlaidRuns = () => {
  const chosen = listOf(state.route.params.with);
  return chosen.length ? chosen : visibleRuns().slice(0, MAX_RUNS).map(r => r.run_id);
};

/** Lines of the runs, in one tier or whatever there is; the same array while nothing has changed. */
class Lines {
  of(given) {
    const { curves, runs, axis, weight, tier, width, theme } = given;
    const key = [axis, weight, tier, theme, runs.join('\u0000'),
      ...curves.map(c => `${c.run_id}${c.tier}${c.version}${c.step.length}`)].join('\u0001');
    if (this.key === key) return this;
    this.key = key;
    this.numbers = colours(runs);
    this.lines = [];
    this.diamonds = [];
    this.higher = curves[0]?.higher_is_better ?? null;
    const byRun = new Map();
    for (const c of curves) byRun.set(c.run_id, [...(byRun.get(c.run_id) ?? []), c]);
    const palette = Array.from({ length: 12 }, (_, i) => css(`--run-${i}`));
    for (const run of runs) {
      const own = byRun.get(run);
      if (!own) continue;
      const proxy = pick(own, run, 'proxy');
      const full = pick(own, run, 'full');
      const origin = axis === 'relative' ? originOf([proxy, full].filter(Boolean)) : 0;
      const colour = palette[this.numbers.get(run)];
      const curve = tier === 'full' ? full : proxy ?? full;
      if (curve) {
        const line = lineOf(curve, axis, origin);
        this.lines.push({
          id: run, colour, x: line.x, y: smooth(line.y, weight), values: line.y, raw: weight && runs.length <= MANY ? line.y : null,
          width: width ?? (runs.length > MANY ? 1.25 : 2), alpha: runs.length > 60 ? 0.6 : 1,
        });
      }
      if (tier !== 'full' && full && runs.length <= MANY && !width) {
        const line = lineOf(full, axis, origin);
        line.x.forEach((x, i) => diamonds(this.diamonds, run, colour, x, line.y[i]));
      }
    }
    return this;
  }
}

function diamonds(all, id, colour, x, y) {
  if (!Number.isNaN(y)) all.push({ id, colour, x, y, size: 5 });
}

// ---------------------------------------------------------------- the large chart and its runs

class Large extends Component {
  constructor() {
    super();
    this.maker = new Lines();
    this.state = { at: null, named: null };
  }

  render({ metric, runs }, { at, named }) {
    const { params } = state.route;
    const axis = axisOf(params);
    const tier = params.tier === 'full' ? 'full' : 'proxy';
    const { curves, waiting, problem: fault } = curvesOf(metric, params.slice ?? '', runs, LINE, runs.length > COARSE_FIRST ? firstOf(axis) : null);
    const made = this.maker.of({ curves, runs, axis, weight: smoothingOf(params), tier, theme: state.themeVersion });
    const aside = [
      h('span', { class: 'unlabelled' },
        select('Metric', state.metrics.slice().sort(f.byImportance).map(m => [m, f.label(m)]), metric, m => go({ metric: m }))),
      segmented('Tier', [['proxy', 'Proxy'], ['full', 'Full ◆']], tier, t => go({ tier: t === 'full' ? t : null })),
      chartControls(params),
      exportMenu({
        title: `${f.label(metric)} of ${f.count(runs.length)} runs`, name: `overlay ${metric}`, 
        table: async () => tableOf(await whenHeld(metric, params.slice ?? '', runs, LINE)),
        // the API takes a hundred runs at once
        path: curvesPath(metric, params.slice ?? '', runs.slice(0, 100), LINE.points), caption: `by ${axis}`,
      }),
    ];
    const retry = () => {
      forget();
      changed();
    };
    return [
      card([f.label(metric), h('small', null, made.higher == null ? '' : made.higher ? ' higher is better' : ' lower is better',
        waiting > 0 && ` · loading ${f.count(waiting)} of ${f.count(runs.length)} runs…`)], aside,
      fault && !made.lines.length ? problem('The curves can’t be loaded', fault, retry)
        : made.lines.length
          ? h(LineChart, {
            id: 'chart', version: [metric, axis, params.scale, tier, state.themeVersion].join('\u0000'),
            label: `${f.label(metric)} of ${made.lines.length} runs by ${axis}. Arrow keys read values.`,
            axis, log: params.scale === 'log', lines: made.lines, diamonds: made.diamonds, highlight: named, height: 420,
            onHover: point => {
              this.setState({ at: point });
              this.legend?.point(point?.id);
            },
            onPick: id => { location.hash = toRun(id, carried(params)); },
          })
          : h('div', { class: `plot-space ${waiting ? 'loading' : ''}` }, h('p', { class: 'hint' },
            waiting ? 'Loading curves…' : tier === 'full' ? 'None of these runs has a full result of this metric.' : 'None of these runs has this metric.')),
      fault && made.lines.length > 0 && h('p', { class: 'bad', role: 'alert' }, 'Some curves can’t be loaded: ', fault.message, ' ',
        h('button', { type: 'button', class: 'quiet', onClick: retry }, 'Try again')),
      this.readout(made, at, axis)),
      h(Legend, { made, runs, name: id => this.setState({ named: id }), ref: l => { this.legend = l; } }),
    ];
  }

  readout({ lines }, at, axis) {
    if (!at) return h('p', { class: 'readout hint' }, 'Point at a line to read it; click to open its run; drag to zoom, double-click to reset.');
    const line = lines.find(l => l.id === at.id);
    const i = line ? nearest(line.x, at.x) : -1;
    return h('p', { class: 'readout', 'aria-live': 'polite' }, h('span', null, where(axis, at.x)),
      h('span', null, h('i', { class: 'swatch', style: { background: line?.colour } }), ' ', h('b', null, at.id)),
      i >= 0 && h('span', null, h('b', null, f.value(line.values[i])), line.values[i] !== line.y[i] && ` smoothed ${f.value(line.y[i])}`));
  }
}

/** Which line is which, with its values; pointing at a row shows its line. */
class Legend extends Component {
  shouldComponentUpdate(props) {
    const key = [props.made.key, state.runs, JSON.stringify(state.route.params)];
    const same = this.key?.every((part, i) => part === key[i]);
    this.key = key;
    if (same || props.runs.length <= COARSE_FIRST) return !same;
    // the chart comes first
    clearTimeout(this.later);
    this.later = setTimeout(() => this.forceUpdate(), 150);
    return false;
  }

  componentWillUnmount() {
    clearTimeout(this.later);
  }

  /** Marks a run's row without drawing two hundred others. */
  point(id) {
    this.pointed?.classList.remove('pointed');
    this.pointed = id == null ? null : [...this.body.base.children].find(row => row.dataset.run === id);
    this.pointed?.classList.add('pointed');
  }

  render({ made, runs, name }) {
    const known = new Map((state.runs ?? []).map(r => [r.run_id, r]));
    const chosen = listOf(state.route.params.with);
    const lines = new Map(made.lines.map(l => [l.id, l]));
    const figures = id => {
      const line = lines.get(id);
      if (!line) return null;
      let best = NaN;
      let last = NaN;
      for (const v of line.values) {
        if (Number.isNaN(v)) continue;
        last = v;
        if (Number.isNaN(best) || (made.higher === false ? v < best : v > best)) best = v;
      }
      return { best: Number.isNaN(best) ? null : best, last: Number.isNaN(last) ? null : last };
    };
    const rows = runs.map(id => ({ id, run: known.get(id), ...figures(id) }));
    const sign = made.higher === false ? 1 : -1;
    rows.sort((a, b) => (a.last == null) - (b.last == null) || sign * (a.last - b.last) || 0);
    return card(['Runs', h('small', null, ` ${f.count(runs.length)}, the best last value first`)],
      chosen.length > 0 && h('button', { type: 'button', class: 'quiet', onClick: () => go({ with: null }) }, 'Show all runs'),
      scrolling('Runs in the chart', 'scroll tall', h('table', { class: 'overlay-runs' },
        h('thead', null, h('tr', null, ['Run', 'Status', 'Last', 'Best', 'Step', ''].map((t, i) => h('th', {
          key: t, scope: 'col', class: [i > 1 && i < 5 && 'num', i === 4 && 'optional', i === 5 && 'act'].filter(Boolean).join(' '),
        }, t || h('span', { class: 'unseen' }, 'Choose'))))),
        h(Rows, {
          rows, onMouseLeave: () => name(null), ref: e => { this.body = e; },
          draw: ({ id, run, last, best }) => h('tr', { key: id, 'data-run': id, onMouseEnter: () => name(id) },
            h('td', { class: 'clip' }, h('i', { class: 'swatch', style: { background: variable(made.numbers.get(id)) } }), ' ',
              h('a', { href: toRun(id, carried(state.route.params)), title: id, onFocus: () => name(id), onBlur: () => name(null) }, id)),
            h('td', null, run ? badge(run.status) : h('span', { class: 'hint' }, state.runs ? 'not known here' : '')),
            h('td', { class: 'num' }, h('b', null, f.value(last))),
            h('td', { class: 'num' }, f.value(best)),
            h('td', { class: 'num optional' }, f.count(run?.step)),
            h('td', { class: 'act' }, h('button', {
              type: 'button', class: 'bare', 'aria-label': `Take ${id} out`, title: 'Take out of the chart',
              onClick: () => go({ with: listTo(runs.filter(r => r !== id)) }),
            }, '×'))),
        }))));
  }
}

// ---------------------------------------------------------------- every metric, small

const FOLLOW_MILLIS = 200;
const GAP_MILLIS = 30;
const following = new Set();
let turn = 0;

/** The large chart comes first; the small ones follow, one after the other, and let inputs in between. */
function follow(small) {
  following.add(small);
  turn ||= setTimeout(next, FOLLOW_MILLIS);
}

function next() {
  const [small] = following;
  following.delete(small);
  small?.forceUpdate();
  turn = following.size ? setTimeout(next, GAP_MILLIS) : 0;
}

/** Fetched and drawn when it comes into view. */
class Small extends Component {
  constructor() {
    super();
    this.maker = new Lines();
    this.state = { seen: false };
  }

  componentDidMount() {
    this.observer = new IntersectionObserver(entries => {
      const seen = entries.some(e => e.isIntersecting);
      if (seen !== this.state.seen) this.setState({ seen });
    }, { rootMargin: '120px' });
    this.observer.observe(this.base);
  }

  componentWillUnmount() {
    this.observer.disconnect();
    following.delete(this);
  }

  shouldComponentUpdate(props, next) {
    if (next.seen !== this.state.seen || props.current !== this.props.current) return true;
    follow(this);
    return false;
  }

  render({ metric, runs, current }, { seen }) {
    const { params } = state.route;
    const axis = axisOf(params);
    const tier = params.tier === 'full' ? 'full' : 'proxy';
    let chart = null;
    if (seen) {
      const { curves, waiting, problem: fault } = curvesOf(metric, params.slice ?? '', runs, STAMP);
      const made = this.maker.of({
        curves, runs, axis, weight: smoothingOf(params), tier, width: runs.length > MANY ? 1 : 1.5, theme: state.themeVersion,
      });
      chart = made.lines.length
        ? h(LineChart, {
          version: [metric, axis, params.scale, tier, state.themeVersion].join('\u0000'), small: true,
          label: `${f.label(metric)} of ${made.lines.length} runs`,
          axis, log: params.scale === 'log', lines: made.lines, height: 150, phoneHeight: 150,
        })
        : h('p', { class: 'hint' }, fault ? fault.message : waiting ? 'Loading…' : 'not measured');
    }
    return h('section', { class: 'small-multiple', 'aria-label': f.label(metric) },
      h('button', {
        type: 'button', 'aria-pressed': String(current), title: 'Show large',
        onClick: () => {
          go({ metric });
          scrollTo(0, 0);
        },
      }, f.label(metric)),
      h('div', { class: 'small-plot' }, chart));
  }
}

// ---------------------------------------------------------------- the view

export function Overlay() {
  if (state.runs == null) {
    return [h('div', { class: 'title' }, h('h1', null, 'Overlay')),
      state.runsProblem ? problem('The runs can’t be loaded', state.runsProblem, refreshRuns) : h('p', { class: 'hint' }, 'Loading…')];
  }
  const runs = overlaidRuns();
  const { params } = state.route;
  const metrics = state.metrics.slice().sort(f.byImportance);
  const metric = metrics.includes(params.metric) ? params.metric : metrics[0];
  const chosen = listOf(params.with);
  return [
    h('div', { class: 'title' }, h('h1', null, 'Overlay'),
      h('div', { class: 'meta' }, h('span', null, chosen.length
        ? [h('b', null, f.count(runs.length)), ' chosen runs']
        : [h('b', null, f.count(runs.length)), params.q || params.status ? ' runs that the list shows' : ' runs',
          visibleRuns().length > MAX_RUNS && `, of ${f.count(visibleRuns().length)}: search to narrow them down`]),
      !chosen.length && runs.length > 1 && h('span', { class: 'wide-only' }, 'Choose some by the circles in the list'))),
    !runs.length || !metrics.length
      ? empty(state.runs.length ? 'Nothing to lay over one another' : 'No run yet',
        h('p', null, state.runs.length ? 'No run fits the search.' : 'Curves come with the first predictions. To watch a run now:'),
        !state.runs.length && snippet('./touchstone demo'))
      : [
        h(Large, { metric, runs }),
        metrics.length > 1 && card(['All metrics', h('small', null, ` ${metrics.length}`)], null,
          h('div', { class: 'multiples' }, metrics.map(m => h(Small, { key: m, metric: m, runs, current: m === metric })))),
      ],
  ];
}
