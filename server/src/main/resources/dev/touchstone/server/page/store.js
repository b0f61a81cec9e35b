// What the page knows, and how it learns it: one snapshot by fetch, then changes by server-sent
// events, drawn at most once a frame. Events are connected first and snapshots taken afterwards, so
// that nothing falls in between; points are upserts, so that seeing one twice does no harm.

import * as api from './api.js';
import { parse } from './route.js';

const SILENCE_MILLIS = 12_000; // more than two heartbeats
const MAX_QUEUE = 5_000;
const CHANGES = ['set', 'checkpoint', 'evaluation', 'signal', 'verdict', 'dead_letter'];

export const state = {
  route: parse(location.hash),
  runs: null,
  runsProblem: null,
  detail: null,
  detailProblem: null,
  series: null,
  seriesKey: null,
  report: null,
  reportKey: null,
  reportProblem: null,
  evaluations: null,
  status: null,
  connection: 'connecting',
  heardAt: Date.now(),
  clockOffset: 0,
  theme: document.documentElement.dataset.theme ?? 'auto',
  themeVersion: 0,
  toast: null,
  help: false,
  asking: new Set(),
};

let draw = () => {};
let frame = 0;
let queue = [];

/** Draws soon: at most once a frame however often it is called. */
export function changed() {
  if (!frame) {
    frame = requestAnimationFrame(() => {
      frame = 0;
      takeQueue();
      draw();
    });
  }
}

export const now = () => Date.now() + state.clockOffset;

/** Runs at once, then at most every `millis`, and once more after the last call. */
function throttled(millis, action) {
  let timer = 0;
  let again = false;
  let running = false;
  const go = async () => {
    if (running || timer) {
      again = true;
      return;
    }
    running = true;
    try {
      await action();
    } finally {
      running = false;
      timer = setTimeout(() => {
        timer = 0;
        if (again) {
          again = false;
          go();
        }
      }, millis);
    }
  };
  return go;
}

// ---------------------------------------------------------------- snapshots

export const refreshRuns = throttled(1_000, async () => {
  try {
    state.runs = (await api.runs()).runs;
    state.runsProblem = null;
  } catch (problem) {
    state.runsProblem = problem;
  }
  changed();
});

export const refreshDetail = throttled(400, async () => {
  const { run } = state.route;
  if (run == null) return;
  try {
    const detail = await api.run(run);
    if (state.route.run !== run) return;
    state.detail = detail;
    state.detailProblem = null;
  } catch (problem) {
    if (state.route.run !== run) return;
    // a server that is still reading its topics may not know the run yet: keep what is shown
    const reading = state.status && !state.status.kafka.caught_up;
    const keeps = state.detail?.run.run_id === run && (problem.status === 0 || reading);
    if (!keeps) state.detail = null;
    state.detailProblem = keeps ? null : problem;
  }
  ensureSeries();
  ensureReport();
  changed();
});

export const refreshStatus = throttled(1_000, async () => {
  try {
    state.status = await api.status();
    state.clockOffset = state.status.now - Date.now();
    if (state.route.view === 'start') state.evaluations = (await api.evaluations()).evaluations;
  } catch {
    // the connection's state says it
  }
  changed();
});

/** The metric that the run view shows: the one asked for, else the first that matters. */
export function chosenMetric() {
  const known = state.detail?.metrics ?? [];
  const asked = state.route.params.metric;
  if (asked && known.includes(asked)) return asked;
  return known.includes('average_precision') ? 'average_precision' : known[0] ?? null;
}

export function chosenSlice() {
  const asked = state.route.params.slice ?? '';
  return (state.detail?.slices ?? []).includes(asked) ? asked : '';
}

async function ensureSeries(anew = false) {
  const metric = chosenMetric();
  if (state.route.view !== 'run' || metric == null) return;
  const { run } = state.route;
  const slice = chosenSlice();
  const key = JSON.stringify([run, metric, slice]);
  if (key === state.seriesKey && !anew) return;
  state.seriesKey = key;
  try {
    const answer = await api.series(run, metric, slice);
    if (state.seriesKey !== key) return;
    state.series = { run, metric, slice, curves: answer.series };
  } catch {
    if (state.seriesKey === key) state.seriesKey = null;
  }
  changed();
}

async function ensureReport() {
  const { view, run, checkpoint } = state.route;
  if (view !== 'checkpoint') return;
  const known = state.detail?.checkpoints.find(c => c.checkpoint === checkpoint);
  // a new report has a new key or a new state: only then is it fetched again
  const key = JSON.stringify([run, checkpoint, known?.report_key, known?.state]);
  if (key === state.reportKey) return;
  const other = state.report && (state.report.run_id !== run || state.report.checkpoint !== checkpoint);
  if (other) state.report = null;
  state.reportKey = key;
  try {
    const report = await api.report(run, checkpoint);
    if (state.reportKey !== key) return;
    state.report = report;
    state.reportProblem = null;
  } catch (problem) {
    if (state.reportKey !== key) return;
    state.reportProblem = problem;
    if (problem.status !== 404) state.reportKey = null;
  }
  changed();
}

function refreshAll() {
  refreshRuns();
  refreshStatus();
  refreshDetail();
  ensureSeries(true);
}

// ---------------------------------------------------------------- events

let source = null;

function connect() {
  source = new EventSource('v1/events');
  source.onopen = () => heard();
  source.onerror = () => {
    state.connection = 'reconnecting';
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2_000);
    changed();
  };
  for (const type of ['hello', 'heartbeat']) source.addEventListener(type, heard);
  source.addEventListener('hello', refreshAll);
  source.addEventListener('reset', refreshAll);
  source.addEventListener('point', event => {
    heard();
    if (queue.length < MAX_QUEUE) queue.push(event.data);
    changed();
    refreshRuns();
  });
  for (const type of CHANGES) {
    source.addEventListener(type, event => {
      heard();
      refreshRuns();
      const { run_id: run, claims } = JSON.parse(event.data);
      const mine = claims ? claims.some(c => c.run_id === state.route.run) : run === state.route.run;
      if (mine) refreshDetail();
      if (type === 'dead_letter' || state.route.view === 'start') refreshStatus();
    });
  }
}

function heard() {
  state.heardAt = Date.now();
  if (state.connection !== 'live') {
    state.connection = 'live';
    changed();
  }
}

/** Folds waiting points into the shown curves. */
function takeQueue() {
  if (!queue.length) return;
  const points = queue;
  queue = [];
  if (points.length >= MAX_QUEUE) {
    // a tab that slept: one snapshot is cheaper than the backlog
    ensureSeries(true);
    refreshDetail();
    return;
  }
  let mine = false;
  for (const text of points) {
    const point = JSON.parse(text);
    if (point.run_id !== state.route.run) continue;
    mine = true;
    const shown = state.series;
    if (shown && shown.run === point.run_id && shown.metric === point.metric
        && shown.slice === point.slice) {
      upsert(shown, point);
    }
  }
  if (mine) refreshDetail();
}

function upsert(shown, point) {
  let curve = shown.curves.find(c => c.tier === point.tier
      && c.evaluation_set === point.evaluation_set && c.split === point.split
      && c.sample === (point.sample ?? ''));
  if (!curve) {
    curve = {
      metric: point.metric, tier: point.tier, slice: point.slice,
      evaluation_set: point.evaluation_set, split: point.split, sample: point.sample ?? '', points: [],
      higher_is_better: shown.curves[0]?.higher_is_better ?? null,
    };
    shown.curves.push(curve);
  }
  const at = curve.points.findIndex(p => p.checkpoint === point.checkpoint
      && p.attempt === point.attempt && p.step === point.step);
  if (at >= 0) curve.points[at] = point;
  else curve.points.push(point);
  // charts compare by identity
  curve.points = curve.points.slice().sort((a, b) => a.step - b.step || a.attempt - b.attempt);
}

// ---------------------------------------------------------------- actions

export function say(text, kind = 'info') {
  state.toast = { text, kind };
  changed();
  clearTimeout(say.timer);
  say.timer = setTimeout(() => {
    state.toast = null;
    changed();
  }, 6_000);
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say('Copied');
  } catch {
    say('The browser did not allow copying', 'bad');
  }
}

/**
 * Asks for a full evaluation; wants the token first where the server needs one.
 *
 * @param more further fields of the request
 * @param id of the request: the same id asks only once
 */
export async function evaluate(run, checkpoint, more = {}, id = newId()) {
  const mark = run + '\u0000' + checkpoint;
  if (state.asking.has(mark)) return;
  let token = sessionStorage.getItem('touchstone.token');
  if (state.status?.token_needed && !token) {
    token = prompt('This server guards writes. Its token (server.token):');
    if (!token) return;
  }
  state.asking.add(mark);
  changed();
  try {
    await api.evaluate({ run_id: run, checkpoint, ...more }, token, id);
    if (token) sessionStorage.setItem('touchstone.token', token);
    say(`Asked for the full evaluation of ${checkpoint}`);
    refreshDetail();
  } catch (problem) {
    if (problem.status === 401) sessionStorage.removeItem('touchstone.token');
    say(`${problem.title}: ${problem.message}`, 'bad');
  } finally {
    state.asking.delete(mark);
    changed();
  }
}

// crypto.randomUUID exists on secure pages only, and this one may be plain http on a LAN
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('');
}

export function setTheme(theme) {
  state.theme = theme;
  state.themeVersion++;
  try {
    if (theme === 'auto') localStorage.removeItem('touchstone.theme');
    else localStorage.setItem('touchstone.theme', theme);
  } catch {
    // storage may be off: then it holds for this page only
  }
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  changed();
}

export function isDark() {
  if (state.theme !== 'auto') return state.theme === 'dark';
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

// ---------------------------------------------------------------- start

export function start(render) {
  draw = render;
  addEventListener('hashchange', () => {
    const before = state.route;
    state.route = parse(location.hash);
    if (before.run !== state.route.run) {
      state.detail = null;
      state.detailProblem = null;
      state.series = null;
      state.seriesKey = null;
      state.report = null;
      state.reportKey = null;
    }
    if (before.view !== state.route.view || before.run !== state.route.run) scrollTo(0, 0);
    state.reportProblem = null;
    if (before.checkpoint !== state.route.checkpoint) state.reportKey = null;
    if (before.run !== state.route.run || !state.detail) refreshDetail();
    else {
      ensureSeries();
      ensureReport();
    }
    if (state.route.view === 'start') refreshStatus();
    changed();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    state.themeVersion++;
    changed();
  });
  connect();
  refreshAll();
  setInterval(() => {
    if (Date.now() - state.heardAt > SILENCE_MILLIS) state.connection = 'reconnecting';
    changed(); // relative times
  }, 1_000);
  setInterval(refreshStatus, 5_000);
  changed();
}
