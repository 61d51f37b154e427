"""Writes kernel_density.json: densities and bandwidths by SciPy and scikit-learn.

    python Tests/References/generate_kernel_density_references.py    # needs numpy, scipy and scikit-learn
"""

import json
import pathlib

import numpy as np
from scipy.stats import gaussian_kde
from sklearn.neighbors import KernelDensity

OURS = {"gaussian": "gaussian", "tophat": "uniform", "epanechnikov": "epanechnikov", "exponential": "exponential",
        "linear": "triangular", "cosine": "cosine"}


def finite(values):
    """JSON has no infinity: -1e300 stands for it."""
    return [max(float(value), -1e300) for value in values]


def radial_kernels(rng):
    cases = []
    for features in (1, 2, 3, 5):
        x, y = rng.normal(size=(30, features)), rng.normal(size=(12, features))
        for name, ours in OURS.items():
            if name == "cosine" and features % 2 == 0:
                continue  # scikit-learn 1.9 has a wrong constant there: with two columns the integral is 0.36
            bandwidth = 0.7 * features**0.5
            density = KernelDensity(bandwidth=bandwidth, kernel=name, algorithm="ball_tree", rtol=0, atol=0)
            cases.append({"kernel": ours, "bandwidth": bandwidth, "x": x.tolist(), "y": y.tolist(),
                          "logProb": finite(density.fit(x).score_samples(y))})
    return cases


def full_covariances(rng):
    mix = np.array([[1.0, 0.4, 0], [0, 2.0, -0.7], [0, 0, 0.1]])
    x, y = rng.normal(size=(50, 3)) @ mix, rng.normal(size=(20, 3)) @ mix * 2
    plain = gaussian_kde(x.T)
    return {"x": x.tolist(), "y": y.tolist(), "scott": plain.logpdf(y.T).tolist(),
            "covariance": plain.covariance.tolist(),
            "silverman": gaussian_kde(x.T, "silverman").logpdf(y.T).tolist(),
            "silvermanFactor": float(gaussian_kde(x.T, "silverman").factor)}


def main():
    rng = np.random.default_rng(7)
    references = {"radialKernels": radial_kernels(rng), "fullCovariance": full_covariances(rng)}
    path = pathlib.Path(__file__).with_name("kernel_density.json")
    path.write_text(json.dumps(references, separators=(",", ":")) + "\n")


main()
