// A field that is typed into: what is typed stays until it is done, though the page is drawn anew.

import { Component } from './lib/preact.js';
import { h } from './ui.js';

/**
 * @param value what it shows while nobody types
 * @param accept text => whether it was taken; what wasn't goes back to `value`
 */
export class Field extends Component {
  done() {
    const { draft } = this.state;
    if (draft == null) return;
    if (draft.trim() !== '') this.props.accept(draft);
    this.setState({ draft: null });
  }

  render({ id, words, value, title, mode = 'decimal', kind = '' }, { draft }) {
    return h('label', { class: `field ${kind}` }, h('span', null, words),
      h('input', {
        id, type: 'text', inputMode: mode, autocomplete: 'off', spellcheck: false, title,
        value: draft ?? value,
        onInput: e => this.setState({ draft: e.target.value }),
        onFocus: e => e.target.select(),
        onBlur: () => this.done(),
        onKeyDown: e => {
          if (e.key === 'Enter') this.done();
          if (e.key === 'Escape') this.setState({ draft: null });
        },
      }));
  }
}

/** What was typed as a number, or null: a comma or spaces between thousands do no harm. */
export function typed(text) {
  const n = Number(text.trim().replace(/[,\s]/g, '').replace('−', '-'));
  return Number.isFinite(n) ? n : null;
}
