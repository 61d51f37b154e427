#include "beta.hpp"
#include "gamma.hpp"
#include "normal.hpp"
#include "stirling.hpp"

namespace csf {

// --- Quantiles -----------------------------------------------------------------------------------------------------

/// The value of a distribution of this mean, standard deviation and skewness below which a probability lies, roughly.
static double cornishFisher(double p, double mean, double deviation, double skewness) {
  const double z = std::min(std::max(normalQuantile(p), -40.0), 40.0);
  return mean + deviation * (z + skewness * (z * z - 1) / 6);
}

/// The smallest integer k in [0, upper] with cdf(k) >= p, by bracketing from a guess and bisection.
template <class CDF> static double smallestCount(double p, double guess, double upper, CDF cdf) {
  if (p < 0 || p > 1 || std::isnan(guess)) return notANumber;
  if (p == 0 || p == 1) return p == 0 ? 0 : upper;
  double low = std::floor(std::min(std::max(guess, 0.0), upper)), high = low, step = 1;
  if (cdf(low) >= p) {
    for (low -= step; low >= 0 && cdf(low) >= p; low -= step *= 2) high = low;
    low = std::max(low, -1.0);
  } else {
    for (high += step; high < upper && cdf(high) < p; high += step *= 2) low = high;
    high = std::min(high, upper);
  }
  while (high - low > 1) {
    const double middle = std::floor(low + (high - low) / 2);
    if (middle == low || middle == high) break; // integers of this size have gaps
    (cdf(middle) >= p ? high : low) = middle;
  }
  return high;
}

static double poissonQuantile(double rate, double p) {
  if (!(rate >= 0) || std::isinf(rate)) return notANumber;
  if (rate == 0) return p < 0 || p > 1 ? notANumber : 0;
  const double deviation = std::sqrt(rate);
  return smallestCount(p, cornishFisher(p, rate, deviation, 1 / deviation), infinity,
                       [=](double k) { return gammaQ(k + 1, rate); });
}

static double binomialQuantile(double trials, double probability, double p) {
  if (!(trials >= 0 && probability >= 0 && probability <= 1) || std::isinf(trials)) return notANumber;
  if (probability == 0 || probability == 1 || trials == 0)
    return p < 0 || p > 1 ? notANumber : (p == 0 ? 0 : probability * trials);
  const double failure = 1 - probability, deviation = std::sqrt(trials * probability * failure);
  return smallestCount(p, cornishFisher(p, trials * probability, deviation, (1 - 2 * probability) / deviation), trials,
                       [=](double k) { return k >= trials ? 1 : betaIc(k + 1, trials - k, probability, failure); });
}

static double negativeBinomialQuantile(double successes, double probability, double p) {
  if (!(successes > 0 && probability > 0 && probability <= 1) || std::isinf(successes)) return notANumber;
  if (probability == 1) return p < 0 || p > 1 ? notANumber : 0;
  const double mean = successes * (1 - probability) / probability, deviation = std::sqrt(mean / probability);
  return smallestCount(p, cornishFisher(p, mean, deviation, (2 - probability) / (probability * deviation)), infinity,
                       [=](double k) { return betaI(successes, k + 1, probability, 1 - probability); });
}

// --- Entropies -----------------------------------------------------------------------------------------------------

/// -sum p(k) log p(k) over the integers of [0, upper], outward from the mode.
///
/// A sum over every n-th k, times n, has the same value to the last digit as long as n is a small part of the standard
/// deviation: the error is the Fourier transform of p log p at 2 pi / n, about exp(-2 (pi deviation / n)^2).
template <class LogMass> static double entropySum(double mode, double deviation, double upper, LogMass logMass) {
  const double stride = std::max(1.0, std::floor(deviation / 4));
  double sum = 0;
  const auto walk = [&](double k, double step) {
    for (; k >= 0 && k <= upper; k += step) {
      const double logP = logMass(k), term = -std::exp(logP) * logP;
      sum += term;
      if (logP < -1 && term <= 1e-19 * sum) break;
    }
  };
  walk(mode, stride);
  walk(mode - stride, -stride);
  return sum * stride;
}

/// log of (a)(a - 1)...(a - k + 1) / k! for step -1, of (a)(a + 1)...(a + k - 1) / k! for step 1.
static double logCombinations(double a, double k, double step) {
  double sum = 0;
  for (double j = 0; j < k; ++j) sum += std::log((a + step * j) / (j + 1));
  return sum;
}

static double poissonLogMass(double rate, double k) {
  if (rate < 10 || k < 10) return k * std::log(rate) - rate - boost::math::lgamma(k + 1, Policy());
  return logGammaPrefix(k + 1, rate) - std::log(rate);
}

static double binomialLogMass(double trials, double p, double k) {
  const double q = 1 - p, few = std::min(k, trials - k);
  if (few <= 30) return logCombinations(trials, few, -1) + k * std::log(p) + (trials - k) * std::log1p(-p);
  return logBetaPrefix(k + 1, trials - k + 1, p, q) - std::log((trials + 1) * p * q);
}

static double negativeBinomialLogMass(double r, double p, double k) {
  const double q = 1 - p;
  if (k <= 30) return logCombinations(r, k, 1) + r * std::log(p) + k * std::log1p(-p);
  return logBetaPrefix(r, k + 1, p, q) - std::log(q * (r + k));
}

static double poissonEntropy(double rate) {
  if (!(rate >= 0) || std::isinf(rate)) return notANumber;
  if (rate == 0) return 0;
  return entropySum(std::floor(rate), std::sqrt(rate), infinity, [=](double k) { return poissonLogMass(rate, k); });
}

static double binomialEntropy(double trials, double p) {
  if (!(trials >= 0 && p >= 0 && p <= 1) || std::isinf(trials)) return notANumber;
  if (p == 0 || p == 1 || trials == 0) return 0;
  return entropySum(std::floor(trials * p), std::sqrt(trials * p * (1 - p)), trials,
                    [=](double k) { return binomialLogMass(trials, p, k); });
}

/// E[log Gamma(K + r) - log Gamma(K + 1)] for negative binomial K, from Malmsten's integral for log Gamma, into which
/// the generating function of K goes; in log t the trapezoidal rule converges to the last digit.
static double meanLogGammaDifference(double r, double p) {
  const double odds = (1 - p) / p, step = 0.2;
  const double start = std::log(1e-19 * p), end = std::log(45 / std::min(1.0, r));
  double sum = 0;
  for (double v = start; v < end; v += step) {
    const double t = std::exp(v), share = -std::expm1(-t);
    const double generating = std::exp(-r * std::log1p(odds * share));
    const double difference =
        r < 1 ? -std::exp(-r * t) * std::expm1((r - 1) * t) : std::exp(-t) * std::expm1((1 - r) * t);
    sum += std::exp(-t) * (r - 1) + difference / share * generating;
  }
  return sum * step;
}

/// Differs from a plain sum where draws spread over many orders of magnitude: small r and p.
static double negativeBinomialEntropy(double r, double p) {
  if (!(r > 0 && p > 0 && p <= 1) || std::isinf(r)) return notANumber;
  if (p == 1) return 0;
  const double q = 1 - p, mean = r * q / p;
  if (r < 50 && p < 0.02)
    return boost::math::lgamma(r, Policy()) - r * std::log(p) - mean * std::log1p(-p) - meanLogGammaDifference(r, p);
  // Below r = 50 the shape is too far from a normal one to leave numbers out.
  const double deviation = r < 50 ? 0 : std::sqrt(mean / p);
  const double mode = r > 1 ? std::floor((r - 1) * q / p) : 0;
  return entropySum(mode, deviation, infinity, [=](double k) { return negativeBinomialLogMass(r, p, k); });
}

} // namespace csf

void csf_poisson_quantile(CSFArgument rate, CSFArgument p, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::poissonQuantile, rate, p);
}
void csf_poisson_entropy(CSFArgument rate, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::poissonEntropy, rate);
}
void csf_binomial_quantile(CSFArgument trials, CSFArgument probability, CSFArgument p, double *out,
                           ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::binomialQuantile, trials, probability, p);
}
void csf_binomial_entropy(CSFArgument trials, CSFArgument probability, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::binomialEntropy, trials, probability);
}
void csf_negative_binomial_quantile(CSFArgument successes, CSFArgument probability, CSFArgument p, double *out,
                                    ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::negativeBinomialQuantile, successes, probability, p);
}
void csf_negative_binomial_entropy(CSFArgument successes, CSFArgument probability, double *out,
                                   ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::negativeBinomialEntropy, successes, probability);
}
