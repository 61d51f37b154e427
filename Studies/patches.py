"""Test log-likelihood of flows on 8 x 8 patches of the BSDS300 photographs, beside published figures.

    patches.py PROGRAM DATA_FOLDER [--models nsf] [--minutes 60] [--threads 0] [--rows 1000000]

A million patches of 180 of the training photographs, of which a fiftieth is held out, and 250,000 of the test photographs:
grey levels with uniform noise over 256, less the mean of the patch, without the last pixel (Zoran and Weiss 2011; Uria et al.
2013). A first fit of some rows measures the speed; the second has as many epochs as fit into the minutes, with a learning
rate that falls to 0 by a cosine. Adds `--set NAME=VALUE` to the settings. One line of JSON for each fit.
"""

import argparse
import json
import pathlib
import tempfile

import numpy as np

from photographs import photographs
from program import options as set_options
from program import run

PUBLISHED = {
    "Gaussian": 96.7, "RealNVP (10)": 153.3, "MAF (5)": 155.7, "MAF MoG (5)": 156.4, "RQ-NSF (C)": 157.5, "NAF": 157.7,
}
TRAINING = {
    "training.validationFraction": 0.02,
    "training.batchSize": 512,
    "training.schedule": "{cosine: {warmUpSteps: 500, finalFraction: 0}}",
}
MODELS = {
    "nsf": {
        "configuration.preprocessing": "whiten",
        "configuration.couplings.network": "{multilayerPerceptron: {hiddenFeatures: [256, 256]}}",
    },
}


def patches(images, count, rng):
    """Patches of 8 x 8 pixels with noise, without their mean and the last pixel."""
    windows = [np.lib.stride_tricks.sliding_window_view(image, (8, 8)) for image in images]
    which = rng.integers(len(images), size=count)
    rows = np.empty((count, 64), np.uint8)
    for index, window in enumerate(windows):
        chosen = np.flatnonzero(which == index)
        y, x = (rng.integers(size, size=len(chosen)) for size in window.shape[:2])
        rows[chosen] = window[y, x].reshape(-1, 64)
    noisy = (rows + rng.random(rows.shape)) / 256
    return (noisy - noisy.mean(1, keepdims=True))[:, :63].astype(np.float32)


def fit(program, model, train, place, settings, threads):
    words = [] if threads == 0 else ["--threads", threads]
    return run(
        program, "fit", model, train, "--out", place, "--no-report", "--overwrite", "--json", *words,
        *set_options(settings))["training"]


def study(program, model, place, options):
    settings = MODELS[model] | TRAINING | dict(assignment.split("=", 1) for assignment in options.set)
    rate = fit(program, model, place / "some.npy", place / "run", settings | {"training.maximumEpochs": 1}, options.threads)
    share = options.rows / (rate["training_rows"] + rate["validation_rows"])
    epochs = max(1, int(60 * options.minutes / (rate["seconds"] * share)))
    settings |= {"training.maximumEpochs": epochs, "training.patience": epochs}
    report = fit(program, model, place / "train.npy", place / "run", settings, options.threads)
    run(program, "score", place / "run", place / "test.npy", "-o", place / "scores.csv", "--overwrite", "--json")
    scores = np.loadtxt(place / "scores.csv", skiprows=1)
    return {
        "model": model, "log_p": round(scores.mean(), 3), "standard_error": round(scores.std() / len(scores) ** 0.5, 3),
        "epochs": report["epochs"], "steps": report["steps"], "seconds": round(report["seconds"]),
        "validation": -report["best_validation_loss"],
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("--models", default=",".join(MODELS))
    arguments.add_argument("--minutes", type=float, default=60)
    arguments.add_argument("--threads", type=int, default=0)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--set", action="append", default=[])
    options = arguments.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        train = patches(photographs(options.data / "bsds300-train-gray.pgmcat.gz")[:180], options.rows, rng)
        np.save(place / "train.npy", train)
        np.save(place / "some.npy", train[:50_000])
        np.save(place / "test.npy", patches(photographs(options.data / "bsds300-test-gray.pgmcat.gz"), 250_000, rng))
        for model in options.models.split(","):
            print(json.dumps(study(options.program, model, place, options)), flush=True)
    print(f"published: {PUBLISHED}")


if __name__ == "__main__":
    main()
