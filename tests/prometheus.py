"""Real stores of Prometheus' kind: Prometheus itself and VictoriaMetrics, as Debian packages them."""

from service import Service


class Store(Service):
    """Takes remote write and answers PromQL."""

    @property
    def write_url(self):
        return f"{self.url}/api/v1/write"

    def get(self, path, **parameters):
        """The `data` of an answer of the query API."""
        body = self.answer(path, **parameters)
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


class Prometheus(Store):
    """`configuration` is the text of prometheus.yml."""

    HEALTH = "/-/ready"

    def __init__(self, directory, configuration="global: {scrape_interval: 1s}\n", wait=True):
        self.configuration = configuration
        super().__init__(directory, wait)

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
