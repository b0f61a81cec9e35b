"""Which examples a sampling plan takes: XXH64 of salt and id, for a column of ids at once.

The same numbers as the engine's, to the bit. XXH64 is Yann Collet's (specification version 0.1.1).
"""

import numpy as np
import numpy.typing as npt

_Column = npt.NDArray[np.uint64]

_P1, _P2, _P3, _P4, _P5 = (
    np.uint64(prime)
    for prime in (
        0x9E3779B185EBCA87,
        0xC2B2AE3D27D4EB4F,
        0x165667B19E3779F9,
        0x85EBCA77C2B2AE63,
        0x27D4EB2F165667C5,
    )
)

# rows whose intermediate columns stay in a core's cache
_ROWS = 1 << 14


def inclusion_bits(salt: str, seed: int, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """The 53 bits that decide: u(id) = bits · 2⁻⁵³.

    ``seed`` is a signed 64-bit number. Below 2⁵³ the bits are exact as float64 too.
    """
    prefix = salt.encode()
    out = np.empty(len(ids), np.uint64)
    for start in range(0, len(ids), _ROWS):
        rows = slice(start, start + _ROWS)
        out[rows] = _hash(prefix, seed, ids[rows].astype(np.int64).view(np.uint64)) >> np.uint64(11)
    return out


def included(salt: str, seed: int, ids: npt.NDArray[np.int64], rates: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """u(id) < rate, both exact in doubles."""
    return inclusion_bits(salt, seed, ids).astype(np.float64) * 2.0**-53 < rates


def _hash(prefix: bytes, seed: int, ids: _Column) -> _Column:
    length = len(prefix) + 8

    def word(at: int, size: int) -> _Column:
        """Bytes ``at`` to ``at + size`` of salt and id, as a number of each row."""
        known = np.uint64(int.from_bytes(prefix[at : at + size], "little"))
        shift = 8 * (len(prefix) - at)
        if shift >= 8 * size:
            return known.reshape(1)
        moved = ids << np.uint64(shift) if shift >= 0 else ids >> np.uint64(-shift)
        if size < 8:
            moved = moved & np.uint64((1 << 8 * size) - 1)
        return moved | known

    seed64 = np.array([seed & 0xFFFF_FFFF_FFFF_FFFF], np.uint64)
    at = 0
    if length >= 32:
        lanes = [seed64 + _P1 + _P2, seed64 + _P2, seed64, seed64 - _P1]
        while at + 32 <= length:
            lanes = [_round(lane, word(at + 8 * i, 8)) for i, lane in enumerate(lanes)]
            at += 32
        h = sum((_rotate(lane, n) for lane, n in zip(lanes[1:], (7, 12, 18))), _rotate(lanes[0], 1))
        for lane in lanes:
            h = (h ^ _round(np.zeros(1, np.uint64), lane)) * _P1 + _P4
    else:
        h = seed64 + _P5
    h = h + np.uint64(length)
    while at + 8 <= length:
        h = _rotate(h ^ _round(np.zeros(1, np.uint64), word(at, 8)), 27) * _P1 + _P4
        at += 8
    if at + 4 <= length:
        h = _rotate(h ^ word(at, 4) * _P1, 23) * _P2 + _P3
        at += 4
    while at < length:
        h = _rotate(h ^ word(at, 1) * _P5, 11) * _P1
        at += 1
    h = (h ^ (h >> np.uint64(33))) * _P2
    h = (h ^ (h >> np.uint64(29))) * _P3
    return h ^ (h >> np.uint64(32))


def _rotate(x: _Column, bits: int) -> _Column:
    return (x << np.uint64(bits)) | (x >> np.uint64(64 - bits))


def _round(lane: _Column, value: _Column) -> _Column:
    return _rotate(lane + value * _P2, 31) * _P1
