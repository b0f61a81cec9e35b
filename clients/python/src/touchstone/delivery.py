"""Messages to Kafka; to disk while it is away, and from there to Kafka when it is back."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Producer

from touchstone.counts import LOG, Tally
from touchstone.spool import Message, Spool, SpoolFile

# What is on its way to the broker at once, and how long it may take: a line of 1 MB/s keeps up.
WINDOW_BYTES = 16 << 20
DELIVERY_SECONDS = 20.0
ROTATE_SECONDS = 5.0
LOOK_SECONDS = 2.0
FIRST_RETRY_SECONDS = 1.0
LAST_RETRY_SECONDS = 15.0

# trying again can't help
_HOPELESS = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG, KafkaError._INVALID_ARG}


class Sends(Protocol):
    """What a delivery needs of a Kafka producer."""

    def produce(
        self, topic: str, *, value: bytes, key: bytes, on_delivery: Callable[[Any, Any], None]
    ) -> None: ...

    def poll(self, timeout: float) -> int: ...

    def list_topics(self, *, timeout: float) -> Any: ...

    def purge(self) -> None: ...


def producer(
    bootstrap: str,
    on_error: Callable[[KafkaError], None],
    more: dict[str, Any] | None = None,
) -> Producer:
    """Connects in the background; nothing waits for that."""
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "client.id": "touchstone-eval",
            "acks": "all",
            "compression.type": "lz4",
            "linger.ms": 20,
            "message.timeout.ms": int(DELIVERY_SECONDS * 1000),
            "message.max.bytes": 1_048_576,
            "queue.buffering.max.kbytes": 2 * WINDOW_BYTES // 1024,
            "queue.buffering.max.messages": 1_000_000,
            "reconnect.backoff.max.ms": 2_000,
            # what matters of its messages comes by on_error
            "log_level": 0,
            "error_cb": on_error,
        }
        | (more or {})
    )


class Delivery:
    """For one thread, which calls ``tick`` now and then.

    What was handed over is on its way, on disk, or counted as dropped. Messages may arrive twice
    and in any order: the engine's ledger counts each once.
    """

    def __init__(
        self,
        spool: Spool | None,
        tally: Tally,
        connect: Callable[[Callable[[KafkaError], None]], Sends] | None,
        pressed: Callable[[], bool] = lambda: False,
    ) -> None:
        """``connect`` makes the producer, when it is first needed; None: everything to disk.
        ``pressed``: whether there is no time to wait for room on the way to the broker."""
        self._spool = spool
        self._tally = tally
        self._connect = connect
        self._pressed = pressed
        self.producer: Sends | None = None
        self.in_flight_bytes = 0
        self.away = False
        self._retry_at = 0.0
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._draining: _Drain | None = None
        # whether the directory may hold files that nobody sends; others may leave some at any time
        self._left = True
        self._look_at = 0.0

    # ---- for the worker

    def send(self, message: Message) -> None:
        """Waits for the network only while ``pressed`` says that there is time."""
        while not (self._connect is None or self.away or self._fits(message) or self._pressed()):
            assert self.producer is not None  # something is on its way
            self.producer.poll(0.02)
        if self._connect is None or self.away or not self._fits(message):
            self._keep(message)
        elif not self._produce(message, self._answered(message)):
            self._keep(message)

    def tick(self) -> None:
        """Hears what arrived, closes old files, and sends what waits on disk if that can be."""
        if self.producer is not None:
            self.producer.poll(0)
        if self._spool is not None:
            try:
                self._spool.tick(ROTATE_SECONDS)
            except OSError as e:
                self._tally.noted(f"the spool can't be written: {e}")
        if self._connect is None or self._spool is None:
            return
        if self.away:
            self._probe()
        look = self._left or self._draining is not None or time.monotonic() >= self._look_at
        if look and not self.away:
            self._drain()

    @property
    def busy(self) -> bool:
        """Whether something is on its way, or is soon to be."""
        if self.in_flight_bytes:
            return True
        if self._connect is None or self._spool is None or self.away:
            return False
        return self._draining is not None or self._left

    def close(self, deadline: float) -> None:
        """Waits for answers until then (``time.monotonic``); what has none goes to disk."""
        self._retry_at = 0.0  # the last chance
        while self._connect is not None and self.busy and time.monotonic() < deadline:
            self.tick()
            if self.away:  # still
                break
            if self.producer is not None:
                self.producer.poll(0.02)
        if self.producer is not None and self.in_flight_bytes:
            self.away = True  # what is purged isn't produced again
            self.producer.purge()
            end = time.monotonic() + 5
            while self.in_flight_bytes and time.monotonic() < end:
                self.producer.poll(0.05)
            if self.in_flight_bytes:
                self._tally.noted(f"{self.in_flight_bytes} bytes were sent without an answer")
        if self._draining is not None:
            self._draining.file.release()
            self._draining = None
        if self._spool is not None:
            try:
                self._spool.rotate()
            except OSError as e:
                self._tally.noted(f"the spool can't be written: {e}")

    # ---- Kafka

    def _fits(self, message: Message) -> bool:
        return self.in_flight_bytes + message.size <= WINDOW_BYTES

    def _produce(self, message: Message, answered: Callable[[Any], None]) -> bool:
        assert self._connect is not None
        if self.producer is None:
            try:
                self.producer = self._connect(self._failed)
            except KafkaException as e:
                self._connect = None
                self._tally.noted(f"Kafka's settings are refused, all goes to disk: {e.args[0].str()}")
                return False

        def on_delivery(error: Any, _: Any) -> None:
            self.in_flight_bytes -= message.size
            answered(error)

        try:
            self.producer.produce(
                message.topic, value=message.value, key=message.key, on_delivery=on_delivery
            )
        except BufferError:
            return False
        except KafkaException as e:
            if e.args[0].code() in _HOPELESS:
                answered(e.args[0])
                return True
            self._lost(e.args[0])
            return False
        self.in_flight_bytes += message.size
        return True

    def _answered(self, message: Message) -> Callable[[Any], None]:
        def answered(error: Any) -> None:
            if error is None:
                self._tally.sent()
                self._found()
            elif error.code() in _HOPELESS:
                self._refused(message, error)
            else:
                self._lost(error)
                self._keep(message)

        return answered

    def _failed(self, error: KafkaError) -> None:
        """Called by ``poll``: something that is no answer to a message."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._lost(error)

    def _refused(self, message: Message, error: Any) -> None:
        self._tally.dropped(f"Kafka refuses a message of {message.size} bytes: {error.str()}")

    def _lost(self, error: Any) -> None:
        if self.away or error.code() == KafkaError._PURGE_QUEUE:
            return
        self.away = True
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._retry_at = time.monotonic() + self._retry_seconds
        where = "is kept on disk" if self._spool is not None else "is dropped"
        LOG.warning("Kafka is away (%s): what is logged %s meanwhile", error.str(), where)

    def _found(self) -> None:
        if self.away:
            self.away = False
            LOG.info("Kafka is back")

    def _probe(self) -> None:
        if time.monotonic() < self._retry_at or self.producer is None:
            return
        try:
            self.producer.list_topics(timeout=0.5)
            self._found()
        except KafkaException:
            self._retry_seconds = min(2 * self._retry_seconds, LAST_RETRY_SECONDS)
            self._retry_at = time.monotonic() + self._retry_seconds

    # ---- disk

    def _keep(self, message: Message) -> None:
        if self._spool is None:
            self._tally.dropped("there is no spool for what Kafka can't take now")
            return
        try:
            self._spool.append(message)
            self._left = True
            self._tally.spooled()
        except OSError as e:
            self._tally.dropped(f"the spool takes no more: {e.strerror or e}")

    def _drain(self) -> None:
        """Sends the files of the spool, one after the other, as far as there is room."""
        assert self._spool is not None
        if self._draining is None:
            try:
                file = self._spool.claim()
            except OSError as e:
                self._tally.noted(f"the spool can't be read: {e}")
                return
            if file is None:
                self._left = False
                self._look_at = time.monotonic() + LOOK_SECONDS
                return
            self._draining = _Drain(file)
        drain = self._draining
        while not drain.failed and (message := drain.next()) is not None:
            if not self._fits(message) or not self._produce(message, self._drained(drain)):
                drain.put_back(message)
                break
            drain.waiting += 1
        if drain.waiting or not (drain.failed or drain.at_end):
            return
        self._draining = None
        self._left = True
        if drain.failed:
            drain.file.release()
            return
        self._tally.taken_from_spool(drain.arrived, drain.refused)
        try:
            if drain.file.damage is None:
                self._spool.sent(drain.file)
            else:
                self._tally.noted(f"a spool file is damaged: {drain.file.damage}")
                drain.file.set_aside()
        except OSError as e:
            self._tally.noted(f"a spool file can't be deleted: {e}")

    def _drained(self, drain: "_Drain") -> Callable[[Any], None]:
        def answered(error: Any) -> None:
            drain.waiting -= 1
            if error is None:
                drain.arrived += 1
            elif error.code() in _HOPELESS:
                drain.refused += 1
                self._tally.noted(f"Kafka refuses a message of the spool: {error.str()}")
            else:
                drain.failed = True  # the whole file again, later
                self._lost(error)

        return answered


class _Drain:
    """A file of the spool on its way."""

    def __init__(self, file: SpoolFile) -> None:
        self.file = file
        self._messages = file.messages()
        self._next: Message | None = None
        self.waiting = 0
        self.arrived = 0
        self.refused = 0
        self.failed = False
        self.at_end = False

    def next(self) -> Message | None:
        message, self._next = self._next, None
        if message is None:
            message = next(self._messages, None)
        if message is None:
            self.at_end = True
        return message

    def put_back(self, message: Message) -> None:
        self._next = message
