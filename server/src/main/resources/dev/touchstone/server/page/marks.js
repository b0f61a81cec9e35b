// What was decided on the way, above the chart: STOP signals and gates' verdicts, with their evidence.

import { h } from './ui.js';
import * as f from './format.js';
import { toCheckpoint } from './route.js';

const LOOKS = {
  STOP: ['stop', '■', 'Stop'],
  PASS: ['pass', '✓', 'Pass'],
  FAIL: ['fail', '✕', 'Fail'],
  INSUFFICIENT: ['insufficient', '△', 'Insufficient'],
};

/** All marks of a run: { key, kind, step, ts, checkpoint, … } */
export function marksOf(detail) {
  const stops = (detail.stops ?? []).map(s => ({
    key: `stop ${s.attempt} ${s.step}`, kind: 'STOP', step: s.step, ts: s.ts, checkpoint: s.checkpoint, signal: s,
  }));
  const verdicts = (detail.verdicts ?? []).filter(v => LOOKS[v.outcome]).map(v => ({
    key: `gate ${v.gate} ${v.checkpoint}`, kind: v.outcome, step: v.step, ts: v.ts, checkpoint: v.checkpoint, verdict: v,
  }));
  return [...stops, ...verdicts];
}

/** Where a mark stands on the axis: at its step, or where the curve was at that step. */
export function placeOf(mark, axis, curve, origin) {
  if (axis === 'step') return mark.step;
  let at = -1;
  for (let i = 0; i < (curve?.step.length ?? 0); i++) {
    if (at < 0 || Math.abs(curve.step[i] - mark.step) < Math.abs(curve.step[at] - mark.step)) at = i;
  }
  if (axis === 'epoch') return at < 0 ? null : curve.epoch[at];
  const ts = at >= 0 && curve.step[at] === mark.step ? curve.ts[at] : mark.ts;
  return (axis === 'time' ? ts : ts - origin) / 1000;
}

export function markButton(mark, x, open, on) {
  const [look, sign, word] = LOOKS[mark.kind];
  const where = mark.checkpoint || `step ${f.count(mark.step)}`;
  const name = mark.verdict ? `gate ${mark.verdict.gate || 'without a name'}: ${word}` : 'STOP signal';
  return h('button', {
    type: 'button', key: mark.key, class: `flag ${look}`, 'data-x': x, 'aria-expanded': String(open),
    'aria-label': `${name} at ${where}`,
    onMouseEnter: e => on.show(mark, e.currentTarget), onMouseLeave: on.leave,
    onFocus: e => on.show(mark, e.currentTarget), onBlur: on.leave,
    onClick: e => on.pin(mark, e.currentTarget),
  }, h('span', { 'aria-hidden': 'true' }, sign), mark.kind === 'STOP' ? 'STOP' : mark.verdict.gate || 'gate');
}

const row = (name, value) => (value || value === 0) && [h('dt', null, name), h('dd', null, value)];

function stopEvidence(run, s) {
  const compared = s.compared_with && s.difference != null;
  return [
    h('p', null, s.reason),
    h('dl', { class: 'pairs' },
      row(s.metric ? f.label(s.metric) : 'Value', s.value != null && `${f.value(s.value)}${s.ci_low == null ? '' : ` (${f.interval(s.ci_low, s.ci_high)})`}`),
      compared && row('Difference', `${f.signed(s.difference)}${s.difference_low == null ? '' : ` (${f.signed(s.difference_low)} to ${f.signed(s.difference_high)})`}`),
      compared && row('Against', h('a', { href: toCheckpoint(run, s.compared_with) }, s.compared_with)),
      row('Error allowed', s.alpha != null && `${f.value(s.alpha)} for this comparison`),
      row('Checks', s.checks > 0 && `${f.count(s.checks)}, of them ${f.count(s.without_gain)} in a row without a gain`),
      s.best_checkpoint && row('Best', h('a', { href: toCheckpoint(run, s.best_checkpoint) }, s.best_checkpoint)),
      row('Rule', s.rule), row('When', f.dateTime(s.ts))),
  ];
}

function verdictEvidence(run, v) {
  return [
    v.reasons.map((reason, i) => h('p', { key: i }, reason)),
    h('dl', { class: 'pairs' },
      row('Report', v.report_key && h('a', { href: toCheckpoint(run, v.checkpoint) }, v.checkpoint)),
      row('When', f.dateTime(v.ts))),
  ];
}

/** Why it was decided, beside the mark. */
export function evidence(run, mark, left, close) {
  const [look, sign, word] = LOOKS[mark.kind];
  return h('div', { class: `evidence ${look}`, role: 'dialog', 'aria-label': 'Evidence', style: { left: `${left}px` } },
    h('h3', null, h('span', { 'aria-hidden': 'true' }, sign), ' ',
      mark.signal ? `STOP at ${mark.checkpoint || `step ${f.count(mark.step)}`}` : `${word}: gate ${mark.verdict.gate} at ${mark.checkpoint}`),
    mark.signal ? stopEvidence(run, mark.signal) : verdictEvidence(run, mark.verdict),
    close && h('button', { type: 'button', class: 'quiet', onClick: close }, 'Close'));
}
