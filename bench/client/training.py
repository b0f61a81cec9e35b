"""What logging costs a small PyTorch run: the same run with a client that is off, on, and without its
broker, in turns.

    pip install torch -e clients/python
    python bench/client/training.py [--bootstrap localhost:9092] [--turns 5]

Each run trains an MLP for 600 steps and evaluates 65,536 examples every 100: phases and figures are
logged at each step, predictions and a checkpoint at each evaluation. CPU seconds are the least of all
turns: of the training's thread, and of the whole process, the client's thread and librdkafka's included.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients/python/src"))

import touchstone  # noqa: E402
from touchstone.frameworks import pytorch  # noqa: E402

STEPS, EVERY, ROWS = 600, 100, 65_536


def data(seed):
    torch.manual_seed(seed)
    x = torch.randn(ROWS, 32)
    y = ((x[:, 0] * x[:, 1] + torch.randn(ROWS)) > 1).float()
    return x, y


def train(run, x, y, test):
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(32, 256), torch.nn.ReLU(), torch.nn.Linear(256, 256), torch.nn.ReLU(), torch.nn.Linear(256, 1),
        torch.nn.Flatten(0),
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    batches = [(x[i : i + 512], y[i : i + 512]) for i in range(0, ROWS, 512)]
    step = 0
    while step < STEPS:
        for inputs, labels in run.timed(batches):
            step += 1
            with run.phase("forward"):
                loss = torch.nn.functional.binary_cross_entropy_with_logits(model(inputs), labels)
            with run.phase("backward"):
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            run.log_metrics({"loss": loss.item()}, step=step)
            if step % EVERY == 0:
                pytorch.evaluate(run, model, test, step=step, activation="sigmoid")
            if step == STEPS or run.should_stop():
                break


def measured(options, *arguments):
    with tempfile.TemporaryDirectory() as spool:
        run = touchstone.init("training-bench", spool=spool, **options)
        clocks = (time.perf_counter, time.thread_time, time.process_time)
        began = [clock() for clock in clocks]
        train(run, *arguments)
        took = [clock() - start for clock, start in zip(clocks, began)]
        run.finish()
    return *took, run.counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", default="localhost:9092")
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    x, y = data(1)
    test_x, test_y = data(2)
    test = [(test_x[i : i + 8192], test_y[i : i + 8192]) for i in range(0, ROWS, 8192)]
    kinds = {
        "off": {"mode": "disabled"},
        "on": {"bootstrap": options.bootstrap},
        "broker away": {"bootstrap": "127.0.0.1:1"},
    }
    figures = {kind: [] for kind in kinds}
    for turn in range(options.turns + 1):
        for kind, settings in kinds.items():
            found = measured(settings, x, y, test)
            if turn:  # the first warms up
                figures[kind].append(found)
    for kind, found in figures.items():
        wall = statistics.median(f[0] for f in found)
        thread, process = (min(f[i] for f in found) for i in (1, 2))
        base = [min(f[i] for f in figures["off"]) for i in (1, 2)]
        print(
            f"{kind:12} wall {wall:6.3f} s (median), thread {thread:6.3f} s ({100 * (thread / base[0] - 1):+.2f} %),"
            f" process {process:6.3f} s ({100 * (process / base[1] - 1):+.2f} %); {found[-1][3]}"
        )


if __name__ == "__main__":
    main()
