#!/usr/bin/env python3
"""Writes the Parquet fixtures of ParquetPredictionsTest, as other tools write them.

    python3 make_fixtures.py DIRECTORY      (pyarrow, pandas and duckdb are needed)

Row i of 300: label = 1 iff i % 7 == 0; score = ((37 i) % 101) / 128, exact in float32;
weight = 1 + i % 3; id = 1000 + i; country = DE, FR or US by i % 3.
"""
import decimal
import sys
import uuid

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

out = sys.argv[1]
i = np.arange(300)
label = (i % 7 == 0).astype(np.int64)
score = ((37 * i) % 101) / 128
frame = pd.DataFrame({
    "label": label,
    "score": score,
    "weight": 1.0 + i % 3,
    "id": 1000 + i,
    "country": np.array(["DE", "FR", "US"])[i % 3],
})


def arrow(name, columns, **options):
    pq.write_table(pa.table(columns), f"{out}/{name}.parquet", **options)


# pandas: its default is snappy and dictionaries
for compression in ("snappy", "gzip", "zstd", None):
    frame.to_parquet(f"{out}/pandas_{compression or 'none'}.parquet", compression=compression)
# several row groups and many pages
frame.to_parquet(f"{out}/row_groups.parquet", row_group_size=70, data_page_size=64)
# pages of format 2, compressed
arrow("pages_v2", pa.Table.from_pandas(frame, preserve_index=False).to_pydict(),
      data_page_version="2.0", compression="zstd")
# no dictionaries; delta and byte-stream-split encodings
arrow("encodings", {
    "label": pa.array(label), "score": pa.array(score),
    "weight": pa.array(frame.weight), "id": pa.array(frame.id), "country": pa.array(frame.country),
}, use_dictionary=False, compression="none", column_encoding={
    "label": "DELTA_BINARY_PACKED", "score": "BYTE_STREAM_SPLIT", "weight": "PLAIN",
    "id": "DELTA_BINARY_PACKED", "country": "DELTA_BYTE_ARRAY"})
# column types: required fields, float32, booleans, strings, decimals, halves, uuids
fields = [pa.field("label", pa.bool_(), nullable=False), pa.field("score", pa.float32(), nullable=False)]
pq.write_table(pa.table([pa.array(label == 1), pa.array(score.astype(np.float32))],
                        schema=pa.schema(fields)), f"{out}/float_required.parquet")
arrow("float16", {"label": pa.array(label.astype(np.int8)), "score": pa.array(score.astype(np.float16))})
arrow("decimal", {
    "label": pa.array([str(x) for x in label]),
    "score": pa.array([decimal.Decimal(float(x)).quantize(decimal.Decimal("0.0000001")) for x in score],
                      pa.decimal128(30, 7)),
    "id": pa.array([uuid.UUID(int=int(x)).bytes for x in i], pa.binary(16)),
    "country": pa.array(frame.country.astype("category")),
})
arrow("null_score", {"label": pa.array(label), "score": pa.array([None if x == 16 else s for x, s in zip(i, score)])})
arrow("null_label", {"label": pa.array([None if x == 250 else int(v) for x, v in zip(i, label)]), "score": pa.array(score)})
arrow("nan_score", {"label": pa.array(label), "score": pa.array(np.where(i == 41, np.nan, score))})
arrow("label_two", {"label": pa.array(np.where(i == 99, 2, label)), "score": pa.array(score)}, row_group_size=50)
arrow("list_score", {"label": pa.array(label), "score": pa.array([[s, 1 - s] for s in score])})
arrow("text_score", {"label": pa.array(label), "score": pa.array([str(s) for s in score])})
for compression in ("lz4", "brotli"):
    arrow(compression, {"label": pa.array(label), "score": pa.array(score)}, compression=compression)
arrow("empty", {"label": pa.array([], pa.int64()), "score": pa.array([], pa.float64())})

duckdb.sql("create table p as select * from frame")
for compression in ("snappy", "gzip", "zstd", "uncompressed"):
    duckdb.sql(f"copy p to '{out}/duckdb_{compression}.parquet' (format parquet, compression {compression})")
duckdb.sql("create table d as select i % 7 = 0 as label, (((37 * i) % 101) / 128)::decimal(9, 7) as score, "
           "i::smallint as id from range(300) t(i)")
duckdb.sql(f"copy d to '{out}/duckdb_decimal.parquet' (format parquet)")
