"""Writes multivariate_families.json (SciPy) and modified_bessel.json (mpmath, checked against SciPy's ive): the values
that MultivariateTests compares with.

Run in an environment with scipy 1.17 and mpmath: python Tests/References/generate_multivariate_references.py
"""

import json
import pathlib

import mpmath
import numpy as np
from scipy import special, stats

folder = pathlib.Path(__file__).parent
random = np.random.default_rng(7)


def tensor(values):
    values = np.asarray(values, dtype=float)
    return dict(shape=list(values.shape), values=[max(v, -1e300) for v in values.ravel().tolist()])


def case(name, parameters, x, log_prob, **expected):
    """JSON knows no infinity: -1e300 stands for minus infinity, 1e300 for infinity."""
    given = {key: tensor(np.where(np.isposinf(value), 1e300, value)) for key, value in parameters.items()}
    wanted = {key: tensor(value) for key, value in expected.items() if value is not None}
    return dict(name=name, parameters=given, x=tensor(x), logProb=tensor(log_prob), expected=wanted)


def covariance_matrix(size, ratio=10.0):
    """A matrix whose largest eigenvalue is `ratio` times the smallest."""
    rotation = stats.ortho_group.rvs(size, random_state=random) if size > 1 else np.ones((1, 1))
    values = np.geomspace(1 / ratio, 1, size) if size > 1 else np.array([1.7])
    matrix = rotation @ np.diag(values) @ rotation.T
    return (matrix + matrix.T) / 2


def normals():
    for name, size, ratio in [("one feature", 1, 1), ("three features", 3, 10), ("twenty, ill-conditioned", 20, 1e6)]:
        mean, covariance = random.normal(size=size), covariance_matrix(size, ratio)
        frozen = stats.multivariate_normal(mean, covariance)
        x = mean + random.normal(size=(6, size)) * 2
        yield case(name, dict(location=mean, covariance=covariance), x, frozen.logpdf(x).reshape(6),
                   entropy=frozen.entropy(), mean=mean, covariance=covariance)


def singular_normals():
    for name, size, rank in [("a line in a plane", 2, 1), ("a plane in four dimensions", 4, 2), ("full rank", 3, 3)]:
        mean, factor = random.normal(size=size), random.normal(size=(size, rank))
        covariance = factor @ factor.T
        frozen = stats.multivariate_normal(mean, covariance, allow_singular=True)
        x = mean + random.normal(size=(5, rank)) @ factor.T
        x = np.concatenate([x, x[:1] + 0.5 * np.eye(size)[:1]])
        yield case(name, dict(location=mean, covariance=covariance), x, frozen.logpdf(x), entropy=frozen.entropy(),
                   rank=frozen.cov_object.rank, logPseudoDeterminant=frozen.cov_object.log_pdet)


def students():
    for size, freedom in [(1, 3.2), (2, 0.5), (3, 7.0), (5, 1e3), (2, np.inf), (10, 64.5)]:
        location, scale = random.normal(size=size), covariance_matrix(size)
        frozen = stats.multivariate_t(location, scale, df=freedom)
        x = location + random.normal(size=(6, size)) * 3
        yield case(f"{size} features, {freedom} degrees of freedom",
                   dict(location=location, scaleMatrix=scale, degreesOfFreedom=freedom), x,
                   frozen.logpdf(x).reshape(6), entropy=frozen.entropy())


def dirichlets():
    sets = [("one class", [2.0]), ("two", [0.7, 3.1]), ("small", [0.02, 0.1, 0.05]), ("flat", [1.0, 1.0, 1.0]),
            ("large", [300.0, 5000.0, 1.5, 80.0]), ("many", np.linspace(0.5, 4, 30))]
    for name, concentration in sets:
        frozen = stats.dirichlet(concentration)
        x = random.dirichlet(np.full(len(concentration), 2.0), size=6)
        x[:, -1] = 1 - x[:, :-1].sum(-1)
        covariance = frozen.cov() if len(concentration) > 1 else None
        yield case(name, dict(concentration=concentration), x, frozen.logpdf(x.T), entropy=frozen.entropy(),
                   mean=np.ravel(frozen.mean()), variance=np.ravel(frozen.var()), covariance=covariance)


def dirichlet_multinomials():
    sets = [([2.5], 4), ([0.3, 1.2], 7), ([1.0, 2.0, 3.5], 30), ([0.01, 0.02, 0.5, 4.0], 12), ([50.0, 70.0], 1000)]
    for concentration, trials in sets:
        frozen = stats.dirichlet_multinomial(concentration, trials)
        x = random.multinomial(trials, np.full(len(concentration), 1 / len(concentration)), size=6)
        yield case(f"{concentration}, {trials}", dict(concentration=concentration, trials=trials), x, frozen.logpmf(x),
                   mean=frozen.mean(), variance=frozen.var(), covariance=frozen.cov())


def multinomials():
    sets = [([1.0], 5), ([0.25, 0.75], 9), ([0.2, 0.3, 0.5], 40), ([0.5, 0.5, 0.0], 10), ([0.1, 0.2, 0.7], 0),
            (np.arange(1, 12) / 66, 3), ([1e-6, 0.4, 0.6 - 1e-6], 2000)]
    for probabilities, trials in sets:
        frozen = stats.multinomial(trials, probabilities)
        x = random.multinomial(trials, probabilities, size=6)
        yield case(f"{list(probabilities)}, {trials}", dict(probabilities=probabilities, trials=trials), x, frozen.logpmf(x),
                   entropy=frozen.entropy(), mean=trials * np.asarray(probabilities), covariance=frozen.cov())


def hypergeometrics():
    for populations, draws in [([6], 4), ([5, 9], 6), ([10, 0, 20, 7], 15), ([3, 4, 5], 12), ([1000, 3, 50000], 700)]:
        frozen = stats.multivariate_hypergeom(populations, draws)
        x = random.multivariate_hypergeometric(populations, draws, size=6)
        yield case(f"{populations}, {draws}", dict(populations=populations, draws=draws), x, frozen.logpmf(x),
                   mean=frozen.mean(), variance=frozen.var(), covariance=frozen.cov())


def wisharts(family):
    for size, freedom in [(1, 0.3), (1, 6.0), (3, 7.5), (3, 2.1), (5, 40.0)]:
        scale = covariance_matrix(size)
        frozen = family(freedom, scale)
        x = np.stack([covariance_matrix(size, 20.0) * c for c in (0.1, 0.5, 1.0, 3.0, 20.0)])
        finite = family is stats.wishart or freedom > size + 3
        moments = {}
        if finite:
            moments = {name: np.reshape(value, (size, size)) for name, value in
                       dict(mean=frozen.mean(), variance=frozen.var()).items()}
        entropy = frozen.entropy()
        if family is stats.invwishart:
            # SciPy takes log 2 from the scale's log-determinant once instead of once for each row.
            entropy -= 0.5 * (size + 1) * (size - 1) * np.log(2)
        yield case(f"size {size}, {freedom} degrees of freedom", dict(scaleMatrix=scale, degreesOfFreedom=freedom), x,
                   frozen.logpdf(x.transpose(1, 2, 0)).reshape(5), entropy=entropy, **moments)


def matrix_normals():
    for rows, columns in [(1, 1), (1, 3), (3, 2), (4, 6)]:
        mean, u, v = random.normal(size=(rows, columns)), covariance_matrix(rows), covariance_matrix(columns)
        frozen = stats.matrix_normal(mean, u, v)
        x = mean + random.normal(size=(5, rows, columns))
        yield case(f"{rows} x {columns}", dict(location=mean, rowCovariance=u, columnCovariance=v), x, frozen.logpdf(x),
                   entropy=frozen.entropy(), mean=mean)


def matrix_students():
    for rows, columns, freedom in [(1, 1, 2.5), (1, 3, 4.0), (3, 2, 0.7), (4, 6, 12.0), (6, 2, 100.0)]:
        mean, u, v = random.normal(size=(rows, columns)), covariance_matrix(rows), covariance_matrix(columns)
        frozen = stats.matrix_t(mean, u, v, freedom)
        x = mean + random.normal(size=(5, rows, columns)) * 2
        yield case(f"{rows} x {columns}, {freedom} degrees of freedom",
                   dict(location=mean, rowScale=u, columnScale=v, degreesOfFreedom=freedom), x, frozen.logpdf(x))


def normal_inverse_gammas():
    for mu, lmbda, a, b in [(0.0, 1.0, 1.5, 1.0), (2.0, 0.3, 4.0, 7.0), (-1.0, 50.0, 300.0, 0.02), (0.5, 2.0, 0.4, 3.0)]:
        frozen = stats.normal_inverse_gamma(mu, lmbda, a, b)
        x = np.stack([mu + random.normal(size=6), np.exp(random.normal(size=6))], -1)
        x[-1, 1] = -1
        moments = dict(mean=frozen.mean(), variance=frozen.var()) if a > 2 else {}
        yield case(f"{mu}, {lmbda}, {a}, {b}", dict(location=mu, precisionFactor=lmbda, concentration=a, scale=b), x,
                   frozen.logpdf(x[:, 0], x[:, 1]), **moments)


def von_mises_fishers():
    for size, concentration in [(2, 0.001), (2, 4.0), (3, 0.7), (3, 500.0), (5, 30.0), (10, 1e4), (100, 12.0)]:
        direction = random.normal(size=size)
        direction /= np.linalg.norm(direction)
        frozen = stats.vonmises_fisher(direction, concentration)
        x = direction + random.normal(size=(6, size)) / np.sqrt(concentration + 1)
        x /= np.linalg.norm(x, axis=-1, keepdims=True)
        yield case(f"{size} features, {concentration}", dict(meanDirection=direction, concentration=concentration), x,
                   frozen.logpdf(x), entropy=frozen.entropy())


def random_tables():
    for rows, columns in [([4], [1, 3]), ([3, 5], [2, 6]), ([7, 0, 9, 4], [8, 5, 7]), ([300, 120], [200, 150, 70])]:
        frozen = stats.random_table(rows, columns)
        # SciPy's default, Patefield's method, leaves tables of one row uninitialized.
        x = frozen.rvs(size=6, method="boyett", random_state=random)
        wrong = x[:1].copy()
        wrong[0, 0, 0] += 1
        x = np.concatenate([x, wrong])
        yield case(f"{rows}, {columns}", dict(rowSums=rows, columnSums=columns), x, frozen.logpmf(x), mean=frozen.mean())


def correlations():
    """Moments of each element over SciPy's draws, with standard errors."""
    for eigenvalues in ([0.4, 1.6], [0.2, 0.9, 1.9], [0.05, 0.6, 0.75, 2.6]):
        frozen = stats.random_correlation(eigenvalues)
        draws = np.stack([frozen.rvs(random_state=random) for _ in range(60_000)])
        powers = np.stack([draws, draws**2, draws**4], 1)
        yield dict(eigenvalues=eigenvalues, moments=tensor(powers.mean(0)),
                   errors=tensor(powers.std(0) / np.sqrt(len(draws))))


def bessels():
    mpmath.mp.dps = 40
    for order in [-0.5, 0.0, 0.5, 1.0, 1.5, 4.0, 12.5, 29.5, 31.0, 49.5, 127.0, 499.0, 5000.0]:
        x = [1e-8, 1e-3, 0.1, 1.0, 5.0, 12.0, 29.99, 30.01, 80.0, 650.0, 1e4, 1e8]
        logs = [mpmath.log(mpmath.besseli(order, v)) - v for v in x]
        for v, log in zip(x, logs):
            scaled = special.ive(order, v)
            assert scaled < 1e-300 or abs(np.log(scaled) - log) < 1e-10 * max(1, abs(log)), (order, v, scaled, log)
        ratios = [mpmath.besseli(order + 1, v) / mpmath.besseli(order, v) for v in x]
        yield dict(order=order, x=x, logScaled=[float(v) for v in logs], ratio=[float(v) for v in ratios])


def write(name, value):
    (folder / name).write_text(json.dumps(value, allow_nan=False) + "\n")


def main():
    families = dict(
        normal=normals(), singularNormal=singular_normals(), studentT=students(), dirichlet=dirichlets(),
        dirichletMultinomial=dirichlet_multinomials(), multinomial=multinomials(), hypergeometric=hypergeometrics(),
        wishart=wisharts(stats.wishart), inverseWishart=wisharts(stats.invwishart), matrixNormal=matrix_normals(),
        matrixStudentT=matrix_students(), normalInverseGamma=normal_inverse_gammas(),
        vonMisesFisher=von_mises_fishers(), randomTable=random_tables())
    write("multivariate_families.json", {name: list(cases) for name, cases in families.items()})
    write("random_correlations.json", list(correlations()))
    write("modified_bessel.json", list(bessels()))


main()
