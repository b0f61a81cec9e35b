"""Messages on disk, for when the broker is away.

A file is ``TSPOOL1\\n`` and then one entry a message: crc32, length of the topic, of the key and of the
value (little-endian, 32 bits each), topic, key, value. The crc is of all behind it. A file is written
under the name ``*.open``, and ``*.spool`` once it is whole and synced to disk; who writes or sends one
holds a lock on it, so that a process can take over what a dead one has left. A file that was cut off
is good up to its last whole entry.
"""

import fcntl
import os
import secrets
import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO

MAGIC = b"TSPOOL1\n"
HEAD = struct.Struct("<IIII")

# what a single message can be; anything longer is damage
MAX_PART = 8 << 20

# between the creation of a file and the lock on it someone else could take it for left over
YOUNG_SECONDS = 2.0


@dataclass(frozen=True)
class Message:
    topic: str
    key: bytes
    value: bytes

    @property
    def size(self) -> int:
        return len(self.key) + len(self.value)


class SpoolFullError(OSError):
    """The directory holds as much as it may."""


class Spool:
    """Writes messages to one directory, and lends them to whoever sends them. For one thread."""

    def __init__(self, directory: Path, max_bytes: int, file_bytes: int = 16 << 20) -> None:
        self.directory = directory
        self._max_bytes = max_bytes
        self._file_bytes = file_bytes
        self._held = sum(_size(path) for path in waiting(directory))
        self._file: FileIO | None = None
        self._path = directory
        self._written = 0
        self._opened = 0.0
        self._number = 0
        # files of several processes never meet
        self._writer = f"{os.getpid()}-{secrets.token_hex(4)}"

    def append(self, message: Message) -> None:
        """Keeps a message; on disk for good from the next ``rotate``. OSError where it can't."""
        entry = _entry(message)
        if self._held + len(entry) + len(MAGIC) > self._max_bytes:
            raise SpoolFullError(
                f"the spool {self.directory} must hold at most {self._max_bytes} bytes"
                f" (spool_max_bytes), got {self._held} and {len(entry)} more"
            )
        if self._file is None:
            self._open()
        assert self._file is not None
        try:
            _write(self._file, entry)
        except OSError:
            self._cut_back()
            raise
        self._written += len(entry)
        self._held += len(entry)
        if self._written >= self._file_bytes:
            self.rotate()

    def rotate(self) -> None:
        """Closes what is being written: whole, and synced to disk."""
        file, self._file = self._file, None
        if file is None:
            return
        with file:
            os.fsync(file.fileno())
            self._path.rename(self._path.with_suffix(".spool"))
        _sync_directory(self.directory)

    def tick(self, seconds: float) -> None:
        """Rotates what has been open for longer."""
        if self._file is not None and time.monotonic() - self._opened >= seconds:
            self.rotate()

    def claim(self) -> "SpoolFile | None":
        """The oldest file that nobody else writes or sends."""
        self.rotate()
        for path in waiting(self.directory):
            claimed = SpoolFile.claim(path)
            if claimed is not None:
                return claimed
        return None

    def sent(self, file: "SpoolFile") -> None:
        """Deletes a file all of whose messages have arrived."""
        self._held = max(0, self._held - file.delete())

    @property
    def empty(self) -> bool:
        return self._file is None and not waiting(self.directory)

    def _open(self) -> None:
        self.directory.mkdir(0o700, parents=True, exist_ok=True)
        self._number += 1
        # in order of age by name
        name = f"{time.time_ns() // 1_000_000:014d}-{self._writer}-{self._number:06d}.open"
        self._path = self.directory / name
        # nothing waits in a buffer: what was appended is the system's, whatever becomes of us
        file = open(self._path, "xb", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            _write(file, MAGIC)
        except OSError:
            file.close()
            raise
        self._file, self._written, self._opened = file, len(MAGIC), time.monotonic()
        self._held += len(MAGIC)

    def _cut_back(self) -> None:
        """After a failure: the file ends with its last whole entry, and is not written again."""
        file, self._file = self._file, None
        assert file is not None
        with file:
            try:
                file.truncate(self._written)
                self._path.rename(self._path.with_suffix(".spool"))
            except OSError:  # readers stop at the first entry that isn't whole
                pass


class SpoolFile:
    """One file, locked."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file
        self.damage: str | None = None

    @classmethod
    def claim(cls, path: Path) -> "SpoolFile | None":
        """None where it is gone, someone has it, or it is too young to be left over."""
        try:
            if path.suffix == ".open" and time.time() - path.stat().st_mtime < YOUNG_SECONDS:
                return None
            file = open(path, "rb")
        except OSError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # deleted or renamed by whoever had it before
            if os.fstat(file.fileno()).st_ino != path.stat().st_ino:
                raise FileNotFoundError
        except OSError:
            file.close()
            return None
        return cls(path, file)

    def messages(self) -> Iterator[Message]:
        """From the first; ``damage`` says afterwards what stopped the reading early."""
        place = 0
        try:
            self._file.seek(0)
            if self._file.read(len(MAGIC)) != MAGIC:
                self.damage = "it doesn't begin as a spool file"
                return
            while True:
                place = self._file.tell()
                head = self._file.read(HEAD.size)
                if not head:
                    return
                message = self._message(head)
                if message is None:
                    break
                yield message
        except OSError as e:
            self.damage = f"it can't be read from byte {place}: {e.strerror}"
            return
        self.damage = f"the entry at byte {place} is cut off or damaged"

    def _message(self, head: bytes) -> Message | None:
        """The one that begins so, if it is whole."""
        if len(head) < HEAD.size:
            return None
        crc, *sizes = HEAD.unpack(head)
        if max(sizes) > MAX_PART:
            return None
        body = self._file.read(sum(sizes))
        if len(body) < sum(sizes) or crc != zlib.crc32(body, zlib.crc32(head[4:])):
            return None
        topic, rest = body[: sizes[0]], body[sizes[0] :]
        return Message(topic.decode("utf-8", "replace"), rest[: sizes[1]], rest[sizes[1] :])

    def release(self) -> None:
        self._file.close()

    def set_aside(self) -> None:
        """Keeps a damaged file, under a name that is not tried again."""
        self.path.rename(self.path.with_suffix(".damaged"))
        self._file.close()

    def delete(self) -> int:
        """Deletes it; the bytes that it had."""
        size = os.fstat(self._file.fileno()).st_size
        self.path.unlink(missing_ok=True)
        self._file.close()
        return size


def waiting(directory: Path) -> list[Path]:
    """The files with messages of a directory, the oldest first."""
    try:
        paths = [p for p in directory.iterdir() if p.suffix in (".open", ".spool")]
    except OSError:
        return []
    return sorted(paths)


def _write(file: FileIO, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _entry(message: Message) -> bytes:
    topic = message.topic.encode()
    sizes = HEAD.pack(0, len(topic), len(message.key), len(message.value))[4:]
    crc = zlib.crc32(sizes)
    for part in (topic, message.key, message.value):
        crc = zlib.crc32(part, crc)
    return b"".join((crc.to_bytes(4, "little"), sizes, topic, message.key, message.value))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _sync_directory(directory: Path) -> None:
    """A name is on disk for good once its directory is."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
