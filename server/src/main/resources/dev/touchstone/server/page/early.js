// Before anything else, so that nothing waits for it: the theme, since a dark page must not flash
// white, and the questions whose answers the first view needs. They and the stream of events are on
// their way while the page's own script still comes. Not a module: modules come late.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem('touchstone.theme');
  } catch {
    // storage may be off; the system's choice then holds
  }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;

  const decode = text => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };

  /** Addresses as api.js writes them: one that differs would be asked for in vain. */
  function questions() {
    const [path, query = ''] = location.hash.replace(/^#/, '').split('?', 2);
    const params = new URLSearchParams(query);
    const [view, name, more] = path.split('/').filter(Boolean);
    const asked = ['v1/runs?limit=1000'];
    if (view === 'runs' && name != null) {
      const run = encodeURIComponent(decode(name));
      if (more == null) {
        const metric = encodeURIComponent(params.get('metric') || 'average_precision');
        const slice = encodeURIComponent(params.get('slice') ?? '');
        asked.unshift(`v1/runs/${run}?metric=${metric}`,
          `v1/curves?metric=${metric}&slice=${slice}&max_points=20000&run=${run}`);
      } else {
        asked.unshift(`v1/runs/${run}`);
      }
    }
    asked.push('v1/status');
    return asked;
  }

  const PATIENCE_MILLIS = 1_000;
  const TYPES = ['hello', 'heartbeat', 'reset', 'point', 'set', 'checkpoint', 'evaluation', 'signal', 'verdict', 'dead_letter'];
  const answers = new Map();
  const waiting = [];
  let listener = null;
  const source = new EventSource('v1/events');
  const tell = event => {
    if (listener) listener(event);
    else waiting.push(event);
  };
  for (const path of questions()) {
    const answer = fetch(path, { cache: 'no-cache' });
    answer.catch(() => {}); // whoever takes it hears of it
    answers.set(path, answer);
  }
  const hello = new Promise(heard => {
    source.addEventListener('hello', heard, { once: true });
    setTimeout(heard, PATIENCE_MILLIS, {}); // something on the way may hold events back
  });

  /** Whether the stream tells all that an answer can't know: both say up to which event they are. */
  async function isCurrent(answer) {
    const { lastEventId = '' } = await hello;
    const [start, number] = (answer.headers.get('Touchstone-Event') ?? '').split('-');
    const [since, from] = lastEventId.split('-');
    return since !== '' && start === since && Number(number) >= Number(from);
  }

  for (const type of TYPES) source.addEventListener(type, tell);
  source.onerror = tell;

  window.touchstone = {
    /** The event types that a listener gets, besides `error`. */
    TYPES,
    /** Tells a listener what came until now at once, and what comes later as it comes. */
    events(to) {
      listener = to;
      waiting.splice(0).forEach(to);
    },
    /** The answer to a question that was asked early, once; undefined where there is none to rely on. */
    async take(path) {
      const asked = answers.get(path);
      answers.delete(path);
      const answer = await asked;
      return answer && await isCurrent(answer) ? answer : undefined;
    },
    /** No answer is taken any more: it would be an old one. */
    forget() {
      answers.clear();
    },
  };
})();
