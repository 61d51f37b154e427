"""Times MMD^2 and its gradient beside PyTorch, on the same data, by turns.

    swift build -c release --package-path Benchmarks
    python Benchmarks/discrepancy_peers.py Benchmarks/.build/release [rows] [features] [rows of the naive form]

PyTorch's naive form holds the matrices of rows by rows, for value and gradient; its chunked form takes some rows at a time
and gives the value alone, as that of the gradient would keep all chunks. Ours always gives both. Prints a line of JSON.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import numpy as np

ROUNDS = int(os.environ.get("ROUNDS", 3))
CHUNK = 1000


def own_peak():
    """The highest memory of this process, MiB."""
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024


def torch_form(x_file, y_file, bandwidth, form, out):
    """Unbiased, Gaussian kernel, as it is usually written."""
    import torch

    x, y = (torch.from_numpy(np.load(name)) for name in (x_file, y_file))
    h, chunk = 2 * float(bandwidth) ** 2, CHUNK if form == "chunked" else len(x)
    before = own_peak()

    def kernel_sum(a, b, same):
        total = torch.zeros(())
        for rows in a.split(chunk):
            total = total + torch.exp(-torch.cdist(rows, b).pow(2) / h).sum()
        return total - len(a) if same else total

    def squared(x):
        n, m = len(x), len(y)
        return (
            kernel_sum(x, x, True) / (n * (n - 1)) + kernel_sum(y, y, True) / (m * (m - 1)) - 2 * kernel_sum(x, y, False) / (n * m)
        )

    squared(x[:300])  # starts the threads
    seconds = float("inf")
    for _ in range(3 if form == "naive" else 1):
        leaf = x.clone().requires_grad_(form == "naive")
        start = time.perf_counter()
        value = squared(leaf)
        if form == "naive":
            value.backward()
        seconds = min(seconds, time.perf_counter() - start)
    if form == "naive":
        np.save(out, leaf.grad.numpy())
    return {"seconds": seconds, "value": float(value.detach()), "peak_mib": own_peak(), "peak_before_mib": before}


def run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def least(runs):
    return min(run["seconds"] for run in runs)


def compare(folder, programs, rows, features, form):
    """Rounds of ours and of one form of PyTorch."""
    rng = np.random.default_rng(0)
    x, y, mine, theirs = (str(pathlib.Path(folder) / f"{name}.npy") for name in ("x", "y", "mine", "theirs"))
    np.save(x, rng.normal(size=(rows, features)).astype(np.float32))
    np.save(y, (rng.normal(size=(rows, features)) + 0.1).astype(np.float32))
    bandwidth = str(features**0.5)
    ours, values, peers = [], [], []
    for _ in range(ROUNDS):
        ours.append(run([f"{programs}/Discrepancies", x, y, bandwidth, "gradient", mine]))
        peers.append(run([sys.executable, os.path.abspath(__file__), "--peer", x, y, bandwidth, form, theirs]))
        values.append(run([f"{programs}/Discrepancies", x, y, bandwidth, "value"]))
    result = {
        "rows": rows, "features": features, "form": form, "value": [ours[0]["value"], peers[0]["value"]],
        "seconds_value_and_gradient": least(ours), "seconds_value": least(values), "seconds_pytorch": least(peers),
        "ratio": least(peers) / least(ours), "ratio_of_values": least(peers) / least(values),
        "peak_mib": [max(run["peak_mib"] for run in runs) for runs in (ours, peers)],
        "peak_before_mib": [max(run["peak_before_mib"] for run in runs) for runs in (ours, peers)],
        "runs": [[run["seconds"] for run in runs] for runs in (ours, peers)],
    }
    # PyTorch sums in 32 bits.
    assert abs(ours[0]["value"] - peers[0]["value"]) < 1e-5, result
    if form == "naive":
        a, b = np.load(mine), np.load(theirs)
        result["gradient_difference"] = float(np.abs(a - b).max() / np.abs(b).max())
        assert result["gradient_difference"] < 1e-3, result
    return result


def main():
    if sys.argv[1] == "--peer":
        print(json.dumps(torch_form(*sys.argv[2:])))
        return
    programs = os.path.abspath(sys.argv[1])
    rows, features, naive = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((2, 20_000), (3, 64), (4, 5_000)))
    with tempfile.TemporaryDirectory() as folder:
        sizes = [compare(folder, programs, rows, features, "chunked"), compare(folder, programs, naive, features, "naive")]
    print(json.dumps({"benchmark": "mmd", "peer": "pytorch", "sizes": sizes}))


main()
