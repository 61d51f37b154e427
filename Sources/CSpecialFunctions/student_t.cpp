#include "beta.hpp"
#include "normal.hpp"
#include "stirling.hpp"
#include <boost/math/special_functions/erf.hpp>

namespace csf {

static constexpr double smallest = 1e-280;
// From here on the tail is a power of x, to the last digit.
static constexpr double powerLaw = 1e20;
static constexpr double log2 = 0.69314718055994530942;

/// log(a B(a, 1/2)).
static double logScaledBeta(double a) {
  return std::log(a) - logBetaPrefix(a, 0.5, 0.5, 0.5) - (a + 0.5) * log2;
}

/// log P(T < -s) where s^2 / freedom is above the limit.
static double logPowerLawTail(double freedom, double s) {
  const double a = freedom / 2;
  return freedom * (0.5 * std::log(freedom) - std::log(s)) - logScaledBeta(a) - log2;
}

/// P(T < -s) for s >= 0.
static double lowerTail(double freedom, double s) {
  if (!(freedom > 0)) return notANumber;
  if (std::isinf(freedom)) return boost::math::erfc(s / std::sqrt(2.0), Policy()) / 2;
  if (std::isinf(s)) return 0;
  const double z = (s / freedom) * s;
  if (z > powerLaw) return std::exp(logPowerLawTail(freedom, s));
  return betaI(freedom / 2, 0.5, 1 / (1 + z), z / (1 + z)) / 2;
}

static double logLowerTail(double freedom, double s) {
  const double tail = lowerTail(freedom, s);
  if (!(tail < smallest) || std::isinf(s)) return std::log(tail);
  if (std::isinf(freedom)) return notANumber; // the caller asks the normal distribution instead
  const double z = (s / freedom) * s;
  if (z > powerLaw) return logPowerLawTail(freedom, s);
  return logBetaI(freedom / 2, 0.5, 1 / (1 + z), z / (1 + z)) - log2;
}

static double studentTCDF(double freedom, double x) {
  const double tail = lowerTail(freedom, std::abs(x));
  return x < 0 ? tail : 1 - tail;
}

static double studentTLogCDF(double freedom, double x) {
  return x < 0 ? logLowerTail(freedom, -x) : std::log1p(-lowerTail(freedom, x));
}

/// s with P(T < -s) = q, for q up to 1/2; `half` is 1/2 - q without cancellation.
static double lowerTailInverse(double freedom, double q, double half) {
  const double a = freedom / 2;
  const double logX = (std::log(2 * q) + logScaledBeta(a)) / a;
  if (logX < -std::log(powerLaw)) return std::exp(0.5 * (std::log(freedom) - logX));
  // Of the two ways to the same point the one with the smaller probability has more digits.
  if (half < 0.25) {
    const UnitPoint point = betaIInverse(0.5, a, 2 * half);
    return std::sqrt(freedom * (point.x / point.y));
  }
  const UnitPoint point = betaIInverse(a, 0.5, 2 * q);
  return std::sqrt(freedom * (point.y / point.x));
}

static double studentTQuantile(double freedom, double p) {
  if (!(freedom > 0) || p < 0 || p > 1) return notANumber;
  if (p == 0 || p == 1) return p == 0 ? -infinity : infinity;
  if (std::isinf(freedom)) return normalQuantile(p);
  const double q = std::min(p, 1 - p), half = std::abs(p - 0.5);
  const double s = half == 0 ? 0 : lowerTailInverse(freedom, q, half);
  return p < 0.5 ? -s : s;
}

} // namespace csf

void csf_student_t_cdf(CSFArgument freedom, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::studentTCDF, freedom, x);
}
void csf_student_t_log_cdf(CSFArgument freedom, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::studentTLogCDF, freedom, x);
}
void csf_student_t_quantile(CSFArgument freedom, CSFArgument p, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::studentTQuantile, freedom, p);
}
