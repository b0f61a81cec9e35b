// What of a view is in the address, and how it gets there.

import { state, go, setNow as set } from './store.js';

export { go, set };

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
