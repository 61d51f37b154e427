"""Distributions beside scipy.stats."""

from suite.workload import OURS, Measure, Workload

from .sides import ours, peer

COUNT = 10_000
NUMBERS = """uniform normal truncnorm expon laplace logistic cauchy t gamma beta lognorm weibull_min gumbel_r pareto chi2
    invgamma halfnorm vonmises binom poisson geom nbinom""".split()
VECTORS = ["multivariate_normal", "multivariate_t", "dirichlet"]

WORKLOADS = [
    Workload(
        name="distributions",
        group="Distributions",
        title=f"{COUNT:,} numbers (vectors of 5) of each distribution, in 64 bits",
        sides={OURS: ours("distributions", COUNT), "SciPy": peer("distributions", COUNT)},
        measures=[
            *(Measure(f"{name} {function}", "") for name in NUMBERS for function in ("logpdf", "cdf", "ppf", "rvs")),
            *(Measure(f"{name} {function}", "") for name in VECTORS for function in ("logpdf", "rvs")),
        ],
        warm_up=False,
        rounds=3,
        budget=3,
    )
]
