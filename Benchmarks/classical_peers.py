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
import warnings

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
    # The highest of all children so far: known only when this one set it. A process that says it itself is right.
    return ({"peak_mib": round(peak / 1024)} if peak > before else {}) | json.loads(text.splitlines()[-1])


def own_peak():
    """The highest memory of this process, MiB; unlike that of getrusage without what its parent had when it was started."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) >> 10


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


def kernel_densities(count, columns, run, bandwidth=None):
    """Our figures before and after the peer's, the ratio of the times, and the greatest difference of the logarithms."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        x, y, a, b = (pathlib.Path(folder) / f"{name}.npy" for name in ("rows", "places", "ours", "theirs"))
        np.save(x, rng.normal(size=(count, columns)))
        np.save(y, rng.normal(size=(count, columns)))
        first, theirs, second = run(x, y, a, b)
        data, mine, other = np.load(x), np.load(a), np.load(b)
        differs = np.flatnonzero(np.abs(mine - other) >= 1e-4)
        assert bandwidth or not len(differs), np.abs(mine - other).max()
        check_places(data, np.load(y)[differs], mine[differs], bandwidth)
    def ratio(what):
        return theirs[what] / min(first[what], second[what])

    return {
        "rows": count, "columns": columns, "pushforward": second, "peer": theirs, "time_ratio": ratio("seconds"),
        "processor_ratio": ratio("processor_seconds"),
        "greatest_difference": float(np.delete(np.abs(mine - other), differs).max()),
        "places_where_the_peer_is_off": len(differs),
    }


def check_places(rows, places, logarithms, bandwidth):
    """Where the two differ by 1e-4 or more, a sum over all rows must say that ours is right.

    scikit-learn 1.9's tree breaks its bound at a few places far from all rows.
    """
    assert len(places) <= 1e-3 * len(rows), len(places)
    for place, logarithm in zip(places, logarithms):
        terms = -((rows - place) ** 2).sum(1) / (2 * bandwidth**2)
        exact = terms.max() + np.log(np.exp(terms - terms.max()).sum())
        exact -= np.log(len(rows)) + rows.shape[1] / 2 * np.log(2 * np.pi * bandwidth**2)
        assert abs(logarithm - exact) < 1e-4, (place, logarithm, exact)


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

    return {"peer": "scikit-learn", "sizes": [kernel_densities(rows(200_000), 2, run, bandwidth=0.05)]}


def sklearn_mixture_step(x, start, steps, out, kind):
    """Seconds of a step of EM, as the difference of 1 and 1 + steps steps."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    warnings.simplefilter("ignore", ConvergenceWarning)
    x, start, steps = np.load(x), np.load(start), int(steps)
    covariances = start["covariances.full" if kind == "full" else "covariances.diagonal"]
    precisions = np.linalg.inv(covariances) if kind == "full" else 1 / covariances
    seconds = []
    for count in (1, 1 + steps):
        model = GaussianMixture(
            len(covariances), covariance_type=kind, weights_init=start["weights"], means_init=start["means"],
            precisions_init=precisions, max_iter=count, tol=0, reg_covar=1e-6,
        )
        begin = time.perf_counter()
        model.fit(x)
        seconds.append(time.perf_counter() - begin)
    np.savez(
        out, weights=model.weights_, means=model.means_, covariances=model.covariances_,
        scores=model.score_samples(x[:1000]),
    )
    return {"seconds": (seconds[1] - seconds[0]) / steps, "seconds_all": seconds[1], "peak_mib": own_peak()}


def sklearn_mixture_sample(parameters, count, out):
    from sklearn.mixture import GaussianMixture

    given, count = np.load(parameters), int(count)
    model = GaussianMixture(len(given["weights"]), random_state=0)
    model.weights_, model.means_, model.covariances_ = given["weights"], given["means"], given["covariances.full"]
    begin = time.perf_counter()
    draws, _ = model.sample(count)
    seconds = time.perf_counter() - begin
    peak = own_peak()
    np.savez(out, mean=draws.mean(0), second=draws.T @ draws / count)
    return {"seconds": seconds, "peak_mib": peak}


def mixture_start(x, components, rng, kind):
    """Means at rows, weights alike, the covariance of all rows."""
    covariance = np.cov(x.T)
    weights = np.full(components, 1 / components)
    start = {"weights": weights, "means": x[rng.integers(len(x), size=components)].astype(float)}
    if kind == "full":
        start["covariances.full"] = np.array([covariance] * components)
    else:
        start["covariances.diagonal"] = np.array([np.diag(covariance)] * components)
    return start


def em(kind):
    """Steps of EM, N = 500,000, D = 10, K = 20, from the same start, in 64 and in 32 bits: scikit-learn."""
    count, columns, components, steps = rows(500_000), 10, 20, 5
    rng = np.random.default_rng(0)
    data = blobs(rng, count, columns, rng.normal(0, 5, (components, columns)))
    word = "full" if kind == "full" else "diagonal"
    result = {"peer": "scikit-learn", "rows": count, "columns": columns, "components": components}
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder) / name for name in ("rows.npy", "start.npz", "ours.npz", "theirs.npz")]
        x, start, a, b = files
        np.savez(start, **mixture_start(data, components, rng, kind))
        for name, type_ in (("float64", np.float64), ("float32", np.float32)):
            np.save(x, data.astype(type_))
            mine, theirs = [], []
            for _ in range(3):
                mine.append(ours("GaussianMixtures", "em", x, start, steps, a))
                theirs.append(peer("sklearn_mixture_step", x, start, steps, b, kind))
            difference = mixture_difference(np.load(a), np.load(b), word)
            assert difference < (1e-4 if type_ is np.float64 else 1e-3), difference
            result[name] = ratios(mine, theirs) | {"greatest_difference": difference}
    return result


def mixture_difference(mine, theirs, word):
    """The greatest difference of parameters and log-densities, relative to those above 1."""
    pairs = [(mine[name], theirs[name]) for name in ("weights", "means", "scores")]
    pairs.append((mine[f"covariances.{word}"], theirs["covariances"]))
    return float(max((np.abs(p - q) / np.maximum(1, np.abs(q))).max() for p, q in pairs))


def ratios(mine, theirs):
    """The least times and the highest memory of runs by turns, and their ratios."""
    seconds = [min(run["seconds"] for run in runs) for runs in (mine, theirs)]
    peaks = [max(run["peak_mib"] for run in runs) for runs in (mine, theirs)]
    return {
        "seconds": seconds, "time_ratio": seconds[1] / seconds[0], "peak_mib": peaks,
        "memory_ratio": peaks[0] / peaks[1], "runs": [[run["seconds"] for run in runs] for runs in (mine, theirs)],
    }


def mixture_sample():
    """Draws from a mixture of 20 components in 10 dimensions: scikit-learn. Both agree with the exact moments."""
    count, columns, components = rows(10_000_000), 10, 20
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(components, columns, columns)) * 0.4
    given = {
        "weights": rng.dirichlet(np.full(components, 5.0)), "means": rng.normal(0, 5, (components, columns)),
        "covariances.full": roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(columns),
    }
    mean = given["weights"] @ given["means"]
    outer = given["means"][:, :, None] * given["means"][:, None, :] + given["covariances.full"]
    second = np.einsum("k,kij->ij", given["weights"], outer)
    with tempfile.TemporaryDirectory() as folder:
        parameters, a, b = (pathlib.Path(folder) / name for name in ("mixture.npz", "ours.npz", "theirs.npz"))
        np.savez(parameters, **given)
        mine, theirs = [], []
        for _ in range(2):
            mine.append(ours("GaussianMixtures", "sample", parameters, count, a))
            theirs.append(peer("sklearn_mixture_sample", parameters, count, b))
        errors = []
        for found in (np.load(a), np.load(b)):
            spread = np.sqrt(np.diag(second) - mean**2)
            errors.append(float((np.abs(found["mean"] - mean) / spread).max() * count**0.5))
            scale = np.sqrt(np.outer(np.diag(second), np.diag(second)))
            errors.append(float((np.abs(found["second"] - second) / scale).max() * count**0.5))
    assert max(errors) < 7, errors  # in about standard errors
    return {"peer": "scikit-learn", "rows": count, "errors": errors, **ratios(mine, theirs)}


WORKLOADS = {
    "em-full": lambda: em("full"),
    "em-diag": lambda: em("diag"),
    "mixture-sample": mixture_sample,
    "kde-exact": kde_exact,
    "kde-tree": kde_tree,
    "tree": tree,
}

PEERS = {
    "sklearn_mixture_sample": sklearn_mixture_sample,
    "sklearn_mixture_step": sklearn_mixture_step,
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
