"""A set as a stream of rows: cut by rows alone, each row once, within the limit of a message."""

import numpy as np
import pytest
from conftest import decode
from touchstone.batches import Inference, SetHeader, ShardStream
from touchstone.columns import columns
from touchstone.wire import MAX_BATCH_ROWS, MAX_MESSAGE_BYTES


def header(**changes):
    plain = dict(
        run_id="r", attempt=0, checkpoint="c", evaluation_set="e", split="s", fold=None,
        transform_digest=None, model_digest=None, dataset_digest=None, size=None, plan=None,
        shard=0, shards=1, step=1, epoch=None,
    )  # fmt: skip
    return SetHeader(**plain | changes)


def stream(pieces, last=True, **changes):
    """Records of the messages of such pieces."""
    one = ShardStream(header(**changes))
    messages = []
    for number, piece in enumerate(pieces):
        messages += one.add(piece, None, last and number == len(pieces) - 1)
    if not last:
        messages += one.rest()
    assert max(map(len, messages), default=0) <= MAX_MESSAGE_BYTES
    records = [decode("prediction_batch", m) for m in messages]
    assert [r["sequence"] for r in records] == list(range(len(records)))
    return records


def rows(count, seed=1, **more):
    random = np.random.default_rng(seed)
    return columns(
        random.random(count, "f4"), random.integers(0, 2, count),
        ids=random.permutation(count), **more,
    )  # fmt: skip


def cut(c, *places):
    """Pieces of columns, without slices."""
    bounds = [0, *places, c.count]
    return [
        columns(c.scores[a:b], c.labels[a:b], ids=c.ids[a:b]) for a, b in zip(bounds, bounds[1:])
    ]


def joined(records, column, dtype):
    return np.frombuffer(b"".join(r[column] for r in records), dtype)


def ids_of(record):
    ids, count = record["example_ids"], record["count"]
    if isinstance(ids, int):
        return range(ids, ids + count)
    return np.frombuffer(ids, "<i8").tolist()


def without_time(records):
    return [{k: v for k, v in r.items() if k != "emitted_at"} for r in records]


def test_a_small_set_is_one_message():
    [record] = stream([rows(100)])
    assert (record["count"], record["last_of_shard"], record["shard"]) == (100, True, 0)


@pytest.mark.parametrize("count", [0, 1, 65_536, 65_537, 200_000])
def test_every_row_is_in_one_batch_and_only_the_last_says_so(count):
    whole = rows(count)
    records = stream([whole])
    assert [r["last_of_shard"] for r in records] == [False] * (len(records) - 1) + [True]
    assert sum(r["count"] for r in records) == count
    assert all(r["count"] <= MAX_BATCH_ROWS for r in records)
    assert len(records) == max(1, -(-count // 65_536)), "as few as can be"
    if count:
        assert joined(records, "scores", "<f4").tolist() == whole.scores.tolist()
        assert joined(records, "labels", "u1").tolist() == whole.labels.tolist()
        assert [i for r in records for i in ids_of(r)] == whole.ids.tolist()


def test_batches_depend_on_rows_and_not_on_pieces():
    whole = rows(150_000)
    expected = without_time(stream([whole]))
    random = np.random.default_rng(2)
    for pieces in (1, 7, 400):
        places = sorted(random.integers(0, 150_000, pieces).tolist())
        assert without_time(stream(cut(whole, *places))) == expected
    # the end may be said with nothing more
    assert without_time(stream([whole, rows(0)])) == expected


def test_a_set_without_an_end_sends_its_rows_and_no_end():
    records = stream(cut(rows(70_000), 1_000), last=False)
    assert [r["count"] for r in records] == [65_536, 4_464]
    assert not any(r["last_of_shard"] for r in records)


def test_a_set_with_a_hole_never_ends():
    one = ShardStream(header(), broken=True)
    [message] = one.add(rows(10), None, True)
    assert decode("prediction_batch", message)["last_of_shard"] is False


def test_contiguous_ids_are_their_first():
    def ids(given):
        [record] = stream([columns(np.zeros(len(given)), ids=given)])
        return record["example_ids"]

    assert ids(range(5, 9)) == 5
    assert ids([-2, -1, 0]) == -2
    assert ids([5, 7, 6]) == np.array([5, 7, 6], "<i8").tobytes()
    assert ids([5, 5]) == np.array([5, 5], "<i8").tobytes()
    end = 2**63 - 1
    assert ids([end - 2, end - 1]) == end - 2
    assert ids([end - 1, end]) == np.array([end - 1, end], "<i8").tobytes(), "the engine's rule"
    assert ids([end, -end - 1]) == np.array([end, -end - 1], "<i8").tobytes()


def test_rows_without_ids_are_numbered_over_pieces():
    pieces = [columns(np.zeros(40_000), np.zeros(40_000)) for _ in range(3)]
    assert [r["example_ids"] for r in stream(pieces)] == [0, 65_536]


def test_slices_have_the_values_of_their_batch_in_order():
    first = columns(np.zeros(3), slices={"c": ["b", "a", "b"], "n": np.array([10, 9, 10])})
    second = columns(np.zeros(2), slices={"c": [None, ""], "n": np.array([10, 8])})
    [record] = stream([first, second])
    c, n = record["slices"]
    assert (c["name"], c["dictionary"]) == ("c", ["(empty)", "None", "a", "b"])
    assert list(c["codes"]) == [3, 2, 3, 1, 0]
    assert (n["name"], n["dictionary"], list(n["codes"])) == ("n", ["10", "8", "9"], [0, 2, 0, 0, 1])


def test_slices_do_not_depend_on_pieces_either():
    random = np.random.default_rng(3)
    scores, values = random.random(90_000), random.choice(list("abcdefgh"), 90_000)
    expected = without_time(stream([columns(scores, slices={"c": values})]))
    pieces = [
        columns(scores[i : i + 7_000], slices={"c": values[i : i + 7_000].tolist()})
        for i in range(0, 90_000, 7_000)
    ]
    assert without_time(stream(pieces)) == expected


def test_the_rarest_values_beyond_a_code_are_one():
    values = [f"v{i:03d}" for i in range(300)] + ["v299"] * 5
    [record] = stream([columns(np.zeros(len(values)), slices={"c": values})])
    [c] = record["slices"]
    assert len(c["dictionary"]) == 256 and c["dictionary"][-1] == "(other)"
    read = [c["dictionary"][code] for code in c["codes"]]
    assert read[0] == "v000" and read[-1] == read[299] == "v299", "the most frequent stay"
    assert all(r == v or r == "(other)" for r, v in zip(read, values))
    assert read.count("(other)") == 300 - 255


def test_an_empty_end_has_the_columns_of_the_set():
    plan = (5, (("a", 1.0, 3),))
    nothing = columns([], [], ids=[], weights=[], strata=[], slices={"c": []})
    [record] = stream([nothing], plan=plan)
    assert (record["count"], record["last_of_shard"]) == (0, True)
    assert (record["weights"], record["strata"]) == (b"", b"")
    [c] = record["slices"]
    assert (c["name"], len(c["dictionary"]), c["codes"]) == ("c", 1, b"")


def test_wide_rows_and_long_values_stay_within_a_message():
    wide = columns(np.zeros((300, 1_000)), np.zeros(300, int))
    assert sum(r["count"] for r in stream([wide])) == 300
    values = [f"{i % 250:0250d}" for i in range(3_000)]
    slices = {f"c{i}": values for i in range(30)}
    records = stream([columns(np.zeros(3_000), slices=slices)])
    assert sum(r["count"] for r in records) == 3_000
    assert all(s["dictionary"] for r in records for s in r["slices"])


def test_tasks_have_their_encodings():
    two = np.array([[0.25, 0.75], [1, 0]])
    for c, encoding, labels in (
        (columns(two, [1, 0]), "U8", b"\1\0"),
        (columns(two, [[1, 0], [1, 1]]), "U8", b"\1\0\1\1"),
        (columns(np.zeros((1, 300)), [299]), "I32", b"\x2b\1\0\0"),
        (columns([1.0], [0.5], task="regression"), "F32", b"\0\0\0\x3f"),
        (columns([1.0]), "U8", b""),
    ):
        [record] = stream([c])
        assert (record["label_encoding"], record["labels"]) == (encoding, labels), c.task
        assert (record["task"], record["outputs"]) == (c.task, c.outputs)


def test_latencies_are_spread_over_batches():
    one = ShardStream(header())
    told = Inference(tuple(range(5_000)), 32, 1 << 30, "a card")
    messages = [*one.add(rows(70_000), told, False), *one.add(rows(1), None, True)]
    stats = [decode("prediction_batch", m)["inference"] for m in messages]
    assert stats[0]["latency_micros"] + stats[1]["latency_micros"] == list(range(5_000))
    assert (stats[1]["batch_size"], stats[1]["hardware"]) == (32, "a card")
