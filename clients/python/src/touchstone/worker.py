"""The thread between the training loop and Kafka."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from touchstone.batches import Inference, SetHeader, ShardStream
from touchstone.columns import Columns
from touchstone.counts import LOG, Tally
from touchstone.delivery import Delivery
from touchstone.spool import Message
from touchstone.wire import encode

# shards with rows that wait for more of them; beyond, the oldest send what they have
MOST_WAITING_STREAMS = 16


@dataclass(frozen=True)
class Piece:
    """Rows of a set."""

    topic: str
    header: SetHeader
    columns: Columns
    inference: Inference | None
    last: bool

    @property
    def nbytes(self) -> int:
        latencies = () if self.inference is None else self.inference.latency_micros
        return self.columns.nbytes + 8 * len(latencies) + 1_024


@dataclass(frozen=True)
class Event:
    """A record that is a message of its own."""

    topic: str
    key: bytes
    schema: str
    record: dict[str, Any]

    nbytes = 1_024


# can wait for what comes next, half a second at most
_PATIENT = ("run_event", "step_timing")


class Backlog:
    """What the loop has logged and the thread has not seen, up to so many bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._items: deque[Piece | Event] = deque()
        self._bytes = 0
        self._closed = False
        self._deadline = float("inf")
        self._holed: set[tuple[Any, ...]] = set()
        self._changed = threading.Condition()

    def offer(self, item: Piece | Event, seconds: float = 0.0) -> bool:
        """False where there is no room, and none is made within that time."""
        with self._changed:
            if seconds:
                self._changed.wait_for(lambda: self._closed or self._room(item), seconds)
            if self._closed or not self._room(item):
                if isinstance(item, Piece):
                    self._holed.add(item.header.identity)
                return False
            self._items.append(item)
            self._bytes += item.nbytes
            # to wake a thread costs the loop ten times what it takes to log a figure
            if not (isinstance(item, Event) and item.schema in _PATIENT):
                self._changed.notify_all()
            return True

    def take(self, seconds: float) -> Piece | Event | None:
        """The oldest, or none within that time."""
        with self._changed:
            if not self._items and not self._closed:
                self._changed.wait(seconds)
            if not self._items:
                return None
            item = self._items.popleft()
            self._bytes -= item.nbytes
            self._changed.notify_all()
            return item

    def _room(self, item: Piece | Event) -> bool:
        # whatever is larger than the limit gets through alone
        return not self._items or self._bytes + item.nbytes <= self._max_bytes

    def holed(self, header: SetHeader) -> None:
        with self._changed:
            self._holed.add(header.identity)

    def has_hole(self, header: SetHeader) -> bool:
        """Whether rows of it were not taken: then it must not become complete."""
        return header.identity in self._holed

    def close(self, deadline: float) -> None:
        """Takes no more; ``time.monotonic`` says when there is no time left."""
        with self._changed:
            self._closed = True
            self._deadline = deadline
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        return self._closed and not self._items

    @property
    def pressed(self) -> bool:
        """Whether there is no time to wait for anything: it fills up, or time is over."""
        return 2 * self._bytes > self._max_bytes or time.monotonic() > self._deadline

    def __len__(self) -> int:
        return len(self._items)


class Worker:
    """Encodes what the backlog holds and hands it to the delivery."""

    def __init__(self, backlog: Backlog, delivery: Delivery, tally: Tally) -> None:
        self._backlog = backlog
        self._delivery = delivery
        self._tally = tally
        self._streams: OrderedDict[tuple[Any, ...], ShardStream] = OrderedDict()
        self._deadline = 0.0
        self._thread = threading.Thread(target=self._run, name="touchstone", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self, seconds: float) -> bool:
        """Lets everything out; whether that is done by then, and the rest is on disk."""
        self._deadline = time.monotonic() + seconds
        self._backlog.close(self._deadline)
        # what is not out by the deadline still has to go to disk
        self._thread.join(seconds + 15)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._backlog.ended:
            try:
                item = self._backlog.take(0.05 if self._delivery.busy else 0.5)
                if item is not None:
                    self._handle(item)
                self._delivery.tick()
            except Exception as e:  # a fault of ours costs one message, not the thread
                LOG.debug("touchstone failed", exc_info=True)
                self._tally.dropped(f"{type(e).__name__}: {e}")
        try:
            for stream in self._streams.values():
                self._send_all(stream.header, stream.rest(), stream.topic)
            self._delivery.close(self._deadline)
        except Exception as e:
            LOG.debug("touchstone failed", exc_info=True)
            self._tally.noted(f"{type(e).__name__}: {e}")

    def _handle(self, item: Piece | Event) -> None:
        if isinstance(item, Event):
            value = encode(item.schema, item.record)
            self._delivery.send(Message(item.topic, item.key, value))
            return
        key = item.header.identity
        stream = self._streams.get(key)
        if stream is None:
            stream = self._streams[key] = ShardStream(item.header)
        if not stream.begun:
            stream.header = item.header
        stream.topic = item.topic
        stream.broken |= self._backlog.has_hole(item.header)
        try:
            messages = stream.add(item.columns, item.inference, item.last)
            self._send_all(item.header, messages, item.topic)
        except Exception:
            stream.broken = True
            raise
        self._streams.move_to_end(key)
        if stream.ended:
            del self._streams[key]
        self._bound()

    def _send_all(self, header: SetHeader, messages: Iterator[bytes], topic: str) -> None:
        for value in messages:
            self._delivery.send(Message(topic, header.key, value))

    def _bound(self) -> None:
        waiting = [s for s in self._streams.values() if s.waiting_bytes]
        for stream in waiting[: max(0, len(waiting) - MOST_WAITING_STREAMS)]:
            self._send_all(stream.header, stream.rest(), stream.topic)
