"""What is on disk survives, and what is damaged is found."""

import errno
import multiprocessing
import os
import signal

import pytest
from touchstone import spool as module
from touchstone.spool import MAGIC, Message, Spool, SpoolFile, SpoolFullError, waiting

MESSAGES = [Message("t.one", b"k", b"v" * n) for n in (0, 1, 1_000, 100_000)]
LARGE = 1 << 40


def read(directory):
    """All messages of all files, and the damage of the last one that had some."""
    found, damage = [], None
    for path in waiting(directory):
        file = SpoolFile.claim(path)
        found += file.messages()
        damage = file.damage or damage
        file.release()
    return found, damage


@pytest.fixture(autouse=True)
def old_enough(monkeypatch):
    monkeypatch.setattr(module, "YOUNG_SECONDS", 0.0)


def test_messages_come_back_in_order(tmp_path):
    spool = Spool(tmp_path, LARGE, file_bytes=50_000)
    for message in MESSAGES * 3:
        spool.append(message)
    spool.rotate()
    assert len(waiting(tmp_path)) == 3
    assert read(tmp_path) == (MESSAGES * 3, None)


def test_an_open_file_is_nobody_elses(tmp_path):
    spool = Spool(tmp_path, LARGE)
    spool.append(MESSAGES[2])
    [path] = waiting(tmp_path)
    assert path.suffix == ".open" and SpoolFile.claim(path) is None
    spool.rotate()
    first = Spool(tmp_path, LARGE).claim()
    assert first is not None and Spool(tmp_path, LARGE).claim() is None, "one sends, the other waits"
    spool.sent(first)
    assert waiting(tmp_path) == []


def _append_and_die(directory):
    spool = Spool(directory, LARGE)
    for message in MESSAGES:
        spool.append(message)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_leaves_all_that_it_appended(tmp_path):
    child = multiprocessing.get_context("spawn").Process(target=_append_and_die, args=(tmp_path,))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    file = Spool(tmp_path, LARGE).claim()
    assert file.path.suffix == ".open"
    assert list(file.messages()) == MESSAGES and file.damage is None


def test_a_young_file_without_a_lock_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "YOUNG_SECONDS", 60.0)
    (tmp_path / "1.open").write_bytes(MAGIC)
    assert Spool(tmp_path, LARGE).claim() is None
    (tmp_path / "1.spool").write_bytes(MAGIC)
    assert Spool(tmp_path, LARGE).claim() is not None


def test_every_cut_and_every_flipped_byte_is_found(tmp_path):
    spool = Spool(tmp_path, LARGE)
    for message in MESSAGES[:3]:
        spool.append(message)
    spool.rotate()
    [path] = waiting(tmp_path)
    whole = path.read_bytes()
    ends = [len(MAGIC) + 16 + 6 + len(MESSAGES[0].value)]
    for message in MESSAGES[1:3]:
        ends.append(ends[-1] + 16 + 6 + len(message.value))
    assert ends[-1] == len(whole)
    for cut in [*range(ends[1] + 30), *range(len(whole) - 30, len(whole))]:
        path.write_bytes(whole[:cut])
        found, damage = read(tmp_path)
        assert found == MESSAGES[: sum(end <= cut for end in ends)]
        assert (damage is None) == (cut in (len(MAGIC), *ends[:2]))
    for place in [*range(ends[1] + 30), len(whole) - 1]:
        flipped = bytearray(whole)
        flipped[place] ^= 1
        path.write_bytes(flipped)
        found, damage = read(tmp_path)
        good = 0 if place < len(MAGIC) else sum(end <= place for end in ends)
        assert found == MESSAGES[:good] and damage, place


def test_a_full_spool_says_so_and_takes_more_once_some_is_sent(tmp_path):
    spool = Spool(tmp_path, 250_000, file_bytes=1)
    spool.append(MESSAGES[3])
    spool.append(MESSAGES[3])
    with pytest.raises(SpoolFullError, match="at most 250000 bytes .spool_max_bytes., got 2000"):
        spool.append(MESSAGES[3])
    assert Spool(tmp_path, 250_000)._held == spool._held, "a new one counts what is there"
    spool.sent(spool.claim())
    spool.append(MESSAGES[3])
    assert sum(p.stat().st_size for p in waiting(tmp_path)) <= 250_000


def test_a_disk_that_is_full_leaves_whole_entries(tmp_path, monkeypatch):
    spool = Spool(tmp_path, LARGE)
    spool.append(MESSAGES[2])
    write = module._write

    def half(file, data):
        write(file, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_write", half)
    with pytest.raises(OSError, match="No space left"):
        spool.append(MESSAGES[3])
    monkeypatch.setattr(module, "_write", write)
    spool.append(MESSAGES[1])
    spool.rotate()
    assert read(tmp_path) == ([MESSAGES[2], MESSAGES[1]], None)


def test_a_file_that_cannot_be_read_is_damaged(tmp_path):
    spool = Spool(tmp_path, LARGE)
    spool.append(MESSAGES[3])
    spool.append(MESSAGES[3])
    file = spool.claim()

    class Fails:
        def __init__(self, file):
            self.file = file
            self.reads = 0

        def __getattr__(self, name):
            return getattr(self.file, name)

        def read(self, size):
            self.reads += 1
            if self.reads > 3:
                raise OSError(errno.EIO, "Input/output error")
            return self.file.read(size)

    file._file = Fails(file._file)
    assert list(file.messages()) == [MESSAGES[3]]
    assert file.damage == "it can't be read from byte 100030: Input/output error"
