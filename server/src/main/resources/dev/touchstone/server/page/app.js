// The frame around the views.

import { h, render } from './lib/preact.js';
import * as f from './format.js';
import { state, start, setTheme, isDark, changed } from './store.js';
import { css } from './plot.js';
import { Sidebar } from './sidebar.js';
import { Start } from './start.js';
import { Run } from './run.js';
import { Overlay } from './overlay.js';
import { Checkpoint } from './checkpoint.js';
import { Compare } from './compare.js';
import { KEYS, help, listen } from './keys.js';
import { lookAhead } from './ahead.js';

const host = document.getElementById('app');

function connection() {
  const silent = Date.now() - state.heardAt;
  if (state.connection === 'connecting') return ['busy', 'Connecting…'];
  if (state.connection === 'reconnecting') {
    return ['warn', `Reconnecting · last update ${f.ago(silent)}`];
  }
  const kafka = state.status?.kafka;
  if (kafka && kafka.state !== 'CONNECTED') return ['warn', 'Kafka does not answer'];
  if (kafka && !kafka.caught_up) return ['busy', 'Reading history…'];
  return ['good', 'Live'];
}

function topBar() {
  const [kind, words] = connection();
  return h('header', { class: 'top' },
    h('a', { class: 'brand', href: '#/' }, h('img', { src: 'icon.svg', alt: '', width: 22, height: 22 }), 'Touchstone'),
    h('span', { class: `connection ${kind}`, role: 'status' }, h('i', { 'aria-hidden': 'true' }), words),
    h('span', { class: 'tools' },
      h('button', {
        type: 'button', class: 'quiet', 'aria-label': isDark() ? 'Switch to light' : 'Switch to dark',
        title: 'Dark or light (t)', onClick: () => setTheme(isDark() ? 'light' : 'dark'),
      }, isDark() ? '☀' : '☾'),
      h('button', {
        type: 'button', class: 'quiet', 'aria-label': 'Keyboard help', title: 'Keyboard (?)', onClick: () => help(true),
      }, '?')));
}

function helpDialog() {
  if (!state.help) return null;
  return h('dialog', {
    ref: d => { if (d && !d.open) d.showModal(); },
    onClose: () => help(false),
    onClick: e => { if (e.target.tagName === 'DIALOG') help(false); },
    'aria-label': 'Keyboard',
  },
  h('h2', null, 'Keyboard'),
  h('dl', { class: 'keys' }, KEYS.map(([key, words]) => [h('dt', null, h('kbd', null, key)), h('dd', null, words)])),
  h('p', null, h('a', { href: 'openapi.json' }, 'HTTP API'), ' · ', h('a', { href: 'metrics' }, 'Prometheus'),
    state.status && ` · version ${state.status.version}`),
  h('button', { type: 'button', onClick: () => help(false) }, 'Close'));
}

const VIEWS = { start: Start, run: Run, overlay: Overlay, checkpoint: Checkpoint, compare: Compare };
const TITLES = { overlay: 'Overlay', compare: 'Compare' };

function draw() {
  const { view, run } = state.route;
  const place = TITLES[view] ?? run;
  document.title = place == null ? 'Touchstone' : `${place} · Touchstone`;
  render(h('div', { class: `frame at-${view} ${state.connection === 'reconnecting' ? 'is-stale' : ''}` },
    h('a', { class: 'skip', href: '#main', onClick: e => {
      e.preventDefault();
      document.getElementById('main').focus();
    } }, 'Skip to content'),
    topBar(),
    h('div', { class: 'body' },
      view !== 'start' && Sidebar(),
      h('main', { id: 'main', tabIndex: -1 }, VIEWS[view](changed))),
    h('div', { class: `toast ${state.toast?.kind ?? ''}`, role: 'status', 'aria-live': 'polite' }, state.toast?.text),
    helpDialog()), host);
  lookAhead();
}

css('--panel'); // while the page is empty, which makes it cheap
host.replaceChildren();
listen();
start(draw);
