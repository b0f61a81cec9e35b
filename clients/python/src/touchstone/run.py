"""A run of training, as Touchstone knows it."""

import atexit
import ctypes
import functools
import multiprocessing.util
import os
import secrets
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, ParamSpec, Protocol, TypeVar

import numpy as np

from touchstone.api import Api
from touchstone.batches import Inference, SetHeader
from touchstone.columns import Columns, columns, host_array, name, pieces, whole
from touchstone.counts import LOG, Counts, Tally
from touchstone.delivery import WINDOW_BYTES, Delivery, producer
from touchstone.directory import RunDirectory, default_spool
from touchstone.signals import Listener, Signals
from touchstone.spool import Spool
from touchstone.timings import Phase, Phases, TimedLoader
from touchstone.worker import Backlog, Event, Piece, Worker

Mode = Literal["online", "offline", "disabled"]
OnError = Literal["count", "raise"]

MAX_MEMORY_BYTES = 256 << 20
SPOOL_MAX_BYTES = 4 << 30
# A call with more is taken in parts of so many, and each may wait so long for room.
PIECE_VALUES = 1 << 20
SECONDS_FOR_A_PART = 5.0
MAX_LONG = (1 << 63) - 1
MAX_INT = (1 << 31) - 1

P = ParamSpec("P")
R = TypeVar("R")


class StratumLike(Protocol):
    """One stratum of a plan."""

    name: str
    rate: float
    population: int


class PlanLike(Protocol):
    """What ``log_predictions`` needs of a sampling plan."""

    @property
    def seed(self) -> int:
        """Of the hash that decides."""

    @property
    def strata(self) -> Sequence[Any]:
        """With name, rate and population."""

    def codes(self, ids: Any) -> Any:
        """The stratum's place of each id, all of which the plan takes."""


def init(
    project: str,
    run_id: str | None = None,
    config: Mapping[str, Any] | None = None,
    *,
    bootstrap: str | None = None,
    server: str | None = None,
    mode: Mode | None = None,
    topic_prefix: str = "touchstone.",
    rule: Mapping[str, Any] | None = None,
    sweep: str | None = None,
    rank: int | None = None,
    world_size: int | None = None,
    attempt: int | None = None,
    spool: str | os.PathLike[str] | None = None,
    max_memory_bytes: int = MAX_MEMORY_BYTES,
    spool_max_bytes: int = SPOOL_MAX_BYTES,
    on_error: OnError = "count",
    kafka: Mapping[str, Any] | None = None,
) -> "Run":
    """Begins a run, or goes on with one. Waits for no network.

    Arguments that make no sense are a ``ValueError`` here; from here on nothing raises unless
    ``on_error="raise"``, and then only what the caller could do better.

    :param project: names the evaluation set where ``log_predictions`` names none
    :param run_id: constant over restarts of one training run; else $TOUCHSTONE_RUN_ID, else made
        up. Needed where there are several ranks
    :param config: settings of the training, kept beside the spool in ``run.json``
    :param bootstrap: Kafka's brokers; else $TOUCHSTONE_BOOTSTRAP, else localhost:9092
    :param server: the engine's HTTP API; else $TOUCHSTONE_SERVER, else http://localhost:8080
    :param mode: ``online``; ``offline``: all to disk, for ``touchstone sync``; ``disabled``:
        nothing happens. Else $TOUCHSTONE_MODE
    :param rule: settings of ``signals`` that this run is judged by, {"patience": 3}
    :param sweep: the sweep whose runs are ranked against each other
    :param rank: of this process, from 0, with world_size; else torch.distributed's, else $RANK and
        $WORLD_SIZE as torchrun sets them, else 0 of 1
    :param attempt: which start of the run this is; else $TOUCHSTONE_ATTEMPT, else counted in the
        spool directory
    :param spool: directory for what can't be sent now; else $TOUCHSTONE_SPOOL, else
        ~/.local/state/touchstone/spool
    :param max_memory_bytes: what waits in memory at most; what is logged beyond is dropped and
        counted
    :param spool_max_bytes: what waits on disk at most, for this run
    :param on_error: ``raise``: ``log_*`` raise ``ValueError`` for what the engine would refuse
    :param kafka: further settings of librdkafka, {"security.protocol": "SASL_SSL"}
    """
    name("project", project)
    chosen = mode or os.environ.get("TOUCHSTONE_MODE") or "online"
    if chosen not in ("online", "offline", "disabled"):
        raise ValueError(f"mode must be online, offline or disabled, got {chosen!r:.60}")
    if on_error not in ("count", "raise"):
        raise ValueError(f"on_error must be count or raise, got {on_error!r:.60}")
    ranks = _ranks(rank, world_size)
    known = run_id or os.environ.get("TOUCHSTONE_RUN_ID")
    if known is None and ranks[1] > 1 and chosen != "disabled":
        raise ValueError(
            f"run_id must be given to all of {ranks[1]} ranks (or $TOUCHSTONE_RUN_ID), got none"
        )
    if attempt is None and (told := os.environ.get("TOUCHSTONE_ATTEMPT")):
        if not told.isdecimal():
            raise ValueError(f"$TOUCHSTONE_ATTEMPT must be a whole number, got {told!r:.60}")
        attempt = int(told)
    return Run(
        project=project,
        run_id=name("run_id", known) if known else _made_up(project),
        counted=known is not None,
        config=dict(config or {}),
        bootstrap=bootstrap or os.environ.get("TOUCHSTONE_BOOTSTRAP") or "localhost:9092",
        server=server or os.environ.get("TOUCHSTONE_SERVER") or "http://localhost:8080",
        mode=chosen,
        prefix=_prefix(topic_prefix),
        rule={name("rule", k): _setting(v) for k, v in (rule or {}).items()},
        sweep=name("sweep", sweep, optional=True),
        rank=ranks[0],
        world_size=ranks[1],
        attempt=None if attempt is None else whole("attempt", attempt, 0, MAX_INT),
        spool=Path(spool) if spool is not None else default_spool(),
        max_memory_bytes=whole("max_memory_bytes", max_memory_bytes, 4 << 20, 1 << 40),
        spool_max_bytes=whole("spool_max_bytes", spool_max_bytes, 0, 1 << 60),
        raises=on_error == "raise",
        kafka=dict(kafka or {}),
    )


def _guarded(
    otherwise: Any, *, asks: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """No exception reaches the training loop unless wanted: the call is counted as dropped, or, where
    it only asked something, noted."""

    def wrap(method: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(method)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            run: Any = args[0]
            try:
                return method(*args, **kwargs)
            except Exception as e:
                count = run._tally.noted if asks else run._tally.dropped
                count(f"{method.__name__}: {str(e) or type(e).__name__}")
                if run._raises:
                    raise
                return otherwise  # type: ignore[no-any-return]

        return call

    return wrap


class Run:
    """What ``init`` returns. Methods may be called from any thread."""

    def __init__(
        self,
        *,
        project: str,
        run_id: str,
        counted: bool,
        config: dict[str, Any],
        bootstrap: str,
        server: str,
        mode: str,
        prefix: str,
        rule: dict[str, str],
        sweep: str | None,
        rank: int,
        world_size: int,
        attempt: int | None,
        spool: Path,
        max_memory_bytes: int,
        spool_max_bytes: int,
        raises: bool,
        kafka: dict[str, Any],
    ) -> None:
        self.project = project
        self.run_id = run_id
        self.config = config
        self.mode = mode
        self.rank = rank
        self.world_size = world_size
        self._bootstrap = bootstrap
        self._api = Api(server)
        self._prefix = prefix
        self._raises = raises
        self._kafka = kafka
        self._max_memory_bytes = max_memory_bytes
        self._spool_max_bytes = spool_max_bytes
        self._began_millis = time.time_ns() // 1_000_000
        self._tally = Tally()
        self._step = 0
        # sets of which pieces were logged, and what the first of them was like
        self._open: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._ended: set[tuple[Any, ...]] = set()
        self.phases = Phases(self._log_phases)
        self.directory: Path | None = None
        self.attempt = attempt or 0
        if mode != "disabled":
            self._settle(RunDirectory(spool, run_id), attempt, counted)
        self._here = _Here(self.run_id, self.attempt, max_memory_bytes)
        if mode != "disabled":
            _RUNS.add(self)
            atexit.register(self.finish)
            if (rule or sweep) and rank == 0:
                self._send_event(
                    "run-events", "run_event", {"metrics": {}, "rule": rule, "sweep": sweep}
                )

    # ---- logging

    @_guarded(None)
    def log_predictions(
        self,
        scores: Any,
        labels: Any = None,
        *,
        ids: Any = None,
        checkpoint: str | None = None,
        step: int | None = None,
        epoch: float | None = None,
        evaluation_set: str | None = None,
        split: str = "validation",
        fold: int | None = None,
        size: int | None = None,
        task: str | None = None,
        weights: Any = None,
        slices: Mapping[str, Any] | None = None,
        plan: PlanLike | None = None,
        strata: Any = None,
        model_digest: str | None = None,
        dataset_digest: str | None = None,
        transform_digest: str | None = None,
        latency_ms: Any = None,
        batch_size: int | None = None,
        peak_memory_bytes: int | None = None,
        hardware: str | None = None,
        shard: int | None = None,
        shards: int | None = None,
        last: bool = True,
    ) -> None:
        """Logs what a model predicted on an evaluation set: all of it, or, with ``last=False``, a
        piece, the last of which says ``last=True`` (and may be empty).

        Copies, and returns: sending is a thread's. Scores and labels are tensors, arrays or lists,
        one row an example; scores of several outputs have a column each.

        Each rank logs its own part, as shard ``rank`` of ``world_size``. An example that two ranks
        have, as padded samplers make them, counts once, by its id. Where one rank alone evaluates,
        it says ``shards=1``.

        :param labels: 0 or 1; a class; several 0 or 1 a row; or with ``task="regression"`` a
            target. None: they come later
        :param ids: whole numbers of 64 bits that name the examples; without, rows are numbered
            from 0 as they come, which needs their order to be the same each time
        :param checkpoint: the model checkpoint's id; ``step-<step>`` where there is none
        :param step: the optimizer's; the last one said where there is none
        :param size: examples in the whole evaluation set, without padding
        :param weights: one a row, in [0, 2^20]
        :param slices: for each slice column its value in each row, {"country": countries}
        :param plan: the sampling plan that these examples are the sample of
        :param strata: codes of the plan's strata; found by id where they aren't given
        :param latency_ms: of the model calls, one number or several
        """
        if self.mode == "disabled":
            return
        header = self._header(
            checkpoint, step, epoch, evaluation_set, split, fold, size, plan, model_digest,
            dataset_digest, transform_digest, shard, shards,
        )  # fmt: skip
        empty = hasattr(scores, "__len__") and len(scores) == 0
        if ids is None and not empty and (header.shards > 1 or plan is not None):
            why = f"with {header.shards} shards" if header.shards > 1 else "under a sampling plan"
            raise ValueError(f"ids must be given {why}, got none")
        if plan is not None and strata is None:
            strata = [] if empty else plan.codes(host_array(ids))
        if plan is None and strata is not None:
            raise ValueError("strata must come with a plan")
        inference = _inference(latency_ms, batch_size, peak_memory_bytes, hardware)
        if header.identity in self._ended:
            raise ValueError(
                f"{header} has ended already: pieces are logged with last=False but for the last"
            )
        by_row = {"labels": labels, "ids": ids, "weights": weights, "strata": strata}
        try:
            parts = pieces(PIECE_VALUES, scores, slices or {}, **by_row)
            self._take(header, parts, task, inference, last)
        except Exception:
            # what came before can't become a complete set
            if not last or header.identity in self._open:
                self._here.backlog.holed(header)
            raise
        if last:
            self._open.pop(header.identity, None)
            self._ended.add(header.identity)

    @_guarded(None)
    def log_metrics(
        self,
        metrics: Mapping[str, Any],
        *,
        step: int | None = None,
        epoch: float | None = None,
    ) -> None:
        """Logs figures of the training itself, ``{"training_loss": 0.3}``; NaN and infinities are
        what a diverging run looks like. Only rank 0's are sent."""
        values = {name("metrics", k): float(v) for k, v in metrics.items()}
        at = self._at(step)
        if values and self.rank == 0:
            record = {"step": at, "epoch": _epoch(epoch), "metrics": values}
            self._send_event("run-events", "run_event", record)

    @_guarded(None)
    def log_timing(
        self,
        step: int | None,
        phase_micros: Mapping[str, int],
        *,
        steps: int = 1,
        gpu_utilisation: float | None = None,
        digest: str | None = None,
    ) -> None:
        """Says where ``steps`` steps up to ``step`` spent their time, in microseconds by phase. Only
        rank 0's are sent.

        :param gpu_utilisation: the mean, in [0, 1]
        :param digest: of the preprocessing done, so that repeats are seen
        """
        if gpu_utilisation is not None and not 0 <= gpu_utilisation <= 1:
            raise ValueError(f"gpu_utilisation must be in [0, 1], got {gpu_utilisation}")
        phases = {
            name("phase_micros", phase): whole(f"phase_micros[{phase}]", micros, 0, MAX_LONG)
            for phase, micros in phase_micros.items()
        }
        record = {
            "step": self._at(step),
            "steps": whole("steps", steps, 1, MAX_INT),
            "phase_micros": phases,
            "gpu_utilisation": None if gpu_utilisation is None else float(gpu_utilisation),
            "digest": name("digest", digest, optional=True),
        }
        if phases and self.rank == 0:
            self._send_event("timings", "step_timing", record)

    @_guarded(None)
    def checkpoint(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        step: int | None = None,
        epoch: float | None = None,
        checkpoint: str | None = None,
        model_digest: str | None = None,
        evaluation_set: str | None = None,
        split: str = "validation",
        fold: int | None = None,
        metrics: Sequence[str] = (),
        slices: Sequence[str] = (),
    ) -> None:
        """Says that a model checkpoint was written, which asks for the full report on its
        predictions, logged before or after. Only rank 0's is sent, so all may call it.

        :param path: where the model lies; shown, never opened
        :param metrics: names of the metrics to report; none: all of them
        :param slices: slice columns to report by, and crosses of them, ``country*device``
        """
        at = self._at(step)
        record = {
            "checkpoint": name("checkpoint", checkpoint or f"step-{at}"),
            "step": at,
            "epoch": _epoch(epoch),
            "model_digest": name("model_digest", model_digest, optional=True),
            "evaluation_set": name("evaluation_set", evaluation_set or self.project),
            "split": name("split", split),
            "fold": None if fold is None else whole("fold", fold, 0, MAX_INT),
            "metrics": [name("metrics", m) for m in metrics],
            "slices": [name("slices", s) for s in slices],
            "path": None if path is None else os.fspath(path),
        }
        if self.rank == 0:
            self._send_event("checkpoints", "checkpoint_event", record)

    def phase(self, name: str, *, wait_for: Callable[[], object] | None = None) -> Phase:
        """Measures what is done inside ``with run.phase("forward"):``, less the phases inside it. Told
        every few seconds, when a step ends: by the loader of ``timed``, or ``run.end_step()``.

        :param name: ``data_wait``, ``preprocess``, ``forward``, ``backward``, ``compute``,
            ``evaluate``, or another
        :param wait_for: called at the end and measured too, ``torch.cuda.synchronize`` for example:
            what a GPU was given runs on after the call that gave it
        """
        return self.phases.phase(name, wait_for=wait_for)

    def timed(self, loader: Any, *, steps: bool = True) -> TimedLoader[Any]:
        """The loader, measured: ``for batch in run.timed(loader)``. Waiting for a batch is
        ``data_wait``, what is done with it ``compute``, less the phases inside; each batch is a step
        unless ``steps=False``, as for batches of an evaluation."""
        return TimedLoader(loader, self.phases, steps=steps)

    def end_step(self, step: int | None = None) -> None:
        """One step is done, the one after the last unless it says which: for loops without ``timed``."""
        self.phases.end_step(step)

    def _log_phases(
        self, step: int, micros: Mapping[str, int], steps: int, gpu: float | None
    ) -> None:
        # a loop that logs its own steps knows better than the count of batches
        at = max(step, self._step)
        self.log_timing(at, micros, steps=steps, gpu_utilisation=gpu)

    # ---- asking

    @_guarded(False, asks=True)
    def should_stop(self) -> bool:
        """Whether the engine has said STOP to this attempt. A flag in memory: the first call begins
        to listen, and none waits. Ranks may see it at different steps: let one decide for all."""
        here = self._here
        if here.listener is None and self.mode == "online":
            with here.lock:
                if here.listener is None and not here.finished:
                    here.listener = Listener(
                        self._bootstrap, self._topic("signals"), here.signals, self._kafka
                    )
        return here.signals.stop

    @property
    def stop_reason(self) -> str | None:
        """Why it should stop; None while it shouldn't."""
        return self._here.signals.reason

    @_guarded(False, asks=True)
    def has_predictions(
        self,
        *,
        model_digest: str | None,
        dataset_digest: str | None,
        transform_digest: str | None,
        split: str = "validation",
        fold: int | None = None,
        sampled: bool = False,
    ) -> bool:
        """Whether the engine holds all predictions of that model on that data, whichever run made
        them: then inference is needless. Asks the server; False where that can't be reached or a
        digest is missing."""
        if self.mode != "online" or None in (model_digest, dataset_digest, transform_digest):
            return False
        return self._api.has_predictions(
            {
                "model_digest": name("model_digest", model_digest),
                "dataset_digest": name("dataset_digest", dataset_digest),
                "transform_digest": name("transform_digest", transform_digest),
                "split": name("split", split),
                "fold": fold,
                "sampled": "true" if sampled else "false",
            }
        )

    @_guarded(None, asks=True)
    def report(
        self,
        checkpoint: str | None = None,
        *,
        step: int | None = None,
        wait: float = 0.0,
        evaluation_set: str | None = None,
        split: str = "validation",
    ) -> dict[str, Any] | None:
        """The full report on a model checkpoint, as the server has it; None where it isn't there
        within ``wait`` seconds, or never will be. This call does wait."""
        if self.mode != "online":
            return None
        wanted = name("checkpoint", checkpoint or f"step-{self._at(step)}")
        where = name("evaluation_set", evaluation_set or self.project)
        return self._api.report(
            self.run_id, wanted, where, name("split", split), wait, self._began_millis
        )

    # ---- ending

    def finish(self, timeout: float = 30.0) -> Counts:
        """Sends what is left, for so many seconds; what can't be sent is on disk then. Calls after
        the first change nothing. At exit it comes by itself."""
        try:
            self.phases.flush()
            with self._here.lock:
                first, self._here.finished = not self._here.finished, True
            atexit.unregister(self.finish)
            if first and self.mode != "disabled":
                self._close(max(0.0, float(timeout)))
        except Exception as e:
            self._tally.noted(f"finish: {e or type(e).__name__}")
            if self._raises:
                raise
        return self.counts

    @property
    def counts(self) -> Counts:
        """What became of what was logged, so far."""
        return self._tally.counts()

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def __repr__(self) -> str:
        return f"<touchstone.Run {self.run_id}, attempt {self.attempt}, {self.mode}: {self.counts}>"

    # ---- within

    def _settle(self, directory: RunDirectory, attempt: int | None, counted: bool) -> None:
        """Takes the directory; without one there is no spool, and every start is attempt 0."""
        try:
            directory.create()
            self.directory = directory.path
            if attempt is None and counted:
                self.attempt = directory.next_attempt(self.rank)
            if self.rank == 0:
                directory.describe(
                    {
                        "project": self.project,
                        "run_id": self.run_id,
                        "attempt": self.attempt,
                        "bootstrap": self._bootstrap,
                        "world_size": self.world_size,
                        "config": self.config,
                    }
                )
        except OSError as e:
            self._tally.noted(f"there is no spool: {e}")

    def _start(self) -> None:
        """The thread, with the first thing to send."""
        here = self._here
        with here.lock:
            if here.worker is not None or here.finished:
                return
            spool = None
            if self.directory is not None:
                spool = Spool(self.directory, self._spool_max_bytes)
            connect = self._connect if self.mode == "online" else None
            here.delivery = Delivery(spool, self._tally, connect, lambda: here.backlog.pressed)
            here.worker = Worker(here.backlog, here.delivery, self._tally)
            here.worker.start()
        if multiprocessing.parent_process() is not None:
            # children of multiprocessing end without atexit
            multiprocessing.util.Finalize(None, self.finish, exitpriority=10)

    def _connect(self, on_error: Callable[[Any], None]) -> Any:
        return producer(self._bootstrap, on_error, self._kafka)

    def _take(
        self,
        header: SetHeader,
        parts: Iterator[dict[str, Any]],
        task: str | None,
        inference: Inference | None,
        last: bool,
    ) -> None:
        """Copies part by part. Where memory is full, one part is dropped at once; several are as much
        as many calls, and wait a little for what is before them to get to disk."""
        part: dict[str, Any] | None = next(parts)
        wait = 0.0
        while part is not None:
            following = next(parts, None)
            wait = SECONDS_FOR_A_PART if following is not None else wait
            rows = columns(**part, task=task)
            ends = last and following is None
            self._agree(header, rows)
            piece = Piece(self._topic("predictions"), header, rows, inference, ends)
            if self._offer(piece, wait):
                self._tally.rows(rows.count)
            part, inference = following, None

    def _agree(self, header: SetHeader, rows: Columns) -> None:
        """ValueError where a piece is other than the first of its set."""
        if not rows.count:
            return
        found = header.facts | rows.kind
        first = self._open.setdefault(header.identity, found)
        for key, value in first.items():
            if value != found[key]:
                raise ValueError(
                    f"{key} must be the same in all pieces of {header}: {value}, got {found[key]}"
                )

    def _offer(self, item: Piece | Event, seconds: float = 0.0) -> bool:
        if self._here.worker is None:
            self._start()
        if self._here.backlog.offer(item, seconds):
            return True
        full = f"memory is full (max_memory_bytes={self._max_memory_bytes})"
        self._tally.dropped("the run is finished" if self._here.finished else full)
        return False

    def _send_event(self, topic: str, schema: str, record: dict[str, Any]) -> None:
        if self.mode == "disabled":
            return
        whole_record = {
            "run_id": self.run_id,
            "attempt": self.attempt,
            **record,
            "emitted_at": time.time_ns() // 1_000_000,
        }
        self._offer(Event(self._topic(topic), self.run_id.encode(), schema, whole_record))

    def _topic(self, topic: str) -> str:
        return self._prefix + topic

    def _at(self, step: int | None) -> int:
        """The step; the last one said where there is none."""
        if step is not None:
            self._step = whole("step", step, 0, MAX_LONG)
        return self._step

    def _header(
        self,
        checkpoint: str | None,
        step: int | None,
        epoch: float | None,
        evaluation_set: str | None,
        split: str,
        fold: int | None,
        size: int | None,
        plan: PlanLike | None,
        model_digest: str | None,
        dataset_digest: str | None,
        transform_digest: str | None,
        shard: int | None,
        shards: int | None,
    ) -> SetHeader:
        at = self._at(step)
        parts = self.world_size if shards is None else whole("shards", shards, 1, 1 << 16)
        part = shard
        if part is None:
            part = self.rank if shards is None or shards == self.world_size else 0
        strata = None
        if plan is not None:
            strata = tuple((str(s.name), float(s.rate), int(s.population)) for s in plan.strata)
        return SetHeader(
            run_id=self.run_id,
            attempt=self.attempt,
            checkpoint=name("checkpoint", checkpoint or f"step-{at}"),
            evaluation_set=name("evaluation_set", evaluation_set or self.project),
            split=name("split", split),
            fold=None if fold is None else whole("fold", fold, 0, MAX_INT),
            transform_digest=name("transform_digest", transform_digest, optional=True),
            model_digest=name("model_digest", model_digest, optional=True),
            dataset_digest=name("dataset_digest", dataset_digest, optional=True),
            size=None if size is None or plan else whole("size", size, 1, MAX_LONG),
            plan=None if plan is None or strata is None else (int(plan.seed), strata),
            shard=whole("shard", part, 0, parts - 1),
            shards=parts,
            step=at,
            epoch=_epoch(epoch),
        )

    def _close(self, timeout: float) -> None:
        here = self._here
        if here.listener is not None:
            here.listener.close()
        if here.worker is None:
            return
        if not here.worker.finish(timeout):
            left = len(here.backlog)
            self._tally.dropped("finish took too long for what was left in memory", left)
        counts = self.counts
        if counts.spooled or counts.dropped:
            LOG.warning("run %s: %s", self.run_id, counts)
        if counts.spooled and self.directory is not None:
            LOG.warning("what is spooled is sent by: touchstone sync %s", self.directory)

    def _after_fork(self) -> None:
        """In the child: threads are gone, so is Kafka; all begins anew when something is logged. What
        the parent had not sent yet is the parent's to send."""
        old = self._here
        for held in (
            old.delivery and old.delivery.producer,
            old.listener and old.listener.consumer,
        ):
            if held is not None:  # its destructor would wait for threads that aren't there
                ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))
        self._tally = Tally()
        self.phases = Phases(self._log_phases)
        self._here = _Here(self.run_id, self.attempt, self._max_memory_bytes)
        self._here.finished = old.finished


class _Here:
    """What a run has in one process: a fork begins with none of it."""

    def __init__(self, run_id: str, attempt: int, max_memory_bytes: int) -> None:
        self.lock = threading.Lock()
        self.finished = False
        self.backlog = Backlog(max(1 << 20, max_memory_bytes - 2 * WINDOW_BYTES))
        self.signals = Signals(run_id, attempt)
        self.worker: Worker | None = None
        self.delivery: Delivery | None = None
        self.listener: Listener | None = None


_RUNS: "weakref.WeakSet[Run]" = weakref.WeakSet()


def newest_run() -> Run | None:
    """The one of this process that was begun last and isn't finished."""
    unfinished = [run for run in _RUNS if not run._here.finished]
    return max(unfinished, key=lambda run: run._began_millis, default=None)


def _after_fork() -> None:
    for run in list(_RUNS):
        run._after_fork()


os.register_at_fork(after_in_child=_after_fork)


def _ranks(rank: int | None, world_size: int | None) -> tuple[int, int]:
    if rank is None and world_size is None:
        torch = sys.modules.get("torch")
        distributed = getattr(torch, "distributed", None)
        if distributed is not None and distributed.is_available() and distributed.is_initialized():
            return distributed.get_rank(), distributed.get_world_size()
        told = os.environ.get("RANK"), os.environ.get("WORLD_SIZE")
        if all(t is not None and t.isdecimal() for t in told):
            rank, world_size = int(str(told[0])), int(str(told[1]))
    if (rank is None) != (world_size is None):
        raise ValueError(f"rank and world_size must come together, got {rank} and {world_size}")
    total = whole("world_size", 1 if world_size is None else world_size, 1, 1 << 16)
    return whole("rank", 0 if rank is None else rank, 0, total - 1), total


def _made_up(project: str) -> str:
    return f"{project[:200]}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"


def _prefix(prefix: str) -> str:
    legal = prefix.isascii() and all(c.isalnum() or c in "._-" for c in prefix)
    if not legal or len(prefix) > 100:
        raise ValueError(
            f"topic_prefix must be at most 100 of [A-Za-z0-9._-], got {prefix!r:.120}"
        )
    return prefix


def _setting(value: Any) -> str:
    """As a settings file has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _epoch(epoch: float | None) -> float | None:
    if epoch is None:
        return None
    value = float(epoch)
    if not abs(value) < float("inf"):
        raise ValueError(f"epoch must be finite, got {value}")
    return value


def _inference(
    latency_ms: Any, batch_size: int | None, peak_memory_bytes: int | None, hardware: str | None
) -> Inference | None:
    if latency_ms is None and batch_size is None and peak_memory_bytes is None and hardware is None:
        return None
    calls = np.atleast_1d(np.asarray([] if latency_ms is None else latency_ms, np.float64))
    if calls.ndim != 1 or not ((calls >= 0) & (calls < 1e12)).all():
        raise ValueError("latency_ms must be a number of milliseconds or several, none negative")
    return Inference(
        tuple(np.rint(calls * 1000).astype(np.int64).tolist()),
        None if batch_size is None else whole("batch_size", batch_size, 1, MAX_INT),
        None
        if peak_memory_bytes is None
        else whole("peak_memory_bytes", peak_memory_bytes, 0, MAX_LONG),
        name("hardware", hardware, optional=True),
    )
