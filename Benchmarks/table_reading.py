"""Reads one CSV file of 10 million rows and 10 columns with TableReading and with pyarrow.csv, by turns.

    swift build -c release --package-path Benchmarks --product TableReading
    python Benchmarks/table_reading.py Benchmarks/.build/release/TableReading     # a Python that has pyarrow

Each reading is a process of its own; medians of the times, and the highest memory, are printed as one line of JSON.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

PEER = """
import json, resource, sys, time
import pyarrow.csv
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
start = time.perf_counter()
table = pyarrow.csv.read_csv(sys.argv[1])
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"rows": table.num_rows, "seconds": seconds, "peak_bytes": peak, "bytes_before": before}))
"""


def run(*command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    program = os.path.abspath(sys.argv[1])
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "numbers.csv")
        subprocess.run([program, "make", path, str(rows)], check=True)
        ours, peers = [], []
        for _ in range(5):
            ours.append(run(program, "read", path))
            peers.append(run(sys.executable, "-c", PEER, path))
    floats = rows * 10 * 4
    seconds = [statistics.median(result["seconds"] for result in results) for results in (ours, peers)]
    peak = max(result["peak_bytes"] for result in ours)
    above = max(result["peak_bytes"] - result["bytes_before"] for result in ours)
    print(json.dumps({
        "benchmark": "table reading", "rows": rows, "columns": 10,
        "seconds": round(seconds[0], 2), "pyarrow_seconds": round(seconds[1], 2),
        "time_ratio": round(seconds[0] / seconds[1], 3),
        "peak_over_floats": round(peak / floats, 3), "added_over_floats": round(above / floats, 3),
        "pyarrow_peak_over_floats": round(max(result["peak_bytes"] for result in peers) / floats, 3),
    }))


main()
