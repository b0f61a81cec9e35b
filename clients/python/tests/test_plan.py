"""Sampling plans: the engine's, to the byte; what breaks a rule is refused by name."""

import base64
import copy
import json
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from touchstone._inclusion import inclusion_bits
from touchstone.plan import SamplingPlan, _double

ROOT = Path(__file__).resolve().parents[3]
VECTORS = json.loads((ROOT / "metrics/src/test/resources/sampling/plans.json").read_text())
NAMES = [name for name in VECTORS if name != "made_by"]


def made(name):
    """The plan of a vector's examples and options, made here."""
    vector, plan = VECTORS[name], VECTORS[name]["plan"]
    task = plan["task"]
    return SamplingPlan.create(
        vector["values"] if task == "regression" else vector["labels"],
        vector["values"] if task == "binary" else None,
        segments=vector["segments"],
        ids=[int(i) for i in vector["ids"]],
        task=task,
        seed=int(plan["seed"]),
        **{key: plan[key] for key in ("budget", "positives_cap", "salt", "floor", "least_per_stratum")},
    )


@pytest.mark.parametrize("name", NAMES)
def test_vectors_agree_bit_for_bit(name):
    vector = VECTORS[name]
    plan = vector["plan"]
    ids = np.array([int(i) for i in vector["ids"]])
    assert inclusion_bits(plan["salt"], int(plan["seed"]), ids).tolist() == vector["hashes"]
    ours = made(name)
    assert json.loads(ours.to_json()) == plan
    assert ours.ids.tolist() == [int(i) for i in vector["included"]]
    assert ours.codes().tolist() == vector["included_strata"]
    read = SamplingPlan.from_json(plan)
    assert read == ours and hash(read) == hash(ours)
    assert read.indices(ids).tolist() == [row for row, i in enumerate(ids) if i in set(ours.ids.tolist())]


def test_the_hash_is_xxh64_whatever_the_length_of_the_salt():
    xxhash = pytest.importorskip("xxhash")
    ids = np.array([0, 1, -1, 2**63 - 1, -(2**63), 1234567890123456789])
    for length in range(80):
        salt = ("sält " * 20)[:length]
        for seed in (0, 1, -1, -(2**63)):
            wanted = [
                xxhash.xxh64_intdigest(salt.encode() + int(i).to_bytes(8, "little", signed=True), seed & (2**64 - 1)) >> 11
                for i in ids
            ]
            assert inclusion_bits(salt, seed, ids).tolist() == wanted, (salt, seed)


def java(arguments, cwd):
    command = [str(ROOT / "touchstone"), "plan", "--quiet", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


def rows_of(seed, n, positives, ties):
    random = np.random.default_rng(seed)
    labels = (random.random(n) < positives).astype(int)
    scores = 1 / (1 + np.exp(3 - random.normal(size=n) * 1.5 - 2 * labels))
    scores = np.round(scores, ties) if ties else scores
    segments = random.choice(["DE", "FR", "10", "9", 'a "b", ü', ""], n)
    ids = random.choice(2**62, n, replace=False) - 2**61
    return ids, labels, scores, segments


@pytest.mark.parametrize(
    ("seed", "n", "positives", "ties", "budget", "options"),
    [
        (1, 30_000, 0.01, None, 2_000, {}),
        (2, 30_000, 0.02, 3, 1_500, {"segments": True, "seed": -77}),
        (3, 5_000, 0.3, 2, 800, {"positives_cap": 100, "segments": True}),
        (4, 2_000, 0.01, None, 1_990, {}),
        (5, 60_000, 0.001, None, 300, {"plain_ids": True}),
        (6, 4_000, 0.05, None, 500, {"scores": False, "segments": True}),
    ],
)
def test_binary_files_are_the_commands_byte_for_byte(tmp_path, seed, n, positives, ties, budget, options):
    pd = pytest.importorskip("pandas")
    ids, labels, scores, segments = rows_of(seed, n, positives, ties)
    frame = pd.DataFrame({"id": ids, "label": labels, "p": scores, "country": segments})
    frame.to_parquet(tmp_path / "eval.parquet")
    arguments = ["--labels", "eval.parquet", "--budget", budget, "--out", "engine.json"]
    keywords = {}
    if not options.get("plain_ids"):
        arguments += ["--id-column", "id"]
        keywords["ids"] = ids
    if options.get("scores", True):
        arguments += ["--score-column", "p"]
        keywords["reference_scores"] = scores
    if options.get("segments"):
        arguments += ["--segment-column", "country"]
        keywords["segments"] = segments
    for option in ("seed", "positives_cap"):
        if option in options:
            arguments += [f"--{option.replace('_', '-')}", options[option]]
            keywords[option] = options[option]
    java(arguments, tmp_path)
    plan = SamplingPlan.create(labels, budget=budget, **keywords)
    plan.save(tmp_path / "client.json")
    assert (tmp_path / "client.json").read_bytes() == (tmp_path / "engine.json").read_bytes()
    assert SamplingPlan.load(tmp_path / "engine.json") == plan


def test_files_of_classes_and_of_targets_are_the_commands_byte_for_byte(tmp_path):
    pd = pytest.importorskip("pandas")
    random = np.random.default_rng(9)
    n = 20_000
    classes = random.choice(["10", "9", "rare ü", "b"], n, p=[0.6, 0.3, 0.001, 0.099])
    targets = np.where(random.random(n) < 0.2, 0.0, np.round(random.normal(size=n) * 1e3, 4))
    segments = random.choice(["x", "y"], n)
    pd.DataFrame({"class": classes, "y": targets, "s": segments}).to_csv(tmp_path / "e.csv", index=False)
    for task, column, values in (("multiclass", "class", classes), ("regression", "y", targets)):
        for segment in (None, "s"):
            options = ["--labels", "e.csv", "--task", task, "--label-column", column, "--budget", 700]
            options += ["--segment-column", segment] if segment else []
            java([*options, "--out", "engine.json"], tmp_path)
            plan = SamplingPlan.create(values, budget=700, task=task, segments=segments if segment else None)
            assert plan.to_json() == (tmp_path / "engine.json").read_bytes()


def test_float32_scores_and_labels_of_any_kind_give_the_same_plan():
    ids, labels, scores, _ = rows_of(7, 3_000, 0.05, None)
    single = scores.astype(np.float32)
    plan = SamplingPlan.create(labels, single, budget=300, ids=ids)
    for other in (labels.astype(bool), labels.astype("u1"), labels.astype(float), labels.astype(str), labels.tolist()):
        assert SamplingPlan.create(other, single.astype(float), budget=300, ids=ids) == plan
    assert SamplingPlan.create(labels.reshape(-1, 1), single.tolist(), budget=300, ids=ids) == plan


def test_a_larger_budget_keeps_what_was_sampled():
    _, labels, scores, _ = rows_of(8, 20_000, 0.01, None)
    small = SamplingPlan.create(labels, scores, budget=500)
    large = SamplingPlan.create(labels, scores, budget=900)
    assert set(small.ids.tolist()) < set(large.ids.tolist())


def test_samplers_of_ranks_share_the_sample_out():
    _, labels, scores, _ = rows_of(10, 5_000, 0.05, None)
    plan = SamplingPlan.create(labels, scores, budget=401)
    rows = list(plan.sampler())
    assert rows == plan.indices().tolist() == plan.indices(np.arange(5_000)).tolist()
    assert len(plan.sampler()) == len(plan)
    parts = [plan.sampler(rank=rank, world_size=3) for rank in range(3)]
    assert sorted(row for part in parts for row in part) == rows
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert all(type(row) is int for row in parts[1])
    with pytest.raises(ValueError, match=r"rank must be in \[0, world_size\), got 3 of 3"):
        plan.sampler(rank=3, world_size=3)


def test_weighted_counts_meet_the_population():
    _, labels, scores, _ = rows_of(11, 50_000, 0.02, None)
    plan = SamplingPlan.create(labels, scores, budget=5_000)
    weights = plan.weights(plan.ids)
    # 6 standard errors of the estimated size, each example being taken by itself
    spread = np.sqrt(np.sum(weights**2 - weights))
    assert abs(weights.sum() - 50_000) <= 6 * spread
    positives = plan.ids[labels[plan.ids] == 1]
    assert (plan.weights(positives) == 1).all() and len(positives) == labels.sum()
    wire = plan.wire()
    assert wire["seed"] == 1 and [s["name"] for s in wire["strata"]] == [s.name for s in plan.strata]
    assert sum(s["population"] for s in wire["strata"]) == 50_000
    outside = np.setdiff1d(np.arange(50_000), plan.ids)[:1]
    with pytest.raises(ValueError, match=rf"ids must be sampled by the plan, got {outside[0]} \(row 0, 1 of 1"):
        plan.codes(outside)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": [0, 2]}, r"label must be 0 or 1, got 2 \(row 1\)"),
        ({"labels": [0, float("nan")]}, "label must be given, got nan"),
        ({"labels": []}, "examples must be at least one, got none"),
        ({"labels": [[0, 1], [1, 0]]}, "labels must have one dimension, got 2"),
        ({"reference_scores": [0.5, float("nan")]}, r"reference score must be a number, got nan \(row 1\)"),
        ({"reference_scores": [0.5]}, r"reference_scores must be as many|reference score must be as many as labels \(2\), got 1"),
        ({"ids": [7, 7]}, "ids must be unique, got 7 twice"),
        ({"ids": [0.5, 1]}, "ids must be whole numbers, got float64"),
        ({"budget": 0}, r"budget must be in \[1, 2\^63\), got 0"),
        ({"budget": 1}, "budget must be at least the number of strata, 2, got 1"),
        ({"budget": 1.5}, "budget must be a whole number, got 1.5"),
        ({"seed": 2**63}, r"seed must be in \["),
        ({"task": "ranking"}, "task must be binary, multiclass or regression, got ranking"),
        ({"task": "multiclass", "reference_scores": [1, 2]}, "reference scores are for binary labels"),
        ({"task": "regression", "labels": [1, float("inf")]}, r"target must be finite, got inf \(row 1\)"),
        ({"segments": ["a", "b\u0007"]}, "segment must hold no control characters"),
        ({"segments": ["a", None]}, "segment must be given, got None"),
        ({"floor": 2}, r"floor must be in \[0, 1\], got 2"),
    ],
)
def test_columns_and_options_that_break_a_rule(changes, message):
    with pytest.raises(ValueError, match=message):
        SamplingPlan.create(**{"labels": [0, 1], "budget": 10} | changes)


def changed(path, value):
    plan = copy.deepcopy(VECTORS["binary_segments"]["plan"])
    *way, last = path.split("/")
    place = plan
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[last] = value
    return plan


def encoded(numbers):
    return base64.b64encode(np.array(numbers, "<i8").tobytes()).decode()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("schema", "touchstone.plan/2", "schema must be touchstone.plan/1, got touchstone.plan/2"),
        ("hash", None, "hash must be a text, got None"),
        ("seed", 4, "seed must be a text, got 4"),
        ("seed", "x" * 100, "seed must be a whole number of 64 bits as a text, got x{80}…"),
        ("seed", str(2**63), r"seed must be in \["),
        ("budget", 1.5, "budget must be a whole number, got 1.5"),
        ("budget", True, "budget must be a number, got True"),
        ("budget", 10**400, "budget must be a number, got 1000"),
        ("floor", float("nan"), "floor must be a number, got nan"),
        ("task", "ranking", "task must be binary, multiclass or regression, got ranking"),
        ("strata", [], "strata must be 1 to 256, got 0"),
        ("strata", [1], "a stratum must be an object, got 1"),
        ("strata/0/rate", 1e-9, r"rate must be in \[2\^-20, 1\], got 1e-09"),
        ("strata/0/population", 1, "a sample cannot have more examples than the stratum"),
        ("strata/0/name", "positive/s2", "stratum names must be unique, got positive/s2 twice"),
        ("strata/0/name", "a\u0007", r"stratum name must hold no control characters, got a\?"),
        ("strata/0/label", None, "label must be a text, and null in regression, got None"),
        ("strata/0/segment", "s2", "strata must not overlap"),
        ("strata/0/segment", None, "segments must be given for all strata or none"),
        ("examples/ids", "!", "ids must be base64, got"),
        ("examples/ids", "AAAA", "ids must be 8 bytes each, got 3 bytes"),
        ("examples/ids", "", r"stratum codes must be as many as ids \(0\)"),
        ("examples/ids", encoded([5] * 88), "ids must ascend, each once, got 5 after 5"),
        ("examples/ids", encoded(range(88)), r"ids must be sampled by the rule, but u\("),
        ("sampled", 1, "sampled must be the number of ids"),
    ],
)
def test_files_that_break_a_rule(tmp_path, path, value, message):
    (tmp_path / "plan.json").write_text(json.dumps(changed(path, value)))
    with pytest.raises(ValueError, match=message) as refused:
        SamplingPlan.load(tmp_path / "plan.json")
    assert str(refused.value).startswith(f"{tmp_path}/plan.json: ")


@pytest.mark.parametrize("text", [b"", b"[", b"\xff\xfe\x00", b"[" * 100_000, b"7", b"null"])
def test_texts_that_are_no_plan(text):
    with pytest.raises(ValueError, match="sampling plan: "):
        SamplingPlan.from_json(text)


def test_doubles_are_spelled_as_java_spells_them():
    spelled = {
        0.3: "0.3", 1.0: "1.0", 0.001: "0.001", 9.9e-4: "9.9E-4", 1e7: "1.0E7", 9999999.0: "9999999.0",
        12345678.5: "1.23456785E7", 2**-20: "9.5367431640625E-7", 100.0: "100.0", 1e22: "1.0E22", -0.5: "-0.5",
        0.0: "0.0", 123.456: "123.456", 1.7976931348623157e308: "1.7976931348623157E308",
    }  # fmt: skip
    assert {value: _double(value) for value in spelled} == spelled


def test_a_million_rows_take_a_second():
    _, labels, scores, _ = rows_of(12, 100_000, 0.01, None)
    labels, scores = np.tile(labels, 10), np.random.default_rng(0).permutation(np.tile(scores, 10))
    # of this process: others may use the machine
    began = time.process_time()
    plan = SamplingPlan.create(labels, scores, budget=20_000)
    seconds = time.process_time() - began
    assert abs(len(plan) - 20_000) < 1_000
    # about 0.4
    assert seconds < 5
