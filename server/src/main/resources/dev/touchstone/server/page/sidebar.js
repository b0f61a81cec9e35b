// The list of runs beside a run.

import { h } from './ui.js';
import { state } from './store.js';
import { toOverlay } from './route.js';
import { RunList, carried, chosenRuns, noRuns, searchField, visibleRuns } from './runlist.js';

export function Sidebar() {
  const runs = visibleRuns();
  const chosen = chosenRuns();
  return h('nav', { class: 'sidebar', 'aria-label': 'Runs' },
    h('div', { class: 'find' }, searchField(),
      state.runs?.length > 1 && h('a', {
        class: 'button quiet', href: toOverlay(carried(state.route.params)), title: 'Curves of many runs over one another (o)',
        'aria-current': state.route.view === 'overlay' ? 'page' : undefined,
      }, chosen.length ? `Overlay ${chosen.length}` : 'Overlay')),
    noRuns(),
    h(RunList, { runs }));
}
