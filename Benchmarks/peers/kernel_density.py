"""Kernel density of SciPy or scikit-learn: kernel_density scipy|sklearn ROWS.npy PLACES.npy RESULT.npy [BANDWIDTH RELATIVE]."""

import numpy as np

from .serving import Served, seconds_per_call


def workload(library, rows, places, out, *options):
    rows, places = np.load(rows), np.load(places)
    found = [None]
    evaluate = scipy_density(rows, places) if library == "scipy" else sklearn_density(rows, places, *options)

    def work():
        found[0] = evaluate()

    def result():
        np.save(out, found[0])
        return {}

    return Served({"density": lambda: seconds_per_call(work)}, result)


def scipy_density(rows, places):
    from scipy.stats import gaussian_kde

    return lambda: gaussian_kde(rows.T).logpdf(places.T)


def sklearn_density(rows, places, bandwidth, relative):
    from sklearn.neighbors import KernelDensity

    estimator = KernelDensity(bandwidth=float(bandwidth), algorithm="kd_tree", rtol=float(relative))
    return lambda: estimator.fit(rows).score_samples(places)
