"""Gaussian mixtures of scikit-learn: mixtures steps ROWS.npy START.npz RESULT.npz, mixtures draws MIXTURE.npz COUNT RESULT.npz."""

import warnings

import numpy as np

from .serving import Served, seconds


def workload(what, *arguments):
    return {"steps": steps, "draws": draws}[what](*arguments)


def steps(x, start, out):
    """A step of EM, as the difference of 1 and 3 steps. The result is the mixture after 3."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    warnings.simplefilter("ignore", ConvergenceWarning)
    x, start = np.load(x), np.load(start)
    kind = "full" if "covariances.full" in start else "diag"
    covariances = start["covariances.full" if kind == "full" else "covariances.diagonal"]
    precisions = np.linalg.inv(covariances) if kind == "full" else 1 / covariances

    def model(count):
        return GaussianMixture(
            len(covariances), covariance_type=kind, weights_init=start["weights"], means_init=start["means"],
            precisions_init=precisions, max_iter=count, tol=0, reg_covar=1e-6,
        )

    last = [None]

    def step():
        first = seconds(lambda: model(1).fit(x))
        last[0] = model(3)
        return (seconds(lambda: last[0].fit(x)) - first) / 2

    def result():
        found = last[0]
        np.savez(
            out, weights=found.weights_, means=found.means_, covariances=found.covariances_,
            scores=found.score_samples(x[:1000]),
        )
        return {}

    return Served({"step": step}, result)


def draws(parameters, count, out):
    from sklearn.mixture import GaussianMixture

    given, count = np.load(parameters), int(count)
    model = GaussianMixture(len(given["weights"]), random_state=0)
    model.weights_, model.means_, model.covariances_ = given["weights"], given["means"], given["covariances.full"]
    drawn = [None]

    def draw():
        drawn[0] = None
        drawn[0] = model.sample(count)[0]

    def result():
        np.savez(out, mean=drawn[0].mean(0), second=drawn[0].T @ drawn[0] / count)
        return {}

    return Served({"draws": lambda: seconds(draw)}, result)
