"""Mixtures, kernel density and density trees beside scikit-learn, SciPy and mlpack, on the same files."""

import numpy as np

from suite.workload import OURS, Measure, Workload

from .sides import ours, peer

GROUP = "Density estimation"


def blobs(rng, count, columns, centres):
    return centres[rng.integers(len(centres), size=count)] + rng.normal(size=(count, columns))


# Steps of EM.


def em(kind, dtype, count=500_000, columns=10, components=20):
    word = {"full": "full", "diag": "diagonal"}[kind]

    def prepare(folder):
        rng = np.random.default_rng(0)
        x = blobs(rng, count, columns, rng.normal(0, 5, (components, columns)))
        covariance = np.cov(x.T)
        covariances = [covariance if kind == "full" else np.diag(covariance)] * components
        np.savez(
            folder / "start.npz",
            **{
                "weights": np.full(components, 1 / components), "means": x[rng.integers(count, size=components)],
                f"covariances.{word}": np.array(covariances),
            },
        )
        np.save(folder / "rows.npy", x.astype(dtype))

    def check(folder, results):
        """Parameters and log-densities after three steps; differences relative to those above 1."""
        mine, theirs = np.load(folder / "ours.npz"), np.load(folder / "theirs.npz")
        pairs = [(mine[name], theirs[name]) for name in ("weights", "means", "scores")]
        pairs.append((mine[f"covariances.{word}"], theirs["covariances"]))
        difference = float(max((np.abs(p - q) / np.maximum(1, np.abs(q))).max() for p, q in pairs))
        assert difference < (1e-4 if dtype == "float64" else 1e-3), f"parameters differ by {difference}"
        return {"greatest difference": difference}

    files = ("{folder}/rows.npy", "{folder}/start.npz")
    return Workload(
        name=f"em-{kind}-{dtype[-2:]}",
        group=GROUP,
        title=f"step of EM, {word} covariances, {count:,} x {columns}, {components} components, {dtype[-2:]}-bit",
        sides={
            OURS: ours("mixture-steps", *files, "{folder}/ours.npz"),
            "scikit-learn": peer("mixtures", "steps", *files, "{folder}/theirs.npz"),
        },
        measures=[Measure("step", "")],
        prepare=prepare,
        check=check,
        warm_up=False,
        note="a step is half the difference of 1 and 3 steps." if kind == "full" and dtype == "float64" else "",
    )


def mixture_draws(count=10_000_000, columns=10, components=20):
    """Both sides agree with the exact moments."""

    def prepare(folder):
        rng = np.random.default_rng(0)
        roots = rng.normal(size=(components, columns, columns)) * 0.4
        given = {
            "weights": rng.dirichlet(np.full(components, 5.0)), "means": rng.normal(0, 5, (components, columns)),
            "covariances.full": roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(columns),
        }
        np.savez(folder / "mixture.npz", **given)

    def check(folder, results):
        given = np.load(folder / "mixture.npz")
        weights, means, covariances = (given[name] for name in ("weights", "means", "covariances.full"))
        mean = weights @ means
        second = np.einsum("k,kij->ij", weights, means[:, :, None] * means[:, None, :] + covariances)
        spread, scale = np.sqrt(np.diag(second) - mean**2), np.sqrt(np.outer(np.diag(second), np.diag(second)))
        errors = []
        for found in (np.load(folder / "ours.npz"), np.load(folder / "theirs.npz")):
            errors.append(float((np.abs(found["mean"] - mean) / spread).max() * count**0.5))
            errors.append(float((np.abs(found["second"] - second) / scale).max() * count**0.5))
        assert max(errors) < 7, f"moments are off by {errors} standard errors"
        return {"moments are off by at most this many standard errors:": max(errors)}

    return Workload(
        name="mixture-draws",
        group=GROUP,
        title=f"{count:,} draws of a mixture, {columns} columns, {components} components",
        sides={
            OURS: ours("mixture-draws", "{folder}/mixture.npz", count, "{folder}/ours.npz"),
            "scikit-learn": peer("mixtures", "draws", "{folder}/mixture.npz", count, "{folder}/theirs.npz"),
        },
        measures=[Measure("draws", "")],
        prepare=prepare,
        check=check,
        warm_up=False,
        rounds=5,
    )


# Kernel density.


def kernel_density(name, title, peer_label, count, columns, evaluation, peer_arguments, bandwidth=None, **options):
    def prepare(folder):
        rng = np.random.default_rng(0)
        for file in ("rows", "places"):
            np.save(folder / f"{file}.npy", rng.normal(size=(count, columns)))

    def check(folder, results):
        rows, places, mine, theirs = (np.load(folder / f"{name}.npy") for name in ("rows", "places", "ours", "theirs"))
        differs = np.flatnonzero(np.abs(mine - theirs) >= 1e-4)
        assert bandwidth or not len(differs), f"log-densities differ by {np.abs(mine - theirs).max()}"
        check_places(rows, places[differs], mine[differs], bandwidth)
        found = {"greatest difference of log-densities": float(np.delete(np.abs(mine - theirs), differs).max())}
        return found | ({"places where the peer breaks its bound": len(differs)} if len(differs) else {})

    files = ("{folder}/rows.npy", "{folder}/places.npy")
    return Workload(
        name=name,
        group=GROUP,
        title=title,
        sides={
            OURS: ours("kernel-density", *files, "{folder}/ours.npy", evaluation, bandwidth or "scott"),
            peer_label: peer("kernel_density", peer_arguments[0], *files, "{folder}/theirs.npy", *peer_arguments[1:]),
        },
        measures=[Measure("density", "")],
        prepare=prepare,
        check=check,
        warm_up=False,
        **options,
    )


def check_places(rows, places, logarithms, bandwidth):
    """Where the two differ by 1e-4 or more, a sum over all rows must say that ours is right.

    scikit-learn 1.9's tree breaks its bound at a few places far from all rows.
    """
    assert len(places) <= 1e-3 * len(rows), f"log-densities differ at {len(places)} places"
    for place, logarithm in zip(places, logarithms):
        terms = -((rows - place) ** 2).sum(1) / (2 * bandwidth**2)
        exact = terms.max() + np.log(np.exp(terms - terms.max()).sum())
        exact -= np.log(len(rows)) + rows.shape[1] / 2 * np.log(2 * np.pi * bandwidth**2)
        assert abs(logarithm - exact) < 1e-4, f"at {place} ours is {logarithm}, the sum over all rows {exact}"


def exact_kernel_density(columns):
    count = 20_000
    return kernel_density(
        f"kde-exact-{columns}",
        f"exact Gaussian kernel density, {count:,} rows at {count:,} places, {columns} columns",
        "SciPy", count, columns, "exact", ("scipy",), rounds=3,
    )


# Density trees.


def density_tree(count=20_000, columns=8):
    def prepare(folder):
        rng = np.random.default_rng(0)
        centres = rng.normal(0, 5, (10, columns))
        x, y = blobs(rng, count, columns, centres), blobs(rng, 20_000, columns, centres)
        np.save(folder / "rows.npy", x)
        np.save(folder / "heldout.npy", y[((y >= x.min(0)) & (y <= x.max(0))).all(1)])

    def check(folder, results):
        """The grown trees are the same. The pruned ones are not: mlpack takes the subtree of the largest estimated error."""
        mine, theirs = results[OURS], results["mlpack"]
        assert mine["grown"]["leaves"] == theirs["grown"]["leaves"], f"{mine} {theirs}"
        assert abs(mine["grown"]["log_density"] - theirs["grown"]["log_density"]) < 1e-4, f"{mine} {theirs}"
        return {
            "leaves of the grown tree on both sides": mine["grown"]["leaves"],
            "held-out log-density of ours": mine["pruned"]["log_density"],
            "pruned by likelihood": mine["likelihood"]["log_density"],
            "of mlpack": theirs["pruned"]["log_density"],
        }

    files = ("{folder}/rows.npy", "{folder}/heldout.npy")
    return Workload(
        name="density-tree",
        group=GROUP,
        title=f"density tree, {count:,} x {columns}, ten folds",
        sides={OURS: ours("density-tree", *files), "mlpack": peer("density_tree", *files)},
        measures=[Measure("fit", "")],
        prepare=prepare,
        check=check,
        warm_up=False,
        rounds=5,
    )


WORKLOADS = [
    em("full", "float64"),
    em("full", "float32"),
    em("diag", "float64"),
    em("diag", "float32"),
    mixture_draws(),
    exact_kernel_density(3),
    exact_kernel_density(10),
    kernel_density(
        "kde-tree",
        "kernel density by tree, relative error 1e-4, 100,000 rows at 100,000 places, 2 columns",
        "scikit-learn", 100_000, 2, "tree", ("sklearn", 0.05, 1e-4), bandwidth=0.05, rounds=5,
    ),
    density_tree(),
]
