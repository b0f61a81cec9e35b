"""Records to bytes: Avro single-object encoding of the contracts that ship in ``schemas/``."""

import json
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import fastavro
import numpy as np
from fastavro.schema import fingerprint, to_parsing_canonical_form

# One message stays below what a broker takes by default, 1 MiB with its envelope.
MAX_MESSAGE_BYTES = 1_000_000

MAX_BATCH_ROWS = 65_536


class Encoder:
    """Of one contract.

    A record is its fields one behind the other, so that columns, which are nearly all of a large
    message, are put between what fastavro makes of the fields around them: copied once, into the
    message. They may be bytes or contiguous arrays.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        crc = fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO")
        self._header = b"\xc3\x01" + bytes.fromhex(crc)
        self._parts: list[_Fields] = []
        for field in schema["fields"]:
            branch = _column_branch(field["type"])
            if branch is not None:
                self._parts.append(_Column(field, branch))
            elif self._parts and type(self._parts[-1]) is _Fields:
                self._parts[-1].add(field)
            else:
                self._parts.append(_Fields([field]))

    def encode(self, record: dict[str, Any]) -> bytes:
        """C3 01, the schema's fingerprint, the record."""
        out: list[Any] = [self._header]
        for part in self._parts:
            part.encode(record, out)
        return b"".join(out)


class _Fields:
    """Some fields of a record that follow each other."""

    def __init__(self, fields: list[dict[str, Any]]) -> None:
        self._fields = fields
        self._schema: Any = None

    def add(self, field: dict[str, Any]) -> None:
        self._fields.append(field)

    def encode(self, record: dict[str, Any], out: list[Any]) -> None:
        if self._schema is None:
            part = {"type": "record", "name": "Part", "fields": self._fields}
            self._schema = fastavro.parse_schema(part)
        buffer = BytesIO()
        fastavro.schemaless_writer(buffer, self._schema, record)
        out.append(buffer.getvalue())


class _Column(_Fields):
    """A field that is bytes, or may be."""

    def __init__(self, field: dict[str, Any], branch: int) -> None:
        super().__init__([field])
        self._name = field["name"]
        self._branch = _long(branch) if isinstance(field["type"], list) else b""

    def encode(self, record: dict[str, Any], out: list[Any]) -> None:
        value = record.get(self._name)
        if isinstance(value, (bytes, np.ndarray)):
            size = len(value) if isinstance(value, bytes) else value.nbytes
            out += (self._branch, _long(size), value)
        else:
            super().encode(record, out)


def _column_branch(kind: Any) -> int | None:
    """Which of its branches is a column."""
    for number, branch in enumerate(kind if isinstance(kind, list) else [kind]):
        if isinstance(branch, dict) and "column" in branch:
            return number
    return None


def _long(value: int) -> bytes:
    """Avro's variable-length number, of one that is not negative."""
    rest = value << 1
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


@cache
def encoder(name: str) -> Encoder:
    """Of ``schemas/<name>.avsc``."""
    return Encoder(json.loads((files("touchstone") / "schemas" / f"{name}.avsc").read_text("utf-8")))


def encode(name: str, record: dict[str, Any]) -> bytes:
    return encoder(name).encode(record)
