"""Sinkhorn divergences: transport pot X.npy Y.npy EPSILON ITERATIONS, transport geomloss X.npy Y.npy EPSILON.

The cost is |x - y|^2 with the entropy relative to the product of the marginals, so epsilon is POT's reg, and twice geomloss's
blur^2, whose cost and divergence are half of ours. geomloss takes no tolerance: it runs with its default scaling, in 32 bits.
POT's value leaves the entropy out, so its dual potentials are compared.
"""

import warnings

import numpy as np

from .serving import Served, seconds


def workload(library, x, y, *options):
    divergence = {"pot": pot, "geomloss": geomloss}[library](np.load(x), np.load(y), *options)
    found = {}

    def work():
        found["value"] = float(divergence())

    return Served({"divergence": lambda: seconds(work)}, result=lambda: found)


def pot(x, y, epsilon, iterations):
    """POT in 64 bits: three problems, as the divergence needs; the tolerance is ours."""
    import ot

    warnings.filterwarnings("ignore")
    epsilon, iterations = float(epsilon), int(iterations)

    def solve(a, b):
        masses = [np.full(len(z), 1 / len(z)) for z in (a, b)]
        _, log = ot.sinkhorn(
            *masses, ot.dist(a, b), epsilon, numItermax=iterations, stopThr=1e-6, log=True, warn=False
        )
        # Its plan is u K v, ours a f K g b: the logarithms of the masses come off.
        return epsilon * (np.log(log["u"]).mean() + np.log(log["v"]).mean() + np.log(len(a)) + np.log(len(b)))

    return lambda: solve(x, y) - (solve(x, x) + solve(y, y)) / 2


def geomloss(x, y, epsilon):
    """geomloss without KeOps, which stores all pairs."""
    import torch
    from geomloss import SamplesLoss

    x, y = (torch.from_numpy(z).float() for z in (x, y))
    loss = SamplesLoss("sinkhorn", p=2, blur=(float(epsilon) / 2) ** 0.5, backend="tensorized")
    return lambda: 2 * loss(x, y).item()
