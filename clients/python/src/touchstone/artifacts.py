"""Preprocessing that was done is not done again: artifacts named by what they were made from.

The name of an artifact is the digest of its inputs and of the transformation; its content never
changes. It is written to a draft and renamed, so nobody sees a part of it; one process makes it while
others that want the same one wait; and one that doesn't match its own digest is made anew.
"""

import contextlib
import functools
import json
import mmap
import os
import pickle
import stat
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar, overload

from blake3 import blake3

from touchstone.counts import LOG
from touchstone.digests import PREFIX, digest

P = ParamSpec("P")
R = TypeVar("R")

_MAGIC = b"touchstone.artifact/1\n"
_DIGEST_BYTES = 32
# arrays begin where any instruction may read them
_ALIGNED = 64


class Found(NamedTuple):
    """An artifact, and how long it took to make it."""

    value: Any
    seconds: float


class ArtifactCache:
    """A directory of artifacts, by default $TOUCHSTONE_ARTIFACTS or ~/.cache/touchstone/artifacts.

    Artifacts hold pickled objects, so the directory must be one's own: one that others may write to
    is refused with a ValueError.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None) -> None:
        told = directory or os.environ.get("TOUCHSTONE_ARTIFACTS")
        self.directory = Path(told) if told else Path.home() / ".cache/touchstone/artifacts"

    def get(self, key: str) -> Found | None:
        """The artifact, or None where there is none, or none that is whole."""
        path = self._path(key)
        try:
            with path.open("rb") as file:
                return _read(file)
        except FileNotFoundError:
            return None
        except Exception as e:
            LOG.warning("artifact %s is made anew: %s", path, e)
            return None

    def put(self, key: str, value: Any, seconds: float) -> None:
        """Keeps a value. OSError where the disk doesn't take it; whatever pickle raises where the
        value can't be kept."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                _write(file, value, seconds)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise

    def prune(self, max_bytes: int) -> int:
        """Deletes what was longest not used until so many bytes are left; how many it deleted."""
        found = sorted((s.st_mtime, s.st_size, p) for p in self.directory.glob("??/*") for s in [p.stat()])
        total = sum(size for _, size, _ in found)
        deleted = 0
        for _, size, path in found:
            if total <= max_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size
            deleted += 1
        return deleted

    @contextlib.contextmanager
    def making(self, key: str) -> Iterator[None]:
        """One process or thread at a time, where the file system can hold a lock."""
        try:
            import fcntl
        except ImportError:  # not a Unix: two may make the same one, and the later stays
            yield
            return
        path = self.directory / "locks" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as lock:
            with contextlib.suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                # those who wait have it open; who comes later finds the artifact
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        name = key.removeprefix(PREFIX)
        if len(name) != 64 or not set(name) <= set("0123456789abcdef"):
            raise ValueError(f"key must be a digest, got {key!r:.100}")
        self._check()
        return self.directory / name[:2] / name[2:]

    def _check(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = self.directory.stat()
        others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if hasattr(os, "getuid") and (others or found.st_uid not in (os.getuid(), 0)):
            raise ValueError(f"the directory of artifacts must be one that nobody else may write to, got {self.directory}")


@overload
def cached(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def cached(
    *,
    inputs: Any = ...,
    transform: Any = ...,
    directory: str | os.PathLike[str] | None = ...,
    run: Any = ...,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def cached(
    function: Any = None,
    /,
    *,
    inputs: Any = None,
    transform: Any = None,
    directory: str | os.PathLike[str] | None = None,
    run: Any = None,
) -> Any:
    """Keeps what a function makes, and loads it where the same was made before.

    The key is the digest of ``inputs`` (by default the arguments of the call; or a value, or a
    function of the arguments that gives what the result depends on, such as the paths of files) and
    of ``transform`` (by default the function itself: its source, closure and defaults, and what it
    calls; or a value or text that stands for it). What time is saved is told to ``run``, by default
    the newest run of this process, as phase ``preprocess_saved``.

    Where an artifact can't be kept or found (no canonical form of an input, a full disk, a result
    that can't be pickled), the function is called and the log says why.

    Results that come from an artifact are copies of one's own, arrays included: to change them
    changes no artifact.
    """
    if function is None:
        return functools.partial(
            _wrap, inputs=inputs, transform=transform, cache=ArtifactCache(directory), run=run
        )
    return _wrap(function, inputs=None, transform=None, cache=ArtifactCache(), run=None)


def _wrap(function: Any, *, inputs: Any, transform: Any, cache: ArtifactCache, run: Any) -> Any:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            depends = inputs(*args, **kwargs) if callable(inputs) else inputs
            key = digest(
                {
                    "inputs": {"args": args, "kwargs": kwargs} if inputs is None else depends,
                    "transform": function if transform is None else transform,
                }
            )
            found = _get(cache, key, run)
            if found is not None:
                return found.value
            lock = cache.making(key)
        except (OSError, TypeError, ValueError) as e:
            LOG.warning("%s is not cached: %s", getattr(function, "__qualname__", function), e)
            return function(*args, **kwargs)
        with lock:
            # another one may have made it while this one waited
            found = _get(cache, key, run)
            return found.value if found is not None else _make(cache, key, run, function, args, kwargs)

    call.cache = cache  # type: ignore[attr-defined]
    return call


def _get(cache: ArtifactCache, key: str, run: Any) -> Found | None:
    began = time.perf_counter()
    found = cache.get(key)
    if found is not None:
        took = time.perf_counter() - began
        _tell(run, key, {"preprocess": took, "preprocess_saved": max(0.0, found.seconds - took)})
    return found


def _make(cache: ArtifactCache, key: str, run: Any, function: Any, args: Any, kwargs: Any) -> Any:
    began = time.perf_counter()
    value = function(*args, **kwargs)
    took = time.perf_counter() - began
    try:
        cache.put(key, value, took)
    except Exception as e:
        LOG.warning("what %s made is not kept: %s", getattr(function, "__qualname__", function), e)
    _tell(run, key, {"preprocess": took})
    return value


def _tell(run: Any, key: str, seconds: dict[str, float]) -> None:
    if run is None:
        from touchstone.run import newest_run

        run = newest_run()
    if run is not None:
        micros = {phase: round(took * 1e6) for phase, took in seconds.items()}
        run.log_timing(None, micros, digest=key)


# ---- files: magic, length of the head, head, pickle, buffers (aligned), digest of all before


def _write(file: Any, value: Any, seconds: float) -> None:
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    raws = [buffer.raw() for buffer in buffers]
    head = json.dumps({"seconds": seconds, "pickle": len(pickled), "buffers": [raw.nbytes for raw in raws]}).encode()
    hashed = blake3()
    place = 0

    def put(part: bytes | memoryview) -> None:
        nonlocal place
        file.write(part)
        hashed.update(part)
        place += part.nbytes if isinstance(part, memoryview) else len(part)

    for part in (_MAGIC, struct.pack("<Q", len(head)), head, pickled):
        put(part)
    for raw in raws:
        put(bytes(-place % _ALIGNED))
        put(raw)
    file.write(hashed.digest())


def _read(file: Any) -> Found:
    size = os.fstat(file.fileno()).st_size
    least = len(_MAGIC) + 8 + _DIGEST_BYTES
    if size < least:
        raise ValueError(f"it has {size} bytes")
    # private pages: whoever changes an array changes a copy
    content = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)
    view = memoryview(content)
    if view[: len(_MAGIC)] != _MAGIC:
        raise ValueError("it is of another format")
    if blake3(view[:-_DIGEST_BYTES]).digest() != view[-_DIGEST_BYTES:]:
        raise ValueError("it doesn't match its digest")
    place = len(_MAGIC) + 8
    (length,) = struct.unpack_from("<Q", view, len(_MAGIC))
    head = json.loads(bytes(view[place : place + length]))
    place += length
    pickled = view[place : place + head["pickle"]]
    place += head["pickle"]
    buffers = []
    for nbytes in head["buffers"]:
        place += -place % _ALIGNED
        buffers.append(view[place : place + nbytes])
        place += nbytes
    with contextlib.suppress(OSError):
        os.utime(file.fileno())
    return Found(pickle.loads(pickled, buffers=buffers), head["seconds"])
