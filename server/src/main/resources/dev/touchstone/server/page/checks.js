// What judged a model checkpoint or a run beyond its metrics: gates, skew against serving, and the
// audit of where its time went. Each shows what has arrived, or says what will fill it.

import { h, badge, card, fact } from './ui.js';
import * as f from './format.js';
import { now } from './store.js';
import { exportMenu } from './export.js';

/** Values whose metric's name starts so, by name. */
function figures(values, prefix) {
  return Object.keys(values ?? {}).filter(name => name.startsWith(prefix)).sort()
    .map(name => ({ name, ...values[name] }));
}

function panel(title, empty, content) {
  return h('section', { class: 'check', 'aria-label': title }, h('h3', null, title), content ?? h('p', { class: 'hint' }, empty));
}

function gates(verdicts, ofRun) {
  if (!verdicts.length) return null;
  return h('ul', { class: 'gates' }, verdicts.map(v => h('li', { key: `${v.gate} ${v.checkpoint}` },
    h('div', { class: 'gate' }, badge(v.outcome), h('b', null, v.gate || 'gate'),
      h('small', { title: f.dateTime(v.ts) }, ofRun ? v.checkpoint : f.ago(now() - v.ts))),
    v.reasons.length > 0 && h('ul', { class: 'reasons' }, v.reasons.map((r, i) => h('li', { key: i }, r))))));
}

function table(list) {
  if (!list.length) return null;
  return h('dl', { class: 'check-figures' }, list.map(m => h('div', { key: m.name },
    h('dt', { title: m.name }, f.label(m.name)),
    h('dd', null, f.value(m.value)),
    h('dd', { class: 'note' }, m.value == null ? f.reason(m.reason) : f.interval(m.ci_low, m.ci_high) ?? ''))));
}

function audit(run, list) {
  const avoided = run && h('dl', { class: 'facts' },
    fact('Inference avoided', f.short(run.inference_avoided), 'predictions that were known already and not made again'),
    fact('Full evaluations avoided', f.short(run.full_evaluations_avoided), 'model checkpoints that proxies decided alone'));
  return [avoided, table(list) ?? h('p', { class: 'hint' }, 'Where steps spend their time shows here when metrics named audit_… arrive.')];
}

/**
 * @param verdicts of the model checkpoint, or of all of a run
 * @param values by metric, in which figures of skew and audit are looked for
 * @param run its summary, or null
 * @param source as for any panel's export
 */
export function checksCard(verdicts, values, run, source, ofRun = false) {
  const skew = figures(values, 'skew_');
  return card('Checks', [
    exportMenu({
      ...source, title: 'Gates',
      table: () => ({
        head: ['run_id', 'checkpoint', 'step', 'gate', 'outcome', 'reasons', 'report_key', 'ts'],
        rows: verdicts.map(v => [v.run_id, v.checkpoint, v.step, v.gate, v.outcome, v.reasons.join('; '), v.report_key, v.ts]),
      }),
    }),
  ],
  h('div', { class: 'checks' },
    panel('Gates', 'No gate has judged this yet. A verdict on the topic verdicts, PASS, FAIL or INSUFFICIENT with its reasons, appears here at once.', gates(verdicts, ofRun)),
    panel('Skew', 'Nothing has been compared with serving yet. Metrics named skew_… appear here.', table(skew)),
    panel('Audit', '', audit(run, figures(values, 'audit_')))));
}
