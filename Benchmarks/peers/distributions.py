"""The distributions of scipy.stats: distributions COUNT. A measure is a name and one of logpdf, cdf, ppf, rvs."""

import numpy as np

from .serving import Served, seconds_per_call


def workload(count):
    from scipy import stats

    count, size = int(count), 5
    covariance = np.eye(size) + 0.5
    frozen = {
        "uniform": stats.uniform(0, 2), "normal": stats.norm(1, 2), "truncnorm": stats.truncnorm(-1, 2.5),
        "expon": stats.expon(scale=1 / 1.5), "laplace": stats.laplace(), "logistic": stats.logistic(),
        "cauchy": stats.cauchy(), "t": stats.t(4.5), "gamma": stats.gamma(2.5), "beta": stats.beta(2.5, 1.5),
        "lognorm": stats.lognorm(0.7), "weibull_min": stats.weibull_min(1.7), "gumbel_r": stats.gumbel_r(),
        "pareto": stats.pareto(2.5), "chi2": stats.chi2(5), "invgamma": stats.invgamma(3), "halfnorm": stats.halfnorm(),
        "vonmises": stats.vonmises(2), "binom": stats.binom(40, 0.3), "poisson": stats.poisson(7.5),
        "geom": stats.geom(0.3), "nbinom": stats.nbinom(5, 0.4),
        "multivariate_normal": stats.multivariate_normal(np.zeros(size), covariance),
        "multivariate_t": stats.multivariate_t(np.zeros(size), covariance, df=4.5),
        "dirichlet": stats.dirichlet(np.linspace(0.5, 2.5, size)),
    }
    rng = np.random.default_rng(0)
    probabilities = rng.uniform(size=count)
    measures = {}

    def add(name, function, call):
        measures[f"{name} {function}"] = lambda: seconds_per_call(call)

    for name, distribution in frozen.items():
        x = distribution.rvs(count, random_state=rng)
        density = getattr(distribution, "logpdf", None) or distribution.logpmf
        if name in ("binom", "poisson", "geom", "nbinom"):
            density = distribution.logpmf
        add(name, "logpdf", lambda d=density, x=x.T if name == "dirichlet" else x: d(x))
        add(name, "rvs", lambda d=distribution: d.rvs(count, random_state=rng))
        if x.ndim == 1:
            add(name, "cdf", lambda d=distribution, x=x: d.cdf(x))
            add(name, "ppf", lambda d=distribution: d.ppf(probabilities))
    return Served(measures)
