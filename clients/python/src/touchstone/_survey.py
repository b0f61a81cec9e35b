"""From the examples of an evaluation set to strata and rates, as the engine makes them.

Every step is the engine's, in its order of additions, so that rates are the same to the bit:
``docs/sampling-plans.md`` says what is done and why. Counts are NumPy columns; what is left after
counting (bands, rates) is small.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MOST_STRATA = 256
MOST_SEGMENTS = 128
LEAST_RATE = 2.0**-20
_TARGET_BANDS = 10
_SMOOTH = math.sqrt(2)
_EVEN_RULES = 50.0
_LARGEST = 1e100
_DROPPED = 7
_FLOAT_MAX = float(np.finfo(np.float32).max)
_DOUBLE_MAX = float(np.finfo(np.float64).max)
_MIN_KEY = 0x007F_FFFF
_MAX_KEY = 0xFF80_0000

Longs = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]


class Asked(NamedTuple):
    """What is asked of a plan."""

    salt: str
    seed: int
    budget: int
    positives_cap: int
    floor: float
    least_per_stratum: int


@dataclass(frozen=True)
class Stratum:
    """One cell of a plan: examples of one label, one band and one segment, sampled at one rate.

    ``label`` is ``"0"``, ``"1"`` or the class, None in regression; the band holds values from
    ``start`` (None for the lowest) up to the next band of the same label and segment; ``segment``
    is None in plans without segments. A stratum's code is its place in the plan.
    """

    name: str
    label: str | None
    start: float | None
    segment: str | None
    population: int
    rate: float

    @property
    def expected(self) -> float:
        """How many examples the sample is expected to have here."""
        return float(self.population) * self.rate


class _Cell(NamedTuple):
    stratum: Stratum
    label: int
    segment: int
    band: int
    size: float


class Rows(NamedTuple):
    """Examples as columns of codes.

    ``labels``: 0 and 1, classes by number, or all 0 in regression. ``values``: reference scores or
    targets; None where there are none. ``segments``: numbers in the order in which segments first
    came.
    """

    labels: Longs
    values: Doubles | None
    segments: Longs | None
    class_names: list[str]
    segment_names: list[str]

    def __len__(self) -> int:
        return len(self.labels)


class _Bands(NamedTuple):
    """Bands of values from the highest: the lowest bucket of each, and how much an example matters."""

    lowest: list[int]
    size: list[float]

    def of(self, buckets: Longs) -> Longs:
        return np.searchsorted(-np.array(self.lowest[:-1], np.int64), -buckets, side="left").astype(np.int64)

    def start(self, band: int) -> float | None:
        return None if band == len(self.lowest) - 1 else _lowest(self.lowest[band])


_ONE = _Bands([0], [1.0])


class _Counts(NamedTuple):
    """One row a bucket and segment, the highest first."""

    bucket: Longs
    segment: Longs
    zeros: Longs
    ones: Longs


def survey(task: str, rows: Rows, asked: Asked) -> tuple[str, list[Stratum], Longs]:
    """Design, strata with their rates, and the stratum code of every row."""
    if len(rows) == 0:
        raise ValueError("examples must be at least one, got none")
    if len(rows.segment_names) > MOST_SEGMENTS:
        raise ValueError(f"segments must be at most {MOST_SEGMENTS}, got {len(rows.segment_names)}")
    for name in rows.segment_names:
        check_text("segment", name, 0)
    if task == "multiclass":
        cells, codes = _of_classes(rows)
    else:
        cells, codes = _of_values(task, rows, asked)
    if len(cells) > MOST_STRATA:
        raise ValueError(f"strata must be at most {MOST_STRATA}, got {len(cells)}")
    if asked.budget < len(cells):
        raise ValueError(f"budget must be at least the number of strata, {len(cells)}, got {asked.budget}")
    rates = _rates(task, cells, asked)
    if task == "multiclass":
        design = "balanced_classes"
    elif task == "regression":
        design = "target_bands"
    else:
        banded = any(cell.label == 0 and cell.band > 0 for cell in cells)
        design = "sqrt_influence" if banded else "uniform"
    strata = [replace(cell.stratum, rate=rate) for cell, rate in zip(cells, rates, strict=True)]
    return design, strata, codes


def check_text(what: str, text: str, least: int) -> None:
    """Refuses what neither the wire nor a terminal should be given as a name."""
    if not least <= len(text) or _utf16(text) > 256:
        raise ValueError(f"{what} must have {least} to 256 characters, got {len(text)}")
    if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text):
        shown = "".join("?" if ord(c) < 32 or ord(c) == 127 else c for c in text)
        raise ValueError(f"{what} must hold no control characters, got {shown}")


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# ---- values, rounded down to 17 significant bits of float32


def _buckets(values: Doubles) -> Longs:
    with np.errstate(over="ignore"):
        floor = values.astype(np.float32)
    # the largest double keeps infinity company: their band needs a finite lower end
    above = (floor > values) & (values < _DOUBLE_MAX)
    floor[above] = np.nextafter(floor[above], np.float32(-np.inf))
    floor += np.float32(0)  # -0.0 is 0.0
    bits = floor.view(np.int32).astype(np.int64)
    keys = np.where(bits < 0, ~bits, bits | 0x8000_0000) & 0xFFFF_FFFF
    return np.asarray(keys >> _DROPPED, dtype=np.int64)


def _lowest(bucket: int) -> float:
    key = bucket << _DROPPED
    if key == _MAX_KEY:
        return _DOUBLE_MAX
    if key <= _MIN_KEY:
        return float("-inf")
    bits = key ^ 0x8000_0000 if key & 0x8000_0000 else ~key & 0xFFFF_FFFF
    return float(np.array([bits], np.uint32).view(np.float32)[0])


def _middle(bucket: int) -> float:
    low = _lowest(bucket)
    high = _lowest(bucket + 1)
    return low if low in (float("inf"), float("-inf")) or not high <= _FLOAT_MAX else low + (high - low) / 2


def _counts(labels: Longs, buckets: Longs, segments: Longs | None) -> _Counts:
    keys = (buckets << 8) | labels
    if segments is not None:
        keys |= segments << 1
    kinds, counts = np.unique(keys, return_counts=True)
    kinds, counts = kinds[::-1], counts[::-1].astype(np.int64)
    cells, first = np.unique(-(kinds >> 1), return_index=True)
    zeros = np.add.reduceat(np.where(kinds & 1 == 0, counts, 0), first)
    ones = np.add.reduceat(np.where(kinds & 1 == 1, counts, 0), first)
    cells = -cells
    return _Counts(cells >> 7, cells & (MOST_SEGMENTS - 1), zeros, ones)


def _weights_of_negatives(counts: _Counts) -> Doubles:
    """H, how much one negative of each cell weighs in average precision; cells of a bucket are tied."""
    _, first, group = np.unique(-counts.bucket, return_index=True, return_inverse=True)
    positives = np.add.reduceat(counts.ones, first)
    negatives = np.add.reduceat(counts.zeros, first)
    if positives.sum() == 0 or negatives.sum() == 0:
        return np.zeros(len(counts.bucket))
    tp = np.cumsum(positives).astype(np.float64)
    total = np.cumsum(positives + negatives).astype(np.float64)
    added = positives * (tp / total) / total
    # added up from the lowest
    return np.asarray(np.cumsum(added[::-1])[::-1][group.reshape(-1)])


def _bands_of_influence(counts: _Counts, floor: float, most: int) -> _Bands:
    """Within a band sqrt(H) falls by no more than sqrt(2), or as much more as ``most`` bands take."""
    roots = np.sqrt(_weights_of_negatives(counts))
    everything = float(np.cumsum(counts.zeros * roots)[-1]) if most > 1 else 0.0
    if everything == 0:
        return _ONE
    negatives = int(counts.zeros.sum())
    # below this sqrt(H) the even part decides the rate
    negligible = 0.0 if floor in (0.0, 1.0) else floor / negatives * everything / (1 - floor) / _EVEN_RULES
    bucket, first = np.unique(-counts.bucket, return_index=True)
    count = np.add.reduceat(counts.zeros, first)
    some = count > 0
    bucket, count, root = -bucket[some], count[some], roots[first][some]
    ratio = _SMOOTH
    while True:
        bands = _bands_of_roots(bucket, count, root, negligible, ratio)
        ratio *= _SMOOTH
        if len(bands.lowest) <= most:
            return bands


def _bands_of_roots(bucket: Longs, count: Longs, root: Doubles, negligible: float, ratio: float) -> _Bands:
    lowest: list[int] = []
    size: list[float] = []
    falling = -root
    products = root * count
    small = int(np.searchsorted(falling, -negligible, side="left"))
    start = 0
    while start < len(root):
        end = len(root)
        if start < small:
            # the first that is too low for this band
            end = min(int(np.searchsorted(falling, -(float(root[start]) / ratio), side="right")), small)
        total = float(np.cumsum(products[start:end])[-1])
        lowest.append(int(bucket[end - 1]))
        size.append(total / float(count[start:end].sum()))
        start = end
    lowest[-1] = 0
    return _Bands(lowest, size)


def _bands_of_quantiles(counts: _Counts, most: int) -> _Bands:
    """About equally many examples each; the size of one is the standard deviation of its values."""
    buckets, first = np.unique(-counts.bucket, return_index=True)
    numbers = np.add.reduceat(counts.zeros, first).tolist()
    left = sum(numbers)
    lowest: list[int] = []
    size: list[float] = []
    n = mean = squares = 0.0
    for bucket, count in zip((-buckets).tolist(), numbers, strict=True):
        value = max(-_LARGEST, min(_LARGEST, _middle(bucket)))
        gap = value - mean
        squares += gap * gap * count * (n / (n + count))
        n += count
        mean += gap * (count / n)
        # a large tie fills a band alone; the others share what is left
        if n * (most - len(lowest)) >= left:
            lowest.append(bucket)
            size.append(math.sqrt(squares / n))
            left -= int(n)
            n = mean = squares = 0.0
            if left <= 0:
                break
    lowest[-1] = 0
    return _Bands(lowest, size)


# ---- strata


def _order(names: list[str]) -> list[int]:
    """Numbers of names in the order of the names: whole numbers by size, then texts."""

    def key(number: int) -> tuple[bool, int, bytes]:
        name = names[number]
        digits = name.removeprefix("-")
        whole = name.isascii() and digits.isdigit() and len(digits) <= 18
        # texts as their UTF-16 code units, as Java orders them
        return not whole, int(name) if whole else 0, name.encode("utf-16-be", "surrogatepass")

    return sorted(range(len(names)), key=key) if names else [0]


def _stratum(
    name: str, label: str | None, start: float | None, segment: int, names: list[str], population: int
) -> Stratum:
    of = names[segment] if names else None
    return Stratum(name if of is None else f"{name}/{of}", label, start, of, population, 1.0)


def _of_values(task: str, rows: Rows, asked: Asked) -> tuple[list[_Cell], Longs]:
    values = np.zeros(1) if rows.values is None else rows.values
    buckets = _buckets(values)
    counts = _counts(rows.labels, np.broadcast_to(buckets, len(rows)), rows.segments)
    segments = max(1, len(rows.segment_names))
    if task == "regression":
        negatives = _bands_of_quantiles(counts, min(_TARGET_BANDS, MOST_STRATA // segments))
    else:
        negatives = _bands_of_influence(counts, asked.floor, MOST_STRATA // segments - 1)
    bands = (negatives, _ONE)
    most = len(negatives.lowest)
    populations = np.zeros((2, segments, most), np.int64)
    for label, column in ((0, counts.zeros), (1, counts.ones)):
        np.add.at(populations[label], (counts.segment, bands[label].of(counts.bucket)), column)
    cells: list[_Cell] = []
    places = np.zeros((2, segments, most), np.int64)
    for label in (1, 0):
        for s in _order(rows.segment_names):
            found = np.flatnonzero(populations[label, s])
            for band in found.tolist():
                # the lowest band that there is takes whatever is lower
                start = None if band == found[-1] else bands[label].start(band)
                if task == "regression":
                    name, text = f"target-{band}", None
                else:
                    name, text = ("positive", "1") if label == 1 else (f"negative-{band}", "0")
                population = int(populations[label, s, band])
                stratum = _stratum(name, text, start, s, rows.segment_names, population)
                places[label, s, band] = len(cells)
                cells.append(_Cell(stratum, label, s, band, bands[label].size[band]))
    of_segment = np.zeros(1, np.int64) if rows.segments is None else rows.segments
    band_of_row = np.where(rows.labels == 1, 0, negatives.of(buckets))
    return cells, np.asarray(places[rows.labels, of_segment, band_of_row])


def _of_classes(rows: Rows) -> tuple[list[_Cell], Longs]:
    segments = max(1, len(rows.segment_names))
    keys = rows.labels * segments
    if rows.segments is not None:
        keys = keys + rows.segments
    populations = np.bincount(keys, minlength=len(rows.class_names) * segments).reshape(-1, segments)
    cells: list[_Cell] = []
    places = np.zeros(populations.size, np.int64)
    for c in _order(rows.class_names):
        name = rows.class_names[c]
        check_text("class", name, 1)
        for s in _order(rows.segment_names):
            if populations[c, s] > 0:
                population = int(populations[c, s])
                stratum = _stratum(f"class-{name}", name, None, s, rows.segment_names, population)
                places[c * segments + s] = len(cells)
                cells.append(_Cell(stratum, c, s, 0, 1.0 / int(populations[c].sum())))
    return cells, places[keys]


# ---- rates


def _rates(task: str, cells: list[_Cell], asked: Asked) -> list[float]:
    # at most half of the budget goes to the least of all strata together
    least = min(float(asked.least_per_stratum), asked.budget / 2.0 / len(cells))
    populations = [cell.stratum.population for cell in cells]
    floors = [max(LEAST_RATE, min(1.0, least / p)) for p in populations]
    if task != "binary":
        return _share(cells, floors, asked.floor, float(asked.budget))
    # positives first, negatives what is left; both grow with the budget
    ones = [h for h, cell in enumerate(cells) if cell.label == 1]
    zeros = [h for h, cell in enumerate(cells) if cell.label == 0]
    p = sum(populations[h] for h in ones)
    n = sum(populations[h] for h in zeros)
    all_negatives = asked.budget // 2 >= n
    wanted = float(asked.budget - n) if all_negatives else asked.budget / 2.0
    rate = min(1.0, min(wanted, float(asked.positives_cap)) / max(1, p))
    rates = [1.0] * len(cells)
    spent = 0.0
    for h in ones:
        rates[h] = max(floors[h], rate)
        spent += rates[h] * populations[h]
    if not all_negatives:
        shared = _share([cells[h] for h in zeros], [floors[h] for h in zeros], asked.floor, asked.budget - spent)
        for h, rate in zip(zeros, shared, strict=True):
            rates[h] = rate
    return rates


def _share(cells: list[_Cell], floors: list[float], even: float, budget: float) -> list[float]:
    """A budget in proportion to sizes, an even part of it excepted."""
    populations = [cell.stratum.population for cell in cells]
    everything = float(sum(populations))
    weighed = 0.0
    for cell in cells:
        weighed += cell.stratum.population * cell.size
    shares = []
    for cell in cells:
        size = cell.size / weighed if weighed > 0 else 1 / everything
        shares.append((1 - even) * size + even / everything)
    return _at_least(populations, shares, floors, max(0.0, budget))


def _at_least(populations: list[int], sizes: list[float], least: list[float], budget: float) -> list[float]:
    """q = max(least, min(1, c size)), c such that the expected sample is the budget."""
    shares = sizes if any(sizes) else [1.0] * len(sizes)

    def rates(c: float) -> list[float]:
        return [min(1.0, max(low, c * share)) for low, share in zip(least, shares, strict=True)]

    def sample(some: list[float]) -> float:
        total = 0.0
        for population, rate in zip(populations, some, strict=True):
            total += population * rate
        return total

    breaks = sorted(
        c
        for low, share in zip(least, shares, strict=True)
        if share > 0
        for c in (min(1.0, low) / share, 1 / share)
        if c <= _DOUBLE_MAX
    )
    c = 0.0
    spent = sample(rates(0.0))
    for point in breaks:
        more = sample(rates(point))
        if more >= budget:
            c += (point - c) * max(0.0, budget - spent) / (more - spent) if more > spent else 0.0
            return rates(c)
        c = point
        spent = more
    return rates(c)
