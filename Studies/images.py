"""Bits per dimension of flows on MNIST and Fashion-MNIST, beside published figures.

    images.py PROGRAM DATA_FOLDER [--sets mnist,fashion] [--models maf,real-nvp,glow] [--minutes 30] [--rows N]

Fits to 60,000 images of 28 x 28 grey levels with uniform noise, of which a tenth is held out, through a logit (margin 1e-6),
and scores the 10,000 test images with noise. A first fit of one epoch measures the speed; the second has as many epochs as
fit into the minutes, a learning rate that falls to 0 by a cosine, and keeps the weights that were best on the rows held out.
--rows takes some images only, for a quick look. One line of JSON for each fit, then a table.

maf and real-nvp have the sizes of Papamakarios et al. 2017 (five layers, 1024 hidden units, batches of 100), whose Table 3
gives 1.89 and 1.93 bits per pixel on MNIST. Glow's 1.05 on MNIST is a far larger network, trained for days.

Fashion-MNIST is looked for in DATA_FOLDER/fashion, then where Debian's package dataset-fashion-mnist puts it.
"""

import argparse
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

PUBLISHED = {("mnist", "maf"): 1.89, ("mnist", "real-nvp"): 1.93, ("mnist", "glow"): 1.05}
FOLDERS = {"mnist": ["{data}/mnist"], "fashion": ["{data}/fashion", "/usr/share/dataset-fashion-mnist"]}
MODELS = {
    "maf": {
        "configuration.preprocessing": "logit",
        "configuration.hiddenFeatures": "[1024]",
        "configuration.normalizesActivations": "true",
        "training.batchSize": "100",
        "training.learningRate": "3e-4",
    },
    "real-nvp": {
        "configuration.preprocessing": "logit",
        "configuration.couplings.network": "{multilayerPerceptron: {hiddenFeatures: [1024]}}",
        "training.batchSize": "100",
        "training.learningRate": "3e-4",
    },
    "glow": {"training.batchSize": "64", "training.learningRate": "1e-3"},
}


def folder_of(name, data):
    places = [pathlib.Path(place.format(data=data)) for place in FOLDERS[name]]
    return next((place for place in places if (place / "train-images-idx3-ubyte.gz").exists()), None)


def images(source, target, rows):
    """Some images of a file as another one, or the file itself."""
    if rows is None:
        return source
    content = gzip.open(source).read()
    count = min(rows, int.from_bytes(content[4:8], "big"))
    target.write_bytes(content[:4] + count.to_bytes(4, "big") + content[8 : 16 + 784 * count])
    return target


def fit(program, model, train, run, epochs):
    settings = MODELS[model] | {"training.maximumEpochs": epochs, "training.patience": epochs}
    settings["training.schedule"] = "{cosine: {warmUpSteps: 0, finalFraction: 0}}"
    command = [program, "fit", model, train, "--out", run, "--dequantize", "*", "--no-report", "--overwrite", "--json"]
    for name, value in settings.items():
        command += ["--set", f"{name}={value}"]
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"images: {model}: {result.stderr}")
    return json.loads(result.stdout.splitlines()[-1])["training"]


def score(program, run, test, scores):
    command = [program, "score", run, test, "-o", scores, "--json"]
    result = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
    bits = json.loads(result.stdout.splitlines()[-1])["bits_per_dimension"]
    log_prob = np.loadtxt(scores, skiprows=1)
    return bits, log_prob.std() / np.sqrt(len(log_prob)) / (784 * np.log(2))


def study(program, name, model, folder, minutes, rows):
    with tempfile.TemporaryDirectory() as temporary:
        place = pathlib.Path(temporary)
        train = images(folder / "train-images-idx3-ubyte.gz", place / "train-idx3-ubyte", rows)
        test = images(folder / "t10k-images-idx3-ubyte.gz", place / "test-idx3-ubyte", rows)
        seconds = fit(program, model, train, place / "run", 1)["seconds"]
        print(f"{name}, {model}: {seconds:.1f} s an epoch", file=sys.stderr, flush=True)
        report = fit(program, model, train, place / "run", max(1, int(minutes * 60 / seconds)))
        bits, error = score(program, place / "run", test, place / "scores.csv")
    return {
        "set": name,
        "model": model,
        "epochs": report["epochs"],
        "best_epoch": report["best_epoch"],
        "seconds": round(report["seconds"], 1),
        "seconds_per_epoch": round(report["seconds"] / report["epochs"], 1),
        "rows": report["training_rows"],
        "bits_per_dimension": round(bits, 4),
        "standard_error": round(error, 4),
        "published": PUBLISHED.get((name, model)),
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("--sets", default="mnist,fashion")
    arguments.add_argument("--models", default=",".join(MODELS))
    arguments.add_argument("--minutes", type=float, default=30)
    arguments.add_argument("--rows", type=int)
    options = arguments.parse_args()
    results = []
    for name in options.sets.split(","):
        folder = folder_of(name, options.data)
        if folder is None:
            print(f"images: {name} is skipped: it is in none of {FOLDERS[name]}", file=sys.stderr)
            continue
        for model in options.models.split(","):
            results.append(study(options.program, name, model, folder, options.minutes, options.rows))
            print(json.dumps(results[-1]), flush=True)
    print(f"\n{'set':8} {'model':9} {'bits/dim, test':>20} {'published':>10} {'epochs':>7} {'s/epoch':>8}")
    for row in results:
        bits = f"{row['bits_per_dimension']:.3f} +- {row['standard_error']:.3f}"
        published = row["published"] or "-"
        print(
            f"{row['set']:8} {row['model']:9} {bits:>20} {published:>10} {row['epochs']:>7} "
            f"{row['seconds_per_epoch']:>8}"
        )


if __name__ == "__main__":
    main()
