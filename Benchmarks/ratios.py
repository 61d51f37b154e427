"""Reads the lines of a benchmark run and prints each library's median beside ours."""

import json
import statistics
import sys

lines = []
for text in open(sys.argv[1]):
    try:
        lines.append(json.loads(text))
    except ValueError:
        continue
flows = [line for line in lines if "library" in line and "train_ms" in line]
sizes = sorted({(line["features"], line["batch"], line["hidden"]) for line in flows})
print(f"\n{'features batch hidden':24} {'library':12} {'train ms':>9} {'density ms':>11} {'sample ms':>10}   ours / theirs")
for size in sizes:
    median = {}
    for line in flows:
        if (line["features"], line["batch"], line["hidden"]) == size:
            median.setdefault(line["library"], []).append([line[k] for k in ("train_ms", "log_prob_ms", "sample_ms")])
    median = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in median.items()}
    ours = median.get("pushforward")
    for name, row in median.items():
        ratio = "" if name == "pushforward" or not ours else "   " + "  ".join(f"{a / b:.2f}" for a, b in zip(ours, row))
        print(f"{'%d %d %d' % size:24} {name:12} {row[0]:9.2f} {row[1]:11.2f} {row[2]:10.2f}{ratio}")
