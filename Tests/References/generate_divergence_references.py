"""Writes divergences.json: what KullbackLeiblerReferenceTests and ImportanceWeightsTests compare with.

Kullback-Leibler divergences are computed with mpmath to 50 digits from the textbook's formulas, at ordinary parameters and
where these formulas lose all digits in 64 bits: nearly equal distributions, large shapes. torch.distributions.kl is
compared at the ordinary ones. Shapes of Pareto tails are those of arviz.

Run with mpmath 1.3, torch 2.13, numpy 2.4 and arviz 0.23: python Tests/References/generate_divergence_references.py
"""

import json
import pathlib

import mpmath as mp
import numpy as np
import torch
from arviz.stats.stats import psislw
from torch.distributions import kl_divergence
import torch.distributions as td

mp.mp.dps = 50
M = mp.mpf


def normal(m1, s1, m2, s2):
    return mp.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - M(1) / 2


def gamma(a1, b1, a2, b2):
    return (
        (a1 - a2) * mp.digamma(a1) - mp.loggamma(a1) + mp.loggamma(a2) + a2 * mp.log(b1 / b2) + a1 * (b2 - b1) / b1
    )


def beta(a1, b1, a2, b2):
    def log_beta(a, b):
        return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)

    return (
        log_beta(a2, b2) - log_beta(a1, b1) + (a1 - a2) * mp.digamma(a1) + (b1 - b2) * mp.digamma(b1)
        + (a2 - a1 + b2 - b1) * mp.digamma(a1 + b1)
    )


def laplace(m1, s1, m2, s2):
    d = abs(m1 - m2)
    return mp.log(s2 / s1) + (s1 * mp.exp(-d / s1) + d) / s2 - 1


def exponential(r1, r2):
    return mp.log(r1 / r2) + r2 / r1 - 1


def bernoulli(p, q):
    def term(a, b):
        return M(0) if a == 0 else mp.inf if b == 0 else a * mp.log(a / b)

    return term(p, q) + term(1 - p, 1 - q)


def poisson(a, b):
    return b if a == 0 else a * mp.log(a / b) - a + b


def geometric(p, q):
    return mp.log(p / q) + (0 if p == 1 else (1 - p) / p * mp.log((1 - p) / (1 - q)))


def dirichlet(a, b):
    n, m = mp.fsum(a), mp.fsum(b)
    return (
        mp.loggamma(n) - mp.loggamma(m) - mp.fsum(mp.loggamma(x) for x in a) + mp.fsum(mp.loggamma(x) for x in b)
        + mp.fsum((x - y) * (mp.digamma(x) - mp.digamma(n)) for x, y in zip(a, b))
    )


def categorical(p, q):
    n, m = mp.fsum(p), mp.fsum(q)
    return mp.fsum(M(0) if a == 0 else mp.inf if b == 0 else a / n * mp.log(a / n * m / b) for a, b in zip(p, q))


families = {
    "Normal": (normal, td.Normal, [(0, 1, 1, 2), (3, 0.5, -1, 4), (1, 1, 1 + 1e-9, 1 + 1e-8), (0, 1e-5, 0, 1e5)]),
    "LogNormal": (normal, td.LogNormal, [(0.1, 0.7, -0.3, 1.2)]),
    "Laplace": (laplace, td.Laplace, [(0, 1, 1, 2), (3, 0.5, -1, 4), (1, 1, 1 + 1e-5, 1 + 1e-6)]),
    "Exponential": (exponential, td.Exponential, [(1, 2), (5, 0.1), (3, 3.00000001)]),
    "Gamma": (gamma, td.Gamma, [(2, 1, 3, 0.5), (0.3, 2, 4, 7), (1e6, 10, 1.001e6, 10.01), (50, 2, 50.0001, 2.00001)]),
    "InverseGamma": (gamma, None, [(2, 1, 3, 0.5), (12, 3, 9, 4)]),
    "Beta": (beta, td.Beta, [(2, 3, 1, 0.5), (0.2, 0.3, 4, 5), (1000, 2000, 1001, 1999), (30, 40, 30.001, 40.002)]),
    "Bernoulli": (bernoulli, td.Bernoulli, [(0.3, 0.6), (0.5, 0.50000001), (0, 0.25), (1, 0.25), (0.25, 0)]),
    "Poisson": (poisson, td.Poisson, [(3, 5), (0, 2), (1e8, 1.0001e8), (2, 2.0000001)]),
    "Geometric": (geometric, td.Geometric, [(0.3, 0.6), (0.01, 0.010000001)]),
    "Dirichlet": (dirichlet, td.Dirichlet, [((1, 2, 3), (2, 2, 0.5)), ((100, 200, 50), (100.1, 199, 50.5))]),
    "Categorical": (
        categorical, td.Categorical,
        [((0.2, 0.3, 0.5), (0.1, 0.6, 0.3)), ((0, 0.4, 0.6), (0.2, 0.3, 0.5)), ((0.2, 0.8), (0, 1)),
         ((0.5, 0.5), (0.50000001, 0.49999999))],
    ),
}


def exact(value):
    return tuple(map(exact, value)) if isinstance(value, tuple) else M(value)


def flat(value):
    return list(value) if isinstance(value, tuple) else value


divergences = []
for name, (formula, peer, rows) in families.items():
    for row in rows:
        value = formula(*exact(row))
        divergences.append(dict(name=name, parameters=[flat(x) for x in row] if isinstance(row[0], tuple) else [list(row)],
                                value="inf" if value == mp.inf else float(value)))
        if peer is None:
            continue
        half = len(row) // 2
        wide = [torch.tensor(x, dtype=torch.float64) for x in row]
        other = float(kl_divergence(peer(*wide[:half]), peer(*wide[half:])))
        if abs(other - float(value)) > 1e-10 * abs(float(value)):
            print(f"torch differs: {name}{row}: {other}, exactly {float(value)}")

rng = np.random.default_rng(3)
tails = []
for spread, count in [(0.2, 400), (1.0, 1000), (2.5, 1000)]:
    log_weights = rng.normal(scale=spread, size=count)
    tails.append(dict(logWeights=log_weights.tolist(), shape=float(psislw(log_weights.copy())[1])))
    print(spread, tails[-1]["shape"])

folder = pathlib.Path(__file__).parent
(folder / "divergences.json").write_text(json.dumps(dict(divergences=divergences, tails=tails)))
