"""Log-likelihood of variational autoencoders on binarized MNIST, beside published figures.

    variational.py PROGRAM DATA_FOLDER [--models vae,iwae] [--minutes 45] [--samples 5000] [--rows N]

The networks of Burda et al. 2016 with one stochastic layer: 784-200-200-50, tanh, Bernoulli pixels drawn anew in each step with
grey levels as probabilities. 60,000 images, of which a sixtieth is held out; 10,000 test images, scored by importance sampling.
Published after 3280 epochs: 86.76 nats (vae), 84.78 (iwae with 50 samples). A first fit of one epoch measures the speed; the
second has as many epochs as fit into the minutes. One line of JSON for each fit.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

PUBLISHED = {"vae": 86.76, "iwae": 84.78}
SETTINGS = {
    "configuration.network": "{multilayerPerceptron: {hiddenFeatures: [200, 200]}}",
    "configuration.activation": "tanh",
    "configuration.codeFeatures": "50",
    "configuration.likelihood": "bernoulli",
    "training.batchSize": "100",
    "training.learningRate": "1e-3",
    "training.schedule": "{cosine: {warmUpSteps: 0, finalFraction: 0}}",
    "training.validationFraction": "0.0167",
}
OWN = {"vae": {}, "iwae": {"configuration.trainingSamples": "50"}}


def run(command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"variational: {' '.join(map(str, command[:3]))}: {result.stderr}")
    return json.loads(result.stdout.splitlines()[-1])


def fit(program, model, train, folder, epochs, samples):
    settings = SETTINGS | OWN[model] | {
        "configuration.scoringSamples": samples,
        "training.maximumEpochs": epochs,
        "training.patience": epochs,
    }
    command = [program, "fit", model, train, "--out", folder, "--no-report", "--overwrite", "--json"]
    for name, value in settings.items():
        command += ["--set", f"{name}={value}"]
    return run(command)["training"]


def study(program, model, data, minutes, samples, rows):
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "run"
        train, test = (data / "mnist" / f"{name}-images-idx3-ubyte.gz" for name in ("train", "t10k"))
        if rows:
            import gzip

            content = gzip.open(test).read()
            test = pathlib.Path(temporary) / "test-idx3-ubyte"
            test.write_bytes(content[:4] + rows.to_bytes(4, "big") + content[8 : 16 + 784 * rows])
        seconds = fit(program, model, train, folder, 1, samples)["seconds"]
        print(f"{model}: {seconds:.1f} s an epoch", file=sys.stderr, flush=True)
        report = fit(program, model, train, folder, max(1, int(minutes * 60 / seconds)), samples)
        score = run([program, "score", folder, test, "--json"])
    return {
        "model": model,
        "epochs": report["epochs"],
        "seconds": round(report["seconds"], 1),
        "negative_log_likelihood": round(-score["mean_log_prob"], 3),
        "standard_error": round(score["standard_error"], 3),
        "test_rows": score["rows"],
        "median_effective_sample_size": round(score["estimation"]["median_effective_sample_size"], 1),
        "published": PUBLISHED[model],
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("--models", default="vae,iwae")
    arguments.add_argument("--minutes", type=float, default=45)
    arguments.add_argument("--samples", type=int, default=5000)
    arguments.add_argument("--rows", type=int, help="test images to score")
    options = arguments.parse_args()
    for model in options.models.split(","):
        found = study(options.program, model, options.data, options.minutes, options.samples, options.rows)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
