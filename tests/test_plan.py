"""Sampling plans: the rule in a plan file, applied by an implementation of its own, takes exactly the file's examples."""

import base64
import json
import math
import struct

import numpy as np
import pytest

from processes import ROOT, run
from wire import PredictionSet, random_rows

VECTORS = ROOT / "metrics/src/test/resources/sampling/plans.json"
MASK = (1 << 64) - 1
P1, P2, P3, P4, P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def rotate(x, n):
    return ((x << n) | (x >> (64 - n))) & MASK


def lane(acc, value):
    return rotate((acc + value * P2) & MASK, 31) * P1 & MASK


def xxh64(data, seed):
    """XXH64 as its specification says it, one step a line."""
    at, n = 0, len(data)
    if n >= 32:
        v = [(seed + P1 + P2) & MASK, (seed + P2) & MASK, seed, (seed - P1) & MASK]
        while at + 32 <= n:
            v = [lane(acc, word) for acc, word in zip(v, struct.unpack_from("<4Q", data, at))]
            at += 32
        h = sum(rotate(acc, bits) for acc, bits in zip(v, (1, 7, 12, 18))) & MASK
        for acc in v:
            h = ((h ^ lane(0, acc)) * P1 + P4) & MASK
    else:
        h = (seed + P5) & MASK
    h = (h + n) & MASK
    while at + 8 <= n:
        h = (rotate(h ^ lane(0, struct.unpack_from("<Q", data, at)[0]), 27) * P1 + P4) & MASK
        at += 8
    if at + 4 <= n:
        h = (rotate(h ^ (struct.unpack_from("<I", data, at)[0] * P1 & MASK), 23) * P2 + P3) & MASK
        at += 4
    for byte in data[at:]:
        h = rotate(h ^ (byte * P5 & MASK), 11) * P1 & MASK
    h = (h ^ (h >> 33)) * P2 & MASK
    h = (h ^ (h >> 29)) * P3 & MASK
    return h ^ (h >> 32)


def bits(plan, example):
    """The 53 bits that decide."""
    message = plan["salt"].encode() + struct.pack("<q", example)
    return xxh64(message, int(plan["seed"]) & MASK) >> 11


def stratum(plan, label, value, segment):
    """The stratum with the highest `from` that is at most the value, among those of label and segment."""
    best, highest = None, None
    for code, s in enumerate(plan["strata"]):
        start = -math.inf if s["from"] is None else s["from"]
        if s["label"] == label and s["segment"] == segment and start <= value:
            if best is None or start > highest:
                best, highest = code, start
    assert best is not None, (label, value, segment)
    return best


def examples(plan):
    ids = np.frombuffer(base64.b64decode(plan["examples"]["ids"]), "<i8")
    codes = np.frombuffer(base64.b64decode(plan["examples"]["strata"]), "u1")
    return list(zip(ids.tolist(), codes.tolist(), strict=True))


def derived(plan, ids, labels, values, segments):
    """What the rule takes; every example's stratum on the way."""
    codes = [stratum(plan, *row) for row in zip(labels, values, segments, strict=True)]
    counts = np.bincount(codes, minlength=len(plan["strata"])).tolist()
    assert counts == [s["population"] for s in plan["strata"]]
    # u < rate, both exact in doubles
    return sorted(
        (i, code)
        for i, code in zip(ids, codes, strict=True)
        if bits(plan, i) * 2.0**-53 < plan["strata"][code]["rate"]
    )


def check(plan):
    """What a plan says of itself."""
    assert plan["schema"] == "touchstone.plan/1"
    assert plan["hash"] == "xxh64(salt + int64_le(id), seed) >> 11"
    taken = examples(plan)
    assert [i for i, _ in taken] == sorted({i for i, _ in taken})
    assert plan["sampled"] == len(taken)
    codes = [code for _, code in taken]
    for code, s in enumerate(plan["strata"]):
        assert 2**-20 <= s["rate"] <= 1
        assert s["sampled"] == codes.count(code)
        assert s["expected"] == s["population"] * s["rate"]
    assert plan["population"] == sum(s["population"] for s in plan["strata"])
    return taken


def test_the_hash_is_xxh64():
    # values that are published everywhere; and where the package is installed, every length class
    assert xxh64(b"", 0) == 0xEF46DB3751D8E999
    assert xxh64(b"abc", 0) == 0x44BC2CF5AD770999
    xxhash = pytest.importorskip("xxhash")
    data = bytes(range(256)) * 2
    for n in range(0, 200):
        for seed in (0, 1, MASK):
            assert xxh64(data[:n], seed) == xxhash.xxh64_intdigest(data[:n], seed)


@pytest.mark.parametrize("name", ["binary", "binary_segments", "binary_labels_only", "multiclass", "regression"])
def test_vectors_agree_bit_for_bit(name):
    vector = json.loads(VECTORS.read_text())[name]
    plan = vector["plan"]
    ids = [int(i) for i in vector["ids"]]
    none = [None] * len(ids)
    assert [bits(plan, i) for i in ids] == vector["hashes"]
    taken = derived(
        plan, ids, vector["labels"] or none, vector["values"] or [0.0] * len(ids), vector["segments"] or none
    )
    assert taken == check(plan)
    assert taken == list(zip(map(int, vector["included"]), vector["included_strata"], strict=True))
    assert 0 < len(taken) < len(ids)


def rows_of(n, seed):
    random = np.random.default_rng(seed)
    labels = (random.random(n) < 0.03).astype(int)
    scores = np.round(1 / (1 + np.exp(3 - random.normal(size=n) - 2 * labels)), 6)
    segments = random.choice(["DE", "FR", 'a "b", ü'], n)
    ids = random.choice(2**62, n, replace=False) - 2**61
    return ids, labels, scores, segments


def test_the_command_plans_csv_and_parquet_alike(tmp_path):
    import pandas as pd

    ids, labels, scores, segments = rows_of(4_000, 5)
    frame = pd.DataFrame({"id": ids, "label": labels, "p": scores, "country": segments})
    frame.to_csv(tmp_path / "eval.csv", index=False)
    frame.to_parquet(tmp_path / "eval.parquet")
    plans = []
    for file, budget in (("eval.csv", 500), ("eval.parquet", 500), ("eval.csv", 900)):
        code, out, err = run(
            "plan", "--labels", tmp_path / file, "--id-column", "id", "--score-column", "p",
            "--segment-column", "country", "--budget", budget, "--seed", 77, "--out", tmp_path / "plan.json",
            logs=tmp_path,
        )  # fmt: skip
        assert code == 0, err
        assert "average_precision" in out and "uniform, same size" in out
        plans.append(json.loads((tmp_path / "plan.json").read_text()))
    assert plans[0] == plans[1]
    texts = [str(label) for label in labels]
    for plan in plans:
        assert derived(plan, ids.tolist(), texts, scores.tolist(), segments.tolist()) == check(plan)
    assert set(examples(plans[0])) < set(examples(plans[2])), "a larger budget keeps what was sampled"


def test_a_cached_set_gives_labels_and_reference_scores(engine, tmp_path):
    labels, scores = random_rows(41, 6_000)
    countries = ["DE", "FR"]
    codes = np.arange(6_000) % 2
    rows = PredictionSet("plan-run", labels, scores, slices={"country": (countries, codes)})
    engine.send("predictions", *rows.messages(1_000))
    manifest = engine.manifest("plan-run")
    claim = manifest["claims"][0]
    plans = []
    for chosen in (
        ("--set-key", manifest["set_key"][:16]),
        ("--run", "plan-run", "--checkpoint", claim["checkpoint"]),
    ):
        code, _, err = run(
            "plan", *chosen, "--segment-column", "country", "--budget", 800, "--out", tmp_path / "plan.json",
            "--data", engine.data, logs=tmp_path,
        )  # fmt: skip
        assert code == 0, err
        plans.append(json.loads((tmp_path / "plan.json").read_text()))
    assert plans[0] == plans[1]
    taken = derived(
        plans[0],
        range(6_000),
        [str(int(label)) for label in labels],
        scores.astype("f8").tolist(),
        [countries[code] for code in codes],
    )
    assert taken == check(plans[0])
    code, _, err = run(
        "plan", "--run", "plan-run", "--checkpoint", "none", "--budget", 800, "--out", tmp_path / "plan.json",
        "--data", engine.data, logs=tmp_path,
    )  # fmt: skip
    assert code == 3 and "must name one complete set of the cache, got none" in err


def test_the_server_makes_the_plan_that_the_command_makes(engine, tmp_path):
    ids, labels, scores, segments = rows_of(3_000, 6)
    body = {
        "budget": 400,
        "ids": [str(i) for i in ids],
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "segments": segments.tolist(),
    }
    status, _, plan = engine.http("POST", "/v1/sampling-plans", body)
    assert status == 200, plan
    assert derived(plan, ids.tolist(), [str(y) for y in labels], scores.tolist(), segments.tolist()) == check(plan)
    csv = "id,label,score,segment\n" + "".join(
        f'{i},{y},{s},"{g.replace(chr(34), chr(34) * 2)}"\n' for i, y, s, g in zip(ids, labels, scores, segments)
    )
    (tmp_path / "e.csv").write_text(csv)
    code, _, err = run(
        "plan", "--labels", tmp_path / "e.csv", "--id-column", "id", "--score-column", "score",
        "--segment-column", "segment", "--budget", 400, "--out", tmp_path / "plan.json", logs=tmp_path,
    )  # fmt: skip
    assert code == 0, err
    assert json.loads((tmp_path / "plan.json").read_text()) == plan
    status, _, problem = engine.http("POST", "/v1/sampling-plans", body | {"budget": 2})
    assert status == 400
    assert "budget must be at least the number of strata" in problem["detail"]
