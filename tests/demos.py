"""Two runs of `./touchstone demo --once`: one undisturbed, one killed in the middle and begun again."""

import json
import re
import threading

from processes import QUICK_START, Process

STEPS, EVERY, ROWS = 8, 4, 200_000
SECONDS = 240


class Demo:
    """One directory, and the runs over it."""

    def __init__(self, home):
        self.data, self.logs = home / "data", home / "logs"

    def start(self):
        return Process(
            "demo", "--once", "--rows", ROWS, "--training-rows", 50_000, "--steps", STEPS,
            "--checkpoint-every", EVERY, "--data", self.data,
            logs=self.logs, java_options=f"{QUICK_START} -Xmx2g",
        )  # fmt: skip

    def finish(self, process):
        code = process.ended(SECONDS)
        assert code == 0, process.tail()
        self.err = "".join(process.err)
        self.result = json.loads("".join(process.out))
        self.seconds = round(process.seconds, 1)


class DemoPair:
    """Both, on a thread of their own."""

    def __init__(self, home):
        self.undisturbed, self.killed = Demo(home / "undisturbed"), Demo(home / "killed")
        self._processes, self._failure = [], None
        self._closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _start(self, demo):
        assert not self._closed
        self._processes.append(demo.start())
        return self._processes[-1]

    def _run(self):
        try:
            running, doomed = self._start(self.undisturbed), self._start(self.killed)
            doomed.seen(rf"step {EVERY + 1}/{STEPS}", SECONDS, doomed.err)
            doomed.kill()
            assert not any(re.search(rf"step {STEPS}/{STEPS}", line) for line in doomed.err)
            again = self._start(self.killed)
            self.undisturbed.finish(running)
            self.killed.finish(again)
        except BaseException as e:  # told to whoever waits
            self._failure = e

    def ended(self):
        """Itself, once both are through."""
        self._thread.join(3 * SECONDS)
        assert not self._thread.is_alive(), "the demos still run"
        if self._failure:
            raise self._failure
        return self

    def close(self):
        self._closed = True
        for process in self._processes:
            if process.alive:
                process.kill()
