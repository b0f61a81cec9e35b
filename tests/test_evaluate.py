"""`./touchstone evaluate` beside scikit-learn, on files that NumPy, pandas, pyarrow and DuckDB wrote."""

import argparse
import gzip
import json
import shlex
import warnings

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import check_reports
import sklearn_compare
from processes import LAUNCHER, QUICK_START, run
from wire import random_rows


@pytest.fixture(scope="session")
def logs(tmp_path_factory):
    return tmp_path_factory.mktemp("evaluate-logs")


@pytest.fixture
def evaluate(logs):
    """The report of a file; stdout must be that and nothing else."""

    def evaluated(*arguments):
        code, out, err = run("evaluate", *arguments, logs=logs)
        assert code == 0, err
        report = json.loads(out)
        assert report["schema"] == "touchstone.report/1"
        return report

    return evaluated


def assert_agrees(report, y, s, w=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of what the report has reasons for
        _, failures, _ = sklearn_compare.compare(report, y, s, w)
    assert failures == []
    assert (report["n"], report["n_pos"]) == (len(y), int(y.sum()))


def test_seeded_cases_equal_scikit_learn(logs, monkeypatch):
    """The first eight are degenerate; the others have ties, weights, both precisions, npy and CSV."""
    monkeypatch.setenv("TOUCHSTONE_LOGS", str(logs))
    monkeypatch.setenv("TOUCHSTONE_JAVA_OPTS", QUICK_START)
    options = argparse.Namespace(
        seed=20240607, cases=20, command=shlex.join([str(LAUNCHER), "evaluate", "--quiet"])
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = sklearn_compare.cases(options)
    assert result["failures"] == []
    kinds = " ".join(result["kinds"])
    for kind in ("degenerate", "ties", "weights", "float32", "float64"):
        assert kind in kinds


@pytest.mark.parametrize(
    "labels, undefined",
    [
        ([0, 0, 0], {"average_precision": "no_positives", "roc_auc": "no_positives"}),
        ([1, 1, 1], {"roc_auc": "no_negatives"}),
        ([], {name: "empty" for name in ("average_precision", "roc_auc", "log_loss", "brier")}),
    ],
)
def test_what_is_undefined_is_null_with_a_reason(evaluate, tmp_path, labels, undefined):
    np.save(tmp_path / "y.npy", np.array(labels, "u1"))
    np.save(tmp_path / "s.npy", np.array([0.2, 0.5, 0.5][: len(labels)], "f4"))
    report = evaluate("--labels", tmp_path / "y.npy", "--scores", tmp_path / "s.npy")
    for name, reason in undefined.items():
        metric = report["metrics"][name]
        assert (metric["value"], metric["reason"]) == (None, reason), name
    for name, metric in report["metrics"].items():
        assert (metric["value"] is None) == (metric["reason"] is not None), name


@pytest.mark.parametrize("dtype, rows", [("f4", 2_000_000), ("f8", 500_000)])
def test_many_rows_with_heavy_ties_and_weights(evaluate, tmp_path, figures, dtype, rows):
    y, s = random_rows(31, rows, positives=0.005, decimals=3)
    s = s.astype(dtype)
    w = np.random.default_rng(31).integers(0, 5, len(y)).astype("f4")
    arguments = []
    for name, column in (("labels", y), ("scores", s), ("weights", w)):
        np.save(tmp_path / f"{name}.npy", column)
        arguments += [f"--{name}", tmp_path / f"{name}.npy"]
    report = evaluate(*arguments)
    assert_agrees(report, y, s, w.astype("f8"))
    nanos = report["cost"]["compute_seconds"] / len(y) * 1e9
    figures[f"evaluate, {rows} weighted {dtype} rows, quick-start JVM, ns each"] = round(nanos, 1)


def written_by_pyarrow(**options):
    def write(frame, path):
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, **options)

    return write


def written_by_duckdb(frame, path):
    duckdb.sql("SELECT * FROM frame").write_parquet(str(path), compression="zstd")


PARQUET = {
    "snappy, dictionary": written_by_pyarrow(compression="snappy", use_dictionary=True),
    "zstd, plain, small pages and groups": written_by_pyarrow(
        compression="zstd", use_dictionary=False, data_page_size=1_000, row_group_size=777
    ),
    "gzip, pages of version 2": written_by_pyarrow(compression="gzip", data_page_version="2.0"),
    "byte stream split": written_by_pyarrow(
        compression="none", use_dictionary=False, column_encoding={"score": "BYTE_STREAM_SPLIT"}
    ),
    "DuckDB's": written_by_duckdb,
    "pandas'": lambda frame, path: frame.to_parquet(path),
}


@pytest.mark.parametrize("writer", PARQUET)
def test_parquet_of_many_writers(evaluate, tmp_path, writer):
    number = list(PARQUET).index(writer)
    y, s = random_rows(40 + number, 10_000, decimals=2 if number % 2 else None)
    s = s.astype("f8" if number in (1, 4) else "f4")
    y = y.astype([np.int64, bool, np.int32, np.uint8, np.int8, bool][number])
    random = np.random.default_rng(number)
    w = random.exponential(1, len(y))
    country = random.choice(["DE", "BR", "Österreich"], len(y))
    frame = pd.DataFrame({"truth": y, "p": s, "w": w, "country": country})
    PARQUET[writer](frame, tmp_path / "p.parquet")
    report = evaluate(
        tmp_path / "p.parquet", "--label-column", "truth", "--score-column", "p",
        "--weight-column", "w", "--slice-columns", "country",
    )  # fmt: skip
    assert_agrees(report, y.astype("u1"), s, w)
    assert {x["slice"] for x in report["slices"]} == {
        f"country={c}" for c in ("DE", "BR", "Österreich")
    }


def test_slices_and_their_crosses(evaluate, tmp_path):
    y, s = random_rows(50, 20_000, decimals=3)
    random = np.random.default_rng(50)
    frame = pd.DataFrame({"label": y, "score": s.astype("f8")})
    frame["country"] = random.choice(["DE", "BR", "x=y,z"], len(y))
    frame["new"] = random.choice([True, False], len(y))
    frame.to_parquet(tmp_path / "p.parquet")
    report = evaluate(tmp_path / "p.parquet", "--slice-columns", "country,country*new")
    groups = {s["slice"]: s for s in report["slices"]}
    assert len(groups) == len(report["slices"]) == 3 + 6
    sizes = frame.groupby("country").size().to_dict()
    for country, size in sizes.items():
        inside = frame[frame["country"] == country]
        group = groups[f"country={country}"]
        # the slices' scores are float64, so is the clip of their log loss
        expected = sklearn_compare.reference(
            inside["label"].to_numpy(), inside["score"].to_numpy(), None
        )[0]
        assert group["n"] == size
        for metric, value in expected.items():
            assert group["metrics"][metric]["value"] == pytest.approx(value, rel=1e-12), metric
    crossed = [g for name, g in groups.items() if name.count("new=") == 1]
    assert sum(g["n"] for g in crossed) == len(y)


def test_text_tables_of_many_kinds(evaluate, tmp_path):
    y, s = random_rows(60, 3_000)
    s = s.astype("f8")
    frame = pd.DataFrame({"id": [f"row \"{i}\", it's" for i in range(len(y))], "label": y, "score": s})
    frame.to_csv(tmp_path / "quoted.csv", index=False)
    frame.to_csv(tmp_path / "windows.csv", index=False, lineterminator="\r\n", encoding="utf-8-sig")
    frame.to_csv(tmp_path / "tabs.tsv.gz", index=False, sep="\t")
    for name in ("quoted.csv", "windows.csv", "tabs.tsv.gz"):
        assert_agrees(evaluate(tmp_path / name), y, s)

    # several files are one set, and an id that comes twice counts once
    frame[:2_000].to_csv(tmp_path / "a.csv", index=False)
    with gzip.open(tmp_path / "b.csv.gz", "wt") as out:
        frame[1_500:].to_csv(out, index=False)
    report = evaluate(tmp_path / "a.csv", tmp_path / "b.csv.gz", "--id-column", "id")
    assert_agrees(report, y, s)
    assert report["provenance"]["duplicate_ids"] == 500


def test_numpy_arrays_of_many_types(evaluate, tmp_path):
    y, s = random_rows(70, 5_000)
    np.save(tmp_path / "y.npy", y.astype(">i8"))
    np.save(tmp_path / "s.npy", s.astype(">f4"))
    arguments = ("--labels", tmp_path / "y.npy", "--scores", tmp_path / "s.npy")
    assert_agrees(evaluate(*arguments, "--threads", 1), y, s)
    np.save(tmp_path / "y.npy", y == 1)
    np.save(tmp_path / "s.npy", s.astype("f2"))
    report = evaluate(*arguments, "--thresholds", 11)
    # half precision is widened, so its thresholds are float64
    assert report["provenance"]["score_type"] == "float64"
    assert_agrees(report, y, s.astype("f2").astype("f8"))
    assert len(report["sweep"]) <= 12


BAD_TABLES = {
    "label,score\n0,0.1\n1,high\n": 'row 2: score must be a number, got "high"',
    "label,score\n0,0.1\n1,nan\n": 'row 2: score must be a number, got "nan"',
    "label,score\n0,0.1\n1,\n": 'row 2: score must be a number, got ""',
    "label,score\n2,0.1\n1,0.2\n": 'row 1: label must be 0 or 1, got "2"',
    "label,score\n0,0.1\n1\n": "row 2: must have 2 fields",
    "y,score\n0,0.1\n": 'has no column "label"',
    "label,score,score\n0,0.1,0.2\n": 'has more than one column "score"',
}


@pytest.mark.parametrize("content", BAD_TABLES)
def test_bad_tables_end_with_3_and_name_file_row_rule_and_value(logs, tmp_path, content):
    path = tmp_path / "bad.csv"
    path.write_text(content)
    code, out, err = run("evaluate", "--quiet", path, logs=logs)
    assert (code, out) == (3, "")
    assert err.startswith(f"{path}: ") and BAD_TABLES[content] in err
    assert err.count("\n") == 1, "one line"


def npy(array):
    def write(path):
        np.save(path, array)

    return write


GOOD = np.array([0.1, 0.2, 0.3])
BAD_SCORES = {
    "is not a .npy file": lambda path: path.write_bytes(b"not numpy at all"),
    "is truncated": lambda path: (np.save(path, GOOD), path.write_bytes(path.read_bytes()[:-3])),
    "must have as many rows as": npy(GOOD[:2]),
    "must be one-dimensional, got shape (3, 2)": npy(np.zeros((3, 2))),
    'got "<c16"': npy(GOOD * 1j),
    'got "|O"': npy(np.array([{}, 1, 2], dtype=object)),
    "row 2: score must be a number": npy(np.array([0.1, np.nan, 0.3])),
    "there is no such file": lambda path: None,
}


@pytest.mark.parametrize("rule", BAD_SCORES)
def test_bad_arrays_end_with_3(logs, tmp_path, rule):
    np.save(tmp_path / "y.npy", np.array([0, 1, 0], "u1"))
    path = tmp_path / "s.npy"
    BAD_SCORES[rule](path)
    arguments = ("--labels", tmp_path / "y.npy", "--scores", path)
    code, out, err = run("evaluate", "--quiet", *arguments, logs=logs)
    assert (code, out) == (3, "")
    assert err.startswith(f"{path}: ") and rule in err and err.count("\n") == 1, err


def test_a_broken_parquet_file_ends_with_3(logs, tmp_path):
    y, s = random_rows(80, 1_000)
    path = tmp_path / "cut.parquet"
    pd.DataFrame({"label": y, "score": s}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    code, out, err = run("evaluate", "--quiet", path, logs=logs)
    assert (code, out) == (3, "")
    assert err.startswith(f"{path}: is not readable as Parquet") and err.count("\n") == 1, err


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "give a table (preds.csv, preds.parquet), or --labels and --scores"),
        (["--labels", "y.npy"], "--labels and --scores belong together"),
        (["p.csv", "--thresholds", "1"], "thresholds must be in [2, 10000], got 1"),
        (["p.csv", "--nonsense"], "Unknown option: '--nonsense'"),
    ],
)
def test_wrong_usage_ends_with_2(logs, arguments, message):
    code, out, err = run("evaluate", *arguments, logs=logs)
    assert (code, out) == (2, "")
    assert err.startswith(message)


def test_a_table_is_for_people(logs, tmp_path):
    y, s = random_rows(90, 1_000)
    pd.DataFrame({"label": y, "score": s.astype("f8")}).to_csv(tmp_path / "p.csv", index=False)
    code, out, err = run("evaluate", tmp_path / "p.csv", "--format", "table", logs=logs)
    assert code == 0, err
    value = check_reports.expected_metrics(y, s.astype("f8"))["average_precision"]
    assert f"{value:.5f}" in out
