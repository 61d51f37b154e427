"""Held-out log-likelihood of coupling spline flows: Pushforward beside zuko and nflows.

    density.py PROGRAM DATA_FOLDER [--sets kin40k,wine] [--seeds 3] [--no-averaging]

The same architecture (5 couplings, two hidden layers of 64, 8 bins on [-5, 5]), the same rows, the same standardization,
the same budget (Adam 1e-3, batches of 256, gradient norm clipped at 5, 10 % held out, 20 epochs without improvement or
200 in all, best weights kept). Pushforward also averages its weights over steps, its default, for which the peers have
no switch; --no-averaging leaves it out. kin40k is split by the first column of its mask; red wine keeps every tenth row of a
shuffle for the test, with the discrete column left out. One line of JSON for each fit, then a table.
"""

import argparse
import copy
import csv
import gzip
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch

LAYERS, HIDDEN, BINS, BOUND = 5, 64, 8, 5.0
RATE, BATCH, CLIP, HELD_OUT, PATIENCE, EPOCHS = 1e-3, 256, 5.0, 0.1, 20, 200


def read(path):
    return np.loadtxt(gzip.open(path, "rt"), delimiter=",")


def kin40k(folder):
    rows = read(folder / "uci_small/kin40k/data.csv.gz")
    is_test = read(folder / "uci_small/kin40k/test_mask.csv.gz")[:, 0] > 0
    return rows[~is_test], rows[is_test]


def wine(folder):
    rows = read(folder / "uci_misc/winequality-red.csv.gz")[:, :11]
    rows = rows[np.random.default_rng(0).permutation(len(rows))]
    return rows[len(rows) // 10 :], rows[: len(rows) // 10]


def zuko_flow(features):
    import zuko

    flow = zuko.flows.NSF(features, 0, transforms=LAYERS, bins=BINS, passes=2, hidden_features=(HIDDEN, HIDDEN))
    return flow, lambda x: flow().log_prob(x)


def nflows_flow(features):
    from nflows import distributions, flows, transforms
    from nflows.nn.nets import MLP

    class Network(torch.nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.layers = MLP([inputs], [outputs], [HIDDEN, HIDDEN])

        def forward(self, x, context=None):
            return self.layers(x)

    steps = []
    for index in range(LAYERS):
        mask = torch.ones(features)
        mask[: features // 2] = -1
        steps.append(
            transforms.PiecewiseRationalQuadraticCouplingTransform(
                mask, Network, num_bins=BINS, tails="linear", tail_bound=BOUND
            )
        )
        if index + 1 < LAYERS:
            steps.append(transforms.RandomPermutation(features))
    flow = flows.Flow(transforms.CompositeTransform(steps), distributions.StandardNormal([features]))
    return flow, flow.log_prob


def fit_peer(make, train, test, seed):
    torch.manual_seed(seed)
    mean, scale = train.mean(0), train.std(0)
    x = torch.tensor((train - mean) / scale, dtype=torch.float32)
    order = torch.randperm(len(x))
    held = int(round(HELD_OUT * len(x)))
    validation, x = x[order[:held]], x[order[held:]]
    flow, log_prob = make(x.shape[1])
    optimizer = torch.optim.Adam(flow.parameters(), RATE)
    best, best_state, since, epoch = float("inf"), None, 0, 0
    while epoch < EPOCHS and since < PATIENCE:
        epoch += 1
        flow.train()
        for rows in torch.randperm(len(x))[: len(x) // BATCH * BATCH].split(BATCH):
            optimizer.zero_grad()
            (-log_prob(x[rows]).mean()).backward()
            torch.nn.utils.clip_grad_norm_(flow.parameters(), CLIP)
            optimizer.step()
        flow.eval()
        with torch.no_grad():
            loss = -log_prob(validation).mean().item()
        since = since + 1
        if loss < best:
            best, best_state, since = loss, copy.deepcopy(flow.state_dict()), 0
    flow.load_state_dict(best_state)
    with torch.no_grad():
        z = torch.tensor((test - mean) / scale, dtype=torch.float32)
        scores = log_prob(z).double().numpy() - np.log(scale).sum()
    return scores, epoch


def fit_ours(program, train, test, seed, averages):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, rows in (("train", train), ("test", test)):
            with open(folder / f"{name}.csv", "w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow([f"x{i + 1}" for i in range(rows.shape[1])])
                writer.writerows(rows.tolist())
        settings = {
            "training.learningRate": RATE,
            "training.batchSize": BATCH,
            "training.gradientClip": CLIP,
            "training.validationFraction": HELD_OUT,
            "training.patience": PATIENCE,
            "training.maximumEpochs": EPOCHS,
            "configuration.couplings.layers": LAYERS,
            "configuration.bins": BINS,
            "configuration.bound": BOUND,
        }
        if not averages:
            settings["training.averagingDecay"] = 0
        command = [program, "fit", "nsf", f"{folder}/train.csv", "--out", f"{folder}/run", "--seed", str(seed)]
        command += [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        result = subprocess.run(command + ["--json"], check=True, capture_output=True, text=True)
        report = json.loads(result.stdout.splitlines()[-1])["training"]
        subprocess.run(
            [program, "score", f"{folder}/run", f"{folder}/test.csv", "-o", f"{folder}/scores.csv", "--quiet"],
            check=True,
            capture_output=True,
        )
        return np.loadtxt(folder / "scores.csv", skiprows=1), report["epochs"]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("--sets", default="kin40k,wine")
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--no-averaging", action="store_true")
    options = arguments.parse_args()

    peers = {"zuko": zuko_flow, "nflows": nflows_flow}
    table = []
    for name in options.sets.split(","):
        train, test = {"kin40k": kin40k, "wine": wine}[name](options.data)
        figures = {library: [] for library in ["pushforward", *peers]}
        for seed in range(options.seeds):
            for library in figures:
                start = time.perf_counter()
                if library == "pushforward":
                    scores, epochs = fit_ours(options.program, train, test, seed, not options.no_averaging)
                else:
                    scores, epochs = fit_peer(peers[library], train, test, seed)
                mean, error = scores.mean(), scores.std(ddof=1) / len(scores) ** 0.5
                figures[library].append((mean, error))
                line = dict(set=name, library=library, seed=seed, log_p=round(float(mean), 4), epochs=epochs)
                line.update(standard_error=round(float(error), 4), seconds=round(time.perf_counter() - start, 1))
                print(json.dumps(line), flush=True)
        for library, pairs in figures.items():
            means, errors = zip(*pairs)
            table.append((name, library, statistics.mean(means), statistics.mean(errors)))
    print(f"\n{'set':8} {'library':12} {'test log p':>11} {'s.e. over rows':>15}")
    for name, library, mean, error in table:
        print(f"{name:8} {library:12} {mean:11.4f} {error:15.4f}")


if __name__ == "__main__":
    sys.exit(main())
