"""The contracts that ship in the package are the engine's, and so are the bytes."""

import subprocess
import sys
from importlib.resources import files

import pytest
import wire
from conftest import BY_TOPIC, SCHEMAS, decode
from touchstone.wire import encode, encoder

TIMES = {"emitted_at": 1_700_000_000_000}


@pytest.mark.parametrize("name", sorted(BY_TOPIC.values()))
def test_the_package_has_the_engines_contracts(name):
    shipped = (files("touchstone") / "schemas" / f"{name}.avsc").read_bytes()
    assert shipped == (SCHEMAS / f"{name}.avsc").read_bytes(), "copy it again"


@pytest.mark.parametrize("name", sorted(BY_TOPIC.values()))
def test_the_fingerprint_is_that_of_the_specification(name, monkeypatch):
    monkeypatch.setitem(wire.SCHEMAS, name, wire._schema(name))
    expected = b"\xc3\x01" + wire.fingerprint(name).to_bytes(8, "little")
    assert encoder(name)._header == expected


def test_a_batch_has_the_bytes_of_an_encoder_that_is_not_ours():
    labels, scores = wire.random_rows(1, 1_000)
    weights = scores + 1
    rows = wire.PredictionSet(
        "r", labels, scores, weights=weights, slices={"c": (["a", "b"], labels)}
    )
    for batch in rows.batches(300, shards=2):
        assert encode("prediction_batch", batch) == wire.single_object("prediction_batch", batch)


def test_a_run_event_keeps_what_is_no_number():
    event = {"run_id": "r", "step": 3, "metrics": {"a": float("inf"), "b": float("nan")}} | TIMES
    read = decode("run_event", encode("run_event", event))
    assert read["metrics"]["a"] == float("inf")
    assert read["metrics"]["b"] != read["metrics"]["b"]


def test_nothing_is_imported_before_it_is_used():
    script = (
        "import sys, touchstone; assert 'numpy' not in sys.modules; touchstone.init;"
        "assert 'confluent_kafka' in sys.modules; assert 'init' in dir(touchstone)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    import touchstone

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        touchstone.nothing  # noqa: B018
