"""Test log-density of regressions on the 20 splits of Hernandez-Lobato and Adams, beside published figures.

    conditional_densities.py PROGRAM DATA_FOLDER [--sets yacht,...] [--splits 20] [--ensemble 5] [--threads 1]

`fit nsf --given` with one group of settings for all sets: five flows whose densities are averaged, small batches. The
column to predict of red wine is a grade from 3 to 8: it gets noise of one step (`--dequantize`), so that its
log-density is a bound of the log-probability of the grade. Without, a density could be as large as one likes at the
grades. One line of JSON for each split, then a table.
"""

import argparse
import gzip
import json
import pathlib
import time

import numpy as np

from program import fit_and_score

SETTINGS = {
    "training.batchSize": 32,
    "training.patience": 50,
    "training.averagingDecay": 0.99,
}
# Dropout as a Bayesian approximation (two runs), deep ensembles, NGBoost: the best of each row is what counts.
PUBLISHED = {
    "concrete": (-2.93, -2.97, -3.06, -3.04),
    "energy": (-1.21, -1.72, -1.38, -0.60),
    "power-plant": (-2.80, -2.79, -2.79, -2.79),
    "wine-quality-red": (-0.93, -0.92, -0.94, -0.91),
    "yacht": (-1.25, -1.38, -1.18, -0.20),
}
OWN_SETTINGS = {"power-plant": {"training.batchSize": 256}, "wine-quality-red": {"configuration.couplings.dropout": 0.3}}


def read(path):
    return np.loadtxt(gzip.open(path, "rt"))


def splits(folder, count):
    """Training and test rows of each split, the column to predict last."""
    features, target = (read(folder / f"index_{name}.txt.gz").astype(int) for name in ("features", "target"))
    rows = read(folder / "data.txt.gz")[:, [*features, int(target)]]
    for split in range(min(count, len(list(folder.glob("index_train_*"))))):
        yield [rows[read(folder / f"index_{part}_{split}.txt.gz").astype(int)] for part in ("train", "test")]


def study(program, name, folder, options):
    settings = SETTINGS | OWN_SETTINGS.get(name, {}) | {"configuration.ensemble": options.ensemble}
    means = []
    start = time.perf_counter()
    for split, (train, test) in enumerate(splits(folder, options.splits)):
        given = [f"x{index + 1}" for index in range(train.shape[1] - 1)]
        words = ["--given", ",".join(given), "--threads", options.threads]
        if name == "wine-quality-red":
            words += ["--dequantize", "y"]
        scores, report = fit_and_score(
            program, "nsf", settings, train, test, words=words, seed=split, columns=[*given, "y"])
        means.append(scores.mean())
        line = {"set": name, "split": split, "log_p": round(means[-1], 4), "epochs": report["epochs"]}
        print(json.dumps(line | {"seconds": round(report["seconds"], 1)}), flush=True)
    error = np.std(means, ddof=1) / len(means) ** 0.5 if len(means) > 1 else float("nan")
    return {"set": name, "log_p": np.mean(means), "error": error, "seconds": time.perf_counter() - start}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("--sets", default=",".join(PUBLISHED))
    arguments.add_argument("--splits", type=int, default=20)
    arguments.add_argument("--ensemble", type=int, default=5)
    arguments.add_argument("--threads", type=int, default=1)
    options = arguments.parse_args()
    names = options.sets.split(",")
    rows = [study(options.program, name, options.data / "uci_reg" / name, options) for name in names]
    print(f"\n{'set':18} {'log p, test':>15} {'best published':>15} {'margin':>7} {'seconds':>8}")
    for row in rows:
        best = max(PUBLISHED[row["set"]])
        figure = f"{row['log_p']:.3f} +- {row['error']:.3f}"
        print(f"{row['set']:18} {figure:>15} {best:>15} {row['log_p'] - best:>7.2f} {row['seconds']:>8.0f}")


if __name__ == "__main__":
    main()
