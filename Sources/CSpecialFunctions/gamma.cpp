#include "gamma.hpp"
#include "refine.hpp"
#include "stirling.hpp"
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>

namespace csf {

/// The sum over n of x^n / ((a + 1) ... (a + n)): P(a, x) over x^a exp(-x) / Gamma(a + 1).
static double gammaSeries(double a, double x) {
  double term = 1, sum = 1, ratio = 0;
  for (int n = 1; n < 1000000 && term > epsilon * sum * 0.1; ++n) {
    ratio = x / (a + n);
    sum += term *= ratio;
  }
  // What is left, if anything is, falls like a geometric series.
  return ratio < 1 ? sum + term * ratio / (1 - ratio) : sum;
}

/// Q(a, x) over x^a exp(-x) / Gamma(a), for x above a: Legendre's continued fraction by Lentz's method.
static double gammaFraction(double a, double x) {
  double b = x + 1 - a, c = infinity, d = 1 / b, value = d;
  for (int n = 1; n < 100000; ++n) {
    const double numerator = -n * (n - a);
    b += 2;
    d = 1 / (b + numerator * d);
    c = b + numerator / c;
    value *= c * d;
    if (std::abs(c * d - 1) <= epsilon) break;
  }
  return value;
}

// Below this a probability is computed through its logarithm: where it underflows, and where the shape is so large that
// Boost takes Temme's expansion, which loses digits away from the mean.
static double smallest(double a) { return a > 100 ? 1e-6 : 1e-280; }

/// log P(a, x) for x below a.
static double logLowerTail(double a, double x) {
  return logGammaPrefix(a, x) - std::log(a) + std::log(gammaSeries(a, x));
}

/// log Q(a, x) for x above a.
static double logUpperTail(double a, double x) { return logGammaPrefix(a, x) + std::log(gammaFraction(a, x)); }

double gammaP(double a, double x) {
  if (!(a > 0) || std::isinf(a)) return notANumber;
  if (x <= 0 || std::isinf(x)) return x <= 0 ? 0 : 1;
  const double p = boost::math::gamma_p(a, x, Policy());
  return p < smallest(a) ? std::exp(logLowerTail(a, x)) : p;
}

double gammaQ(double a, double x) {
  if (!(a > 0) || std::isinf(a)) return notANumber;
  if (x <= 0 || std::isinf(x)) return x <= 0 ? 1 : 0;
  const double q = boost::math::gamma_q(a, x, Policy());
  return q < smallest(a) ? std::exp(logUpperTail(a, x)) : q;
}

static double logGammaP(double a, double x) {
  if (!(a > 0) || std::isinf(a)) return notANumber;
  if (x <= 0 || std::isinf(x)) return x <= 0 ? -infinity : 0;
  const double p = boost::math::gamma_p(a, x, Policy());
  if (p > 0.5) return std::log1p(-gammaQ(a, x));
  return p < smallest(a) ? logLowerTail(a, x) : std::log(p);
}

static double logGammaQ(double a, double x) {
  if (!(a > 0) || std::isinf(a)) return notANumber;
  if (x <= 0 || std::isinf(x)) return x <= 0 ? 0 : -infinity;
  const double q = boost::math::gamma_q(a, x, Policy());
  if (q > 0.5) return std::log1p(-gammaP(a, x));
  return q < smallest(a) ? logUpperTail(a, x) : std::log(q);
}

static double gammaPInverse(double a, double p) {
  if (!(a > 0) || std::isinf(a) || p < 0 || p > 1) return notANumber;
  if (p == 0 || p == 1) return p == 0 ? 0 : infinity;
  double x = boost::math::gamma_p_inv(a, p, Policy());
  const auto tail = [&] {
    const double logP = logGammaP(a, x);
    return Tail{logP, std::exp(logGammaPrefix(a, x) - logP)};
  };
  refine(std::log(p), tail, [&](double step) { x *= std::exp(step); });
  return x;
}

static double gammaQInverse(double a, double q) {
  if (!(a > 0) || std::isinf(a) || q < 0 || q > 1) return notANumber;
  if (q == 0 || q == 1) return q == 0 ? infinity : 0;
  double x = boost::math::gamma_q_inv(a, q, Policy());
  const auto tail = [&] {
    const double logQ = logGammaQ(a, x);
    return Tail{logQ, -std::exp(logGammaPrefix(a, x) - logQ)};
  };
  refine(std::log(q), tail, [&](double step) { x *= std::exp(step); });
  return x;
}

// --- The derivative of a draw by its shape -------------------------------------------------------------------------

/// With P(a, x) = x^a exp(-x) / Gamma(a + 1) * S, the implicit derivative is -x/a ((log x - digamma(a + 1)) S + dS/da).
static double slopeBySeries(double a, double x) {
  double term = 1, sum = 1, logSlope = 0, sumSlope = 0;
  for (int n = 1; n < 1000000 && term > epsilon * sum * 0.01; ++n) {
    term *= x / (a + n);
    logSlope -= 1 / (a + n);
    sum += term;
    sumSlope += term * logSlope;
  }
  return -x / a * ((std::log(x) - boost::math::digamma(a + 1, Policy())) * sum + sumSlope);
}

/// The same from Q(a, x), whose continued fraction is carried along with its derivative.
static double slopeByFraction(double a, double x) {
  double b = x + 1 - a, d = 1 / b, dSlope = d * d; // of b the derivative is -1 throughout
  double c = infinity, cSlope = 0, value = d, valueSlope = dSlope;
  for (int n = 1; n < 100000; ++n) {
    const double numerator = -n * (n - a), numeratorSlope = n;
    b += 2;
    const double denominatorSlope = -1 + numeratorSlope * d + numerator * dSlope;
    d = 1 / (b + numerator * d);
    dSlope = -d * d * denominatorSlope;
    cSlope = -1 + numeratorSlope / c - numerator * cSlope / (c * c);
    c = b + numerator / c;
    const double factor = c * d, factorSlope = cSlope * d + c * dSlope;
    valueSlope = valueSlope * factor + value * factorSlope;
    value *= factor;
    if (std::abs(factor - 1) <= epsilon && std::abs(factorSlope) * value <= epsilon * std::abs(valueSlope)) break;
  }
  return x * (value * (std::log(x) - boost::math::digamma(a, Policy())) + valueSlope);
}

/// For large shapes, from the expansion of Cornish and Fisher in z, which stands for the draw's probability.
static double slopeByExpansion(double a, double x) {
  const double s = std::sqrt(a);
  double z = (x - a) / s;
  for (int round = 0; round < 30; ++round) {
    const double z2 = z * z;
    const double value = a + s * z + (z2 - 1) / 3 + (z2 - 7) * z / (36 * s) - ((3 * z2 + 7) * z2 - 16) / (810 * a) +
                         ((9 * z2 + 256) * z2 - 433) * z / (38880 * a * s);
    const double step = (value - x) / (s + 2 * z / 3);
    z -= step;
    if (std::abs(step) <= epsilon * (1 + std::abs(z))) break;
  }
  const double z2 = z * z;
  return 1 + z / (2 * s) - (z2 - 7) * z / (72 * a * s) + ((3 * z2 + 7) * z2 - 16) / (810 * a * a) -
         1.5 * ((9 * z2 + 256) * z2 - 433) * z / (38880 * a * a * s);
}

static double gammaQuantileSlope(double a, double x) {
  if (!(a > 0) || std::isinf(a) || !(x >= 0)) return notANumber;
  if (x == 0 || std::isinf(x)) return x == 0 ? 0 : notANumber;
  if (a > 1e4 && std::abs(x - a) < 10 * std::sqrt(a)) return slopeByExpansion(a, x);
  return x < a + 1 ? slopeBySeries(a, x) : slopeByFraction(a, x);
}

} // namespace csf

void csf_gamma_p(CSFArgument a, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::gammaP, a, x);
}
void csf_gamma_q(CSFArgument a, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::gammaQ, a, x);
}
void csf_log_gamma_p(CSFArgument a, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::logGammaP, a, x);
}
void csf_log_gamma_q(CSFArgument a, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::logGammaQ, a, x);
}
void csf_gamma_p_inverse(CSFArgument a, CSFArgument p, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::gammaPInverse, a, p);
}
void csf_gamma_q_inverse(CSFArgument a, CSFArgument q, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::gammaQInverse, a, q);
}
void csf_gamma_quantile_slope(CSFArgument a, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::gammaQuantileSlope, a, x);
}
