// What the page knows, and how it learns it: one snapshot by fetch, then changes by server-sent
// events, drawn at most once a frame. Events are connected first and snapshots taken afterwards, so
// that nothing falls in between; points are upserts, so that seeing one twice does no harm.

import * as api from './api.js';
import * as curves from './curves.js';
import { parse, replaceParams, withParams } from './route.js';

const { touchstone } = window; // early.js
const SILENCE_MILLIS = 12_000; // more than two heartbeats
const PATIENCE_MILLIS = 1_000; // for the first event
const HEADLINE = 'average_precision';

export const state = {
  route: parse(location.hash),
  runs: null,
  runsProblem: null,
  detail: null,
  detailProblem: null,
  detailMetric: null,
  metrics: [],
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

/** Draws soon: at most once a frame however often it is called. */
export function changed() {
  if (!frame) {
    frame = requestAnimationFrame(() => {
      frame = 0;
      curves.takeQueue();
      draw();
    });
  }
}

export const now = () => Date.now() + state.clockOffset;

/** Runs at once, then at most every `millis` and a fifth of the time, and once more after the last call. */
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
    const began = performance.now();
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
      }, Math.max(millis, 4 * (performance.now() - began)));
    }
  };
  return go;
}

// ---------------------------------------------------------------- snapshots

export const refreshRuns = throttled(1_000, async () => {
  try {
    const { runs, metrics } = await api.runs();
    state.runs = runs;
    state.metrics = metrics ?? [];
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
    // a run view needs one metric of each model checkpoint; a long run has thousands of others
    const metric = state.route.view === 'run' ? chosenMetric() ?? state.route.params.metric ?? HEADLINE : null;
    const detail = await api.run(run, metric);
    if (state.route.run !== run) return;
    state.detail = detail;
    state.detailMetric = metric;
    state.detailProblem = null;
  } catch (problem) {
    if (state.route.run !== run) return;
    // a server that is still reading its topics may not know the run yet: keep what is shown
    const reading = state.status && !state.status.kafka.caught_up;
    const keeps = state.detail?.run.run_id === run && (problem.status === 0 || reading);
    if (!keeps) state.detail = null;
    state.detailProblem = keeps ? null : problem;
  }
  ensureDetail();
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
  return known.includes(HEADLINE) ? HEADLINE : known[0] ?? null;
}

export function chosenSlice() {
  const asked = state.route.params.slice ?? '';
  return (state.detail?.slices ?? []).includes(asked) ? asked : '';
}

/** Asks anew where the view shows another metric than what was asked for. */
function ensureDetail() {
  const { detail, detailMetric, route } = state;
  if (!detail || detailMetric == null) return;
  if (route.view !== 'run' || (chosenMetric() ?? detailMetric) !== detailMetric) refreshDetail();
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
  asked = true;
  details.clear();
  refreshRuns();
  refreshStatus();
  refreshDetail();
  curves.forget();
}

// ---------------------------------------------------------------- runs that may come next

const MAX_DETAILS = 12;

/** Details of runs that are not shown, as they are: an event about one takes it away. */
const details = new Map();

/** Asks for a run that may be shown next; see ahead.js. */
export async function fetchDetail(run, metric) {
  if (details.get(run)?.metric === metric) return;
  const asked = {};
  details.set(run, asked); // what takes it away meanwhile makes the answer an old one
  const detail = await api.run(run, metric);
  if (details.get(run) === asked) keepDetail(run, detail, metric);
}

function keepDetail(run, detail, metric) {
  details.delete(run); // the one kept last is the last one
  details.set(run, { detail, metric });
  if (details.size > MAX_DETAILS) details.delete(details.keys().next().value);
}

// ---------------------------------------------------------------- events

let asked = false;

function connect() {
  const source = new EventSource('v1/events');
  for (const type of touchstone.TYPES) source.addEventListener(type, take);
  source.onerror = take;
}

function take(event) {
  switch (event.type) {
    case 'error': return lost(event.target);
    case 'heartbeat': return heard();
    case 'hello':
    case 'reset':
      heard();
      return refreshAll();
    case 'point': return point(event.data);
    default: return change(event.type, JSON.parse(event.data));
  }
}

function lost(source) {
  state.connection = 'reconnecting';
  if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2_000);
  if (!asked) refreshAll(); // without events there is at least what is known now, or why not
  changed();
}

function point(text) {
  heard();
  curves.heard(text);
  changed();
  refreshRuns();
  const isOf = run => text.includes(`"run_id":${JSON.stringify(run)}`);
  for (const run of details.keys()) if (isOf(run)) details.delete(run);
  if (state.route.run != null && isOf(state.route.run)) {
    touchstone.forget(); // a curve that was asked for early may lack this point
    refreshDetail();
  }
}

function change(type, { run_id: run, claims }) {
  heard();
  refreshRuns();
  for (const id of claims?.map(c => c.run_id) ?? [run]) details.delete(id);
  const mine = claims ? claims.some(c => c.run_id === state.route.run) : run === state.route.run;
  if (mine) refreshDetail();
  if (type === 'dead_letter' || state.route.view === 'start') refreshStatus();
}

function heard() {
  state.heardAt = Date.now();
  if (state.connection !== 'live') {
    state.connection = 'live';
    changed();
  }
}

// ---------------------------------------------------------------- actions

/** Changes parameters of the address; null takes one away. */
export function go(changes) {
  location.hash = withParams(state.route, changes);
}

/** The same without a step in the browser's history: a slider would flood it. */
export function setNow(changes) {
  replaceParams(state.route, changes);
  const params = { ...state.route.params, ...changes };
  for (const [name, value] of Object.entries(params)) if (value == null) delete params[name];
  state.route.params = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
  changed();
}

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
  curves.onChange(changed);
  addEventListener('hashchange', () => {
    const before = state.route;
    state.route = parse(location.hash);
    if (before.run !== state.route.run) {
      if (state.detail && before.run != null && state.connection === 'live') {
        keepDetail(before.run, state.detail, state.detailMetric);
      }
      const known = details.get(state.route.run);
      state.detail = known?.detail ?? null;
      state.detailMetric = known?.metric ?? null;
      state.detailProblem = null;
      state.report = null;
      state.reportKey = null;
    }
    if (before.view !== state.route.view || before.run !== state.route.run) scrollTo(0, 0);
    state.reportProblem = null;
    if (before.checkpoint !== state.route.checkpoint) state.reportKey = null;
    if (!state.detail) {
      const { view, run, params } = state.route;
      // the curve's answer is on its way while it isn't known yet what else the run has
      if (view === 'run') curves.curvesOf(params.metric ?? HEADLINE, params.slice ?? '', [run], curves.WHOLE);
      refreshDetail();
    } else {
      ensureDetail();
      ensureReport();
    }
    if (state.route.view === 'start') refreshStatus();
    changed();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    state.themeVersion++;
    changed();
  });
  touchstone.events(take);
  setTimeout(() => !asked && refreshAll(), PATIENCE_MILLIS);
  setTimeout(touchstone.forget, 5 * PATIENCE_MILLIS);
  setInterval(() => {
    if (Date.now() - state.heardAt > SILENCE_MILLIS) state.connection = 'reconnecting';
    changed(); // relative times
  }, 1_000);
  setInterval(refreshStatus, 5_000);
  changed();
}
