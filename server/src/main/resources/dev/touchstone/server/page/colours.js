// A colour for each run that is the same on every page and in every browser: it follows from the
// run's id. Two runs shown together that would share one are told apart by the next free colour.

const COUNT = 12;

function hash(text) {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Run id → number of its colour; earlier runs keep theirs when others join. */
export function colours(ids) {
  const taken = new Set();
  const numbers = new Map();
  for (const id of ids) {
    let at = hash(id) % COUNT;
    for (let tries = 0; tries < COUNT && taken.has(at) && taken.size < COUNT; tries++) at = (at + 5) % COUNT;
    taken.add(at);
    numbers.set(id, at);
  }
  return numbers;
}

export const variable = number => `var(--run-${number})`;
