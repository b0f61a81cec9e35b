"""A running `./touchstone up`, as a training job and a person with a browser see it."""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from processes import Process, eventually, free_ports

SECONDS = 60


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: dict

    def json(self):
        return json.loads(self.value)


class Topic:
    """Everything that a topic holds, read from its beginning as it comes."""

    def __init__(self, bootstrap, name):
        self.records = []
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "outside-checks",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 50,
                "log_level": 0,
            }
        )
        metadata = self._consumer.list_topics(name, timeout=SECONDS).topics[name]
        assert metadata.partitions, f"topic {name} must exist"
        self._consumer.assign(
            [TopicPartition(name, p, OFFSET_BEGINNING) for p in metadata.partitions]
        )

    def read(self, timeout=0.2):
        """Reads on; all records so far."""
        for message in self._consumer.consume(1000, timeout):
            assert message.error() is None, message.error()
            self.records.append(
                Record(
                    message.topic(),
                    message.partition(),
                    message.offset(),
                    message.key(),
                    message.value() or b"",
                    {k: v.decode() for k, v in message.headers() or []},
                )
            )
        return self.records

    def close(self):
        self._consumer.close()


class Engine:
    """Over a directory, on ports of its own, or on those of one before it."""

    def __init__(self, data, logs, *options, java_options, ports=None):
        self.data = data
        self.ports = ports or free_ports(3)
        self.port, self.kafka_port, self.flink_port = self.ports
        self.process = Process(
            "up", "--data", data, "--port", self.port, "--kafka-port", self.kafka_port,
            "--flink-port", self.flink_port, *options, logs=logs, java_options=java_options,
        )  # fmt: skip
        self._topics = {}
        self._producers = {}

    def await_start(self, seconds=120):
        self.process.seen("Ctrl-C", seconds, self.process.out)
        self.start_seconds = time.monotonic() - self.process.began

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.kafka_port}"

    @property
    def cache(self):
        return self.data / "cache"

    # ---- Kafka

    def send(self, topic, *messages, compression="none", partition=None, key=None):
        """Sends; the (partition, offset) of each message once all are acknowledged."""
        if compression not in self._producers:
            self._producers[compression] = Producer(
                {
                    "bootstrap.servers": self.bootstrap,
                    "acks": "all",
                    "compression.type": compression,
                    "message.max.bytes": 8_000_000,
                    "linger.ms": 0,
                    "log_level": 0,
                }
            )
        producer = self._producers[compression]
        places = [None] * len(messages)

        def delivered(index):
            def callback(error, message):
                places[index] = error or (message.partition(), message.offset())

            return callback

        for index, message in enumerate(messages):
            where = {} if partition is None else {"partition": partition}
            producer.produce(
                f"touchstone.{topic}", message, key=key, on_delivery=delivered(index), **where
            )
        left = producer.flush(SECONDS)
        assert left == 0 and all(isinstance(p, tuple) for p in places), f"not delivered: {places}"
        return places

    def topic(self, name):
        if name not in self._topics:
            self._topics[name] = Topic(self.bootstrap, f"touchstone.{name}")
        return self._topics[name]

    def await_record(self, topic, what, wanted, seconds=SECONDS):
        """The first record of the topic that `wanted` takes."""
        log = self.topic(topic)
        return eventually(
            f"{what} on {topic}\n{self.process.tail()}",
            seconds,
            lambda: next((r for r in log.read() if wanted(r)), None),
        )

    def outcome(self, run, seconds=SECONDS, **fields):
        """The terminal outcome of a trigger of that run."""
        wanted = {"run_id": run} | fields
        return self.await_record(
            "reports",
            f"the outcome of {wanted}",
            lambda r: r.value and wanted.items() <= r.json().items(),
            seconds,
        ).json()

    def dead_letter(self, topic, place, seconds=SECONDS):
        """The dead letter of the message that was written there."""
        partition, offset = place
        return self.await_record(
            "dead-letters", f"the dead letter of {topic} {place}",
            lambda r: coordinates(r) == (f"touchstone.{topic}", partition, offset),
            seconds,
        )  # fmt: skip

    def manifest(self, run, state=("COMPLETE", "INCONSISTENT"), seconds=SECONDS, **fields):
        """The newest manifest of the run's only prediction set, once it is in such a state."""
        log = self.topic("prediction-sets")

        def newest():
            sets = [
                m for m in (r.json() for r in log.read() if r.value)
                if any(c["run_id"] == run for c in m["claims"])
            ]  # fmt: skip
            last = sets[-1] if sets else {"state": None}
            return last if last["state"] in state and fields.items() <= last.items() else None

        what = f"the set of {run} in {state} with {fields}\n{self.process.tail()}"
        return eventually(what, seconds, newest)

    def points(self, run, tier="proxy"):
        """The newest point of each metric of a run, not by stratum, and all states that were seen."""
        newest, states = {}, set()
        for record in self.topic("metrics").read():
            point = record.json()
            by_stratum = point["slice"].startswith("stratum=")
            if point["run_id"] == run and point["tier"] == tier and not by_stratum:
                newest[point["metric"]] = point
                states.add(point["state"])
        return newest, states

    def final_proxies(self, run, seconds=SECONDS):
        def complete():
            newest, _ = self.points(run)
            done = newest and all(p["state"] == "COMPLETE" for p in newest.values())
            return newest if done else None

        return eventually(f"the final proxies of {run}", seconds, complete)

    # ---- HTTP

    def http(self, method, path, body=None, port=None, **headers):
        """Status, headers and JSON of an answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{port or self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"} if body is not None else {},
        )
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, error.headers, json.loads(error.read())

    def get(self, path):
        """The JSON of a 200, else None."""
        status, _, answer = self.http("GET", path)
        return answer if status == 200 else None

    def evaluation(self, location, seconds=SECONDS):
        """The evaluation there, once it has ended."""

        def ended():
            answer = self.get(location)
            waits = answer is None or answer["state"] in ("WAITING", "EVALUATING")
            return None if waits else answer

        return eventually(f"the end of {location}\n{self.process.tail()}", seconds, ended)

    def flink_failures(self):
        """What went wrong inside Flink since the start: empty where no job ever had to restart."""
        failures = []
        jobs = self.http("GET", "/jobs/overview", port=self.flink_port)[2]["jobs"]
        assert len(jobs) == 2, jobs
        for job in jobs:
            if job["state"] != "RUNNING":
                failures.append(f"{job['name']} is {job['state']}")
            path = f"/jobs/{job['jid']}/exceptions"
            entries = self.http("GET", path, port=self.flink_port)[2]["exceptionHistory"]["entries"]
            failures += [f"{job['name']}: {e['stacktrace'][:2000]}" for e in entries]
        return failures

    def close(self):
        for topic in self._topics.values():
            topic.close()
        self._topics.clear()
        self._producers.clear()
        if self.process.alive:
            self.process.kill()


def coordinates(letter):
    """Where the original of a dead letter lies."""
    h = letter.headers
    return h["topic"], int(h["partition"]), int(h["offset"])
