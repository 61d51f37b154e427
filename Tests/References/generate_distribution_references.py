"""Writes distributions.json: what DistributionReferenceTests compares one-dimensional distributions with.

Values are computed with mpmath to 50 digits and more, from formulas of this file; each is also compared with
scipy.stats, and the script says where SciPy is further away than a relative 1e-10 (in far tails, for large parameters,
and for truncated normals between close bounds).

Run with scipy 1.17 and mpmath 1.3: python Tests/References/generate_distribution_references.py
"""

import json
import math
import pathlib
import warnings

import mpmath as mp
import numpy as np
from scipy import stats

mp.mp.dps = 50
inf = math.inf
warnings.filterwarnings("ignore")
folder = pathlib.Path(__file__).parent
M = mp.mpf


# --- Incomplete gamma and beta functions, each from the side where nothing cancels -----------------------------------

def gamma_lower(a, x):
    """log P(a, x) by its series."""
    return a * mp.log(x) - x - mp.loggamma(a + 1) + mp.log(mp.hyp1f1(1, a + 1, x, maxterms=10**7))


def gamma_upper(a, x):
    """log Q(a, x) by Legendre's continued fraction."""
    b, c = x + 1 - a, mp.inf
    d = value = 1 / b
    for n in range(1, 10**6):
        numerator = -n * (n - a)
        b += 2
        d = 1 / (b + numerator * d)
        c = b + numerator / c
        value *= c * d
        if abs(c * d - 1) < M(10) ** -45:
            return a * mp.log(x) - x - mp.loggamma(a) + mp.log(value)
    raise ValueError("no convergence")


def other(log_p):
    """log(1 - p)."""
    return mp.log1p(-mp.exp(log_p))


def log_gamma_tails(a, x):
    """log P(a, x) and log Q(a, x)."""
    a, x = M(a), M(x)
    if x < a + 1:
        p = gamma_lower(a, x)
        return p, other(p)
    q = gamma_upper(a, x)
    return other(q), q


def beta_lower(a, b, x):
    constant = mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b) - mp.log(a)
    return a * mp.log(x) + b * mp.log1p(-x) + constant + mp.log(mp.hyp2f1(1, a + b, a + 1, x, maxterms=10**7))


def log_beta_tails(a, b, x):
    """log I(a, b, x) and log(1 - I(a, b, x))."""
    a, b, x = M(a), M(b), M(x)
    if x < a / (a + b):
        p = beta_lower(a, b, x)
        return p, other(p)
    q = beta_lower(b, a, 1 - x)
    return other(q), q


# --- Distributions ---------------------------------------------------------------------------------------------------

class Distribution:
    """log-density, logarithms of both tails, and moments, to many digits."""

    is_discrete = False
    is_heavy = False  # quantiles may lie beyond the largest number
    lower, upper = -inf, inf

    def tails(self, x):
        """(log cdf, log survival) at x, which the base class calls inside the support only."""
        raise NotImplementedError

    def all_tails(self, x):
        if x < self.lower or (x == self.lower and not self.is_discrete):
            return -mp.inf, M(0)
        if x >= self.upper:
            return M(0), -mp.inf
        below, above = self.tails(math.floor(x) if self.is_discrete else x)
        # The larger one would round to log 1 = 0.
        return (below, other(below)) if below < above else (other(above), above)

    def log_prob(self, x):
        if x < self.lower or x > self.upper or (self.is_discrete and x != math.floor(x)):
            return -mp.inf
        return self.log_density(x)

    def quantile(self, p, guess):
        if self.is_discrete:
            return self.count_quantile(p, guess)
        index, target, far = (0, mp.log(M(p)), -1e308) if p < 0.5 else (1, mp.log(1 - M(p)), 1e308)
        f = lambda x: self.tails(x)[index] - target
        if self.is_heavy and f(M(far)) > 0:
            return far * mp.inf
        return self.root(f, guess if math.isfinite(guess) else float(self.scipy.ppf(0.5)))

    def root(self, f, guess):
        """A bracketing solver around SciPy's value, or outward from SciPy's median where that is wrong."""
        with mp.workdps(40):
            guess, median = M(guess), M(float(self.scipy.ppf(0.5)))
            spread = abs(M(float(self.scipy.ppf(0.7))) - median)
            around = [(guess, M(10) ** exponent * (abs(guess) or M(10) ** -3)) for exponent in range(-12, -1)]
            around += [(median, spread * M(2) ** exponent) for exponent in range(-4, 1000, 2)]
            for index, (middle, width) in enumerate(around):
                low, high = middle - width, middle + width
                if low <= self.lower:
                    low = self.lower + (middle - self.lower) / M(4) ** (index + 1)
                if high >= self.upper:
                    high = self.upper - (self.upper - middle) / M(4) ** (index + 1)
                if f(low) * f(high) < 0:
                    # In parts of the bracket, since the solver's tolerance is absolute.
                    share = lambda t: f(low + t * (high - low))
                    t = mp.findroot(share, (M(0), M(1)), solver="anderson", tol=1e-30, maxsteps=300, verify=False)
                    return low + t * (high - low)
        raise ValueError(f"no quantile near {guess}")

    def count_quantile(self, p, guess):
        k = max(int(guess) if math.isfinite(guess) else 0, 0)
        reached = lambda k: k >= 0 and (
            self.all_tails(k)[0] >= mp.log(M(p)) if p < 0.5 else self.all_tails(k)[1] <= mp.log(1 - M(p)))
        while not reached(k):
            k += 1
        while reached(k - 1):
            k -= 1
        return M(k)


class Normal(Distribution):
    def __init__(self, location, scale):
        self.location, self.scale = M(location), M(scale)
        self.scipy = stats.norm(location, scale)
        self.mean, self.variance = self.location, self.scale**2
        self.entropy = mp.log(2 * mp.pi * mp.e) / 2 + mp.log(self.scale)

    def log_density(self, x):
        return -(((x - self.location) / self.scale) ** 2) / 2 - mp.log(self.scale) - mp.log(2 * mp.pi) / 2

    def tails(self, x):
        z = (M(x) - self.location) / self.scale / mp.sqrt(2)
        return mp.log(mp.erfc(-z) / 2), mp.log(mp.erfc(z) / 2)


class LogNormal(Distribution):
    lower = 0.0

    def __init__(self, location, scale):
        self.normal = Normal(location, scale)
        self.scipy = stats.lognorm(scale, scale=math.exp(location))
        m, s2 = M(location), M(scale) ** 2
        self.mean, self.variance = mp.exp(m + s2 / 2), mp.expm1(s2) * mp.exp(2 * m + s2)
        self.entropy = self.normal.entropy + m

    def log_density(self, x):
        return -mp.inf if x == 0 else self.normal.log_density(mp.log(M(x))) - mp.log(M(x))

    def tails(self, x):
        return self.normal.tails(mp.log(M(x)))


class HalfNormal(Distribution):
    lower = 0.0

    def __init__(self, scale):
        self.scale = M(scale)
        self.scipy = stats.halfnorm(scale=scale)
        self.mean, self.variance = self.scale * mp.sqrt(2 / mp.pi), self.scale**2 * (1 - 2 / mp.pi)
        self.entropy = mp.log(mp.pi * self.scale**2 / 2) / 2 + M(1) / 2

    def log_density(self, x):
        return mp.log(2 / mp.pi) / 2 - mp.log(self.scale) - (M(x) / self.scale) ** 2 / 2

    def tails(self, x):
        z = M(x) / self.scale / mp.sqrt(2)
        return mp.log(mp.erf(z)), mp.log(mp.erfc(z))


class TruncatedNormal(Distribution):
    def __init__(self, location, scale, lower, upper):
        self.location, self.scale, self.lower, self.upper = M(location), M(scale), lower, upper
        self.scipy = stats.truncnorm((lower - location) / scale, (upper - location) / scale, location, scale)
        with mp.workdps(120):
            a, b = self.standard(lower), self.standard(upper)
            z = self.mass(a, b)
            fa, fb = mp.npdf(a) / z, mp.npdf(b) / z
            aa, bb = (0 if mp.isinf(a) else a * fa), (0 if mp.isinf(b) else b * fb)
            m = fa - fb
            v = 1 + aa - bb - m**2
            self.mean, self.variance = self.location + self.scale * m, self.scale**2 * v
            self.entropy = mp.log(2 * mp.pi * mp.e) / 2 + mp.log(self.scale * z) + (aa - bb) / 2

    def standard(self, x):
        return M(x) if math.isinf(x) else (M(x) - self.location) / self.scale

    def mass(self, a, b):
        r = mp.sqrt(2)
        return (mp.erfc(a / r) - mp.erfc(b / r)) / 2 if a > 0 else (mp.erfc(-b / r) - mp.erfc(-a / r)) / 2

    def log_density(self, x):
        with mp.workdps(120):
            z = self.mass(self.standard(self.lower), self.standard(self.upper))
            return -self.standard(x) ** 2 / 2 - mp.log(2 * mp.pi) / 2 - mp.log(self.scale) - mp.log(z)

    def tails(self, x):
        with mp.workdps(120):
            a, b, t = self.standard(self.lower), self.standard(self.upper), (M(x) - self.location) / self.scale
            z = self.mass(a, b)
            return mp.log(self.mass(a, t) / z), mp.log(self.mass(t, b) / z)


class Uniform(Distribution):
    def __init__(self, lower, upper):
        self.lower, self.upper = lower, upper
        self.scipy = stats.uniform(lower, upper - lower)
        width = M(upper) - M(lower)
        self.mean, self.variance, self.entropy = (M(lower) + M(upper)) / 2, width**2 / 12, mp.log(width)

    def log_density(self, x):
        return -self.entropy

    def tails(self, x):
        width = M(self.upper) - M(self.lower)
        return mp.log((M(x) - self.lower) / width), mp.log((self.upper - M(x)) / width)


class Exponential(Distribution):
    lower = 0.0

    def __init__(self, rate):
        self.rate = M(rate)
        self.scipy = stats.expon(scale=1 / rate)
        self.mean, self.variance, self.entropy = 1 / self.rate, self.rate**-2, 1 - mp.log(self.rate)

    def log_density(self, x):
        return mp.log(self.rate) - self.rate * M(x)

    def tails(self, x):
        return mp.log(-mp.expm1(-self.rate * M(x))), -self.rate * M(x)


class Laplace(Distribution):
    def __init__(self, location, scale):
        self.location, self.scale = M(location), M(scale)
        self.scipy = stats.laplace(location, scale)
        self.mean, self.variance, self.entropy = self.location, 2 * self.scale**2, 1 + mp.log(2 * self.scale)

    def log_density(self, x):
        return -abs(M(x) - self.location) / self.scale - mp.log(2 * self.scale)

    def tails(self, x):
        z = (M(x) - self.location) / self.scale
        tail = -abs(z) - mp.log(2)
        return (tail, other(tail)) if z < 0 else (other(tail), tail)


class Logistic(Distribution):
    def __init__(self, location, scale):
        self.location, self.scale = M(location), M(scale)
        self.scipy = stats.logistic(location, scale)
        self.mean, self.variance = self.location, self.scale**2 * mp.pi**2 / 3
        self.entropy = mp.log(self.scale) + 2

    def log_density(self, x):
        return sum(self.tails(x)) - mp.log(self.scale)

    def tails(self, x):
        z = (M(x) - self.location) / self.scale
        return -mp.log1p(mp.exp(-z)), -mp.log1p(mp.exp(z))


class Cauchy(Distribution):
    mean = variance = mp.nan

    def __init__(self, location, scale):
        self.location, self.scale = M(location), M(scale)
        self.scipy = stats.cauchy(location, scale)
        self.entropy = mp.log(4 * mp.pi * self.scale)

    def log_density(self, x):
        return -mp.log1p(((M(x) - self.location) / self.scale) ** 2) - mp.log(mp.pi * self.scale)

    def tails(self, x):
        z = (M(x) - self.location) / self.scale
        tail = lambda z: mp.log(mp.atan2(1, -z) / mp.pi)
        return tail(z), tail(-z)


class StudentT(Distribution):
    is_heavy = True

    def __init__(self, freedom, location, scale):
        self.freedom, self.location, self.scale = v, _, s = M(freedom), M(location), M(scale)
        self.scipy = stats.t(freedom, location, scale)
        self.mean = self.location if v > 1 else mp.nan
        self.variance = s**2 * v / (v - 2) if v > 2 else (mp.inf if v > 1 else mp.nan)
        difference = mp.digamma((v + 1) / 2) - mp.digamma(v / 2)
        self.entropy = (v + 1) / 2 * difference + mp.log(mp.sqrt(v)) + self.log_beta() + mp.log(s)

    def log_beta(self):
        v = self.freedom
        return mp.loggamma(v / 2) + mp.log(mp.pi) / 2 - mp.loggamma((v + 1) / 2)

    def log_density(self, x):
        v, z = self.freedom, (M(x) - self.location) / self.scale
        return -(v + 1) / 2 * mp.log1p(z**2 / v) - mp.log(v) / 2 - self.log_beta() - mp.log(self.scale)

    def tails(self, x):
        z = (M(x) - self.location) / self.scale
        tail = log_beta_tails(self.freedom / 2, M(1) / 2, 1 / (1 + z**2 / self.freedom))[0] - mp.log(2)
        return (tail, other(tail)) if z < 0 else (other(tail), tail)


class Gamma(Distribution):
    lower = 0.0

    def __init__(self, a, rate):
        self.a, self.rate = a, rate = M(a), M(rate)
        self.scipy = stats.gamma(float(a), scale=1 / float(rate))
        self.mean, self.variance = a / rate, a / rate**2
        self.entropy = a - mp.log(rate) + mp.loggamma(a) + (1 - a) * mp.digamma(a)

    def log_density(self, x):
        if x == 0:
            return mp.inf if self.a < 1 else (-mp.inf if self.a > 1 else mp.log(self.rate))
        y = self.rate * M(x)
        return (self.a - 1) * mp.log(y) - y - mp.loggamma(self.a) + mp.log(self.rate)

    def tails(self, x):
        return log_gamma_tails(self.a, self.rate * M(x))


class ChiSquared(Gamma):
    def __init__(self, freedom):
        super().__init__(M(freedom) / 2, M(1) / 2)
        self.scipy = stats.chi2(freedom)


class InverseGamma(Distribution):
    lower = 0.0

    def __init__(self, a, scale):
        self.a, self.scale = a, b = M(a), M(scale)
        self.scipy = stats.invgamma(float(a), scale=float(scale))
        self.mean = b / (a - 1) if a > 1 else mp.inf
        self.variance = b**2 / ((a - 1) ** 2 * (a - 2)) if a > 2 else mp.inf
        self.entropy = a + mp.log(b) + mp.loggamma(a) - (1 + a) * mp.digamma(a)

    def log_density(self, x):
        if x == 0:
            return -mp.inf
        x = M(x)
        return self.a * mp.log(self.scale) - mp.loggamma(self.a) - (self.a + 1) * mp.log(x) - self.scale / x

    def tails(self, x):
        p, q = log_gamma_tails(self.a, self.scale / M(x))
        return q, p


class Beta(Distribution):
    lower, upper = 0.0, 1.0

    def __init__(self, a, b):
        self.a, self.b = a, b = M(a), M(b)
        self.scipy = stats.beta(float(a), float(b))
        n = a + b
        self.mean, self.variance = a / n, a * b / (n**2 * (n + 1))
        self.log_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(n)
        self.entropy = (
            self.log_beta - (a - 1) * mp.digamma(a) - (b - 1) * mp.digamma(b) + (n - 2) * mp.digamma(n))

    def log_density(self, x):
        if x in (0, 1):
            power = self.a if x == 0 else self.b
            return mp.inf if power < 1 else (-mp.inf if power > 1 else -self.log_beta)
        return (self.a - 1) * mp.log(M(x)) + (self.b - 1) * mp.log1p(-M(x)) - self.log_beta

    def tails(self, x):
        return log_beta_tails(self.a, self.b, x)


class Weibull(Distribution):
    lower = 0.0

    def __init__(self, concentration, scale):
        self.c, self.scale = c, s = M(concentration), M(scale)
        self.scipy = stats.weibull_min(concentration, scale=scale)
        first, second = mp.gamma(1 + 1 / c), mp.gamma(1 + 2 / c)
        self.mean, self.variance = s * first, s**2 * (second - first**2)
        self.entropy = mp.euler * (1 - 1 / c) + mp.log(s / c) + 1

    def log_density(self, x):
        if x == 0:
            return mp.inf if self.c < 1 else (-mp.inf if self.c > 1 else -mp.log(self.scale))
        u = M(x) / self.scale
        return mp.log(self.c / self.scale) + (self.c - 1) * mp.log(u) - u**self.c

    def tails(self, x):
        w = (M(x) / self.scale) ** self.c
        return mp.log(-mp.expm1(-w)), -w


class Gumbel(Distribution):
    def __init__(self, location, scale):
        self.location, self.scale = M(location), M(scale)
        self.scipy = stats.gumbel_r(location, scale)
        self.mean, self.variance = self.location + mp.euler * self.scale, self.scale**2 * mp.pi**2 / 6
        self.entropy = mp.log(self.scale) + mp.euler + 1

    def log_density(self, x):
        z = (M(x) - self.location) / self.scale
        return -z - mp.exp(-z) - mp.log(self.scale)

    def tails(self, x):
        w = mp.exp(-(M(x) - self.location) / self.scale)
        return -w, mp.log(-mp.expm1(-w))


class Pareto(Distribution):
    def __init__(self, concentration, scale):
        self.c, self.scale, self.lower = c, s, _ = M(concentration), M(scale), scale
        self.scipy = stats.pareto(concentration, scale=scale)
        self.mean = s * c / (c - 1) if c > 1 else mp.inf
        self.variance = s**2 * c / ((c - 1) ** 2 * (c - 2)) if c > 2 else mp.inf
        self.entropy = mp.log(s / c) + 1 / c + 1

    def log_density(self, x):
        return mp.log(self.c / self.scale) - (self.c + 1) * mp.log(M(x) / self.scale)

    def tails(self, x):
        survival = -self.c * mp.log(M(x) / self.scale)
        return other(survival), survival


class VonMises(Distribution):
    def __init__(self, location, concentration):
        self.location, self.k = M(location), M(concentration)
        self.lower, self.upper = location - math.pi, location + math.pi
        self.scipy = stats.vonmises(concentration, location) if concentration > 0 else None
        self.mean = self.location
        self.normalizer = 2 * self.integral(M(0), lambda t: 1)
        self.variance = 2 * self.integral(M(0), lambda t: t * t) / self.normalizer
        rest = 2 * self.integral(M(0), lambda t: 2 * mp.sin(t / 2) ** 2) / self.normalizer
        self.entropy = mp.log(self.normalizer) + self.k * rest

    def integral(self, x, f):
        """Of exp(k (cos t - cos x)) f(t) for t from -pi to x, in pieces within which the exponential is tame."""
        with mp.workdps(30):
            sine = mp.sin(x / 2) ** 2
            weight = lambda t: mp.exp(-2 * self.k * (mp.sin(t / 2) ** 2 - sine)) * f(t)
            ends = [x]
            for exponent in (1, 3, 6, 10, 15, 25, 40, 60, 80):
                square = sine + M(exponent) / (2 * max(self.k, M(10) ** -9))
                ends.append(-2 * mp.asin(mp.sqrt(square)) if square < 1 else -mp.pi)
            ends = sorted(set(ends))
            return mp.quad(weight, ends)

    def log_density(self, x):
        return -2 * self.k * mp.sin((M(x) - self.location) / 2) ** 2 - mp.log(self.normalizer)

    def tails(self, x):
        angle = M(x) - self.location
        low = -abs(angle)
        tail = mp.log(self.integral(low, lambda t: 1) / self.normalizer) - 2 * self.k * mp.sin(low / 2) ** 2
        return (tail, other(tail)) if angle < 0 else (other(tail), tail)


class Counts(Distribution):
    is_discrete = True
    lower = 0.0

    def finish(self, mode, ratio):
        """The entropy, from quotients of neighbouring probabilities outward from the mode."""
        with mp.workdps(30):
            log_p = self.log_density(mode)
            total = -mp.exp(log_p) * log_p
            for step in (1, -1):
                k, value = mode, log_p
                while 0 <= k + step <= self.upper:
                    value += mp.log(ratio(k)) if step > 0 else -mp.log(ratio(k - 1))
                    k += step
                    term = -mp.exp(value) * value
                    total += term
                    if term < total * M(10) ** -22 and value < -1:
                        break
            self.entropy = total


class Poisson(Counts):
    def __init__(self, rate):
        self.rate = M(rate)
        self.scipy = stats.poisson(rate)
        self.mean = self.variance = self.rate
        self.finish(int(rate), lambda k: self.rate / (k + 1))

    def log_density(self, k):
        return M(k) * mp.log(self.rate) - self.rate - mp.loggamma(M(k) + 1)

    def tails(self, k):
        p, q = log_gamma_tails(M(k) + 1, self.rate)
        return q, p


class Binomial(Counts):
    def __init__(self, trials, probability):
        self.n, self.p, self.upper = M(trials), M(probability), trials
        self.scipy = stats.binom(trials, probability)
        self.mean, self.variance = self.n * self.p, self.n * self.p * (1 - self.p)
        self.finish(int(trials * probability), lambda k: (self.n - k) / (k + 1) * self.p / (1 - self.p))

    def log_density(self, k):
        k = M(k)
        choose = mp.loggamma(self.n + 1) - mp.loggamma(k + 1) - mp.loggamma(self.n - k + 1)
        return choose + k * mp.log(self.p) + (self.n - k) * mp.log1p(-self.p)

    def tails(self, k):
        p, q = log_beta_tails(M(k) + 1, self.n - k, self.p)
        return q, p


class NegativeBinomial(Counts):
    def __init__(self, successes, probability):
        self.r, self.p = r, p = M(successes), M(probability)
        self.scipy = stats.nbinom(successes, probability)
        self.mean, self.variance = r * (1 - p) / p, r * (1 - p) / p**2
        self.finish(max(int((r - 1) * (1 - p) / p), 0), lambda k: (k + r) / (k + 1) * (1 - p))

    def log_density(self, k):
        k = M(k)
        choose = mp.loggamma(k + self.r) - mp.loggamma(k + 1) - mp.loggamma(self.r)
        return choose + self.r * mp.log(self.p) + k * mp.log1p(-self.p)

    def tails(self, k):
        return log_beta_tails(self.r, M(k) + 1, self.p)


class Geometric(Counts):
    def __init__(self, probability):
        self.p = p = M(probability)
        self.scipy = stats.geom(probability, loc=-1)
        self.mean, self.variance = (1 - p) / p, (1 - p) / p**2
        self.entropy = -(p * mp.log(p) + (1 - p) * mp.log1p(-p)) / p

    def log_density(self, k):
        return k * mp.log1p(-self.p) + mp.log(self.p)

    def tails(self, k):
        survival = (M(k) + 1) * mp.log1p(-self.p)
        return other(survival), survival


class Bernoulli(Binomial):
    def __init__(self, probability):
        super().__init__(1, probability)


class Categorical(Counts):
    def __init__(self, *probabilities):
        total = sum(M(p) for p in probabilities)
        self.p = [M(p) / total for p in probabilities]
        self.upper = len(self.p) - 1
        self.scipy = stats.rv_discrete(values=(range(len(self.p)), [float(p) for p in self.p]))
        self.mean = sum(k * p for k, p in enumerate(self.p))
        self.variance = sum((k - self.mean) ** 2 * p for k, p in enumerate(self.p))
        self.entropy = -sum(p * mp.log(p) for p in self.p if p > 0)

    def log_density(self, k):
        return mp.log(self.p[int(k)]) if self.p[int(k)] > 0 else -mp.inf

    def tails(self, k):
        return mp.log(sum(self.p[: int(k) + 1])), mp.log(sum(self.p[int(k) + 1 :]))


CASES = [
    (Uniform, [(-1.5, 3.5)]),
    (Normal, [(0.7, 1.9), (-3.0, 1e-3)]),
    (LogNormal, [(0.2, 0.7), (-3.0, 4.0)]),
    (HalfNormal, [(2.5,)]),
    (TruncatedNormal, [
        (0.5, 2.0, -1.0, 2.0), (0.0, 1.0, 8.0, 9.0), (1.0, 2.0, -inf, -40.0), (0.0, 1.0, 50.0, inf),
        (0.0, 1.0, 1000.0, 1000.5), (0.0, 1.0, 3.0, 3.0001), (0.0, 1.0, -1e-6, 2e-6), (2.0, 3.0, -inf, inf)]),
    (Exponential, [(0.3,), (1e6,)]),
    (Laplace, [(0.7, 1.9)]),
    (Logistic, [(-0.4, 0.8)]),
    (Cauchy, [(0.7, 1.9)]),
    (StudentT, [(0.3, 0.0, 1.0), (3.7, 0.7, 1.9), (30.0, 0.0, 1.0), (1e8, 0.0, 1.0)]),
    (Gamma, [(1e-2, 1.0), (0.7, 2.0), (2.5, 3.0), (1e3, 0.1), (1e7, 1.0)]),
    (ChiSquared, [(1.0,), (7.5,), (1e4,)]),
    (InverseGamma, [(3.2, 2.0), (0.7, 1e-3)]),
    (Beta, [(0.02, 0.05), (2.0, 3.0), (0.5, 0.5), (0.5, 2000.0), (1e5, 3e4)]),
    (Weibull, [(0.4, 2.0), (1.0, 1.0), (50.0, 3.0)]),
    (Gumbel, [(0.7, 1.9)]),
    (Pareto, [(2.5, 1.2), (0.3, 10.0)]),
    (VonMises, [(0.5, 0.1), (-1.0, 3.0), (0.0, 500.0)]),
    (Bernoulli, [(0.3,), (1e-12,)]),
    (Categorical, [(0.15, 0.0, 0.4, 0.45), (1.0, 2.0, 3.0)]),
    (Binomial, [(10, 0.3), (1000, 1e-3), (10**6, 0.25)]),
    (Poisson, [(0.5,), (30.0,), (1e6,)]),
    (Geometric, [(0.2,), (1e-6,)]),
    (NegativeBinomial, [(2.5, 0.3), (1e-2, 0.5), (1000.0, 0.9), (3.0, 1e-3)]),
]
PLACES = [1e-280, 1e-30, 1e-6, 0.1, 0.5, 0.8, 0.999, 1 - 1e-9]
PROBABILITIES = [1e-280, 1e-30, 1e-6, 0.1, 0.3, 0.6, 0.999, 1 - 1e-9]


def points(distribution):
    """Where to compare: quantiles, both sides of the ends of the support, and far out."""
    found = {float(x) for x in distribution.scipy.ppf(PLACES) if math.isfinite(x)}
    middle = float(distribution.scipy.ppf(0.5))
    spread = float(distribution.scipy.ppf(0.7)) - middle
    found |= {middle + spread * factor for factor in (-60, -9, 9, 60 if distribution.is_discrete else 1e4)}
    for end, sign in ((distribution.lower, -1), (distribution.upper, 1)):
        if math.isfinite(end):
            found |= {float(end), float(end) + sign * max(abs(float(end)), 1e-3)}
    if distribution.is_discrete:
        found = {math.floor(x) for x in found} | {0, 1, 0.5}
    return sorted(float(x) for x in found)


def is_inside(distribution, x):
    """Whether x is a number that can be told from the ends of the support."""
    ends = [float(end) for end in (distribution.lower, distribution.upper) if math.isfinite(end)]
    return abs(x) > 1e-290 and all(end == 0 or abs(x - end) > 1e-9 * abs(end) for end in ends)


def number(value):
    value = float(value)
    return value if math.isfinite(value) else str(value)


def reference(distribution, parameters, name):
    x = points(distribution)
    tails = [distribution.all_tails(v) for v in x]
    guesses = distribution.scipy.ppf(PROBABILITIES)
    kept = [(p, distribution.quantile(p, float(g))) for p, g in zip(PROBABILITIES, guesses)
            if distribution.is_discrete or is_inside(distribution, float(g))]
    row = dict(
        name=name,
        parameters=[number(v) for v in parameters],
        x=x,
        logProb=[number(distribution.log_prob(v)) for v in x],
        cdf=[number(mp.exp(t[0])) for t in tails],
        logCDF=[number(t[0]) for t in tails],
        survival=[number(mp.exp(t[1])) for t in tails],
        logSurvival=[number(t[1]) for t in tails],
        probability=[p for p, _ in kept],
        quantile=[number(q) for _, q in kept],
        mean=number(distribution.mean),
        variance=number(distribution.variance),
        entropy=number(distribution.entropy),
    )
    compare_with_scipy(distribution.scipy, distribution.is_discrete, row)
    return row


def compare_with_scipy(frozen, is_discrete, row):
    log_prob = frozen.logpmf if is_discrete else frozen.logpdf
    theirs = dict(
        logProb=log_prob(row["x"]), cdf=frozen.cdf(row["x"]), logCDF=frozen.logcdf(row["x"]),
        survival=frozen.sf(row["x"]), logSurvival=frozen.logsf(row["x"]), quantile=frozen.ppf(row["probability"]),
        mean=frozen.mean(), variance=frozen.var(), entropy=frozen.entropy())
    for key, values in theirs.items():
        exact, values = np.atleast_1d(np.array(row[key], float)), np.atleast_1d(values)
        error = np.abs(values - exact) / np.maximum(np.abs(exact), 1e-290)
        error = np.where((values == exact) | (np.isnan(values) & np.isnan(exact)), 0, error)
        worst = int(np.nanargmax(np.where(np.isnan(error), np.inf, error)))
        if not error[worst] < 1e-10:
            print(f"SciPy: {row['name']}{tuple(row['parameters'])} {key}: {values[worst]:.17g},"
                  f" exactly {exact[worst]:.17g}")


def main():
    rows = []
    for kind, parameter_lists in CASES:
        for parameters in parameter_lists:
            rows.append(reference(kind(*parameters), parameters, kind.__name__))
    text = ",\n".join(json.dumps(row, allow_nan=False) for row in rows)
    (folder / "distributions.json").write_text(f"[\n{text}\n]\n")


main()
