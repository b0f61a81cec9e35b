// What of a view is in the address, and how it gets there.

import { state, changed } from './store.js';
import { replaceParams, withParams } from './route.js';

/** Another place in the browser's history. */
export function go(changes) {
  location.hash = withParams(state.route, changes);
}

/** The same place, with other settings: sliders and fields would flood the history. */
export function set(changes) {
  replaceParams(state.route, changes);
  state.route.params = { ...state.route.params, ...changes };
  changed();
}

/** A number of the address, or `otherwise` where there is none that is at least `least`. */
export function number(name, otherwise, least = -Infinity) {
  const text = state.route.params[name];
  const value = text == null || text === '' ? NaN : Number(text);
  return Number.isFinite(value) && value >= least ? value : otherwise;
}

export function oneOf(name, choices) {
  const given = state.route.params[name];
  return choices.includes(given) ? given : choices[0];
}

const opened = () => new Set((state.route.params.open ?? '').split(',').filter(Boolean));

export const isOpen = part => opened().has(part);

export function setOpen(part, open) {
  const parts = opened();
  if (parts.has(part) === open) return;
  if (open) parts.add(part);
  else parts.delete(part);
  set({ open: [...parts].join(',') || null });
}
