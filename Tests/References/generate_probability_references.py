"""Writes distributions.json (SciPy) and splines.json (zuko, nflows): the values that ProbabilityTests compares with.

Run in an environment with scipy, torch, zuko and nflows: python Tests/References/generate_probability_references.py
"""

import json
import pathlib

import numpy as np
import torch
from nflows.transforms.splines.rational_quadratic import unconstrained_rational_quadratic_spline
from scipy import stats
from zuko.transforms import MonotonicRQSTransform

folder = pathlib.Path(__file__).parent


def univariate(frozen, parameters, x):
    probability = [0.0, 1e-6, 0.1, 0.5, 0.9, 1 - 1e-6, 1.0]
    return dict(
        parameters=parameters,
        x=x,
        logProb=[max(v, -1e300) for v in frozen.logpdf(x).tolist()],
        cdf=frozen.cdf(x).tolist(),
        probability=probability[1:-1],
        quantile=frozen.ppf(probability[1:-1]).tolist(),
        mean=float(frozen.mean()),
        variance=float(frozen.var()),
        entropy=float(frozen.entropy()),
    )


def distributions():
    x = [-40.0, -5.0, -1.5, -1.0, 0.0, 0.3, 2.0, 3.5, 8.0, 40.0]
    covariance = np.array([[2.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 0.5]])
    mean = np.array([1.0, -2.0, 0.5])
    points = np.random.default_rng(1).normal(size=(6, 3)) * 2
    normal = stats.multivariate_normal(mean, covariance)
    return dict(
        normal=univariate(stats.norm(0.7, 1.9), [0.7, 1.9], x),
        uniform=univariate(stats.uniform(-1.5, 5.0), [-1.5, 3.5], x),
        logistic=univariate(stats.logistic(-0.4, 0.8), [-0.4, 0.8], x),
        standardLogistic=univariate(stats.logistic(), [0.0, 1.0], x),
    ), dict(
        mean=mean.tolist(),
        covariance=covariance.tolist(),
        x=points.tolist(),
        logProb=normal.logpdf(points).tolist(),
        entropy=float(normal.entropy()),
    )


def splines():
    torch.manual_seed(2)
    torch.set_default_dtype(torch.float64)
    count, bins, bound = 40, 6, 3.0
    widths, heights = torch.randn(count, bins) * 1.5, torch.randn(count, bins) * 1.5
    slopes = torch.randn(count, bins - 1)
    x = torch.cat([torch.linspace(-2.95, 2.95, count - 2), torch.tensor([-7.0, 4.0])])

    # nflows adds no shift before softplus, so slopes are given shifted as in Pushforward.
    shift = np.log(np.exp(1 - 1e-3) - 1)
    result = {}
    values = []
    for inverse in (False, True):
        values += unconstrained_rational_quadratic_spline(
            x, widths, heights, slopes + shift, inverse=inverse, tails="linear", tail_bound=bound)
    result["nflows"] = pack(bins, bound, widths, heights, slopes, x, values)

    # zuko bounds parameters softly and gives slopes through exp; its own parameters are turned into ours.
    raw = torch.randn(count, 3 * bins - 1)
    spline = MonotonicRQSTransform(*raw.split([bins, bins, bins - 1], -1), bound=bound, slope=1e-3)
    fractions = [torch.diff(k) / (2 * bound) for k in (spline.horizontal, spline.vertical)]
    logits = [torch.log((f - 1e-3) / (1 - bins * 1e-3)) for f in fractions]
    inner = spline.derivatives[..., 1:-1] - 1e-3
    z, log_det = spline.call_and_ladj(x)
    back = spline.inv(x)
    values = [z, log_det, back, -spline.call_and_ladj(back)[1]]
    result["zuko"] = pack(bins, bound, logits[0], logits[1], torch.log(torch.expm1(inner)) - shift, x, values)
    return result


def pack(bins, bound, widths, heights, slopes, x, values):
    names = ["forward", "forwardLogDet", "inverse", "inverseLogDet"]
    return dict(
        bins=bins, bound=bound, widths=widths.tolist(), heights=heights.tolist(), slopes=slopes.tolist(),
        x=x.tolist(), **{name: value.tolist() for name, value in zip(names, values)})


def write(name, value):
    (folder / name).write_text(json.dumps(value, allow_nan=False) + "\n")


def main():
    univariates, multivariate = distributions()
    write("univariate_distributions.json", univariates)
    write("multivariate_normal.json", multivariate)
    write("splines.json", splines())


main()
