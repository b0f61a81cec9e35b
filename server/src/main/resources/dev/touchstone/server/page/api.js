// Talks to the server. Every path part is encoded; every failure becomes a Problem.

export class Problem extends Error {
  constructor(status, title, detail) {
    super(detail);
    this.status = status;
    this.title = title;
  }
}

const { touchstone } = window; // early.js
const part = encodeURIComponent;

async function ask(path, options = {}) {
  let response;
  try {
    response = await touchstone.take(path) ?? await fetch(path, { cache: 'no-cache', ...options });
  } catch {
    throw new Problem(0, 'Server unreachable', 'the server does not answer');
  }
  const type = response.headers.get('Content-Type') ?? '';
  const body = type.includes('json') ? await response.json() : null;
  if (!response.ok) {
    throw new Problem(
      response.status, body?.title ?? response.statusText, body?.detail ?? `status ${response.status}`);
  }
  return body;
}

/** The API lists runs by their beginnings; here the one heard last comes first. */
export const runs = async () => {
  const answer = await ask('v1/runs?limit=1000');
  answer.runs.sort((a, b) => b.last_seen - a.last_seen);
  return answer;
};
/** Values at each model checkpoint of that metric only, where one is named. */
export const run = (id, metric) => ask(`v1/runs/${part(id)}${metric ? `?metric=${part(metric)}` : ''}`);
export const status = () => ask('v1/status');
export const evaluations = () => ask('v1/evaluations?limit=30');

/** Curves of one metric of some runs, thinned and by columns. */
export const curves = (metric, slice, runs, { points, fields, digits }) =>
  ask(curvesPath(metric, slice, runs, points, fields, digits));
export const curvesPath = (metric, slice, runs, points, fields = [], digits = null) =>
  `v1/curves?metric=${part(metric)}&slice=${part(slice)}&max_points=${points}`
  + (digits ? `&digits=${digits}` : '') + fields.map(f => `&field=${f}`).join('') + runs.map(r => `&run=${part(r)}`).join('');

export const reportPath = (run, checkpoint) =>
  `v1/runs/${part(run)}/checkpoints/${part(checkpoint)}/report`;
export const reportKeyPath = key => `v1/reports/${part(key)}`;
export const reportOf = key => ask(reportKeyPath(key));
export const report = (run, checkpoint) => ask(reportPath(run, checkpoint));

export function evaluate(request, token, key) {
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
  if (token) headers.Authorization = `Bearer ${token}`;
  return ask('v1/evaluations', { method: 'POST', headers, body: JSON.stringify(request) });
}
