// The address bar holds the whole state: #/runs/<run>/checkpoints/<checkpoint>?metric=…&axis=…

/** What the hash says; unknown paths are the start page. */
export function parse(hash) {
  const [path, query = ''] = hash.replace(/^#/, '').split('?', 2);
  const parts = path.split('/').filter(Boolean).map(decode);
  const params = Object.fromEntries(new URLSearchParams(query));
  if (parts[0] === 'runs' && parts[1] != null) {
    if (parts[2] === 'checkpoints' && parts[3] != null) {
      return { view: 'checkpoint', run: parts[1], checkpoint: parts[3], params };
    }
    return { view: 'run', run: parts[1], checkpoint: null, params };
  }
  if (parts[0] === 'compare') return { view: 'compare', run: null, checkpoint: null, params };
  if (parts[0] === 'overlay') return { view: 'overlay', run: null, checkpoint: null, params };
  return { view: 'start', run: null, checkpoint: null, params };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const query = params => {
  const kept = Object.entries(params ?? {}).filter(([, v]) => v != null && v !== '');
  return kept.length ? '?' + new URLSearchParams(kept) : '';
};

export const toStart = params => '#/' + query(params);

export const toOverlay = params => '#/overlay' + query(params);

export const toRun = (run, params) => `#/runs/${encodeURIComponent(run)}${query(params)}`;

export const toCheckpoint = (run, checkpoint, params) =>
  `#/runs/${encodeURIComponent(run)}/checkpoints/${encodeURIComponent(checkpoint)}${query(params)}`;

/** Two model checkpoints; one left out is the best of its run. */
export const toCompare = (run, checkpoint, otherRun, otherCheckpoint, params) =>
  `#/compare${query({ run, checkpoint, with_run: otherRun, with: otherCheckpoint, ...params })}`;

/** The same place with some parameters changed; null takes one away. */
export function withParams(route, changes) {
  const params = { ...route.params, ...changes };
  if (route.view === 'checkpoint') return toCheckpoint(route.run, route.checkpoint, params);
  if (route.view === 'run') return toRun(route.run, params);
  if (route.view === 'compare') return `#/compare${query(params)}`;
  return route.view === 'overlay' ? toOverlay(params) : toStart(params);
}

// browsers refuse more than a few of these a second
const WRITE_MILLIS = 150;
let wanted = null;
let timer = 0;

/** Changes parameters without a step in the browser's history: sliders would flood it. */
export function replaceParams(route, changes) {
  wanted = withParams(route, changes);
  if (!timer) writeWanted();
}

function writeWanted() {
  timer = 0;
  if (wanted == null) return;
  history.replaceState(null, '', wanted);
  wanted = null;
  timer = setTimeout(writeWanted, WRITE_MILLIS);
}

addEventListener('hashchange', () => {
  wanted = null;
});
/** Several ids in one parameter; a comma in an id is none between two. */
export const listOf = text => (text ? text.split(',').map(decode) : []);
export const listTo = ids => (ids.length ? ids.map(encodeURIComponent).join(',') : null);
