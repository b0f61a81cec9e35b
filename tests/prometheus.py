"""Real stores of Prometheus' kind: Prometheus itself and VictoriaMetrics, as Debian packages them."""

import json
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from processes import eventually, free_ports, unwatch, watch


class Store:
    """A process that takes remote write and answers PromQL. Over a directory; `restart` keeps both."""

    HEALTH = "/"

    def __init__(self, directory):
        self.directory = Path(directory).resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = None
        self._command = self.command()
        self.start()

    @property
    def write_url(self):
        return f"{self.url}/api/v1/write"

    def start(self, seconds=60):
        log = open(self.directory / "log", "ab")
        with log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        watch(self)
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
        self._process.kill()
        self._process.wait(10)
        unwatch(self)

    def close(self):
        if self.alive:
            self.kill()

    def get(self, path, **parameters):
        """The `data` of an answer of the query API."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        try:
            with urllib.request.urlopen(f"{self.url}{path}?{query}", timeout=20) as answer:
                body = json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}?{query}: {error.code} {error.read()[:500]}") from None
        assert body["status"] == "success", body
        return body["data"]

    def query(self, promql, **parameters):
        """The result of an instant query: a list of {"metric": …, "value": [time, "text"]}."""
        return self.get("/api/v1/query", query=promql, **parameters)["result"]

    def range(self, promql, start, end, step=15):
        """The result of a range query; times are seconds since the epoch."""
        answer = self.get("/api/v1/query_range", query=promql, start=start, end=end, step=step)
        return answer["result"]

    def samples(self, selector, window="1h"):
        """Every stored sample of the last `window`, by series (its labels as a frozen set): a list of
        (milliseconds, value)."""
        return {
            frozenset(series["metric"].items()): [
                (round(float(time) * 1000), float(value)) for time, value in series["values"]
            ]
            for series in self.query(f"{selector}[{window}]")
        }

    def tail(self):
        log = self.directory / "log"
        return "".join(log.read_text(errors="replace").splitlines(True)[-15:]) if log.exists() else ""

    def __str__(self):
        return f"{type(self).__name__} on port {self.port}"


class Prometheus(Store):
    """`configuration` is the text of prometheus.yml."""

    HEALTH = "/-/ready"

    def __init__(self, directory, configuration="global: {scrape_interval: 1s}\n"):
        self.configuration = configuration
        super().__init__(directory)

    def command(self):
        file = self.directory / "prometheus.yml"
        file.write_text(self.configuration)
        return [
            "prometheus",
            f"--config.file={file}",
            f"--storage.tsdb.path={self.directory / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--web.enable-remote-write-receiver",
        ]


class VictoriaMetrics(Store):
    HEALTH = "/health"

    def command(self):
        return [
            "victoria-metrics",
            f"-storageDataPath={self.directory / 'data'}",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            # answers hold what was written a moment ago
            "-search.latencyOffset=0s",
            "-search.disableCache",
        ]
