"""Writes histograms.json: bins and densities that NumPy gives, for DensityEstimationTests.

Run with NumPy and SciPy: python3 Tests/References/generate_histogram_references.py
"""

import json
import pathlib

import numpy as np
from scipy.special import gammaln


def knuth(x):
    """The number of bins of greatest posterior probability: Knuth (2019), equation 31, tried one by one."""
    n = len(x)

    def log_posterior(m):
        counts = np.histogram(x, np.linspace(x.min(), x.max(), m + 1))[0]
        return (
            n * np.log(m) + gammaln(m / 2) - m * gammaln(0.5) - gammaln(n + m / 2) + gammaln(counts + 0.5).sum()
        )

    return int(np.argmax([log_posterior(m) for m in range(1, 200)])) + 1


def one_column(x):
    rules = {}
    for rule, name in [("fd", "freedmanDiaconis"), ("scott", "scott"), ("sturges", "sturges")]:
        density, edges = np.histogram(x, rule, density=True)
        rules[name] = dict(edges=edges.tolist(), density=density.tolist())
    density, edges = np.histogram(x, knuth(x), density=True)
    rules["knuth"] = dict(edges=edges.tolist(), density=density.tolist())
    return dict(x=x.tolist(), rules=rules)


def weighted(x, weights):
    density, edges = np.histogram(x, 7, weights=weights, density=True)
    return dict(x=x.tolist(), weights=weights.tolist(), edges=edges.tolist(), density=density.tolist())


def grid(x, bins):
    density, edges = np.histogramdd(x, bins, density=True)
    return dict(x=x.tolist(), edges=[e.tolist() for e in edges], density=density.flatten().tolist())


rng = np.random.default_rng(3)
references = dict(
    columns=dict(
        bimodal=one_column(np.concatenate([rng.normal(2, 0.3, 97), rng.normal(4.3, 0.4, 175)]).round(3)),
        heavy=one_column(rng.standard_t(3, 82) * 4 + 21),
        skewed=one_column(rng.gamma(1.5, 2.0, 500)),
    ),
    weighted=weighted(rng.normal(size=60), rng.random(60) * 3),
    grid=grid(rng.normal(size=(80, 3)) * [1, 10, 0.1] + [0, 5, -7], [4, 4, 4]),
)
path = pathlib.Path(__file__).parent / "histograms.json"
path.write_text(json.dumps(references) + "\n")
