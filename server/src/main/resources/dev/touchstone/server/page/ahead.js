// What is likely wanted next is asked for while the page has nothing else to do: the run's other
// metrics, and the runs beside it in the list.

import * as f from './format.js';
import { state, chosenMetric, chosenSlice, fetchDetail } from './store.js';
import { visibleRuns } from './runlist.js';
import { WHOLE, whenHeld } from './curves.js';

const BESIDE = [1, -1, 2, 3, -2];
const METRICS = 6;
const PAUSE_MILLIS = 50;
const AGAIN_MILLIS = 5_000; // what events took away is asked for no sooner

let wanted = null;
let timer = 0;

/** Called after each drawing. */
export function lookAhead() {
  const { view, run } = state.route;
  if (view !== 'run' || !state.detail || state.connection !== 'live') return;
  const metric = chosenMetric();
  if (metric == null) return;
  const slice = chosenSlice();
  const key = [run, metric, slice].join('\u0000');
  if (wanted?.key === key && Date.now() - wanted.at < AGAIN_MILLIS) return;
  const own = wanted = { key, at: Date.now() };
  clearTimeout(timer);
  timer = setTimeout(() => ask(own, run, metric, slice), PAUSE_MILLIS);
}

async function ask(own, run, metric, slice) {
  const runs = visibleRuns();
  const at = runs.findIndex(r => r.run_id === run);
  const beside = at < 0 ? [] : BESIDE.map(by => runs[at + by]?.run_id).filter(Boolean);
  const others = (state.detail?.metrics ?? []).slice().sort(f.byImportance).slice(0, METRICS).filter(m => m !== metric);
  try {
    // one after the other, and none once something else is wanted
    await whenHeld(metric, slice, [run], WHOLE);
    for (const id of beside) {
      if (wanted !== own) return;
      await Promise.all([fetchDetail(id, metric), whenHeld(metric, slice, [id], WHOLE)]);
    }
    for (const other of others) {
      if (wanted !== own) return;
      await whenHeld(other, slice, [run], WHOLE);
    }
  } catch {
    // asked for again when it is shown, which then says what is wrong
  }
}
