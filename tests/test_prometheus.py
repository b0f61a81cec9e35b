"""Results in a real Prometheus and a real VictoriaMetrics, by remote write, beside the topics that hold
them: the very same doubles, whoever was away meanwhile."""

import json
import math
import os
import subprocess
import time
import urllib.request
from collections import defaultdict

import pytest

import wire
from engine import Engine
from processes import QUICK_START, ROOT, eventually, unwatch, watch
from prometheus import Prometheus, VictoriaMetrics

SECONDS = 120
SERIES = ("evaluation_set", "metric", "run_id", "slice", "split", "tier")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    store = Prometheus(tmp_path_factory.mktemp("prometheus"))
    yield store
    store.close()


@pytest.fixture(scope="module")
def forwarding(prometheus, tmp_path_factory):
    """An engine that forwards to Prometheus."""
    home = tmp_path_factory.mktemp("forwarding")
    engine = Engine(
        home / "data", home / "logs", "--set", f"forward.remote_write.url={prometheus.write_url}",
        java_options=f"{QUICK_START} -Xmx1g",
    )  # fmt: skip
    try:
        engine.await_start()
        yield engine
    finally:
        engine.close()


def evaluate(engine, run, seed):
    """One model checkpoint of a run, from predictions to its report."""
    labels, scores = wire.random_rows(seed, 3_000)
    rows = wire.PredictionSet(run, labels, scores)
    engine.send("checkpoints", json.dumps(rows.event_record()).encode())
    engine.send("predictions", *rows.messages(1_000))
    assert engine.outcome(run, SECONDS)["state"] == "EVALUATED"
    engine.final_proxies(run, SECONDS)


def on_topic(engine, run, field):
    """What the metrics topic says of a run: (milliseconds, value) by series, in order."""
    series = defaultdict(list)
    for record in engine.topic("metrics").read(1):
        try:
            point = record.json()
        except ValueError:
            continue  # sent by a check
        if point["run_id"] == run and point[field] is not None:
            labels = frozenset((k, point[k]) for k in SERIES if point[k])
            series[labels].append((point["ts"], point[field]))
    return dict(series)


def in_store(store, name, run):
    """The same from a store."""
    return {
        frozenset(label for label in labels if label[0] in SERIES): samples
        for labels, samples in store.samples(f'{name}{{run_id="{run}"}}').items()
    }


def difference(topic, store, error):
    """None where every series of the topic is in the store, with the same values at the same times;
    `error` is what a value may be off, relatively."""

    def same(stored, value):
        return math.isclose(stored, value, rel_tol=error, abs_tol=0)

    if topic.keys() != store.keys():
        return f"series only here or there: {topic.keys() ^ store.keys()}"
    for labels, points in topic.items():
        samples = store[labels]
        if not same(samples[-1][1], points[-1][1]):
            return f"{labels}: {samples[-1]}, expected {points[-1]}"
        # a value that was said twice, at the same moment or right after it, is one sample
        if len({value for _, value in samples}) != len({value for _, value in points}):
            return f"{labels}: {samples}, expected {points}"
        for millis, value in samples:
            if not any(0 <= millis - ts <= 1_000 and same(value, v) for ts, v in points):
                return f"{labels}: {value} at {millis}, expected one of {points}"
    return None


def await_equal(engine, store, run, error=0.0):
    for name, field in (
        ("touchstone_metric", "value"),
        ("touchstone_metric_ci_low", "ci_low"),
        ("touchstone_metric_ci_high", "ci_high"),
    ):
        found = []

        def equal():
            topic = on_topic(engine, run, field)
            found[:] = [difference(topic, in_store(store, name, run), error)]
            return topic and found == [None]

        try:
            eventually(f"{name} of {run} in {store}", SECONDS, equal)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{found}\n{engine.process.tail()}\n{store.tail()}") from None


def forward(engine):
    return next(f for f in engine.get("/v1/status")["forwards"] if f["name"] == "remote-write")


def test_every_value_on_the_topic_is_in_prometheus_to_the_last_bit(forwarding, prometheus):
    evaluate(forwarding, "prom-first", seed=31)
    await_equal(forwarding, prometheus, "prom-first")

    topic = on_topic(forwarding, "prom-first", "value")
    assert {dict(labels)["tier"] for labels in topic} == {"proxy", "full"}
    step = prometheus.query('touchstone_eval_step{run_id="prom-first",tier="full"}')
    said = [r.json()["step"] for r in forwarding.topic("metrics").read() if b'"full"' in r.value]
    assert [s["value"][1] for s in step] == [str(said[-1])], step
    trust = prometheus.query('touchstone_metric_trust{run_id="prom-first",metric="roc_auc",slice=""}')
    assert [(s["metric"]["tier"], s["value"][1]) for s in trust] == [("proxy", "0")], trust
    signal = eventually(
        "the signal", SECONDS, lambda: prometheus.query('touchstone_signal_stop{run_id="prom-first"}')
    )
    assert [s["value"][1] for s in signal] == ["0"]
    outcomes = prometheus.query('touchstone_signal{run_id="prom-first"}')
    assert sorted(s["value"][1] for s in outcomes) == ["0", "0", "0", "1"]


def test_what_came_while_prometheus_was_away_is_there_afterwards(forwarding, prometheus):
    prometheus.stop()
    evaluate(forwarding, "prom-away", seed=32)
    waiting = eventually(
        "forwarding waits", SECONDS, lambda: (f := forward(forwarding))["state"] == "WAITING" and f
    )
    assert "can't be reached" in waiting["last_error"], waiting
    prometheus.start()
    await_equal(forwarding, prometheus, "prom-away")
    await_equal(forwarding, prometheus, "prom-first")
    assert forward(forwarding)["refused"].keys() <= {"undefined"}, "nothing was lost"


def test_what_prometheus_refuses_is_counted_and_costs_nothing_else(forwarding, prometheus):
    """It takes nothing that is much older than the newest sample it has."""
    before = forward(forwarding)
    now = int(time.time() * 1000)
    point = {
        "run_id": "prom-late", "checkpoint": "c", "step": 1, "tier": "full", "evaluation_set": "val",
        "split": "validation", "slice": "", "n": 10, "n_pos": 5, "state": "COMPLETE",
    }  # fmt: skip
    messages = [
        json.dumps(point | {"metric": f"m{i}", "value": i / 7, "ts": now - day * 86_400_000}).encode()
        for i, day in enumerate((1, 0, 1, 1, 0))
    ]
    forwarding.send("metrics", *messages, partition=0)
    taken = eventually(
        "the good ones are there",
        SECONDS,
        lambda: len(s := in_store(prometheus, "touchstone_metric", "prom-late")) == 2 and s,
    )
    values = {dict(labels)["metric"]: samples for labels, samples in taken.items()}
    assert values == {"m1": [(now, 1 / 7)], "m4": [(now, 4 / 7)]}
    after = eventually(
        "all five are counted",
        SECONDS,
        lambda: (f := forward(forwarding))["delivered"] == before["delivered"] + 2 and f,
    )
    assert after["refused"] == before["refused"] | {"out_of_bounds": 3}
    assert after["state"] == "WORKING"


def test_a_message_that_is_no_point_is_counted_and_holds_up_nothing(forwarding, prometheus):
    before = forward(forwarding)
    forwarding.send("metrics", b"no point at all", b'{"run_id": "half"', partition=0)
    forwarding.send("metrics", b"no point either", partition=1)
    eventually(
        "the count of what can't be read",
        SECONDS,
        lambda: forward(forwarding)["refused"].get("unreadable", 0) == 3,
    )
    after = forward(forwarding)
    assert after["state"] == "WORKING" and after["delivered"] == before["delivered"]


def test_another_server_brings_the_same_from_the_beginning_to_victoria_metrics(
    forwarding, prometheus, tmp_path
):
    """A server as a process of its own, told by variables of the environment."""
    store = VictoriaMetrics(tmp_path / "victoria")
    server = Server(
        forwarding, tmp_path, TOUCHSTONE_REMOTE_WRITE_URL=store.write_url, TOUCHSTONE_GROUP="another"
    )
    try:
        # it keeps decimals of 12 digits or 13, cut: 0.571428571428 for 4 / 7
        await_equal(forwarding, store, "prom-first", error=1e-11)
        await_equal(forwarding, store, "prom-away", error=1e-11)
    finally:
        server.close()
        store.close()


def test_promtool_finds_no_fault_with_what_the_engine_says_of_itself(forwarding):
    with urllib.request.urlopen(f"http://127.0.0.1:{forwarding.port}/metrics", timeout=20) as answer:
        text = answer.read()
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, timeout=60
    )
    assert checked.returncode == 0 and not checked.stderr, (checked.stdout + checked.stderr).decode()
    assert b'touchstone_forward_working{destination="remote-write"} 1\n' in text


class Server:
    """ServerMain over the Kafka of an engine."""

    def __init__(self, engine, directory, **variables):
        self._log = directory / "server.log"
        environment = os.environ | {"TOUCHSTONE_BOOTSTRAP": engine.bootstrap, "TOUCHSTONE_PORT": "0"}
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [
                    "java", *QUICK_START.split(), f"-Dtouchstone.logs={directory}",
                    f"-Dlog4j2.configurationFile={ROOT / 'conf/log4j2.properties'}",
                    "-cp", f"{ROOT / 'cli/target/lib'}/*", "dev.touchstone.server.ServerMain",
                ],
                env=environment | variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        watch(self)
        eventually(f"the server's start\n{self}", SECONDS, lambda: "listens on" in str(self))

    def __str__(self):
        return self._log.read_text(errors="replace")

    def kill(self):
        self._process.kill()
        self._process.wait(10)
        unwatch(self)

    def close(self):
        self._process.terminate()
        try:
            assert self._process.wait(30) in (0, 143), str(self)
        finally:
            if self._process.poll() is None:
                self.kill()
            unwatch(self)
