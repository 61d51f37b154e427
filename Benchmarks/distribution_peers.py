"""Times the one-dimensional distributions, and some multivariate ones, beside scipy.stats.

    swift build -c release --package-path Benchmarks
    python Benchmarks/distribution_peers.py Benchmarks/.build/release [count]

Prints one line of JSON: for each distribution and function the seconds of both, and how many times as fast ours is.
"""

import json
import os
import subprocess
import sys
import time

import numpy as np
from scipy import stats

COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
SIZE = 5
COVARIANCE = np.eye(SIZE) + 0.5
PEERS = {
    "uniform": stats.uniform(0, 2), "normal": stats.norm(1, 2), "truncnorm": stats.truncnorm(-1, 2.5),
    "expon": stats.expon(scale=1 / 1.5), "laplace": stats.laplace(), "logistic": stats.logistic(),
    "cauchy": stats.cauchy(), "t": stats.t(4.5), "gamma": stats.gamma(2.5), "beta": stats.beta(2.5, 1.5),
    "lognorm": stats.lognorm(0.7), "weibull_min": stats.weibull_min(1.7), "gumbel_r": stats.gumbel_r(),
    "pareto": stats.pareto(2.5), "chi2": stats.chi2(5), "invgamma": stats.invgamma(3), "halfnorm": stats.halfnorm(),
    "vonmises": stats.vonmises(2), "binom": stats.binom(40, 0.3), "poisson": stats.poisson(7.5),
    "geom": stats.geom(0.3), "nbinom": stats.nbinom(5, 0.4),
    "multivariate_normal": stats.multivariate_normal(np.zeros(SIZE), COVARIANCE),
    "multivariate_t": stats.multivariate_t(np.zeros(SIZE), COVARIANCE, df=4.5),
    "dirichlet": stats.dirichlet(np.linspace(0.5, 2.5, SIZE)),
}


def least(work):
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    program = os.path.join(os.path.abspath(sys.argv[1]), "DistributionCost")
    ours = json.loads(subprocess.run([program, str(COUNT)], check=True, capture_output=True, text=True).stdout)
    rng = np.random.default_rng(0)
    probabilities = rng.uniform(size=COUNT)
    result = {}
    for name, peer in PEERS.items():
        x = peer.rvs(COUNT, random_state=rng)
        log_density = peer.logpmf if name in ("binom", "poisson", "geom", "nbinom") else peer.logpdf
        events = x.T if name == "dirichlet" else x
        calls = {"logpdf": lambda: log_density(events), "rvs": lambda: peer.rvs(COUNT, random_state=rng)}
        if "cdf" in ours[name]:
            calls |= {"cdf": lambda: peer.cdf(x), "ppf": lambda: peer.ppf(probabilities)}
        theirs = {function: least(call) for function, call in calls.items()}
        result[name] = {
            function: {"seconds": [ours[name][function], theirs[function]], "time_ratio": theirs[function] / ours[name][function]}
            for function in sorted(calls)
        }
    print(json.dumps({"benchmark": "distributions", "peer": "scipy", "count": COUNT, "distributions": result}))


if __name__ == "__main__":
    main()
