"""What the Python client costs a training loop, and how fast it encodes.

    python bench/client/overhead.py [--rows 65536] [--calls 200]

Prints the median and the 99th percentile of ``log_predictions`` on the caller's thread, with float32
scores, int64 labels and int64 ids in no order, while the client's own thread encodes and writes to disk;
and how many predictions a second one thread encodes. Kafka isn't needed.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients/python/src"))

import touchstone  # noqa: E402
from touchstone.batches import SetHeader, ShardStream  # noqa: E402
from touchstone.columns import columns  # noqa: E402


def rows(count):
    random = np.random.default_rng(1)
    labels = (random.random(count) < 0.05).astype("i8")
    return random.random(count, "f4"), labels, random.permutation(count)


def call_seconds(count, calls, pause):
    """Of each call, with so long between calls for the rest of the loop."""
    scores, labels, ids = rows(count)
    seconds = []
    with tempfile.TemporaryDirectory() as spool:
        with touchstone.init("overhead", mode="offline", spool=spool) as run:
            for step in range(calls):
                began = time.perf_counter()
                run.log_predictions(scores, labels, ids=ids, step=step)
                seconds.append(time.perf_counter() - began)
                time.sleep(pause)
        assert run.counts.dropped == 0 and run.counts.spooled == calls
    return seconds


def encoded_a_second(count, times):
    """Predictions, from checked columns to messages; the best of five."""
    scores, labels, ids = rows(count)
    piece = columns(scores, labels, ids=ids)
    best = 0.0
    for _ in range(5):
        began = time.perf_counter()
        for step in range(times):
            header = SetHeader(
                run_id="r", attempt=0, checkpoint=str(step), evaluation_set="e", split="s",
                fold=None, transform_digest=None, model_digest=None, dataset_digest=None,
                size=None, plan=None, shard=0, shards=1, step=step, epoch=None,
            )  # fmt: skip
            assert sum(map(len, ShardStream(header).add(piece, None, True))) >= 13 * count
        best = max(best, times * count / (time.perf_counter() - began))
    return best


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=65_536)
    options.add_argument("--calls", type=int, default=200)
    options.add_argument("--pause-ms", type=float, default=20.0)
    asked = options.parse_args()
    seconds = sorted(call_seconds(asked.rows, asked.calls, asked.pause_ms / 1000))
    tail = seconds[min(len(seconds) - 1, int(0.99 * len(seconds)))]
    print(
        f"log_predictions of {asked.rows} rows: median {1000 * statistics.median(seconds):.3f} ms,"
        f" 99th percentile {1000 * tail:.3f} ms over {asked.calls} calls"
    )
    rate = encoded_a_second(asked.rows, 50)
    print(f"encoding: {rate / 1e6:.0f} million predictions a second, one thread")


if __name__ == "__main__":
    main()
