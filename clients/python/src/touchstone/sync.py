"""What a run could not send, sent later."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchstone.counts import Counts, Tally
from touchstone.delivery import Delivery, producer
from touchstone.spool import YOUNG_SECONDS, Spool, waiting


@dataclass(frozen=True)
class Synced:
    """Of one directory."""

    directory: Path
    counts: Counts
    files_left: int


def directories(root: Path) -> list[Path]:
    """Those at or below it that hold messages."""
    below = {path.parent for kind in ("*.spool", "*.open") for path in root.rglob(kind)}
    return sorted(below)


def bootstrap_of(directory: Path) -> str | None:
    """The brokers that the run was meant for."""
    try:
        told = json.loads((directory / "run.json").read_text("utf-8"))
        return str(told["bootstrap"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def sync(
    directory: str | os.PathLike[str],
    bootstrap: str | None = None,
    timeout: float = 60.0,
    kafka: Mapping[str, Any] | None = None,
) -> list[Synced]:
    """Sends all that is spooled at or below a directory, and deletes what has arrived. Sending twice
    does no harm: the engine's ledger counts each batch once.

    :param bootstrap: Kafka's brokers; else $TOUCHSTONE_BOOTSTRAP, else those of the run
    :param timeout: seconds without any progress, after which it gives up
    """
    root = Path(directory)
    if not root.is_dir():
        raise FileNotFoundError(f"there is no directory {root}")
    chosen = bootstrap or os.environ.get("TOUCHSTONE_BOOTSTRAP")
    return [
        _sync(d, chosen or bootstrap_of(d) or "localhost:9092", timeout, dict(kafka or {}))
        for d in directories(root)
    ]


def _sync(directory: Path, bootstrap: str, timeout: float, kafka: dict[str, Any]) -> Synced:
    tally = Tally()
    delivery = Delivery(
        Spool(directory, max_bytes=0), tally, lambda failed: producer(bootstrap, failed, kafka)
    )
    before: tuple[int, ...] = ()
    moved = time.monotonic()
    while (quiet := time.monotonic() - moved) < timeout:
        delivery.tick()
        left = len(waiting(directory))
        if not delivery.busy and not delivery.away and (not left or quiet > 2 * YOUNG_SECONDS):
            break
        now = (left, delivery.in_flight_bytes, tally.counts().sent)
        if now != before:
            before, moved = now, time.monotonic()
        if delivery.in_flight_bytes and delivery.producer is not None:
            delivery.producer.poll(0.05)
        else:
            time.sleep(0.05)
    delivery.close(time.monotonic())
    return Synced(directory, tally.counts(), len(waiting(directory)))
