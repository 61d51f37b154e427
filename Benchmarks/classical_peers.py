"""Times classical density estimators beside their peers in Python, on the same data.

    swift build -c release --package-path Benchmarks
    python Benchmarks/classical_peers.py WORKLOAD Benchmarks/.build/release [rows]

A workload writes its data to files, runs our program and the peer on them, each as a process of its own, and prints one
line of JSON with both times, their ratio, and what shows that the results can be compared.
"""

import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np


def ours(program, *arguments):
    """The figures that a program of ours prints, and its highest memory."""
    path = os.path.join(os.path.abspath(sys.argv[2]), program)
    return measured([path, *map(str, arguments)])


def peer(name, *arguments):
    """The figures of a function below, called in a process of its own."""
    return measured([sys.executable, os.path.abspath(__file__), "--peer", name, *map(str, arguments)])


def measured(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # The highest of all children so far: known only when this one set it.
    return json.loads(text.splitlines()[-1]) | ({"peak_mib": round(peak / 1024)} if peak > before else {})


def rows(default):
    return int(sys.argv[3]) if len(sys.argv) > 3 else default


def blobs(rng, count, columns, centres):
    return centres[rng.integers(len(centres), size=count)] + rng.normal(size=(count, columns))


def mlpack_tree(training, held_out):
    """mlpack's density tree; what it says about leaves goes to its log only."""
    import mlpack

    x, y = np.load(training), np.load(held_out)

    def fit(**options):
        sys.stdout.flush()
        with tempfile.TemporaryFile() as log:
            out = os.dup(1)
            os.dup2(log.fileno(), 1)
            try:
                start = time.perf_counter()
                model = mlpack.det(
                    training=x, folds=10, max_leaf_size=10, min_leaf_size=5, verbose=True, **options
                )["output_model"]
                seconds = time.perf_counter() - start
            finally:
                os.dup2(out, 1)
            log.seek(0)
            leaves = re.findall(r"(\d+) leaf nodes", log.read().decode())
        density = mlpack.det(input_model=model, test=y)["test_set_estimates"].ravel()
        return seconds, int(leaves[-1]), np.log(density).mean(), density.mean()

    seconds, leaves, log_density, mean_density = fit()
    unpruned = fit(skip_pruning=True)
    return dict(
        seconds=seconds, leaves=leaves, log_density=log_density, mean_density=mean_density,
        seconds_unpruned=unpruned[0], leaves_unpruned=unpruned[1], log_density_unpruned=unpruned[2],
    )


def tree():
    """Density trees with the same limits of leaves and ten folds.

    The grown trees are the same. The pruned ones are not: mlpack 4.8 takes the subtree whose estimated error is largest.
    """
    count, columns = rows(50_000), 8
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 5, (10, columns))
    x, y = blobs(rng, count, columns, centres), blobs(rng, 20_000, columns, centres)
    y = y[((y >= x.min(0)) & (y <= x.max(0))).all(1)]
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder) / name for name in ("rows.npy", "heldout.npy")]
        np.save(files[0], x)
        np.save(files[1], y)
        fits = {criterion: ours("DensityTreeFit", *files, criterion) for criterion in ("squaredError", "likelihood")}
        theirs = peer("mlpack_tree", *files)
    same = fits["squaredError"]
    return {
        "rows": count, "columns": columns, "pushforward": same, "pushforward_likelihood": fits["likelihood"],
        "mlpack": theirs, "time_ratio": theirs["seconds"] / same["seconds"],
        "grown_trees_agree": theirs["leaves_unpruned"] == same["leaves_unpruned"]
        and abs(theirs["log_density_unpruned"] - same["log_density_unpruned"]) < 1e-4,
    }


def scipy_kernel_density(x, y, out):
    from scipy.stats import gaussian_kde

    x, y = np.load(x), np.load(y)
    start, processor = time.perf_counter(), time.process_time()
    logarithms = gaussian_kde(x.T).logpdf(y.T)
    figures = {"seconds": time.perf_counter() - start, "processor_seconds": time.process_time() - processor}
    np.save(out, logarithms)
    return figures


def sklearn_kernel_density(x, y, out, bandwidth, relative):
    from sklearn.neighbors import KernelDensity

    x, y = np.load(x), np.load(y)
    start, processor = time.perf_counter(), time.process_time()
    density = KernelDensity(bandwidth=float(bandwidth), algorithm="kd_tree", rtol=float(relative)).fit(x)
    logarithms = density.score_samples(y)
    figures = {"seconds": time.perf_counter() - start, "processor_seconds": time.process_time() - processor}
    np.save(out, logarithms)
    return figures


def kernel_densities(count, columns, run):
    """Our figures before and after the peer's, the ratio of the times, and the greatest difference of the logarithms."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        x, y, a, b = (pathlib.Path(folder) / f"{name}.npy" for name in ("rows", "places", "ours", "theirs"))
        np.save(x, rng.normal(size=(count, columns)))
        np.save(y, rng.normal(size=(count, columns)))
        first, theirs, second = run(x, y, a, b)
        difference = float(np.abs(np.load(a) - np.load(b)).max())
    assert difference < 1e-4, difference
    def ratio(what):
        return theirs[what] / min(first[what], second[what])

    return {
        "rows": count, "columns": columns, "pushforward": second, "peer": theirs, "time_ratio": ratio("seconds"),
        "processor_ratio": ratio("processor_seconds"), "greatest_difference": difference,
    }


def kde_exact():
    """The Gaussian kernel with Scott's full bandwidth, all rows at each place: SciPy."""

    def run(x, y, a, b):
        first = ours("KernelDensityEvaluation", x, y, a, "exact", "scott")
        theirs = peer("scipy_kernel_density", x, y, b)
        return first, theirs, ours("KernelDensityEvaluation", x, y, a, "exact", "scott")

    return {"peer": "scipy", "sizes": [kernel_densities(rows(20_000), columns, run) for columns in (3, 10)]}


def kde_tree():
    """Relative error up to 1e-4 of each density: scikit-learn."""

    def run(x, y, a, b):
        first = ours("KernelDensityEvaluation", x, y, a, "tree", 0.05)
        theirs = peer("sklearn_kernel_density", x, y, b, 0.05, 1e-4)
        return first, theirs, ours("KernelDensityEvaluation", x, y, a, "tree", 0.05)

    return {"peer": "scikit-learn", "sizes": [kernel_densities(rows(200_000), 2, run)]}


WORKLOADS = {
    "kde-exact": kde_exact,
    "kde-tree": kde_tree,
    "tree": tree,
}

PEERS = {
    "scipy_kernel_density": scipy_kernel_density,
    "sklearn_kernel_density": sklearn_kernel_density,
    "mlpack_tree": mlpack_tree,
}


def main():
    if sys.argv[1] == "--peer":
        print(json.dumps(PEERS[sys.argv[2]](*sys.argv[3:])))
    else:
        print(json.dumps({"benchmark": sys.argv[1], **WORKLOADS[sys.argv[1]]()}))


main()
