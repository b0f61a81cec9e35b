"""Where a training job's time goes: phases on the caller's thread, summed up over steps.

A phase that runs inside another one is taken out of it, so phases of a thread add up to no more than
the time that passed. Measuring one costs about a microsecond.
"""

import importlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

Batch = TypeVar("Batch")

# (steps' last, micros by phase, how many steps, mean utilisation of the GPU)
Report = Callable[[int, dict[str, int], int, float | None], None]

SECONDS_BETWEEN_REPORTS = 5.0
_GPU_SECONDS = 1.0
# whoever makes up names for phases may not fill memory
_MOST_PHASES = 64


class Phases:
    """Times of one run, by phase. Methods may be called from any thread."""

    def __init__(
        self,
        report: Report,
        *,
        every: float = SECONDS_BETWEEN_REPORTS,
        clock: Callable[[], int] = time.perf_counter_ns,
        gpu: "Callable[[], float | None] | None" = None,
    ) -> None:
        self._report = report
        self._every = int(every * 1e9)
        self.clock = clock
        self._gpu = GpuUtilisation() if gpu is None else gpu
        self._lock = threading.Lock()
        self._open = threading.local()
        self._nanos: dict[str, int] = {}
        self._steps = 0
        self._step = 0
        self._reported = clock()
        self._gpu_asked = self._reported
        self._gpu_seen: list[float] = []

    def phase(self, name: str, *, wait_for: Callable[[], object] | None = None) -> "Phase":
        """Measures what is done inside ``with``.

        ``wait_for`` is called at the end, inside the measure: ``torch.cuda.synchronize``, say, since
        what a GPU is given runs on after the call that gave it.
        """
        return Phase(self, name, wait_for)

    def add(self, name: str, nanos: int) -> None:
        """Time that was measured elsewhere."""
        with self._lock:
            if name not in self._nanos and len(self._nanos) >= _MOST_PHASES:
                name = "other"
            self._nanos[name] = self._nanos.get(name, 0) + max(0, nanos)

    def end_step(self, step: int | None = None) -> None:
        """One optimizer step is done; by default the one after the last. Every few seconds tells."""
        with self._lock:
            self._step = self._step + 1 if step is None else step
            self._steps += 1
            now = self.clock()
            due = now - self._reported >= self._every
            ask = now - self._gpu_asked >= _GPU_SECONDS * 1e9
            if ask:
                self._gpu_asked = now
        if ask:
            seen = self._gpu()
            if seen is not None:
                with self._lock:
                    self._gpu_seen.append(seen)
        if due:
            self.flush()

    def flush(self) -> None:
        """Tells what was measured since the last time; nothing where there is nothing."""
        with self._lock:
            micros = {name: nanos // 1000 for name, nanos in self._nanos.items()}
            steps, step = max(1, self._steps), self._step
            gpu = sum(self._gpu_seen) / len(self._gpu_seen) if self._gpu_seen else None
            self._nanos, self._steps, self._gpu_seen = {}, 0, []
            self._reported = self.clock()
        if micros:
            self._report(step, micros, steps, gpu)

    def stack(self) -> list["Phase"]:
        """Phases that are open on this thread."""
        stack: list[Phase] | None = getattr(self._open, "stack", None)
        if stack is None:
            stack = self._open.stack = []
        return stack


class Phase:
    """One phase, while it lasts. Made by :meth:`Phases.phase`; ``with`` once."""

    __slots__ = ("_began", "_name", "_phases", "_wait_for", "inner")

    def __init__(self, phases: Phases, name: str, wait_for: Callable[[], object] | None) -> None:
        self._phases = phases
        self._name = name
        self._wait_for = wait_for
        self.inner = 0

    def __enter__(self) -> "Phase":
        self._phases.stack().append(self)
        self._began = self._phases.clock()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._wait_for is not None:
                self._wait_for()
        finally:
            took = self._phases.clock() - self._began
            stack = self._phases.stack()
            # phases that were left open by a generator that never ended go with it
            while stack and stack.pop() is not self:
                pass
            if stack:
                stack[-1].inner += took
            self._phases.add(self._name, took - self.inner)


class TimedLoader(Generic[Batch]):
    """A loader of batches that measures how long the loop waits for it.

    Waiting is ``data_wait``; what the loop does with a batch is ``compute``, less the phases inside.
    Each batch is a step unless ``steps=False``. All else is the loader's own: ``len``, ``sampler`` …
    """

    def __init__(self, loader: Any, phases: Phases, *, steps: bool = True) -> None:
        self._loader = loader
        self._phases = phases
        self._steps = steps

    def __iter__(self) -> Iterator[Batch]:
        with self._phases.phase("data_wait"):
            batches = iter(self._loader)
        while True:
            with self._phases.phase("data_wait"):
                try:
                    batch = next(batches)
                except StopIteration:
                    return
            with self._phases.phase("compute"):
                yield batch
            if self._steps:
                self._phases.end_step()

    def __len__(self) -> int:
        return len(self._loader)

    def __getattr__(self, name: str) -> Any:
        if name == "_loader":
            raise AttributeError(name)
        return getattr(self._loader, name)


class GpuUtilisation:
    """How busy this process's GPU is, in [0, 1], as NVML says; None without one, or without pynvml
    (``pip install nvidia-ml-py``). Looked for once, when first asked."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._nvml: Any = None
        self._looked = False

    def __call__(self) -> float | None:
        if not self._looked:
            self._looked = True
            try:
                self._nvml = importlib.import_module("pynvml")
                self._nvml.nvmlInit()
                self._handle = self._find()
            except Exception:  # no library, no driver, no device: nothing to tell
                self._handle = None
        if self._handle is None:
            return None
        try:
            return min(1.0, float(self._nvml.nvmlDeviceGetUtilizationRates(self._handle).gpu) / 100)
        except Exception:
            self._handle = None
            return None

    def _find(self) -> Any:
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            device = torch.cuda.get_device_properties(torch.cuda.current_device())
            if hasattr(device, "uuid"):
                return self._nvml.nvmlDeviceGetHandleByUUID(f"GPU-{device.uuid}")
        local = int(os.environ.get("LOCAL_RANK") or 0)
        visible = [v.strip() for v in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if v.strip()]
        wanted = visible[min(local, len(visible) - 1)] if visible else str(local)
        if wanted.isdecimal():
            return self._nvml.nvmlDeviceGetHandleByIndex(int(wanted))
        return self._nvml.nvmlDeviceGetHandleByUUID(wanted)
