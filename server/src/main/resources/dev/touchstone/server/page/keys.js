// The keyboard: one table, which the help also prints.

import { state, changed, go, setTheme, isDark } from './store.js';
import { toCheckpoint, toOverlay, toRun, toStart } from './route.js';
import { AXES, axisOf } from './lines.js';
import { carried, pin, reveal, visibleRuns } from './runlist.js';

function moveRun(by) {
  const runs = visibleRuns();
  if (!runs.length) return;
  const at = runs.findIndex(r => r.run_id === state.route.run);
  const next = at < 0 ? 0 : Math.min(runs.length - 1, Math.max(0, at + by));
  location.hash = toRun(runs[next].run_id, carried(state.route.params));
  requestAnimationFrame(() => requestAnimationFrame(() => reveal(next)));
}

function moveCheckpoint(by) {
  const { route, detail } = state;
  const list = (detail?.checkpoints ?? []).filter(c => c.report_key != null);
  if (!list.length) return;
  const at = list.findIndex(c => c.checkpoint === route.checkpoint);
  const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by;
  if (list[next]) location.hash = toCheckpoint(route.run, list[next].checkpoint, { curve: route.params.curve });
}

const hasCurves = () => state.route.view === 'run' || state.route.view === 'overlay';

function nextAxis() {
  if (!hasCurves()) return;
  const at = AXES.findIndex(([id]) => id === axisOf(state.route.params));
  const [axis] = AXES[(at + 1) % AXES.length];
  go({ axis: axis === 'step' ? null : axis });
}

function scale() {
  if (hasCurves()) go({ scale: state.route.params.scale === 'log' ? null : 'log' });
}

function overlay() {
  const { route } = state;
  location.hash = route.view === 'overlay' ? toStart(carried(route.params)) : toOverlay(carried(route.params));
}

function up() {
  const { route } = state;
  if (route.view === 'checkpoint') location.hash = toRun(route.run, carried(route.params));
  else if (route.view === 'compare' && route.params.run) location.hash = toRun(route.params.run);
  else location.hash = toStart(carried(route.params));
}

function compare() {
  document.querySelector('.actions a[href^="#/compare"]')?.click();
}

export const KEYS = [
  ['/', 'find a run', () => document.getElementById('search')?.focus()],
  ['j', 'next run', () => moveRun(1)],
  ['k', 'previous run', () => moveRun(-1)],
  [']', 'next report', () => moveCheckpoint(1)],
  ['[', 'previous report', () => moveCheckpoint(-1)],
  ['x', 'next axis: step, epoch, relative, wall time', nextAxis],
  ['l', 'linear or logarithmic scale', scale],
  ['p', 'pin the run, or no longer', () => state.route.run != null && pin(state.route.run)],
  ['o', 'overlay: many runs over one another', overlay],
  ['u', 'up: from a checkpoint to its run', up],
  ['c', 'compare this checkpoint', compare],
  ['t', 'dark or light', () => setTheme(isDark() ? 'light' : 'dark')],
  ['?', 'this list', () => help(true)],
];

export function help(open) {
  state.help = open;
  changed();
}

export function listen() {
  addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === 'Escape') {
      if (state.help) help(false);
      else if (typing) event.target.blur();
      return;
    }
    if (typing && event.target.type !== 'range') return;
    const found = KEYS.find(([key]) => key === event.key);
    if (found && !state.help) {
      event.preventDefault();
      found[2]();
    }
  });
}
