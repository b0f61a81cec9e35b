// What a view needs of the API beyond the snapshots in the store: asked for when it is first drawn,
// asked again when it is old, drawn when it comes.

import * as api from './api.js';
import { changed } from './store.js';

const MAX_REPORTS = 12; // a report may hold megabytes

const entries = new Map();

/** `{ value, problem }`: both null until there is an answer. */
function remote(key, ask, maxAge) {
  let entry = entries.get(key);
  if (!entry) {
    entry = { value: null, problem: null, at: null, asking: false };
    entries.set(key, entry);
  }
  if (!entry.asking && (entry.at == null || Date.now() - entry.at > maxAge)) {
    entry.asking = true;
    ask().then(value => {
      entry.value = value;
      entry.problem = null;
    }, problem => {
      entry.problem = problem;
    }).finally(() => {
      entry.at = Date.now();
      entry.asking = false;
      changed();
    });
  }
  return entry;
}

/** All about a run but its curves, no older than `maxAge` milliseconds. */
export const run = (id, maxAge) => remote(`run ${id}`, () => api.run(id), maxAge);

/** The report of that key, which never changes. */
export function report(key) {
  const name = `report ${key}`;
  const known = entries.get(name);
  // the one used last goes to the end
  if (known) {
    entries.delete(name);
    entries.set(name, known);
  }
  const reports = [...entries.keys()].filter(k => k.startsWith('report '));
  for (const old of reports.slice(0, Math.max(0, reports.length - MAX_REPORTS))) {
    if (old !== name) entries.delete(old);
  }
  return remote(name, () => api.reportOf(key), known?.problem ? 5_000 : Infinity);
}

