"""Squared MMD beside PyTorch, Sinkhorn divergences beside POT and geomloss."""

import math

import numpy as np

from suite.workload import OURS, Measure, Workload

from .sides import ours, peer

GROUP = "Discrepancies of samples"


def mmd(form, rows, features=64):
    """PyTorch sums in 32 bits. Its chunked form gives the value alone."""

    def prepare(folder):
        rng = np.random.default_rng(0)
        np.save(folder / "x.npy", rng.normal(size=(rows, features)).astype(np.float32))
        np.save(folder / "y.npy", (rng.normal(size=(rows, features)) + 0.1).astype(np.float32))

    def check(folder, results):
        values = [result["value"] for result in results.values()]
        found = {"greatest difference of values": max(values) - min(values)}
        assert max(values) - min(values) < 1e-5, f"values are {values}"
        if form == "naive":
            a, b = np.load(folder / "ours.npy"), np.load(folder / "theirs.npy")
            found["of gradients, relative"] = float(np.abs(a - b).max() / np.abs(b).max())
            assert found["of gradients, relative"] < 1e-3, f"gradients differ: {found}"
        return found

    def side(make, kind, file, *words):
        return make(kind, "{folder}/x.npy", "{folder}/y.npy", features**0.5, *words, f"{{folder}}/{file}.npy")

    gradient = side(ours, "discrepancy", "ours", "gradient")
    theirs = {"PyTorch" if form == "naive" else "PyTorch, in chunks": side(peer, "discrepancies", "theirs", form)}
    value = {OURS: side(ours, "discrepancy", "value", "value")}
    return Workload(
        name=f"mmd-{form}",
        group=GROUP,
        title=f"squared MMD, {rows:,} and {rows:,} rows, {features} columns{', with gradient' if form == 'naive' else ''}",
        sides={OURS: gradient} | theirs if form == "naive" else value | {f"{OURS}, with gradient": gradient} | theirs,
        measures=[Measure("mmd", "")],
        prepare=prepare,
        check=check,
        warm_up=form == "naive",
        rounds=None if form == "naive" else 3,
    )


def sinkhorn(epsilon, iterations=500, rows=5000, columns=3):
    def prepare(folder):
        rng = np.random.default_rng(0)
        np.save(folder / "x.npy", rng.normal(size=(rows, columns)))
        np.save(folder / "y.npy", rng.normal(size=(rows, columns)) * 0.7 + 0.5)

    def check(folder, results):
        def text(value):
            return f"{value:.6f}" if value is not None and math.isfinite(value) else "not a number"

        assert math.isfinite(results[OURS]["value"]), f"{results}"
        return {f"value of {label}": text(result["value"]) for label, result in results.items()}

    files = ("{folder}/x.npy", "{folder}/y.npy", epsilon)
    peers = {
        "POT": peer("transport", "pot", *files, iterations),
        "geomloss": peer("transport", "geomloss", *files),
    }
    return Workload(
        name=f"sinkhorn-{epsilon}",
        group=GROUP,
        title=f"Sinkhorn divergence of {rows:,} and {rows:,} rows, {columns} columns, epsilon {epsilon}",
        sides={OURS: ours("transport", *files, 1e-6, iterations)} | peers,
        measures=[Measure("divergence", "")],
        prepare=prepare,
        check=check,
        warm_up=False,
        rounds=5,
        note="geomloss has its default scaling; that for precision, 0.9, takes minutes." if epsilon > 0.1 else "",
    )


WORKLOADS = [
    mmd("chunked", 20_000),
    mmd("naive", 5_000),
    sinkhorn(0.5),
    sinkhorn(0.05),
]
