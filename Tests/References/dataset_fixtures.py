"""Writes the files that DatasetsTests reads: run with pyarrow and numpy, from the repository's root.

Each kind of file holds the same six rows: columns of several types, a category, a date, a list before plain columns.
"""
import datetime
import gzip
import json
import pathlib

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc
import pyarrow.parquet as parquet

folder = pathlib.Path("Tests/DatasetsTests/Fixtures")
folder.mkdir(parents=True, exist_ok=True)

table = pa.table({
    "pair": pa.array([[1, 2]] * 6, pa.list_(pa.int64())),
    "float": pa.array([0.5, 1.5, 2.5, 3.5, 4.5, 5.5], pa.float64()),
    "single": pa.array([0.25, 1.25, 2.25, 3.25, 4.25, 5.25], pa.float32()),
    "integer": pa.array([1, 2, 3, 4, 5, 6], pa.int32()),
    "flag": pa.array([True, False, True, False, True, False]),
    "species": pa.array(["b", "a", "c", "a", "b", "a"]).dictionary_encode(),
    "text": pa.array(["u", "v", "w", "x", "y", "z"]),
    "gaps": pa.array([1.0, None, 3.0, None, 5.0, 6.0]),
    "day": pa.array([datetime.date(2024, 1, day) for day in range(1, 7)]),
    "price": pa.array([None, 1, 2, 3, 4, 5]).cast(pa.float64()).fill_null(0).cast(pa.decimal128(10, 2)),
})
parquet.write_table(table, folder / "mixed.parquet", row_group_size=4)
feather.write_feather(table.drop_columns(["pair"]), folder / "mixed.feather")
with ipc.new_stream(str(folder / "stream.arrow"), table.select(["float", "integer"]).schema) as writer:
    writer.write_table(table.select(["float", "integer"]))
feather.write_feather(table.select(["float"]), folder / "old.feather", version=1)

lines = [json.dumps({"a": row, "b": row / 2 if row > 2 else row, "s": "xy"[row % 2]}) for row in range(1, 7)]
with gzip.GzipFile(folder / "rows.jsonl.gz", "wb", mtime=0) as file:
    file.write(("\n".join(lines) + "\n").encode())
