"""Phases: what is inside another one counts once, and the loop's own time is told by steps."""

import sys
import threading
import types

import pytest
import touchstone
from conftest import spooled
from touchstone.timings import GpuUtilisation, Phases, TimedLoader


class Clock:
    """Time that passes when the test says so."""

    def __init__(self):
        self.nanos = 0

    def __call__(self):
        return self.nanos

    def pass_millis(self, millis):
        self.nanos += int(millis * 1e6)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def told():
    return []


@pytest.fixture
def phases(clock, told):
    return Phases(lambda *what: told.append(what), every=1.0, clock=clock, gpu=lambda: None)


def test_a_phase_inside_another_is_taken_out_of_it(phases, clock, told):
    with phases.phase("evaluate"):
        clock.pass_millis(3)
        with phases.phase("data_wait"):
            clock.pass_millis(5)
            with phases.phase("preprocess"):
                clock.pass_millis(7)
        clock.pass_millis(11)
        with phases.phase("data_wait"):
            clock.pass_millis(13)
    phases.end_step()
    phases.flush()
    assert told == [(1, {"preprocess": 7_000, "data_wait": 18_000, "evaluate": 14_000}, 1, None)]


def test_a_phase_that_raises_counts_all_the_same(phases, clock, told):
    with pytest.raises(KeyError), phases.phase("forward"):
        clock.pass_millis(2)
        raise KeyError
    phases.flush()
    assert told == [(0, {"forward": 2_000}, 1, None)]
    assert phases.stack() == []


def test_what_is_waited_for_is_measured_too(phases, clock, told):
    with phases.phase("forward", wait_for=lambda: clock.pass_millis(9)):
        clock.pass_millis(1)
    phases.flush()
    assert told[0][1] == {"forward": 10_000}


def test_steps_are_told_every_so_often(phases, clock, told):
    for step in range(25):
        with phases.phase("compute"):
            clock.pass_millis(100)
        phases.end_step()
    # each second, ten steps at a time
    assert [(step, steps) for step, _, steps, _ in told] == [(10, 10), (20, 10)]
    phases.flush()
    phases.flush()
    assert [(step, steps) for step, _, steps, _ in told] == [(10, 10), (20, 10), (25, 5)]
    assert sum(micros["compute"] for _, micros, _, _ in told) == 2_500_000


def test_a_loader_is_told_apart_from_what_is_done_with_its_batches(phases, clock, told):
    class Loader:
        batch_size = 4

        def __len__(self):
            return 3

        def __iter__(self):
            clock.pass_millis(50)
            for i in range(3):
                clock.pass_millis(10)
                yield i

    loader = TimedLoader(Loader(), phases)
    assert len(loader) == 3 and loader.batch_size == 4
    for epoch in range(2):
        seen = []
        for batch in loader:
            seen.append(batch)
            with phases.phase("forward"):
                clock.pass_millis(2)
            clock.pass_millis(1)
        assert seen == [0, 1, 2]
    phases.flush()
    assert told == [(6, {"data_wait": 160_000, "forward": 12_000, "compute": 6_000}, 6, None)]


def test_a_loop_that_is_left_early_leaves_no_phase_open(phases, clock):
    for _ in TimedLoader([1, 2], phases):
        break
    with phases.phase("evaluate"):
        clock.pass_millis(1)
    assert phases.stack() == []


def test_threads_have_phases_of_their_own(phases, clock, told):
    inside, done = threading.Event(), threading.Event()

    def other():
        with phases.phase("preprocess"):
            inside.set()
            assert done.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(10)
    with phases.phase("forward"):
        clock.pass_millis(4)
    done.set()
    thread.join()
    phases.flush()
    assert told[0][1] == {"forward": 4_000, "preprocess": 4_000}


def test_names_of_phases_fill_no_memory(phases, clock, told):
    for i in range(1000):
        phases.add(f"phase-{i}", 1_000)
    phases.flush()
    assert len(told[0][1]) == 65 and told[0][1]["other"] == 936


class FakeNvml(types.ModuleType):
    def __init__(self, percent):
        super().__init__("pynvml")
        self.percent = percent
        self.asked = []

    def nvmlInit(self):
        pass

    def nvmlDeviceGetHandleByIndex(self, index):
        self.asked.append(index)
        return index

    def nvmlDeviceGetHandleByUUID(self, uuid):
        self.asked.append(uuid)
        return uuid

    def nvmlDeviceGetUtilizationRates(self, handle):
        if isinstance(self.percent, Exception):
            raise self.percent
        return types.SimpleNamespace(gpu=self.percent)


@pytest.mark.parametrize(
    ("visible", "local", "wanted"),
    [(None, None, 0), (None, "2", 2), ("3,5", "1", 5), ("GPU-abc", None, "GPU-abc"), ("7", "4", 7)],
)
def test_the_gpu_of_this_process_is_asked(monkeypatch, visible, local, wanted):
    nvml = FakeNvml(40)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setitem(sys.modules, "torch", None)
    for name, value in (("CUDA_VISIBLE_DEVICES", visible), ("LOCAL_RANK", local)):
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    gpu = GpuUtilisation()
    assert [gpu(), gpu()] == [0.4, 0.4]
    assert nvml.asked == [wanted]


def test_without_a_gpu_nothing_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert GpuUtilisation()() is None
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(RuntimeError("lost")))
    monkeypatch.setitem(sys.modules, "torch", None)
    gpu = GpuUtilisation()
    assert [gpu(), gpu()] == [None, None]


def test_utilisation_is_asked_once_a_second_and_told_as_a_mean(clock, told):
    busy = iter([0.2, 0.6])
    phases = Phases(lambda *what: told.append(what), every=2.0, clock=clock, gpu=lambda: next(busy))
    for _ in range(20):
        with phases.phase("compute"):
            clock.pass_millis(100)
        phases.end_step()
    assert [(steps, gpu) for _, _, steps, gpu in told] == [(20, pytest.approx(0.4))]


def test_a_run_sends_them(tmp_path):
    with touchstone.init("p", "r", mode="offline", spool=tmp_path) as run:
        for batch in run.timed([1, 2, 3]):
            with run.phase("forward"):
                pass
        with run.phase("evaluate"):
            for batch in run.timed([1], steps=False):
                pass
    records = [record for topic, record in spooled(run.directory) if topic == "timings"]
    assert [(r["step"], r["steps"]) for r in records] == [(3, 3)]
    assert set(records[0]["phase_micros"]) == {"data_wait", "compute", "forward", "evaluate"}


def test_a_phase_costs_microseconds():
    import time

    phases = Phases(lambda *what: None, gpu=lambda: None)
    began = time.process_time()
    for _ in range(20_000):
        with phases.phase("forward"):
            pass
    # about 1.2 µs
    assert (time.process_time() - began) / 20_000 < 20e-6
