// Before the first paint, so that a dark page never flashes white. Not a module: modules come late.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('touchstone.theme');
  } catch {
    // storage may be off; the system's choice then holds
  }
  if (chosen === 'light' || chosen === 'dark') {
    document.documentElement.dataset.theme = chosen;
  }
})();
