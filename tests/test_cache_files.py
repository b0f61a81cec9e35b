"""The prediction cache as other people's tools read it."""

import json

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import check_reports
from wire import PredictionSet, random_rows

ROWS = 20_000


@pytest.fixture(scope="module")
def rows():
    """A set with everything: odd ids, weights, two slices of which one has a hostile name."""
    labels, scores = random_rows(21, ROWS)
    random = np.random.default_rng(21)
    ids = random.permutation(ROWS).astype("i8") * 1_000_003 - 5_000_000_000
    ids[:2] = np.iinfo("i8").min, np.iinfo("i8").max
    return PredictionSet(
        "cached", labels, scores, ids=ids,
        weights=random.integers(1, 1_000, ROWS) / 64,
        slices={
            "country": (["DE", "BR", "日本", "it's; --"], random.integers(0, 4, ROWS)),
            "score": (["low", "high"], random.integers(0, 2, ROWS)),
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def manifest(engine, rows):
    engine.send("predictions", *rows.messages(1_500, shards=2))
    return engine.manifest("cached")


@pytest.fixture(scope="module")
def directory(engine, manifest):
    return engine.cache / manifest["set_key"]


def test_the_manifest_lists_exactly_the_files(directory, manifest):
    on_disk = json.loads((directory / "manifest.json").read_text())
    assert on_disk["state"] == "COMPLETE"
    assert on_disk["segments"] == manifest["segments"], "the topic says the same"
    for key in ("set_key", "rows", "positives", "weighted", "slices", "digest", "claims"):
        assert on_disk[key] == manifest[key], key
    listed = {s["file"]: s for s in on_disk["segments"]}
    assert len(listed) == len(on_disk["segments"]) > 1
    assert {f.name for f in directory.iterdir()} == listed.keys() | {"manifest.json"}
    for name, segment in listed.items():
        assert (directory / name).stat().st_size == segment["bytes"]
        assert pq.read_metadata(directory / name).num_rows == segment["rows"]
    assert sum(s["rows"] for s in on_disk["segments"]) == on_disk["rows"] == ROWS


def by_id(frame):
    return frame.sort_values("example_id", ignore_index=True)


def test_pyarrow_pandas_and_duckdb_read_the_rows_that_were_sent(engine, directory, manifest, rows):
    values = {name: np.array(v)[codes] for name, (v, codes) in rows.slices.items()}
    expected = by_id(
        pd.DataFrame(
            {
                "example_id": rows.ids,
                "label": rows.labels == 1,
                "score": rows.scores,
                "weight": rows.weights.astype("f4"),
                "country": values["country"],
                "slice_score": values["score"],
            }
        )
    )
    _, arrow = check_reports.read_set(engine.cache, manifest["set_key"])
    assert arrow.schema.names == list(expected.columns)
    assert arrow.schema.types == [
        pa.int64(), pa.bool_(), pa.float32(), pa.float32(), pa.string(), pa.string()
    ]  # fmt: skip
    assert all(not field.nullable for field in arrow.schema)
    pd.testing.assert_frame_equal(
        by_id(arrow.to_pandas()), expected, check_dtype=False, check_exact=True
    )
    pandas = pd.concat(pd.read_parquet(directory / s["file"]) for s in manifest["segments"])
    assert [str(t) for t in pandas.dtypes[:4]] == ["int64", "bool", "float32", "float32"]
    pd.testing.assert_frame_equal(by_id(pandas), expected, check_dtype=False, check_exact=True)

    files = f"read_parquet('{directory}/*.parquet')"
    duck = duckdb.sql(f"SELECT * FROM {files} ORDER BY example_id").df()
    pd.testing.assert_frame_equal(duck, expected, check_dtype=False, check_exact=True)
    types = {name: str(kind) for name, kind, *_ in duckdb.sql(f"DESCRIBE FROM {files}").fetchall()}
    assert types == {
        "example_id": "BIGINT", "label": "BOOLEAN", "score": "FLOAT", "weight": "FLOAT",
        "country": "VARCHAR", "slice_score": "VARCHAR",
    }  # fmt: skip
    [(counts, positives, scores, weights)] = duckdb.sql(
        "SELECT count(*), count(*) FILTER (label), sum(score::DOUBLE), sum(weight::DOUBLE)"
        f" FROM {files}"
    ).fetchall()
    assert (counts, positives) == (ROWS, int(rows.labels.sum())) == (ROWS, manifest["positives"])
    assert scores == pytest.approx(rows.scores.astype("f8").sum(), rel=1e-12)
    assert weights == rows.weights.sum()  # multiples of 1/64: every order of summing is exact
    assert pc.sum(arrow["weight"].cast(pa.float64())).as_py() == weights


def test_a_query_on_slices_gives_what_was_sent(directory, rows):
    query = f"""SELECT country, count(*), count(*) FILTER (label) FROM '{directory}/*.parquet'
                GROUP BY country"""
    names, codes = rows.slices["country"]
    expected = {
        (name, int((codes == c).sum()), int(rows.labels[codes == c].sum()))
        for c, name in enumerate(names)
    }
    assert set(duckdb.sql(query).fetchall()) == expected


def test_contiguous_ids_and_strata_are_there_too(engine):
    labels, scores = random_rows(22, 5_000)
    rows = PredictionSet(
        "cached-sample", labels, scores, first_id=2**40,
        plan={"seed": 1, "strata": [
            {"name": "fraud", "rate": 1.0, "population": int(labels.sum())},
            {"name": "rest", "rate": 0.5, "population": 20_000},
        ]},
        strata=1 - labels,
    )  # fmt: skip
    engine.send("predictions", *rows.messages(1_000))
    manifest = engine.manifest("cached-sample")
    assert manifest["sampled"]
    _, table = check_reports.read_set(engine.cache, manifest["set_key"])
    frame = by_id(table.to_pandas())
    assert frame["example_id"].tolist() == list(range(2**40, 2**40 + 5_000))
    assert frame["stratum"].tolist() == (1 - labels).tolist()
    assert frame["score"].to_numpy().tobytes() == scores.tobytes()


def test_names_from_input_never_become_paths(engine):
    labels, scores = random_rows(23, 100)
    name = "../../outside/../cache"
    rows = PredictionSet(name, labels, scores, checkpoint="/etc/passwd", evaluation_set="..")
    engine.send("predictions", *rows.messages(100))
    manifest = engine.manifest(name)
    assert (engine.cache / manifest["set_key"] / "manifest.json").is_file()
    assert all(len(d.name) == 32 and d.is_dir() for d in engine.cache.iterdir())
    assert not list(engine.data.parent.rglob("outside*"))
