"""The Gaussian rows of published tables of density estimation, through Pushforward's own fit.

    gaussian_rows.py PROGRAM DATA_FOLDER

PROGRAM is Benchmarks/.build/release/GaussianMixtures, whose mode `gaussian` fits one normal distribution to rows of one
file and scores those of another. Published: BSDS300 96.67 +- 0.25 and MNIST -1366.9 +- 1.4 (Papamakarios et al. 2017,
tables 1 and 2), red wine -13.18 and parkinsons -10.85 (Uria et al. 2013, table 1; 10 folds, standardized, discrete columns
and one of each pair with a correlation above 0.98 left out). One line of JSON for each data set.
"""

import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from photographs import photographs

program, data = sys.argv[1], pathlib.Path(sys.argv[2])


def score(train, test):
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder) / name for name in ("train.npy", "test.npy", "scores.npy")]
        np.save(files[0], train)
        np.save(files[1], test)
        text = subprocess.run([program, "gaussian", *files[:2]], check=True, capture_output=True, text=True).stdout
    return json.loads(text.splitlines()[-1])


def report(name, published, mean, error):
    print(json.dumps(dict(set=name, published=published, log_p=round(mean, 3), standard_error=round(error, 3))), flush=True)


def patches(images, count, rng):
    """Patches of 8 x 8 pixels with noise, without their mean and the last pixel."""
    rows = np.empty((count, 64))
    which = rng.integers(len(images), size=count)
    for row, index in zip(rows, which):
        image = images[index]
        y, x = rng.integers(image.shape[0] - 7), rng.integers(image.shape[1] - 7)
        row[:] = image[y : y + 8, x : x + 8].ravel()
    rows = (rows + rng.random(rows.shape)) / 256
    return (rows - rows.mean(1, keepdims=True))[:, :63]


def bsds300():
    rng = np.random.default_rng(0)
    train = patches(photographs(data / "bsds300-train-gray.pgmcat.gz")[:180], 400_000, rng)
    test = patches(photographs(data / "bsds300-test-gray.pgmcat.gz"), 250_000, rng)
    found = score(train, test)
    report("bsds300", 96.67, found["log_density"], found["standard_error"])


def mnist():
    def read(name):
        raw = gzip.open(data / f"mnist/{name}-images-idx3-ubyte.gz").read()
        return np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 784)

    rng = np.random.default_rng(0)

    def logits(x):
        p = 1e-6 + (1 - 2e-6) * (x + rng.random(x.shape)) / 256
        return np.log(p) - np.log1p(-p)

    found = score(logits(read("train")[:50_000]), logits(read("t10k")))
    report("mnist", -1366.9, found["log_density"], found["standard_error"])


def folds(name, published, rows):
    """Ten folds of standardized rows, as in the paper."""
    rows = rows[np.random.default_rng(0).permutation(len(rows))]
    means = []
    for fold in range(10):
        is_test = np.arange(len(rows)) % 10 == fold
        mean, scale = rows[~is_test].mean(0), rows[~is_test].std(0)
        means.append(score((rows[~is_test] - mean) / scale, (rows[is_test] - mean) / scale)["log_density"])
    report(name, published, float(np.mean(means)), float(np.std(means) / 10**0.5))


def without_discrete_and_doubled(rows, least):
    """Columns of more than `least` values, and of each pair with a correlation above 0.98 the first only."""
    rows = rows[:, [len(np.unique(column)) > least for column in rows.T]]
    correlation = np.abs(np.corrcoef(rows.T))
    kept = []
    for column in range(rows.shape[1]):
        if all(correlation[column, other] <= 0.98 for other in kept):
            kept.append(column)
    return rows[:, kept]


def table(name, delimiter):
    return np.genfromtxt(gzip.open(data / f"uci_misc/{name}.gz", "rt"), delimiter=delimiter, comments=None)


def main():
    wine = table("winequality-red.csv", ",")
    folds("red wine", -13.18, wine[~np.isnan(wine).any(1)][:, :11])
    parkinsons = table("parkinsons_updrs.data", "\t")
    parkinsons = parkinsons[~np.isnan(parkinsons).any(1)]
    folds("parkinsons", -10.85, without_discrete_and_doubled(parkinsons, 50))
    mnist()
    bsds300()


main()
