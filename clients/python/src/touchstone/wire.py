"""Records to bytes: Avro single-object encoding of the contracts that ship in ``schemas/``."""

import json
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

# One message stays below what a broker takes by default, 1 MiB with its envelope.
MAX_MESSAGE_BYTES = 1_000_000

MAX_BATCH_ROWS = 65_536


class Encoder:
    """Of one contract."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = fastavro.parse_schema(schema)
        crc = fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO")
        self._header = b"\xc3\x01" + bytes.fromhex(crc)

    def encode(self, record: dict[str, Any]) -> bytes:
        """C3 01, the schema's fingerprint, the record."""
        out = BytesIO()
        out.write(self._header)
        fastavro.schemaless_writer(out, self._schema, record)
        return out.getvalue()


@cache
def encoder(name: str) -> Encoder:
    """Of ``schemas/<name>.avsc``."""
    return Encoder(json.loads((files("touchstone") / "schemas" / f"{name}.avsc").read_text("utf-8")))


def encode(name: str, record: dict[str, Any]) -> bytes:
    return encoder(name).encode(record)
