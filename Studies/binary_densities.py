"""Test log-likelihood of independent columns and of the Chow-Liu tree on the binary density sets, against published digits.

    binary_densities.py PROGRAM DATA_FOLDER [--peer]

PROGRAM is Benchmarks' BinaryDensities. The published numbers are the maximum-likelihood trees of Lowd and Davis and of the
literature after them; a Dirichlet prior of 0.01 for each value, which only keeps unseen values from minus infinity, gives all
their digits. Ends with status 1 when a digit differs. With --peer, times pomegranate on the same rows.
"""

import argparse
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

SMOOTHING = 0.01
PUBLISHED = {  # independent, Chow-Liu
    "nltcs": (-9.23, -6.76),
    "baudio": (-49.34, -44.37),
    "accidents": (-45.56, -33.19),
    "dna": (-100.39, -87.66),
}


def read(path):
    with gzip.open(path, "rt") as file:
        return np.array([[int(c) for c in line.strip().replace(",", "")] for line in file], dtype=np.uint8)


def peer(train, test):
    import torch
    from pomegranate.bayesian_network import BayesianNetwork

    start = time.perf_counter()
    model = BayesianNetwork(algorithm="chow-liu", pseudocount=SMOOTHING)
    model.fit(torch.tensor(train, dtype=torch.int64))
    seconds = time.perf_counter() - start
    return model.log_probability(torch.tensor(test, dtype=torch.int64)).mean().item(), seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--peer", action="store_true")
    arguments = parser.parse_args()
    differs = False
    for name, published in PUBLISHED.items():
        train, test = (read(arguments.data / "debd" / f"{name}.{part}.data.gz") for part in ("train", "test"))
        with tempfile.TemporaryDirectory() as folder:
            files = [f"{folder}/train.npy", f"{folder}/test.npy"]
            for file, rows in zip(files, (train, test)):
                np.save(file, rows)
            output = subprocess.run(
                [arguments.program, *files, str(SMOOTHING)], check=True, capture_output=True, text=True).stdout
        result = json.loads(output)
        own = (round(result["independent"], 2), round(result["chow_liu"], 2))
        differs = differs or own != published
        line = {"set": name, "independent": own[0], "chow_liu": own[1], "published": published,
                "fit_s": round(result["chow_liu_fit_s"], 3)}
        if arguments.peer:
            score, seconds = peer(train, test)
            line |= {"pomegranate": round(score, 2), "pomegranate_fit_s": round(seconds, 3)}
        print(json.dumps(line), flush=True)
    sys.exit(1 if differs else 0)


if __name__ == "__main__":
    main()
