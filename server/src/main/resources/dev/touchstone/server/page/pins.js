// Runs that this browser keeps on top of the list.

const KEY = 'touchstone.pins';
let pins = read();

function read() {
  try {
    return new Set(JSON.parse(localStorage.getItem(KEY) ?? '[]'));
  } catch {
    return new Set(); // storage may be off: then pins hold for this page only
  }
}

export const isPinned = run => pins.has(run);

export function togglePin(run) {
  pins = new Set(pins);
  if (!pins.delete(run)) pins.add(run);
  try {
    localStorage.setItem(KEY, JSON.stringify([...pins]));
  } catch {
    // as above
  }
}
