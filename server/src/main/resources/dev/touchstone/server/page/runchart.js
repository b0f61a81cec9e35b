// One metric of a run: proxies with their interval, full results, what was decided, and other runs
// over it. Pointing redraws this panel only.

import { Component } from './lib/preact.js';
import { h, badge, card, problem, segmented, select } from './ui.js';
import * as f from './format.js';
import { state, changed, chosenSlice, go, setNow } from './store.js';
import { listOf, listTo, toOverlay, toRun } from './route.js';
import { css } from './plot.js';
import { LineChart, duration } from './linechart.js';
import { AXES, PARTIAL, SAMPLED, UNTRUSTED, axisOf, lineOf, nearest, originOf, smooth, smoothingOf } from './lines.js';
import { LINE, WHOLE, curvesOf, forget, setName } from './curves.js';
import { colours, variable } from './colours.js';
import { exportMenu } from './export.js';
import { curvesPath } from './api.js';
import { evidence, markButton, marksOf, placeOf } from './marks.js';

// ---------------------------------------------------------------- controls that charts share

/** Axis, smoothing and scale, as they are in the address. */
export function chartControls(params) {
  const weight = smoothingOf(params);
  const log = params.scale === 'log';
  return [
    segmented('Axis', AXES, axisOf(params), a => go({ axis: a === 'step' ? null : a })),
    h('label', { class: 'smoothing', title: 'Exponential moving average; the values themselves stay as a faint line' },
      h('span', null, 'Smooth'),
      h('input', {
        type: 'range', min: 0, max: 0.99, step: 0.01, value: weight, 'aria-valuetext': weight ? weight.toFixed(2) : 'off',
        onInput: e => setNow({ smooth: Number(e.target.value) || null }),
      }),
      h('output', null, weight ? weight.toFixed(2) : 'off')),
    h('button', {
      type: 'button', class: 'toggle', 'aria-pressed': String(log), title: 'Logarithmic scale (l)',
      onClick: () => go({ scale: log ? null : 'log' }),
    }, 'Log'),
  ];
}

/** Of a run's curves in one tier that of the set asked for, else the longest. */
export function pick(curves, run, tier, set) {
  let best = null;
  for (const c of curves) {
    if (c.run_id !== run || c.tier !== tier) continue;
    if (c.set === set) return c;
    if (!set && (!best || c.step.length > best.step.length)) best = c;
  }
  return best;
}

/** Model checkpoints whose predictions are a sample. */
function sampledOf(detail, set) {
  const sampled = new Set();
  for (const s of detail.sets) {
    if (!s.sampled || (set && `${s.evaluation_set}/${s.split}` !== set)) continue;
    for (const c of s.claims) if (c.run_id === detail.run.run_id) sampled.add(c.checkpoint);
  }
  return sampled;
}

// ---------------------------------------------------------------- the panel

export class RunChart extends Component {
  constructor() {
    super();
    this.state = { at: null, mark: null, pinned: false };
  }

  /** Lines and diamonds; the same objects while nothing has changed, so that nothing is drawn anew. */
  drawing(given) {
    const { detail, metric, axis, weight, log, set, others, curves, theme } = given;
    const run = detail.run.run_id;
    const proxy = pick(curves, run, 'proxy', set);
    // of a sample the exact values are the whole set's
    const full = pick(curves, run, 'full', set?.replace(/ sample .*$/, ''));
    const sampled = proxy ? (proxy.sample ? new Set(proxy.checkpoint) : sampledOf(detail, proxy.set)) : null;
    const key = [metric, axis, weight, log, set, theme, others.join('\u0000'), sampled && [...sampled].join('\u0000'),
      JSON.stringify([detail.stops, detail.verdicts]),
      ...curves.map(c => `${c.run_id}${c.tier}${c.set}${c.version}${c.step.length}`)].join('\u0001');
    if (this.drawn?.key === key) return this.drawn;
    const numbers = colours([run, ...others]);
    const colour = others.length ? css(`--run-${numbers.get(run)}`) : css('--proxy');
    const origin = originOf([proxy, full].filter(Boolean));
    const lines = [];
    const diamonds = [];
    for (const id of others) {
      const theirs = pick(curves, id, 'proxy', set) ?? pick(curves, id, 'proxy');
      const exact = pick(curves, id, 'full', set) ?? pick(curves, id, 'full');
      const theirOrigin = originOf([theirs, exact].filter(Boolean));
      const own = css(`--run-${numbers.get(id)}`);
      if (theirs) {
        const line = lineOf(theirs, axis, theirOrigin);
        lines.push({ id, colour: own, x: line.x, y: smooth(line.y, weight), width: 1.75 });
      }
      if (exact) {
        const line = lineOf(exact, axis, theirOrigin);
        line.x.forEach((x, i) => diamonds.push({ id, colour: own, x, y: line.y[i], size: 4.5 }));
      }
    }
    let main = null;
    if (proxy) {
      const line = lineOf(proxy, axis, origin, sampled);
      main = {
        ...line, id: run, colour, raw: weight ? line.y : null, y: smooth(line.y, weight), values: line.y,
        band: others.length ? `color-mix(in srgb, ${colour} 14%, transparent)` : css('--proxy-band'),
      };
      lines.push(main);
    }
    const exact = full ? lineOf(full, axis, origin) : null;
    if (exact) {
      const size = exact.x.length > 60 ? 4 : 7;
      exact.x.forEach((x, i) => {
        if (!Number.isNaN(exact.y[i])) {
          diamonds.push({ id: run, colour: css('--full'), x, y: exact.y[i], low: orNull(exact.low?.[i]), high: orNull(exact.high?.[i]), size });
        }
      });
    }
    const marks = marksOf(detail)
      .map(m => ({ ...m, x: placeOf(m, axis, proxy ?? full, origin), upright: m.kind === 'STOP', colour: css('--warn') }))
      .filter(m => m.x != null);
    this.drawn = { key, lines, diamonds, marks, main, exact, proxy, full, numbers };
    return this.drawn;
  }

  render({ detail, metric, version }, { at, mark, pinned }) {
    const { params } = state.route;
    const run = detail.run.run_id;
    const axis = axisOf(params);
    const slice = chosenSlice();
    const sets = detail.evaluation_sets.map(setName);
    const set = sets.includes(params.set) ? params.set : null;
    const others = listOf(params.with).filter(id => id !== run);
    const own = curvesOf(metric, slice, [run], WHOLE);
    const theirs = curvesOf(metric, slice, others, LINE);
    const curves = [...own.curves, ...theirs.curves];
    const drawing = this.drawing({
      detail, metric, axis, weight: smoothingOf(params), log: params.scale === 'log', set, others, curves, theme: state.themeVersion,
    });
    const { proxy, full } = drawing;
    const higher = (proxy ?? full)?.higher_is_better;
    const trust = detail.newest[metric]?.proxy?.trust;
    const controls = [
      detail.slices.length > 1 && select('Slice', detail.slices.map(s => [s, s || 'all examples']), slice, s => go({ slice: s })),
      sets.length > 1 && select('Set', sets.map(s => [s, s]), set ?? proxy?.set ?? sets[0], s => go({ set: s })),
      chartControls(params),
      (proxy || full) && exportMenu({
        title: `${f.label(metric)} of ${run}`, name: `${run} ${metric}${slice ? ` ${slice}` : ''}`,
        table: () => tableOf([proxy, full]),
        path: curvesPath(metric, slice, [run, ...others], WHOLE.points),
        caption: [slice || 'all examples', `by ${axis}`, smoothingOf(params) > 0 && `smoothed ${smoothingOf(params)}`].filter(Boolean).join(' · '),
      }),
    ];
    const loading = own.waiting > 0 && !own.curves.length;
    return card([f.label(metric), h('small', null, higher == null ? '' : higher ? ' higher is better' : ' lower is better'),
      trust && [' ', badge(trust)]], controls,
    own.problem
      ? problem('The curve can’t be loaded', own.problem, () => {
        forget();
        changed();
      })
      : loading || !(proxy || full)
        ? h('div', { class: `plot-space ${loading ? 'loading' : ''}` },
          h('p', { class: 'hint' }, loading ? 'Loading the curve…' : 'Nothing measured for this slice yet.'))
        : this.chart(drawing, { metric, axis, run, at, mark, pinned, params, version }),
    !own.problem && this.readout(drawing, { at, run, axis }),
    this.legend(drawing, { others, theirs, run, at }));
  }

  chart(drawing, { metric, axis, run, mark, pinned, params }) {
    const on = {
      show: (m, button) => {
        clearTimeout(this.leaving);
        if (!this.state.pinned) this.setState({ mark: m, left: this.leftOf(button) });
      },
      // a moment to reach the evidence, which may hold links
      leave: () => {
        clearTimeout(this.leaving);
        this.leaving = setTimeout(() => !this.state.pinned && this.setState({ mark: null }), 250);
      },
      pin: (m, button) => this.setState(s => (s.pinned && s.mark?.key === m.key
        ? { pinned: false, mark: null } : { pinned: true, mark: m, left: this.leftOf(button) })),
    };
    return h('div', {
      class: 'with-marks', ref: e => { this.frame = e; },
      onKeyDown: e => {
        if (e.key === 'Escape' && this.state.mark) {
          this.setState({ mark: null, pinned: false });
          e.stopPropagation();
        }
      },
    },
    h(LineChart, {
      id: 'chart',
      version: [metric, axis, params.scale, params.set, params.slice, run, state.themeVersion].join('\u0000'),
      label: `${f.label(metric)} by ${axis}: proxy line with its interval, full results as diamonds. Arrow keys read values.`,
      axis, log: params.scale === 'log', lines: drawing.lines, diamonds: drawing.diamonds, marks: drawing.marks,
      highlight: this.state.named,
      onHover: at => this.setState({ at }),
      onPick: id => {
        if (id !== run) location.hash = toRun(id, { ...params, with: listTo([run, ...listOf(params.with).filter(o => o !== id && o !== run)]) });
      },
    }, drawing.marks.map(m => markButton(m, m.x, mark?.key === m.key, on))),
    mark && h('div', { onMouseEnter: () => clearTimeout(this.leaving), onMouseLeave: on.leave },
      evidence(run, mark, this.state.left, pinned && (() => this.setState({ mark: null, pinned: false })))));
  }

  leftOf(button) {
    const width = Math.min(340, this.frame.clientWidth);
    return Math.max(0, Math.min(this.frame.clientWidth - width, button.offsetLeft - 24));
  }

  readout({ main, exact, proxy, full, lines }, { at, run, axis }) {
    if (!at) return h('p', { class: 'readout hint' }, 'Point at the chart to read values; drag to zoom, double-click to reset.');
    if (at.id !== run) {
      const line = lines.find(l => l.id === at.id);
      const i = line ? nearest(line.x, at.x) : -1;
      return h('p', { class: 'readout' }, h('span', null, where(axis, at.x)), h('b', null, at.id),
        i >= 0 && h('span', null, f.value(line.y[i])));
    }
    const i = main ? nearest(main.x, at.x) : -1;
    const near = i >= 0 && main.x[i] === at.x;
    const k = exact ? exact.x.findIndex(x => x === at.x || (near && full.step[exact.at[exact.x.indexOf(x)]] === proxy.step[main.at[i]])) : -1;
    const p = near ? rowOf(proxy, main.at[i]) : null;
    const q = k >= 0 ? rowOf(full, exact.at[k]) : null;
    const any = p ?? q;
    if (!any) return h('p', { class: 'readout hint' }, ' ');
    const interval = r => (f.interval(r.ci_low, r.ci_high) ? ` (${f.interval(r.ci_low, r.ci_high)})` : '');
    return h('p', { class: 'readout', 'aria-live': 'polite' },
      h('span', null, `step ${f.count(any.step)}`, any.epoch != null && ` · epoch ${f.epoch(any.epoch)}`, ` · ${f.clock(any.ts)}`),
      p && h('span', { class: 'proxy' }, h('i', { class: 'key proxy' }), h('b', null, f.value(p.value)),
        p.value == null ? ` ${f.reason(p.manner?.reason) ?? ''}` : interval(p),
        main.raw && p.value != null && ` smoothed ${f.value(main.y[i])}`,
        p.manner?.state === 'PARTIAL' ? ` partial, ${f.short(p.n)} predictions` : '',
        main.kinds[i] & SAMPLED ? ' sample' : '',
        p.manner?.trust === 'UNTRUSTED' && [' ', badge('UNTRUSTED')]),
      q && h('span', { class: 'full' }, h('i', { class: 'key full' }), h('b', null, f.value(q.value)),
        q.value == null ? ` ${f.reason(q.manner?.reason) ?? ''}` : interval(q)));
  }

  legend({ main, proxy, full, marks, numbers }, { others, theirs, run }) {
    const has = bit => main?.kinds.some(k => k & bit);
    const manner = proxy?.manners?.find(m => m.ci_method);
    const fullManner = full?.manners?.find(m => m.ci_method);
    const name = id => this.setState({ named: id });
    return [
      others.length > 0 && h('ul', { class: 'chips', 'aria-label': 'Runs in the chart' },
        [run, ...others].map(id => h('li', { key: id, onMouseEnter: () => name(id), onMouseLeave: () => name(null) },
          h('i', { class: 'swatch', style: { background: variable(numbers.get(id)) } }),
          id === run ? h('b', null, id) : h('a', { href: toRun(id, { ...state.route.params, with: listTo([run, ...others.filter(o => o !== id)]) }) }, id),
          id !== run && h('button', {
            type: 'button', class: 'bare', 'aria-label': `Take ${id} out of the chart`, onClick: () => go({ with: listTo(others.filter(o => o !== id)) }),
          }, '×'))),
        theirs.waiting > 0 && h('li', { class: 'hint' }, `loading ${theirs.waiting}…`),
        theirs.problem && h('li', { class: 'bad' }, `some can’t be loaded: ${theirs.problem.message}`),
        h('li', null, h('a', { href: toOverlay({ ...state.route.params, with: listTo([run, ...others]) }) }, 'all their metrics'))),
      h('ul', { class: 'legend' },
        h('li', null, h('i', { class: 'key proxy line' }), smoothingOf(state.route.params) ? 'Proxy, smoothed; faint: as it came' : 'Proxy, as predictions arrive'),
        h('li', null, h('i', { class: 'key proxy band' }), manner?.level >= 1 ? 'Its bounds' : 'Its interval',
          manner && h('small', null, f.method(manner.ci_method, manner.level))),
        has(UNTRUSTED) && h('li', { class: 'bad' }, h('i', { class: 'key proxy dashes' }), badge('UNTRUSTED'),
          'The proxy has missed exact values more often than chance explains'),
        has(SAMPLED) && h('li', null, h('i', { class: 'key proxy dots' }), 'From a sample'),
        has(PARTIAL) && h('li', null, h('i', { class: 'key proxy hollow' }), 'Set still arriving'),
        h('li', null, h('i', { class: 'key full' }, '◆'), 'Full evaluation, exact',
          fullManner && h('small', null, f.method(fullManner.ci_method, fullManner.level))),
        marks.some(m => m.kind === 'STOP') && h('li', null, h('i', { class: 'key stop' }), 'STOP signal')),
    ];
  }
}

/** The curves as they came: no smoothing, no rounding. */
export function tableOf(curves) {
  const shown = curves.filter(Boolean);
  const head = ['run_id', 'tier', 'evaluation_set', 'split', 'attempt', 'checkpoint', 'step', 'epoch', 'ts', 'value', 'ci_low', 'ci_high', 'n'];
  const columns = head.slice(4).filter(name => shown.some(c => c[name]));
  return {
    head: [...head.slice(0, 4), ...columns],
    rows: shown.flatMap(c => c.step.map((_, i) => [c.run_id, c.tier, c.evaluation_set, c.split, ...columns.map(name => c[name]?.[i] ?? null)])),
  };
}

const orNull = v => (v == null || Number.isNaN(v) ? null : v);

function rowOf(curve, i) {
  const row = { manner: curve.manners?.[curve.manner[i]] };
  for (const field of ['step', 'epoch', 'ts', 'value', 'ci_low', 'ci_high', 'n']) row[field] = curve[field]?.[i];
  return row;
}

/** A place on the axis in words. */
export function where(axis, x) {
  switch (axis) {
    case 'epoch': return `epoch ${f.epoch(x)}`;
    case 'relative': return `${duration(x)} after its start`;
    case 'time': return f.dateTime(x * 1000);
    default: return `step ${f.count(x)}`;
  }
}
