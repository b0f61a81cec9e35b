// The keyboard: one table, which the help also prints.

import { state, changed, setTheme, isDark } from './store.js';
import { toCheckpoint, toRun, withParams } from './route.js';
import { carried, visibleRuns } from './sidebar.js';

const AXES = ['step', 'epoch', 'time'];

function moveRun(by) {
  const runs = visibleRuns();
  if (!runs.length) return;
  const at = runs.findIndex(r => r.run_id === state.route.run);
  const next = at < 0 ? 0 : Math.min(runs.length - 1, Math.max(0, at + by));
  location.hash = toRun(runs[next].run_id, carried(state.route.params));
  requestAnimationFrame(() => document.querySelector('a.run[aria-current]')?.scrollIntoView({ block: 'nearest' }));
}

function moveCheckpoint(by) {
  const { route, detail } = state;
  const list = (detail?.checkpoints ?? []).filter(c => c.report_key != null);
  if (!list.length) return;
  const at = list.findIndex(c => c.checkpoint === route.checkpoint);
  const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by;
  if (list[next]) location.hash = toCheckpoint(route.run, list[next].checkpoint, { curve: route.params.curve });
}

function nextAxis() {
  if (state.route.view !== 'run') return;
  const at = AXES.indexOf(state.route.params.axis ?? 'step');
  const axis = AXES[(at + 1) % AXES.length];
  location.hash = withParams(state.route, { axis: axis === 'step' ? null : axis });
}

function up() {
  const { route } = state;
  if (route.view === 'checkpoint') location.hash = toRun(route.run, { metric: route.params.metric });
  else if (route.view === 'compare' && route.params.run) location.hash = toRun(route.params.run);
  else location.hash = '#/';
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
  ['x', 'next axis: step, epoch, time', nextAxis],
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
