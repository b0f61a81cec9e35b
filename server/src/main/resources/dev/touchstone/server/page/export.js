// What a panel shows, to take away: a picture, the table behind it, the data as the API has it, and
// the line that asks for it. One menu for every panel.

import { Component } from './lib/preact.js';
import { h } from './ui.js';
import { copy, say } from './store.js';

const FONT = 'system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';
const MAX_PICTURE_ROWS = 60;
const MAX_CELL = 42;

/**
 * A panel's menu, for the `aside` of a card.
 *
 * @param title what the panel is, heading of the picture and name of the menu
 * @param name of the files, without ending
 * @param table () => ({ head, rows }), with values as they are: no rounding
 * @param path of the API that has the data
 * @param part where in the answer, such as `report.curve`; absent: all of it
 * @param brief the table of the picture, where the whole one would be long
 * @param caption what stands under the picture
 * @param decorate (context, left, top, ratio) draws over the chart's canvas what the page shows
 *     beside it
 */
export function exportMenu(props) {
  return h(ExportMenu, { ...props, key: `export ${props.title}` });
}

class ExportMenu extends Component {
  constructor() {
    super();
    this.away = event => {
      if (!this.host.contains(event.target)) this.close();
    };
  }

  componentWillUnmount() {
    removeEventListener('pointerdown', this.away);
  }

  open(event) {
    if (event.target.open) addEventListener('pointerdown', this.away);
    else removeEventListener('pointerdown', this.away);
  }

  close() {
    this.host.open = false;
  }

  async run(action) {
    this.close();
    this.host.querySelector('summary').focus();
    try {
      await action();
    } catch (problem) {
      say(`This can’t be exported: ${problem.message}`, 'bad');
    }
  }

  render({ title, name, table, brief, path, part, caption, decorate }) {
    const file = ending => `${fileName(name)}.${ending}`;
    const item = (words, action) => h('li', null, h('button', { type: 'button', onClick: () => this.run(action) }, words));
    return h('details', {
      class: 'export', ref: e => { this.host = e; }, onToggle: e => this.open(e),
      onKeyDown: e => {
        if (e.key !== 'Escape' || !this.host.open) return;
        e.stopPropagation();
        this.close();
        this.host.querySelector('summary').focus();
      },
    },
    h('summary', { 'aria-label': `Export ${title}`, title: 'Export' },
      h('svg', { width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': 'true' },
        h('path', { d: 'M8 2v8M4.5 6.8 8 10.3l3.5-3.5M3 13.5h10' }))),
    h('ul', null,
      item('Picture (PNG)', () => picture(this.host.closest('.card'), { title, caption, table: brief ?? table, decorate }).then(b => download(b, file('png')))),
      table && item('Table (CSV)', async () => download(new Blob([csv(await table())], { type: 'text/csv;charset=utf-8' }), file('csv'))),
      path && item('Data (JSON)', () => json(path, part).then(text => download(new Blob([text], { type: 'application/json' }), file('json')))),
      path && item('Copy as curl', () => copy(curl(path, part)))));
  }
}

/** A run's id may be any text: what no file system minds is kept. */
export const fileName = text => text.replace(/[^\w.=-]+/g, '-').replace(/^[-.]+|-+$/g, '').slice(0, 120) || 'touchstone';

/** RFC 4180. Numbers in their shortest form that reads back to the same double. */
export function csv({ head, rows }) {
  const cell = v => {
    const text = v == null ? '' : String(v);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map(row => row.map(cell).join(',') + '\r\n').join('');
}

// inside single quotes a shell reads everything as it is, but for the quote itself
const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;

export function curl(path, part) {
  const line = `curl -s ${quoted(new URL(path, document.baseURI).href)}`;
  return part ? `${line} | jq ${quoted(`.${part}`)}` : line;
}

/** The API's own bytes, or the part of them. */
export async function json(path, part) {
  const response = await fetch(path, { cache: 'no-cache' });
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  const text = await response.text();
  if (!part) return text;
  const found = part.split('.').reduce((at, key) => at?.[key], JSON.parse(text));
  return JSON.stringify(found ?? null, null, 2) + '\n';
}

export function download(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

// ---------------------------------------------------------------- pictures

const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The card's chart as it is drawn, else its table, under a title, in the colours of the page. */
async function picture(card, { title, caption, table, decorate }) {
  const chart = card?.querySelector('.plot canvas');
  const canvas = chart ? ofChart(chart, title, caption, decorate) : ofTable(table(), title, caption);
  return new Promise((resolve, reject) => {
    canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error('the browser makes no picture of it'))), 'image/png');
  });
}

function sheet(width, height, ratio) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(width * ratio);
  canvas.height = Math.ceil(height * ratio);
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  context.fillStyle = css('--panel');
  context.fillRect(0, 0, width, height);
  context.textBaseline = 'alphabetic';
  return { canvas, context };
}

function words(context, text, x, y, font, colour) {
  context.font = `${font} ${FONT}`;
  context.fillStyle = css(colour);
  context.fillText(text, x, y);
}

/** Text that may be wider than the sheet, in lines. */
function lines(context, text, width) {
  context.font = `12px ${FONT}`;
  return (text ?? '').split(' · ').reduce((all, piece) => {
    const longer = all.length ? `${all.at(-1)} · ${piece}` : piece;
    if (all.length && context.measureText(longer).width <= width) all[all.length - 1] = longer;
    else all.push(piece);
    return all;
  }, []);
}

const LINE = 17;
const probe = () => document.createElement('canvas').getContext('2d');

function ofChart(chart, title, caption, decorate) {
  const ratio = devicePixelRatio;
  const [width, height] = [chart.width / ratio, chart.height / ratio];
  const under = lines(probe(), caption, width - 8);
  const { canvas, context } = sheet(width + 40, height + 78 + under.length * LINE, ratio);
  words(context, title, 24, 36, '620 16px', '--ink');
  context.drawImage(chart, 20, 52, width, height);
  if (decorate) decorate(context, 20, 52);
  under.forEach((line, i) => words(context, line, 24, height + 78 + i * LINE, '12px', '--muted'));
  return canvas;
}

function ofTable({ head, rows }, title, caption) {
  const shown = rows.slice(0, MAX_PICTURE_ROWS);
  const isNumber = head.map((_, i) => shown.some(r => typeof r[i] === 'number'));
  const text = [head, ...shown].map(row => row.map(short));
  const rule = probe();
  rule.font = `560 13px ${FONT}`;
  const widths = head.map((_, i) => Math.ceil(Math.max(...text.map(row => rule.measureText(row[i] ?? '').width))) + 28);
  const rest = rows.length - shown.length;
  const width = Math.max(400, widths.reduce((a, b) => a + b, 0) + 34);
  const under = lines(rule, [rest > 0 && `${rest} more rows`, caption].filter(Boolean).join(' · '), width - 48);
  const row = 28;
  const { canvas, context } = sheet(width, 80 + text.length * row + under.length * LINE, 2);
  words(context, title, 24, 36, '620 16px', '--ink');
  text.forEach((cells, r) => {
    const y = 74 + r * row;
    let x = 24;
    cells.forEach((cell, i) => {
      context.textAlign = isNumber[i] ? 'right' : 'left';
      words(context, cell, isNumber[i] ? x + widths[i] - 20 : x, y, r ? '13px' : '560 12.5px', r ? '--ink' : '--muted');
      x += widths[i];
    });
    context.fillStyle = css('--line');
    context.fillRect(24, y + 9, width - 48, 1);
  });
  context.textAlign = 'left';
  under.forEach((line, i) => words(context, line, 24, 80 + text.length * row + i * LINE, '12px', '--muted'));
  return canvas;
}

/** A picture is for looking at: six digits are enough, the CSV has all. */
function short(v) {
  if (v == null) return '–';
  const text = typeof v !== 'number' ? String(v) : Number.isInteger(v) ? v.toLocaleString('en-US') : String(Number(v.toPrecision(6)));
  return text.length > MAX_CELL ? text.slice(0, MAX_CELL - 1) + '…' : text;
}
