"""Times the Sinkhorn divergence beside POT and geomloss, on the same samples, and says where theirs is not a number.

    swift build -c release --package-path Benchmarks --product Transport
    python Benchmarks/transport_peers.py Benchmarks/.build/release [rows] [columns]

Each library runs in a process of its own, in turn. The cost is |x - y|^2 with the entropy relative to the product of the
marginals, so epsilon is POT's reg, and twice geomloss's blur^2, whose cost and divergence are half of ours. geomloss takes no
tolerance: it runs with its default scaling and with the one its manual advises for precision, 0.9. POT's value leaves the
entropy out, so its dual potentials are compared. Prints one line of JSON for each epsilon.
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

ROUNDS = 2


def run(command):
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(text.splitlines()[-1])


def own_peak():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) >> 10


def pot(x, y, epsilon, method, iterations):
    """POT in 64 bits: three problems, as the divergence needs; `iterations` are ours, the tolerance too."""
    import warnings

    import ot

    warnings.filterwarnings("ignore")
    x, y, epsilon, iterations = np.load(x), np.load(y), float(epsilon), int(iterations)

    def solve(a, b):
        masses = [np.full(len(z), 1 / len(z)) for z in (a, b)]
        plan, log = ot.sinkhorn(
            *masses, ot.dist(a, b), epsilon, method=method, numItermax=iterations, stopThr=1e-6, log=True, warn=False
        )
        u, v = (log["log_u"], log["log_v"]) if "log_u" in log else (np.log(log["u"]), np.log(log["v"]))
        # Its plan is u K v, ours a f K g b: the logarithms of the masses come off.
        return epsilon * (u.mean() + v.mean() + np.log(len(a)) + np.log(len(b)))

    start = time.perf_counter()
    across, within, beyond = solve(x, y), solve(x, x), solve(y, y)
    seconds = time.perf_counter() - start
    return {"value": across - (within + beyond) / 2, "seconds": seconds, "peak_mib": own_peak()}


def geomloss(x, y, epsilon, scaling, dtype):
    """geomloss without KeOps, which stores all pairs."""
    import torch
    from geomloss import SamplesLoss

    x, y = (torch.from_numpy(np.load(z)).to(getattr(torch, dtype)) for z in (x, y))
    loss = SamplesLoss("sinkhorn", p=2, blur=(float(epsilon) / 2) ** 0.5, scaling=float(scaling), backend="tensorized")
    start = time.perf_counter()
    value = 2 * loss(x, y).item()
    return {"value": value, "seconds": time.perf_counter() - start, "peak_mib": own_peak()}


def compare(folder, x, y, epsilon, iterations):
    program = os.path.join(os.path.abspath(sys.argv[1]), "Transport")

    def peer(name, *arguments):
        return [sys.executable, os.path.abspath(__file__), "--peer", name, str(x), str(y), str(epsilon), *map(str, arguments)]

    commands = {
        "pushforward": [program, str(x), str(y), str(epsilon), "1e-6", str(iterations)],
        "pot log": peer("pot", "sinkhorn_log", 10),
        "pot": peer("pot", "sinkhorn", iterations),
        "geomloss float32": peer("geomloss", 0.5, "float32"),
        "geomloss float64 0.9": peer("geomloss", 0.9, "float64"),
    }
    results = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            try:
                results[name].append(run(command))
            except (subprocess.CalledProcessError, ValueError) as error:
                results[name].append({"seconds": None, "value": None, "error": str(error)[-200:]})
    line = {"benchmark": "sinkhorn", "epsilon": epsilon, "rows": len(np.load(x))}
    ours = min(result["seconds"] for result in results["pushforward"])
    for name, found in results.items():
        times = [result["seconds"] for result in found if result["seconds"]]
        line[name] = {**found[0], "seconds": min(times) if times else None}
        if name != "pushforward" and times:
            line[name]["time_ratio"] = min(times) / ours
    return line


def main():
    if sys.argv[1] == "--peer":
        return print(json.dumps({"pot": pot, "geomloss": geomloss}[sys.argv[2]](*sys.argv[3:])))
    count, columns = (int(sys.argv[k]) if len(sys.argv) > k else default for k, default in ((2, 5000), (3, 3)))
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        x, y = (pathlib.Path(folder) / name for name in ("x.npy", "y.npy"))
        np.save(x, rng.normal(size=(count, columns)))
        np.save(y, rng.normal(size=(count, columns)) * 0.7 + 0.5)
        for epsilon, iterations in ((0.5, 500), (0.05, 500), (0.0001, 20)):
            print(json.dumps(compare(folder, x, y, epsilon, iterations)), flush=True)


main()
