"""Go on or stop: a thread that reads the engine's signals for one run."""

import json
import threading
from collections.abc import Callable
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from touchstone.counts import LOG


class Signals:
    """The newest word on one run, of its attempt or a later one."""

    def __init__(self, run_id: str, attempt: int) -> None:
        self._run_id = run_id
        self._attempt = attempt
        self.newest: dict[str, Any] | None = None

    def accept(self, key: bytes | None, value: bytes | None) -> None:
        """Takes a record of the topic; what can't be read is nothing to a training loop."""
        if value is None or key is None or key.decode("utf-8", "replace") != self._run_id:
            return
        try:
            signal = json.loads(value)
            if signal["run_id"] == self._run_id and signal["attempt"] >= self._attempt:
                self.newest = {"decision": str(signal["decision"])} | signal
        except (KeyError, TypeError, ValueError):
            LOG.debug("not a signal: %r", value[:200])

    @property
    def stop(self) -> bool:
        return self.newest is not None and self.newest["decision"] == "STOP"

    @property
    def reason(self) -> str | None:
        newest = self.newest
        return str(newest.get("reason")) if newest and newest["decision"] == "STOP" else None


class Listener:
    """Reads the whole topic, which is compacted, and goes on."""

    def __init__(
        self, bootstrap: str, topic: str, signals: Signals, more: dict[str, Any] | None = None
    ) -> None:
        self._signals = signals
        self._topic = topic
        self._closed = threading.Event()
        self._settings = {
            "bootstrap.servers": bootstrap,
            "client.id": "touchstone-eval",
            # of no use but demanded: partitions are assigned here, and nothing is committed
            "group.id": "touchstone-eval",
            "enable.auto.commit": False,
            "reconnect.backoff.max.ms": 5_000,
            "log_level": 0,
            "error_cb": lambda _: None,
        } | (more or {})
        self.consumer: Consumer | None = None
        self._thread = threading.Thread(target=self._run, name="touchstone-signals", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join(5)

    def _run(self) -> None:
        try:
            self.consumer = Consumer(self._settings)
            self._patiently(self._assign)
            while not self._closed.is_set():
                message = self.consumer.poll(0.5)
                if message is not None and message.error() is None:
                    self._signals.accept(message.key(), message.value())
            self.consumer.close()
        except Exception as e:  # training goes on without signals
            LOG.warning("signals can't be read: %s", e)

    def _assign(self) -> bool:
        assert self.consumer is not None
        topic = self.consumer.list_topics(self._topic, timeout=2).topics.get(self._topic)
        if topic is None or topic.error is not None or not topic.partitions:
            return False
        self.consumer.assign(
            [TopicPartition(self._topic, p, OFFSET_BEGINNING) for p in topic.partitions]
        )
        return True

    def _patiently(self, attempt: Callable[[], bool]) -> None:
        seconds = 0.5
        while not self._closed.is_set():
            try:
                if attempt():
                    return
            except KafkaException:
                pass
            self._closed.wait(seconds)
            seconds = min(2 * seconds, 15)
