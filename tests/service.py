"""Servers of other people, started, watched and always ended."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from processes import eventually, free_ports, unwatch, watch


class Service:
    """A process that answers HTTP, over a directory; `restart` keeps it and the port."""

    HEALTH = "/"
    ENVIRONMENT = {}

    def __init__(self, directory, wait=True):
        self.directory = Path(directory).resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = None
        self._command = self.command()
        self.start(wait)

    def command(self):
        """The program and its arguments."""
        raise NotImplementedError

    def start(self, wait=True):
        with open(self.directory / "log", "ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self.ENVIRONMENT,
                start_new_session=True,
            )
        watch(self)
        if wait:
            self.await_start()

    def await_start(self, seconds=180):
        eventually(f"{self} answers\n{self.tail()}", seconds, self._answers)

    def _answers(self):
        assert self.alive, f"{self} ended with {self._process.returncode}\n{self.tail()}"
        try:
            with urllib.request.urlopen(self.url + self.HEALTH, timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self, seconds=60):
        """As an administrator does it: what it holds is on the disk afterwards."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(seconds)
        unwatch(self)

    def restart(self):
        self.stop()
        self.start()

    @property
    def alive(self):
        return self._process.poll() is None

    def kill(self):
        """kill -9 of the whole group."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait(10)
        unwatch(self)

    def close(self):
        if self.alive:
            self.kill()

    def answer(self, address, body=None, **parameters):
        """The JSON of a GET, or of a POST where there is a body; fails where it is no success."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        request = urllib.request.Request(
            f"{self.url}{address}" + (f"?{query}" if query else ""),
            data=None if body is None else json.dumps(body).encode(),
            headers={} if body is None else {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{address}?{query}: {error.code} {error.read()[:500]}") from None

    def tail(self):
        log = self.directory / "log"
        return "".join(log.read_text(errors="replace").splitlines(True)[-15:]) if log.exists() else ""

    def __str__(self):
        return f"{type(self).__name__} on port {self.port}"
