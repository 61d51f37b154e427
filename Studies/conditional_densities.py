"""Test log-density of regressions on the 20 splits of Hernandez-Lobato and Adams, beside published figures.

    conditional_densities.py PROGRAM DATA_FOLDER [--sets yacht,...] [--splits 20] [--ensemble 5] [--threads 1]

`fit nsf --given` with one group of settings for all sets: five flows whose densities are averaged, small batches. Dropout is
the one that the rows held out of the first three splits' training rows like best. The column to predict of red wine is a grade from 3 to 8: it gets noise of one step (`--dequantize`), so that its
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

SETTINGS = {"training.patience": 50, "training.averagingDecay": 0.99}
# Dropout as a Bayesian approximation (two runs), deep ensembles, NGBoost: the best of each row is what counts.
PUBLISHED = {
    "concrete": (-2.93, -2.97, -3.06, -3.04),
    "energy": (-1.21, -1.72, -1.38, -0.60),
    "power-plant": (-2.80, -2.79, -2.79, -2.79),
    "wine-quality-red": (-0.93, -0.92, -0.94, -0.91),
    "yacht": (-1.25, -1.38, -1.18, -0.20),
}
BATCHES = {"power-plant": 128}  # of 8600 rows; the other sets have up to 1440
DROPOUTS = (0.0, 0.1, 0.2)
TUNING_SPLITS = 3


def read(path):
    return np.loadtxt(gzip.open(path, "rt"))


def splits(folder, count):
    """Training and test rows of each split, the column to predict last."""
    features, target = (read(folder / f"index_{name}.txt.gz").astype(int) for name in ("features", "target"))
    rows = read(folder / "data.txt.gz")[:, [*features, int(target)]]
    for split in range(min(count, len(list(folder.glob("index_train_*"))))):
        yield [rows[read(folder / f"index_{part}_{split}.txt.gz").astype(int)] for part in ("train", "test")]


class Regression:
    """The fits to the splits of one set."""

    def __init__(self, name, options):
        self.name, self.options = name, options
        self.splits = list(splits(options.data / "uci_reg" / name, options.splits))

    def fit(self, split, dropout):
        train, test = self.splits[split]
        given = [f"x{index + 1}" for index in range(train.shape[1] - 1)]
        words = ["--given", ",".join(given), "--threads", self.options.threads]
        if self.name == "wine-quality-red":
            words += ["--dequantize", "y"]
        settings = SETTINGS | {
            "training.batchSize": BATCHES.get(self.name, 32),
            "configuration.ensemble": self.options.ensemble,
            "configuration.couplings.dropout": dropout,
        }
        return fit_and_score(
            self.options.program, "nsf", settings, train, test, words=words, seed=split, columns=[*given, "y"])

    def best_dropout(self):
        def loss(dropout):
            count = min(TUNING_SPLITS, len(self.splits))
            return sum(self.fit(split, dropout)[1]["best_validation_loss"] for split in range(count))

        return min(DROPOUTS, key=loss)

    def study(self):
        start, means = time.perf_counter(), []
        dropout = self.best_dropout()
        for split in range(len(self.splits)):
            scores, report = self.fit(split, dropout)
            means.append(scores.mean())
            line = {"set": self.name, "split": split, "dropout": dropout, "log_p": round(means[-1], 4)}
            line |= {"epochs": report["epochs"], "seconds": round(report["seconds"], 1)}
            print(json.dumps(line), flush=True)
        error = np.std(means, ddof=1) / len(means) ** 0.5 if len(means) > 1 else float("nan")
        return {
            "set": self.name, "dropout": dropout, "log_p": np.mean(means), "error": error,
            "seconds": time.perf_counter() - start,
        }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("--sets", default=",".join(PUBLISHED))
    arguments.add_argument("--splits", type=int, default=20)
    arguments.add_argument("--ensemble", type=int, default=5)
    arguments.add_argument("--threads", type=int, default=1)
    options = arguments.parse_args()
    rows = [Regression(name, options).study() for name in options.sets.split(",")]
    print(f"\n{'set':18} {'dropout':>7} {'log p, test':>17} {'best published':>15} {'margin':>7} {'seconds':>8}")
    for row in rows:
        best = max(PUBLISHED[row["set"]])
        figure = f"{row['log_p']:.3f} +- {row['error']:.3f}"
        print(f"{row['set']:18} {row['dropout']:>7} {figure:>17} {best:>15} {row['log_p'] - best:>7.2f} {row['seconds']:>8.0f}")


if __name__ == "__main__":
    main()
