"""Processes of the launcher: started, watched and always ended."""

import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = ROOT / "touchstone"

# the first compiler alone halves the start-up of a short process; results don't depend on it
QUICK_START = "-XX:TieredStopAtLevel=1"

_running = set()


def free_ports(count):
    """Ports on loopback that were free a moment ago, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def watch(process):
    """Has it killed with the tests, unless it is ended before."""
    _running.add(process)


def unwatch(process):
    _running.discard(process)


def eventually(what, seconds, condition, every=0.1):
    """The first true answer of `condition`; fails when there is none within `seconds`."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(every)


class Process:
    """`./touchstone ARGS` in a process group of its own; both streams are kept, line by line."""

    def __init__(self, *arguments, logs, java_options=QUICK_START):
        self.arguments = [str(a) for a in arguments]
        self.logs = Path(logs)
        environment = dict(os.environ, TOUCHSTONE_LOGS=str(logs))
        environment["TOUCHSTONE_JAVA_OPTS"] = java_options
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            [str(LAUNCHER), *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment,
            start_new_session=True,
            # under `nohup … &` interrupts are ignored, and a child would inherit that
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        watch(self)
        self.out, self.err = [], []
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines), daemon=True)
            for stream, lines in (
                (self._process.stdout, self.out),
                (self._process.stderr, self.err),
            )
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line)

    @property
    def pid(self):
        return self._process.pid

    @property
    def alive(self):
        return self._process.poll() is None

    def seen(self, pattern, seconds, lines):
        """Waits for a line that matches; fails when the process ends or the time is over."""

        def found():
            ended = not self.alive
            for line in list(lines):
                if re.search(pattern, line):
                    return line
            assert not ended, f"ended with {self._process.returncode} before {pattern}\n{self.tail()}"
            return None

        return eventually(f"{pattern} from {self}\n{self.tail()}", seconds, found, every=0.02)

    def ended(self, seconds):
        """The exit code."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self} still runs after {seconds} s\n{self.tail()}") from None
        for reader in self._readers:
            reader.join(10)
        self.seconds = time.monotonic() - self.began
        unwatch(self)
        return code

    def interrupt(self):
        self._process.send_signal(signal.SIGINT)

    def kill(self):
        """kill -9 of the whole group."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait(10)
        unwatch(self)

    def peak_memory_bytes(self):
        """The most memory that was resident at once so far."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"/proc/{self.pid}/status has no VmHWM")

    def tail(self):
        """The last lines of everything it said, for the message of a failure."""
        log = self.logs / "touchstone.log"
        logged = log.read_text(errors="replace").splitlines() if log.exists() else []
        shown = [line[:300] + "\n" for line in logged[-15:]]
        return "".join([f"--- {self}\n", *self.out[-10:], *self.err[-20:], "--- log\n", *shown])

    def __str__(self):
        return "./touchstone " + " ".join(self.arguments)


def run(*arguments, logs, seconds=120):
    """A short command to its end: exit code, stdout, stderr."""
    process = Process(*arguments, logs=logs)
    try:
        code = process.ended(seconds)
    finally:
        if process.alive:
            process.kill()
    return code, "".join(process.out), "".join(process.err)


def end_all():
    """Ends whatever still runs."""
    for process in list(_running):
        process.kill()
