"""From a loop's tensors to columns: what is taken, and what is refused with key, rule and value."""

import numpy as np
import pytest
from touchstone.columns import columns, pieces


class Tensor:
    """What a tensor of PyTorch looks like from outside, one that is on a device and in a graph."""

    def __init__(self, values, dtype="torch.float32"):
        self.values, self.dtype, self.ndim = np.asarray(values), dtype, np.ndim(values)
        self.calls = []

    def detach(self):
        self.calls.append("detach")
        return self

    def cpu(self):
        self.calls.append("cpu")
        return self

    def float(self):
        self.calls.append("float")
        return self

    def numpy(self):
        self.calls.append("numpy")
        return self.values


@pytest.mark.parametrize(
    "scores", [[0.5, 0.25], (0.5, 0.25), np.array([0.5, 0.25]), np.array([[0.5], [0.25]], "f2")]
)
@pytest.mark.parametrize("labels", [[0, 1], [False, True], np.array([0.0, 1.0]), [[0], [1]]])
def test_binary_in_any_shape_and_type(scores, labels):
    c = columns(scores, labels)
    assert (c.task, c.outputs, c.count) == ("BINARY", 1, 2)
    assert c.scores.tolist() == [0.5, 0.25] and c.scores.dtype == np.float32
    assert c.labels.tolist() == [0, 1] and c.labels.dtype == np.uint8


def test_a_tensor_is_detached_and_brought_here():
    tensor = Tensor(np.array([0.5, 0.25], "f4"))
    assert columns(tensor, [1, 0]).scores.tolist() == [0.5, 0.25]
    assert tensor.calls == ["detach", "cpu", "numpy"]
    half = Tensor([0.5], "torch.bfloat16")
    assert columns(half, [1]).scores.tolist() == [0.5]
    assert half.calls == ["detach", "cpu", "float", "numpy"]


def test_nothing_is_shared_with_the_caller():
    given = {
        "scores": np.array([0.5, 0.25], "f4"),
        "labels": np.array([0, 1], "u1"),
        "ids": np.array([7, 8], "i8"),
        "weights": np.ones(2, "f4"),
        "strata": np.zeros(2, "u1"),
        "slices": {"c": np.array(["a", "b"]), "d": ["x", "y"]},
    }
    c = columns(**given)
    for key in ("scores", "labels", "ids", "weights", "strata"):
        given[key][:] = 1
        assert not np.shares_memory(given[key], getattr(c, key)), key
    given["slices"]["c"][:] = "z"
    given["slices"]["d"][:] = "zz"
    assert c.scores.tolist() == [0.5, 0.25] and c.ids.tolist() == [7, 8]
    assert c.slices["c"].tolist() == ["a", "b"] and c.slices["d"] == ["x", "y"]


def test_tasks_by_shape():
    two = np.array([[0.1, 0.9], [0.8, 0.2]])
    assert columns(two, [1, 0]).task == "MULTICLASS"
    many = columns(two, [[0, 1], [1, 1]])
    assert (many.task, many.labels.tolist()) == ("MULTILABEL", [[0, 1], [1, 1]])
    regression = columns([1.5, -2], [1.25, -3e5], task="regression")
    assert (regression.task, regression.labels.dtype) == ("REGRESSION", np.float32)
    wide = columns(np.zeros((2, 300)), [299, 0])
    assert wide.labels.tolist() == [299, 0] and wide.labels.itemsize == 4
    assert columns(np.zeros((0,)), []).count == 0
    assert columns(two).labels is None


REFUSED = {
    "scores must be numbers, got NaN in row 1": {"scores": [0.5, np.nan]},
    "scores must be numbers, got NaN in row 0": {"scores": [[np.nan, np.inf], [1, 2]]},
    "scores must have 1 or 2 dimensions, got shape (1, 1, 2)": {"scores": [[[1, 2]]]},
    "labels must be whole numbers in [0, 1], got 2 in row 1": {"labels": [0, 2]},
    "labels must be whole numbers in [0, 1], got 0.5 in row 0": {"labels": [0.5, 1]},
    "labels must be whole numbers in [0, 1], got nan in row 1": {"labels": [0, np.nan]},
    "labels must be whole numbers in [0, 1], got -1 in row 0": {"labels": [-1, 1]},
    "labels must be as many as scores, 2, got 3": {"labels": [0, 1, 1]},
    "labels must be numbers, got <U1": {"labels": ["a", "b"]},
    "labels must be finite, got inf in row 1": {"labels": [0, np.inf], "task": "regression"},
    "labels must be whole numbers in [0, 2], got 3 in row 1": {
        "scores": np.zeros((2, 3)), "labels": [0, 3],
    },
    "labels must have the shape of scores, (2, 2), got (2, 3)": {
        "scores": np.zeros((2, 2)), "labels": np.zeros((2, 3)),
    },
    "ids must be whole numbers of 64 bits, got float64": {"ids": [1.0, 2.0]},
    "got 18446744073709551615 in row 1": {"ids": np.array([0, 2**64 - 1], "u8")},
    "ids must be as many as scores, 2, got 1": {"ids": [1]},
    "weights must be in [0, 1048576], got -1.0 in row 1": {"weights": [1, -1]},
    "weights must be in [0, 1048576], got nan in row 0": {"weights": [np.nan, 1]},
    "strata must be whole numbers in [0, 255], got 256 in row 0": {"strata": [256, 0]},
    "slices[c] must be as many as scores, 2, got 1": {"slices": {"c": ["a"]}},
    "slices must be a text, got 3": {"slices": {3: ["a", "b"]}},
    "slices must hold no control characters, got one at 1": {"slices": {"a\n": ["a", "b"]}},
    "slices must be at most 64, got 65": {"slices": {str(i): [1, 2] for i in range(65)}},
    "task must be one of binary": {"task": "ranking"},
    "scores must have one column for task binary, got 2": {
        "scores": np.zeros((2, 2)), "task": "binary",
    },
}  # fmt: skip


@pytest.mark.parametrize("rule", REFUSED)
def test_what_the_engine_would_refuse_is_refused_here(rule):
    given = {"scores": [0.5, 0.25], "labels": [0, 1]} | REFUSED[rule]
    with pytest.raises(ValueError) as refused:
        columns(**given)
    assert rule in str(refused.value)


def test_infinite_scores_rank():
    assert columns([np.inf, -np.inf], [1, 0]).scores.tolist() == [np.inf, -np.inf]


def test_pieces_are_views_and_cover_all_rows():
    scores = np.arange(10, dtype="f4")
    ids = list(range(10, 20))
    parts = list(pieces(4, scores, {"c": ids}, ids=ids, labels=None))
    assert [p["scores"].tolist() for p in parts] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert all(np.shares_memory(p["scores"], scores) for p in parts)
    assert parts[2]["ids"] == [18, 19] and parts[2]["slices"] == {"c": [18, 19]}
    assert "labels" not in parts[0]
    assert len(list(pieces(4, np.zeros((10, 3)), {}))) == 10
    assert [p["scores"].size for p in pieces(4, [], {})] == [0]
    with pytest.raises(ValueError, match="ids must be as many as scores, 10, got 1"):
        list(pieces(4, scores, {}, ids=[1]))
