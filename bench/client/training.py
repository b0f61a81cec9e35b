"""What logging costs the thread that trains: a small PyTorch run, and the share of its CPU time that
passes inside the client's calls; with a broker, without one, and switched off.

    pip install torch -e clients/python
    python bench/client/training.py [--bootstrap localhost:9092] [--turns 3]

Each run trains an MLP for 600 steps and evaluates 65,536 examples every 100: phases and figures are
logged at each step, predictions and a model checkpoint at each evaluation. CPU time and not wall time:
others may use the machine. What the client's own thread uses is told as the share of the process.
"""

import argparse
import functools
import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients/python/src"))

import touchstone  # noqa: E402
from touchstone.frameworks import pytorch  # noqa: E402
from touchstone.timings import Phase, Phases  # noqa: E402

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


class Meter:
    """CPU time of this thread inside calls of the client."""

    CALLS = ("log_metrics", "log_predictions", "checkpoint", "should_stop", "end_step", "log_timing")

    def __init__(self):
        self.seconds = 0.0
        self._inside = False

    def around(self, call):
        @functools.wraps(call)
        def measured(*args, **kwargs):
            if self._inside:
                return call(*args, **kwargs)
            self._inside = True
            began = time.thread_time()
            try:
                return call(*args, **kwargs)
            finally:
                self.seconds += time.thread_time() - began
                self._inside = False

        return measured


def measured(options, *arguments):
    meter = Meter()
    with tempfile.TemporaryDirectory() as spool:
        run = touchstone.init("training-bench", spool=spool, **options)
        for name in Meter.CALLS:
            setattr(run, name, meter.around(getattr(run, name)))
        for kind, name in ((Phase, "__enter__"), (Phase, "__exit__"), (Phases, "end_step")):
            setattr(kind, name, meter.around(ORIGINAL[kind, name]))
        clocks = (time.thread_time, time.process_time)
        began = [clock() for clock in clocks]
        train(run, *arguments)
        thread, process = (clock() - start for clock, start in zip(clocks, began))
        run.finish()
    return meter.seconds, thread, process, run.counts


ORIGINAL = {
    (kind, name): getattr(kind, name) for kind, name in ((Phase, "__enter__"), (Phase, "__exit__"), (Phases, "end_step"))
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", default="localhost:9092")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    x, y = data(1)
    test_x, test_y = data(2)
    test = [(test_x[i : i + 8192], test_y[i : i + 8192]) for i in range(0, ROWS, 8192)]
    kinds = {
        "off": {"mode": "disabled"},
        "on": {"bootstrap": options.bootstrap},
        "broker away": {"bootstrap": "127.0.0.1:1"},
        "offline": {"mode": "offline"},
    }
    meter = 0.0
    for kind, settings in kinds.items():
        found = [measured(settings, x, y, test) for _ in range(options.turns)]
        calls, thread, process, counts = min(found, key=lambda f: f[0])
        # what the meter itself takes is seen when the client is off
        meter = calls if kind == "off" else meter
        calls -= meter
        print(
            f"{kind:12} {1e3 * calls:7.2f} ms in calls of {thread:.3f} s of the thread: {100 * calls / thread:.2f} %;"
            f" other threads {process - thread:.3f} s; {counts}"
        )


if __name__ == "__main__":
    main()
