#!/usr/bin/env python3
"""How long the engine takes, seen from outside: a real broker, both jobs, the topics.

    python3 bench/engine/latency.py [--rows 10000000] [--large 100000000] [--small 10000]

Needs the packages of tests/requirements.txt. Starts `./touchstone up` over a temporary directory,
sends prediction sets and prints one JSON object, all times in seconds:

- ingest: first byte sent to COMPLETE manifest of the large set, and predictions a second
- report: model-checkpoint event sent to EVALUATED on the topic, for a set of --rows, warm
- reused: the same question again, request sent to REUSED on the topic
- proxies: last batch of a small set sent to its COMPLETE proxies on the topic, p50 / p99 / max, with
  the engine idle and while the large set is evaluated again and again
- flink_checkpoints: durations of the jobs' own checkpoints, milliseconds, in both states
"""
import argparse
import json
import os
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from confluent_kafka import OFFSET_END, Consumer, Producer, TopicPartition  # noqa: E402

import wire  # noqa: E402
from engine import Engine  # noqa: E402

BATCH = 1 << 17
PREFIX = "touchstone."


def rows(count, seed=20240607):
    """0.5 % positives; scores as a calibrated model would give."""
    random = np.random.default_rng(seed)
    labels = (random.random(count, np.float32) < 0.005).astype(np.uint8)
    z = random.standard_normal(count, np.float32) + np.float32(2.326) * labels
    scores = 1 / (1 + np.exp(-(np.float32(2.326) * z - np.float32(2.706 + 5.2933))))
    return labels, scores.astype(np.float32)


class Watch:
    """Reads a topic from now on, and notes when a message came."""

    def __init__(self, bootstrap, topic):
        self._seen = []
        self._condition = threading.Condition()
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "bench",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 5,
                "log_level": 0,
            }
        )
        partitions = self._consumer.list_topics(topic, timeout=30).topics[topic].partitions
        self._consumer.assign([TopicPartition(topic, p, OFFSET_END) for p in partitions])
        self._consumer.poll(0.5)
        self._open = True
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while self._open:
            for message in self._consumer.consume(1000, 0.01):
                if message.error() is None and message.value():
                    now = time.perf_counter()
                    with self._condition:
                        self._seen.append((now, json.loads(message.value())))
                        self._condition.notify_all()

    def wait(self, wanted, seconds=120):
        """The time at which a message that `wanted` accepts came."""
        deadline = time.monotonic() + seconds
        at = 0
        with self._condition:
            while True:
                while at < len(self._seen):
                    when, value = self._seen[at]
                    at += 1
                    if wanted(value):
                        return when, value
                if not self._condition.wait(deadline - time.monotonic()):
                    raise TimeoutError("nothing came")

    def forget(self):
        with self._condition:
            self._seen.clear()

    def close(self):
        self._open = False
        self._thread.join()
        self._consumer.close()


class Bench:
    def __init__(self, engine):
        self.engine = engine
        self.producer = Producer(
            {"bootstrap.servers": engine.bootstrap, "acks": "all", "linger.ms": 0,
             "message.max.bytes": 1_000_000, "queue.buffering.max.kbytes": 262144, "log_level": 0}
        )  # fmt: skip
        self.sets = Watch(engine.bootstrap, PREFIX + "prediction-sets")
        self.reports = Watch(engine.bootstrap, PREFIX + "reports")
        self.metrics = Watch(engine.bootstrap, PREFIX + "metrics")

    def produce(self, topic, value):
        while True:
            try:
                self.producer.produce(PREFIX + topic, value)
                return
            except BufferError:
                self.producer.poll(0.1)

    def send_set(self, run, checkpoint, labels, scores):
        """Sends a set; when the last batch left, and the set's size in batches."""
        sent = wire.PredictionSet(run, labels, scores, checkpoint=checkpoint)
        for sequence, start in enumerate(range(0, len(labels), BATCH)):
            stop = min(start + BATCH, len(labels))
            batch = sent.batch(start, stop, sequence, stop == len(labels))
            message = wire.single_object("prediction_batch", batch)
            last = time.perf_counter()
            self.produce("predictions", message)
        self.producer.flush()
        return last

    def complete(self, run):
        def wanted(v):
            return v["state"] == "COMPLETE" and any(c["run_id"] == run for c in v["claims"])

        return self.sets.wait(wanted, 600)[0]

    def checkpoint(self, run, checkpoint):
        event = {
            "run_id": run, "attempt": 0, "checkpoint": checkpoint, "step": 7, "epoch": None,
            "evaluation_set": "val", "split": "validation", "fold": None, "emitted_at": wire.EMITTED_AT,
        }  # fmt: skip
        event = {f["name"]: event.get(f["name"], f.get("default")) for f in wire.SCHEMAS["checkpoint_event"]["fields"]}
        sent = time.perf_counter()
        self.produce("checkpoints", wire.single_object("checkpoint_event", event))
        self.producer.flush()
        return sent

    def request(self, request_id, run, checkpoint, thresholds=200):
        request = {
            "request_id": request_id, "run_id": run, "checkpoint": checkpoint,
            "thresholds": thresholds, "emitted_at": wire.EMITTED_AT,
        }  # fmt: skip
        sent = time.perf_counter()
        self.produce("evaluation-requests", json.dumps(request).encode())
        self.producer.flush()
        return sent

    def outcome(self, trigger, state, seconds=300):
        def wanted(v):
            return v["trigger_id"] == trigger if trigger else v["state"] == state

        when, value = self.reports.wait(wanted, seconds)
        if value["state"] != state:
            raise SystemExit(f"{trigger} ended {value['state']}: {value.get('reason')}")
        return when

    def proxies(self, count, labels, scores, name):
        """Latency of COMPLETE proxies of `count` small sets."""
        times = []
        for i in range(count):
            run = f"{name}-{i}"
            sent = self.send_set(run, "c1", labels, scores)
            when, _ = self.metrics.wait(lambda v: v["run_id"] == run and v["state"] == "COMPLETE")
            times.append(when - sent)
            self.metrics.forget()
            time.sleep(0.05)
        return quantiles(times)

    def flink_checkpoints(self, since):
        base = f"http://127.0.0.1:{self.engine.flink_port}"
        durations = []
        for job in json.load(urllib.request.urlopen(base + "/jobs"))["jobs"]:
            history = json.load(urllib.request.urlopen(f"{base}/jobs/{job['id']}/checkpoints"))["history"]
            durations += [
                c["end_to_end_duration"] for c in history
                if c["status"] == "COMPLETED" and c["trigger_timestamp"] >= since * 1000
            ]  # fmt: skip
        return {"count": len(durations), "max_ms": max(durations, default=None)}


def quantiles(times):
    return {
        "n": len(times),
        "p50": round(float(np.quantile(times, 0.5)), 4),
        "p99": round(float(np.quantile(times, 0.99)), 4),
        "max": round(max(times), 4),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--large", type=int, default=100_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=100, help="small sets a state")
    args = parser.parse_args()
    result = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as directory:
        directory = Path(directory)
        engine = Engine(directory / "data", directory, java_options="-Xmx6g")
        try:
            engine.await_start()
            bench = Bench(engine)
            measure(bench, args, result)
        finally:
            engine.close()
    print(json.dumps(result, indent=2))


def measure(bench, args, result):
    labels, scores = rows(args.rows)
    small = labels[: args.small], scores[: args.small]
    for i in range(3):  # warm
        run = f"warm-{i}"
        bench.send_set(run, "c1", labels, scores)
        bench.complete(run)
        bench.checkpoint(run, "c1")
        bench.outcome(None, "EVALUATED")
        bench.reports.forget()
    times, again = [], []
    for i in range(5):
        run = f"set-{i}"
        bench.send_set(run, "c1", labels, scores)
        bench.complete(run)
        sent = bench.checkpoint(run, "c1")
        times.append(bench.outcome(None, "EVALUATED") - sent)
        bench.reports.forget()
        for k in range(4):
            sent = bench.request(f"again-{i}-{k}", run, "c1")
            again.append(bench.outcome(f"again-{i}-{k}", "REUSED") - sent)
    result["report"] = {"rows": args.rows, **quantiles(times)}
    result["reused"] = quantiles(again)
    bench.metrics.forget()
    bench.proxies(20, *small, "warm-small")
    since = time.time()
    result["proxies_idle"] = bench.proxies(args.times, *small, "idle")
    result["flink_checkpoints_idle"] = bench.flink_checkpoints(since)
    repeats = max(1, args.large // args.rows)
    start = time.perf_counter()
    bench.send_set("large", "c1", np.tile(labels, repeats), np.tile(scores, repeats))
    seconds = bench.complete("large") - start
    result["ingest"] = {
        "rows": repeats * args.rows, "seconds": round(seconds, 2),
        "predictions_per_second": round(repeats * args.rows / seconds),
    }  # fmt: skip
    done = threading.Event()
    evaluations = []

    def evaluate():
        while not done.is_set():
            name = f"large-{len(evaluations)}"
            sent = bench.request(name, "large", "c1", 10 + len(evaluations))
            evaluations.append(bench.outcome(name, "EVALUATED") - sent)
            bench.reports.forget()

    thread = threading.Thread(target=evaluate)
    since = time.time()
    thread.start()
    result["proxies_while_evaluating"] = bench.proxies(args.times, *small, "busy")
    done.set()
    thread.join()
    result["large_evaluations"] = {"rows": repeats * args.rows, **quantiles(evaluations)}
    result["flink_checkpoints_while_evaluating"] = bench.flink_checkpoints(since)


if __name__ == "__main__":
    main()
