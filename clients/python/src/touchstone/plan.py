"""Sampling plans: on which examples of an evaluation set the fast tier's proxies are computed.

A plan is made once per data set, is one small file, and is the same at every model checkpoint and in
every run. The format, what is sampled and why: ``docs/sampling-plans.md``.
"""

import base64
import binascii
import json
import math
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from touchstone._inclusion import included
from touchstone._survey import LEAST_RATE, MOST_STRATA, Asked, Rows, Stratum, check_text, survey
from touchstone.columns import host_array

__all__ = ["PlanSampler", "SamplingPlan", "Stratum"]

_SCHEMA = "touchstone.plan/1"
_HASH = "xxh64(salt + int64_le(id), seed) >> 11"
_TASKS = ("binary", "multiclass", "regression")
_WHOLE = re.compile("[+-]?[0-9]{1,19}")
_JAVA_SPACE = "".join(map(chr, range(33)))


class SamplingPlan:
    """Which examples are sampled, from which strata, at which rates. Immutable.

    Made by :meth:`load`, :meth:`from_json` or :meth:`create`.
    """

    def __init__(
        self,
        task: str,
        design: str,
        asked: Asked,
        strata: Sequence[Stratum],
        ids: npt.NDArray[np.int64],
        codes: npt.NDArray[np.uint8],
    ) -> None:
        self._task = task
        self._design = design
        self._asked = asked
        self._strata = tuple(strata)
        self._ids = ids
        self._codes = codes
        self._rates = np.array([s.rate for s in strata], np.float64)
        self._check()
        for column in (ids, codes, self._rates):
            column.setflags(write=False)

    def _check(self) -> None:
        if self._task not in _TASKS:
            raise ValueError(f"task must be binary, multiclass or regression, got {_shown(self._task)}")
        check_text("design", self._design, 1)
        if not 1 <= len(self._strata) <= MOST_STRATA:
            raise ValueError(f"strata must be 1 to {MOST_STRATA}, got {len(self._strata)}")
        names, starts = set(), set()
        for s in self._strata:
            check_text("stratum name", s.name, 1)
            if s.name in names:
                raise ValueError(f"stratum names must be unique, got {s.name} twice")
            names.add(s.name)
            if s.start is not None and not -math.inf < s.start < math.inf:
                raise ValueError(f"from must be a finite number or null, got {s.start} (stratum {s.name})")
            if s.population < 1:
                raise ValueError(f"population must be at least 1, got {s.population} (stratum {s.name})")
            if not LEAST_RATE <= s.rate <= 1:
                raise ValueError(f"rate must be in [2^-20, 1], got {s.rate} (stratum {s.name})")
            if (s.label is None) != (self._task == "regression"):
                raise ValueError(f"label must be a text, and null in regression, got {s.label} (stratum {s.name})")
            if (s.segment is None) != (self._strata[0].segment is None):
                raise ValueError(f"segments must be given for all strata or none, not so for {s.name}")
            place = (s.label, s.segment, s.start)
            if place in starts:
                raise ValueError(f"strata must not overlap, but two of {s.label}, {s.segment} start at {s.start}")
            starts.add(place)
        ids, codes = self._ids, self._codes
        if len(ids) != len(codes):
            raise ValueError(f"stratum codes must be as many as ids ({len(ids)}), got {len(codes)}")
        falls = np.flatnonzero(ids[1:] <= ids[:-1])
        if len(falls):
            raise ValueError(f"ids must ascend, each once, got {ids[falls[0] + 1]} after {ids[falls[0]]}")
        if len(codes) and codes.max() >= len(self._strata):
            raise ValueError(f"stratum codes must be in [0, {len(self._strata) - 1}], got {codes.max()}")
        wrong = np.flatnonzero(~included(self._asked.salt, self._asked.seed, ids, self._rates[codes]))
        if len(wrong):
            raise ValueError(
                f"ids must be sampled by the rule, but u({ids[wrong[0]]}) is not below the rate of stratum "
                f"{self._strata[codes[wrong[0]]].name}"
            )
        for s, count in zip(self._strata, self._sampled(), strict=True):
            if count > s.population:
                raise ValueError(
                    f"a sample cannot have more examples than the stratum: {count} of {s.population} (stratum {s.name})"
                )

    def _sampled(self) -> list[int]:
        counts: list[int] = np.bincount(self._codes, minlength=len(self._strata)).tolist()
        return counts

    # ---- making

    @classmethod
    def create(
        cls,
        labels: Any,
        reference_scores: Any = None,
        *,
        budget: int,
        segments: Any = None,
        ids: Any = None,
        task: str = "binary",
        seed: int = 1,
        positives_cap: int = 20_000,
        salt: str = "touchstone.sample",
        floor: float = 0.3,
        least_per_stratum: int = 20,
    ) -> "SamplingPlan":
        """Makes the plan that ``./touchstone plan`` makes of the same columns, to the bit.

        ``labels``: 0/1 or booleans (binary), classes as numbers or texts (multiclass), or targets
        (regression); ``reference_scores``: of the last promoted model or the first checkpoint, binary
        labels only; float32 scores are widened. ``segments``: values that are sampled apart, at most
        128. ``ids``: whole numbers of 64 bits, each once; a row's place by default. ``budget``: the
        examples that the sample is to have, in expectation. Positives (binary) are all kept up to
        ``positives_cap``; the part ``floor`` of the budget is spread evenly; every stratum expects
        ``least_per_stratum`` examples, or all it has.

        Raises ValueError naming rule, value and row. Memory: about 60 bytes a row.
        """
        if task not in _TASKS:
            raise ValueError(f"task must be binary, multiclass or regression, got {_shown(task)}")
        asked = _asked(salt, seed, budget, positives_cap, floor, least_per_stratum)
        rows = _rows(task, labels, reference_scores, segments)
        names = _ids(ids, len(rows))
        design, strata, codes = survey(task, rows, asked)
        rates = np.array([s.rate for s in strata])
        taken = np.flatnonzero(included(asked.salt, asked.seed, names, rates[codes]))
        taken = taken[np.argsort(names[taken], kind="stable")]
        return cls(task, design, asked, strata, names[taken], codes[taken].astype(np.uint8))

    # ---- files

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "SamplingPlan":
        """Reads a plan file; ValueError naming file, key, rule and value where it breaks a rule."""
        try:
            return cls.from_json(Path(path).read_bytes())
        except ValueError as e:
            raise ValueError(f"{path}: {e}") from None

    @classmethod
    def from_json(cls, text: str | bytes | Mapping[str, Any]) -> "SamplingPlan":
        """The plan in a JSON text, or in the object that it holds. Unknown keys are left alone."""
        plan = text
        if not isinstance(plan, Mapping):
            try:
                plan = json.loads(plan)
            except (ValueError, RecursionError) as e:
                raise ValueError(f"sampling plan: must be JSON, got something else ({_shown(e)})") from None
        if not isinstance(plan, Mapping):
            _refuse("the file", "an object", plan)
        for key, value in (("schema", _SCHEMA), ("hash", _HASH)):
            if _text(plan, key) != value:
                _refuse(key, value, plan[key])
        seed = _text(plan, "seed")
        if not _WHOLE.fullmatch(seed):
            _refuse("seed", "a whole number of 64 bits as a text", seed)
        asked = _asked(
            _text(plan, "salt"),
            int(seed),
            _integer(plan, "budget"),
            _integer(plan, "positives_cap"),
            _number(plan, "floor"),
            _integer(plan, "least_per_stratum"),
        )
        if not isinstance(plan.get("strata"), list):
            _refuse("strata", "a list", plan.get("strata"))
        strata = []
        for s in plan["strata"]:
            if not isinstance(s, Mapping):
                _refuse("a stratum", "an object", s)
            start = None if s.get("from") is None else float(_number(s, "from")) + 0.0
            strata.append(
                Stratum(
                    _text(s, "name"),
                    None if s.get("label") is None else _text(s, "label"),
                    start,
                    None if s.get("segment") is None else _text(s, "segment"),
                    _integer(s, "population"),
                    float(_number(s, "rate")),
                )
            )
        examples = plan.get("examples")
        if not isinstance(examples, Mapping):
            _refuse("examples", "an object", examples)
        ids = _base64(examples, "ids")
        if len(ids) % 8:
            _refuse("ids", "8 bytes each", f"{len(ids)} bytes")
        made = cls(
            _text(plan, "task"),
            _text(plan, "design"),
            asked,
            strata,
            np.frombuffer(ids, "<i8").astype(np.int64),
            np.frombuffer(_base64(examples, "strata"), np.uint8).copy(),
        )
        if _integer(plan, "sampled") != len(made):
            _refuse("sampled", f"the number of ids, {len(made)}", plan["sampled"])
        return made

    def to_json(self) -> bytes:
        """The plan file, byte for byte as ``./touchstone plan`` writes it."""
        asked = self._asked
        expected = [s.expected for s in self._strata]
        whole = {
            "schema": _SCHEMA,
            "task": self._task,
            "design": self._design,
            "hash": _HASH,
            "salt": asked.salt,
            "seed": str(asked.seed),
            "budget": asked.budget,
            "positives_cap": asked.positives_cap,
            "floor": asked.floor,
            "least_per_stratum": asked.least_per_stratum,
            "population": self.population,
            "expected": _compensated_sum(expected),
            "sampled": len(self),
            "strata": [
                {
                    "name": s.name,
                    "label": s.label,
                    "from": s.start,
                    "segment": s.segment,
                    "population": s.population,
                    "rate": s.rate,
                    "expected": e,
                    "sampled": n,
                }
                for s, e, n in zip(self._strata, expected, self._sampled(), strict=True)
            ],
            "examples": {
                "ids": base64.b64encode(self._ids.astype("<i8").tobytes()).decode(),
                "strata": base64.b64encode(self._codes.tobytes()).decode(),
            },
        }
        return _json(whole).encode()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the plan file; a reader sees the old file or the new one, never a part."""
        target = Path(path)
        handle, draft = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self.to_json())
            os.chmod(draft, 0o666 & ~_umask())
            os.replace(draft, target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise

    # ---- what it says

    @property
    def task(self) -> str:
        """``binary``, ``multiclass`` or ``regression``."""
        return self._task

    @property
    def design(self) -> str:
        """How rates were found: ``sqrt_influence``, ``uniform`` …"""
        return self._design

    @property
    def seed(self) -> int:
        """Of the hash that decides; a signed 64-bit number."""
        return self._asked.seed

    @property
    def budget(self) -> int:
        """The examples that were asked for."""
        return self._asked.budget

    @property
    def strata(self) -> tuple[Stratum, ...]:
        """A stratum's code is its place here."""
        return self._strata

    @property
    def population(self) -> int:
        """Examples of the whole evaluation set."""
        return sum(s.population for s in self._strata)

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        """Ids of the sampled examples, ascending; read-only."""
        return self._ids

    def __len__(self) -> int:
        """Sampled examples."""
        return len(self._ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SamplingPlan) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self._asked, self._strata))

    def __repr__(self) -> str:
        return (
            f"SamplingPlan({self._task}, {self._design}, {len(self):,} of {self.population:,} examples, "
            f"{len(self._strata)} strata, seed {self.seed})"
        )

    # ---- using it

    def indices(self, ids: Any = None) -> npt.NDArray[np.intp]:
        """The rows among these whose examples are sampled, in their order.

        ``ids``: those of the evaluation set; without them a row's place is its id.
        """
        if ids is None:
            return self._ids.astype(np.intp)
        column = _integers("ids", ids)
        return np.flatnonzero(self._find(column)[0])

    def codes(self, ids: Any = None) -> npt.NDArray[np.uint8]:
        """The stratum code of each of these examples, as ``log_predictions`` sends them; without ids
        those of the whole sample, by ascending id.

        ValueError for an id that is not in the sample.
        """
        if ids is None:
            return self._codes
        column = _integers("ids", ids)
        found, place = self._find(column)
        missing = np.flatnonzero(~found)
        if len(missing):
            raise ValueError(
                f"ids must be sampled by the plan, got {column[missing[0]]} (row {missing[0]}, "
                f"{len(missing)} of {len(column)} are not)"
            )
        return np.asarray(self._codes[place], dtype=np.uint8)

    def weights(self, ids: Any) -> npt.NDArray[np.float64]:
        """1 / rate of each of these examples, for weighted metrics of one's own.

        The engine weighs by the plan itself: predictions are logged without these.
        """
        return np.asarray(1 / self._rates[self.codes(ids)], dtype=np.float64)

    def sampler(self, ids: Any = None, *, rank: int = 0, world_size: int = 1) -> "PlanSampler":
        """The sampled rows as a sampler, for ``DataLoader(dataset, sampler=plan.sampler())``.

        ``ids``: of the dataset's rows, where a row's place is not its id. Of several ranks each takes
        every ``world_size``-th row; nothing is padded, so shards may differ in length by one.
        """
        return PlanSampler(self.indices(ids), rank, world_size)

    def wire(self) -> dict[str, Any]:
        """``PredictionBatch.sampling_plan``: seed, and name, rate and population of each stratum."""
        return {
            "seed": self.seed,
            "strata": [{"name": s.name, "rate": s.rate, "population": s.population} for s in self._strata],
        }

    def _find(self, column: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
        if len(self._ids) == 0:
            return np.zeros(len(column), np.bool_), np.zeros(len(column), np.intp)
        place = np.searchsorted(self._ids, column)
        place[place == len(self._ids)] = 0
        return self._ids[place] == column, place


class PlanSampler:
    """Row numbers in their order, each once. What a torch DataLoader takes as ``sampler``."""

    def __init__(self, rows: npt.NDArray[np.intp], rank: int = 0, world_size: int = 1) -> None:
        if not 0 <= rank < world_size:
            raise ValueError(f"rank must be in [0, world_size), got {rank} of {world_size}")
        self.rows = rows[rank::world_size]

    def __iter__(self) -> Iterator[int]:
        return iter(self.rows.tolist())

    def __len__(self) -> int:
        return len(self.rows)


# ---- columns as they are given


def _column(key: str, column: Any, rows: int | None = None) -> npt.NDArray[Any]:
    array = host_array(column)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"{key} must have one dimension, got {array.ndim}")
    if rows is not None and len(array) != rows:
        raise ValueError(f"{key} must be as many as labels ({rows}), got {len(array)}")
    return array


def _integers(key: str, column: Any, rows: int | None = None) -> npt.NDArray[np.int64]:
    array = _column(key, column, rows)
    if array.dtype.kind not in "iu" and len(array):
        raise ValueError(f"{key} must be whole numbers, got {array.dtype}")
    if array.dtype == np.uint64 and len(array) and array.max() >= 2**63:
        raise ValueError(f"{key} must be below 2^63, got {array.max()}")
    return array.astype(np.int64)


def _numbers(key: str, column: Any, rows: int | None = None, finite: bool = False) -> npt.NDArray[np.float64]:
    array = _column(key, column, rows)
    if array.dtype.kind not in "iufb" and len(array):
        raise ValueError(f"{key} must be numbers, got {array.dtype}")
    values = array.astype(np.float64)
    wrong = np.flatnonzero(~np.isfinite(values) if finite else np.isnan(values))
    if len(wrong):
        what = "finite" if finite else "a number"
        raise ValueError(f"{key} must be {what}, got {values[wrong[0]]} (row {wrong[0]})")
    return values


def _ids(ids: Any, rows: int) -> npt.NDArray[np.int64]:
    if ids is None:
        return np.arange(rows, dtype=np.int64)
    column = _integers("ids", ids, rows)
    if len(column) > 1 and not (column[1:] > column[:-1]).all():
        ordered = np.sort(column)
        twice = np.flatnonzero(ordered[1:] == ordered[:-1])
        if len(twice):
            raise ValueError(f"ids must be unique, got {ordered[twice[0]]} twice")
    return column


def _rows(task: str, labels: Any, reference_scores: Any, segments: Any) -> Rows:
    if reference_scores is not None and task != "binary":
        raise ValueError(f"reference scores are for binary labels, got them for {task}")
    values: npt.NDArray[np.float64] | None = None
    names: list[str] = []
    if task == "regression":
        values = _numbers("target", labels, finite=True)
        codes = np.zeros(len(values), np.int64)
    else:
        codes, names = _named("label", _column("labels", labels), task)
        if task == "binary":
            wrong = [name for name in names if name not in ("0", "1")]
            if wrong:
                row = int(np.flatnonzero(codes == names.index(wrong[0]))[0])
                raise ValueError(f"label must be 0 or 1, got {_shown(wrong[0])} (row {row})")
            codes = np.array([int(name) for name in names], np.int64)[codes] if names else codes
        elif len(names) > MOST_STRATA:
            raise ValueError(f"classes must be at most {MOST_STRATA}, got {len(names)}")
    if reference_scores is not None:
        values = _numbers("reference score", reference_scores, len(codes))
    if segments is None:
        return Rows(codes, values, None, names, [])
    of_row, segment_names = _named("segment", _column("segments", segments, len(codes)), None)
    return Rows(codes, values, of_row, names, segment_names)


def _named(what: str, column: npt.NDArray[Any], task: str | None) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Codes in the order in which texts first come, and the texts, spelled as the engine spells them."""
    kind = column.dtype.kind
    if kind in "biufUS":
        found, first, inverse = np.unique(column, return_index=True, return_inverse=True)
        given: list[Any] = found.tolist()
        appeared = first.tolist()
        codes = inverse.reshape(-1)
    else:
        places: dict[Any, int] = {}
        codes = np.fromiter((places.setdefault(v, len(places)) for v in column.tolist()), np.int64, len(column))
        given = list(places)
        appeared = list(range(len(given)))
    spelled = [_spelled(what, value, task) for value in given]
    merged: dict[str, int] = {}
    for place in sorted(range(len(given)), key=appeared.__getitem__):
        merged.setdefault(spelled[place], len(merged))
    lookup = np.array([merged[name] for name in spelled], np.int64)
    return (lookup[codes] if len(lookup) else codes.astype(np.int64)), list(merged)


def _spelled(what: str, value: Any, task: str | None) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"{what} must be given, got {value}")
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, bool):
        return str(int(value)) if task == "binary" else str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
    if not isinstance(value, str) or task is None:
        return str(value)
    text = value.strip(_JAVA_SPACE)
    if task == "binary":
        text = {"true": "1", "false": "0"}.get(text.lower(), text)
    if "." in text or "e" in text or "E" in text:
        try:
            number = float(text) if text.isascii() and "_" not in text else math.nan
        except ValueError:
            return text
        return str(int(number)) if math.isfinite(number) and number.is_integer() and abs(number) < 1e15 else text
    return text


# ---- values of a file


def _shown(value: object) -> str:
    text = "".join("?" if ord(c) < 32 or ord(c) == 127 else c for c in str(value))
    return text[:80] + "…" if len(text) > 80 else text


def _refuse(key: str, rule: str, value: object) -> NoReturn:
    raise ValueError(f"sampling plan: {key} must be {rule}, got {_shown(value)}")


def _text(of: Mapping[str, Any], key: str) -> str:
    value = of.get(key)
    if not isinstance(value, str):
        _refuse(key, "a text", value)
    return value


def _number(of: Mapping[str, Any], key: str) -> int | float:
    value = of.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**1023:
        _refuse(key, "a number", value)
    return value


def _integer(of: Mapping[str, Any], key: str) -> int:
    value = _number(of, key)
    if value != int(value) or not -(2**63) <= value < 2**63:
        _refuse(key, "a whole number", value)
    return int(value)


def _asked(salt: str, seed: int, budget: int, positives_cap: int, floor: float, least_per_stratum: int) -> Asked:
    if not 0 <= floor <= 1:
        raise ValueError(f"floor must be in [0, 1], got {floor}")
    return Asked(
        salt,
        _whole("seed", seed, -(2**63)),
        _whole("budget", budget, 1),
        _whole("positives_cap", positives_cap, 1),
        float(floor),
        _whole("least_per_stratum", least_per_stratum, 1),
    )


def _whole(key: str, value: Any, least: int) -> int:
    try:
        number = value.__index__()
    except AttributeError:
        raise ValueError(f"{key} must be a whole number, got {_shown(value)}") from None
    if not least <= number < 2**63:
        raise ValueError(f"{key} must be in [{least}, 2^63), got {number}")
    return int(number)


def _base64(of: Mapping[str, Any], key: str) -> bytes:
    try:
        return base64.b64decode(_text(of, key), validate=True)
    except binascii.Error as e:
        _refuse(key, "base64", e)


def _umask() -> int:
    mask = os.umask(0o22)
    os.umask(mask)
    return mask


# ---- JSON as the engine writes it


def _json(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_json(key)}:{_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, float):
        return _double(value)
    return json.dumps(value, ensure_ascii=False)


def _double(value: float) -> str:
    """The shortest decimal that reads back, as Java spells it: 0.001 to 10⁷ plainly, else d.dddE±n."""
    sign = "-" if math.copysign(1, value) < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    if value == 0:
        return sign + "0.0"
    whole, _, part = mantissa.partition(".")
    if part == "0":
        part = ""
    digits = (whole + part).lstrip("0")
    # value = 0.digits · 10^point
    point = int(exponent or 0) + len(whole) if whole != "0" else -(len(part) - len(part.lstrip("0")))
    digits = digits.rstrip("0") or "0"
    if -3 < point <= 7:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        return f"{sign}{digits[:point].ljust(point, '0')}.{digits[point:] or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def _compensated_sum(values: Iterable[float]) -> float:
    """Kahan's sum, as the engine adds up."""
    total = lost = 0.0
    for value in values:
        corrected = value - lost
        grown = total + corrected
        lost = (grown - total) - corrected
        total = grown
    return total - lost
