#include "boost_policy.hpp"
#include "elementwise.hpp"
#include <boost/math/quadrature/gauss.hpp>

namespace csf {

/// Integrals over [start, x] of functions that fall, away from x, by no more than exp(-50): to the last digits.
template <class Function> static double integral(double start, double x, Function function) {
  typedef boost::math::quadrature::gauss<double, 30, Policy> Gauss;
  const double middle = (start + x) / 2;
  return Gauss::integrate(function, start, middle) + Gauss::integrate(function, middle, x);
}

/// Where exp(k (cos t - cos x)) has fallen to exp(-50), for x in [-pi, 0]; -pi if it does not.
static double startOfTail(double k, double x) {
  const double half = std::sin(x / 2), square = half * half + 25 / k;
  return square < 1 ? -2 * std::asin(std::sqrt(square)) : -pi;
}

/// cos t - cos x without cancellation.
static double cosineDifference(double t, double x) { return -2 * std::sin((t + x) / 2) * std::sin((t - x) / 2); }

/// The integral of exp(k (cos t - cos x)) f(t) over t from -pi to x <= 0.
template <class Function> static double tailIntegral(double k, double x, Function f) {
  const auto function = [=](double t) { return std::exp(k * cosineDifference(t, x)) * f(t); };
  const double start = startOfTail(k, x), value = integral(start, x, function);
  // pi itself is that much larger than the number next to it; close to -pi nothing else is left.
  return start == -pi ? value + 1.2246467991473532e-16 * function(-pi) : value;
}

static double tailIntegral(double k, double x) {
  return tailIntegral(k, x, [](double) { return 1.0; });
}

/// cdf(x) for x in [-pi, 0], and the quotient of the cdf and the density.
struct LowerHalf {
  double quotient, logCDF;
  LowerHalf(double k, double logNormalizer, double x) {
    quotient = tailIntegral(k, x);
    logCDF = std::log(quotient) + k * cosineDifference(x, 0) - logNormalizer;
  }
};

static double logNormalizer(double k) { return std::log(2 * tailIntegral(k, 0)); }

static bool isDomain(double k) { return k >= 0 && std::isfinite(k); }

static double vonMisesLogCDF(double k, double x) {
  if (!isDomain(k)) return notANumber;
  if (x <= -pi || x >= pi) return x <= -pi ? -infinity : 0;
  const double lower = LowerHalf(k, logNormalizer(k), -std::abs(x)).logCDF;
  return x <= 0 ? lower : std::log1p(-std::exp(lower));
}

static double vonMisesCDF(double k, double x) {
  if (!isDomain(k)) return notANumber;
  if (x <= -pi || x >= pi) return x <= -pi ? 0 : 1;
  const double lower = std::exp(LowerHalf(k, logNormalizer(k), -std::abs(x)).logCDF);
  return x <= 0 ? lower : 1 - lower;
}

/// Newton's method for the logarithm of the cdf, which is concave, kept inside a bracket.
static double lowerHalfQuantile(double k, double p) {
  const double normalizer = logNormalizer(k), logP = std::log(p);
  double low = -pi, high = 0, x = -std::min(pi, std::sqrt(-2 * std::log(2 * p) / std::max(k, 0.2)));
  for (int round = 0; round < 100; ++round) {
    if (!(x > low && x < high)) x = (low + high) / 2;
    const LowerHalf value(k, normalizer, x);
    const double difference = value.logCDF - logP;
    (difference > 0 ? high : low) = x;
    const double step = difference * value.quotient;
    x -= step;
    if (std::abs(step) <= 2 * epsilon * std::abs(x) || high - low <= epsilon * std::abs(x)) break;
  }
  return std::min(std::max(x, -pi), 0.0);
}

static double vonMisesQuantile(double k, double p) {
  if (!isDomain(k) || p < 0 || p > 1) return notANumber;
  if (p == 0 || p == 1) return p == 0 ? -pi : pi;
  if (p == 0.5) return 0;
  return p < 0.5 ? lowerHalfQuantile(k, p) : -lowerHalfQuantile(k, 1 - p);
}

static double vonMisesVariance(double k) {
  if (!isDomain(k)) return notANumber;
  return tailIntegral(k, 0, [](double t) { return t * t; }) / tailIntegral(k, 0);
}

static double vonMisesQuantileSlope(double k, double x) {
  if (!isDomain(k) || std::abs(x) > pi) return notANumber;
  const double lower = -std::abs(x);
  const double meanRest = tailIntegral(k, 0, [](double t) { return -cosineDifference(t, 0); }) / tailIntegral(k, 0);
  const double slope = -tailIntegral(k, lower, [=](double t) { return cosineDifference(t, 0) + meanRest; });
  return x <= 0 ? slope : -slope;
}

} // namespace csf

void csf_von_mises_cdf(CSFArgument concentration, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::vonMisesCDF, concentration, x);
}
void csf_von_mises_log_cdf(CSFArgument concentration, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::vonMisesLogCDF, concentration, x);
}
void csf_von_mises_quantile(CSFArgument concentration, CSFArgument p, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::vonMisesQuantile, concentration, p);
}
void csf_von_mises_variance(CSFArgument concentration, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::vonMisesVariance, concentration);
}
void csf_von_mises_quantile_slope(CSFArgument concentration, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::vonMisesQuantileSlope, concentration, x);
}
