#include "boost_policy.hpp"
#include "elementwise.hpp"
#include "normal.hpp"
#include <boost/math/special_functions/erf.hpp>

namespace csf {

static constexpr double rootHalf = 0.70710678118654752440;
static constexpr double rootHalfPi = 1.25331413731550025121;

/// exp(t^2) erfc(t) for t >= 0.
static double scaledErfc(double t) {
  if (t < 5) return std::exp(t * t) * boost::math::erfc(t, Policy());
  // Its continued fraction: 30 terms give all digits from 5 on.
  double rest = t;
  for (int k = 30; k > 0; --k) rest = t + 0.5 * k / rest;
  return 0.56418958354775628695 / rest;
}

/// The cdf over the density, for x <= 0.
static double mills(double x) { return rootHalfPi * scaledErfc(-x * rootHalf); }

/// The mass between two bounds: its logarithm is -anchor^2/2 + logRatio, up to a constant. See NormalMass.swift.
struct Mass {
  double anchor, logRatio;

  double logOver(const Mass &other) const {
    return (other.anchor - anchor) * (other.anchor + anchor) * 0.5 + logRatio - other.logRatio;
  }
};

/// The integral of exp(high s - s^2/2) up to a width over which it does not fall below 1/2, by eight nodes.
static double narrowMass(double width, double high) {
  static constexpr double nodes[] = {0.18343464249564980494, 0.52553240991632898582, 0.79666647741362673959,
                                     0.96028985649753623168};
  static constexpr double weights[] = {0.36268378337836198297, 0.31370664587788728734, 0.22238103445337447054,
                                       0.10122853629037625915};
  double sum = 0;
  for (int i = 0; i < 4; ++i)
    for (double sign : {-1.0, 1.0}) {
      const double s = width * (1 + sign * nodes[i]) / 2;
      sum += std::exp(s * (high - s / 2)) * weights[i];
    }
  return sum * width / 2;
}

static Mass massBetween(double a, double b) {
  const bool isUpper = a + b > 0;
  const double low = std::max(isUpper ? -b : a, -1e150), high = std::min(isUpper ? -a : b, 1e150);
  if (high > 0)
    return {0, std::log(rootHalfPi * (boost::math::erf(high * rootHalf, Policy()) +
                                      boost::math::erf(-low * rootHalf, Policy())))};
  const double width = high - low;
  const double nearest = mills(high), rest = std::exp(width * (high + low) / 2) * mills(low);
  return {-high, std::log(rest > nearest / 2 ? narrowMass(width, high) : nearest - rest)};
}

/// log of the standard normal's cdf.
static double logCDF(double x) {
  if (x > 0) return std::log1p(-boost::math::erfc(x * rootHalf, Policy()) / 2);
  return std::isinf(x) ? -infinity : -x * x / 2 - halfLogTwoPi + std::log(mills(x));
}

/// The quantile from logarithms of normal tails: right but for rounding.
static double guess(double a, double b, double p) {
  const bool isUpper = a + b > 0;
  const double logLow = logCDF(isUpper ? -b : a), logHigh = logCDF(isUpper ? -a : b);
  const double logShare = std::log(isUpper ? 1 - p : p);
  const double logMass = logHigh + std::log(-std::expm1(logLow - logHigh));
  const double most = std::max(logLow, logShare + logMass);
  const double log = most + std::log(std::exp(logLow - most) + std::exp(logShare + logMass - most));
  const double z = normalQuantileOfLog(std::min(log, 0.0));
  return isUpper ? -z : z;
}

/// By Newton's method on the log-odds of the share below, in which both tails are as good as straight lines, kept inside
/// a bracket.
static double truncatedNormalQuantile(double lower, double upper, double p) {
  if (!(p >= 0 && p <= 1) || !(lower < upper)) return notANumber;
  if (p == 0 || p == 1) return p == 0 ? lower : upper;
  const Mass all = massBetween(lower, upper);
  const double target = std::log(p) - std::log1p(-p);
  double low = lower, high = upper, z = guess(lower, upper, p);
  for (int round = 0; round < 100; ++round) {
    if (!(z > low && z < high)) z = std::isfinite(low) && std::isfinite(high) ? low + (high - low) / 2 : z;
    const double below = massBetween(lower, z).logOver(all), above = massBetween(z, upper).logOver(all);
    const double error = below - above - target;
    (error < 0 ? low : high) = z;
    const double density = (all.anchor - z) * (all.anchor + z) / 2 - all.logRatio;
    const double step = -error * std::exp(below + above - density);
    if (error == 0 || !std::isfinite(step)) break;
    z += step;
    if (std::abs(step) <= 4 * epsilon * std::abs(z)) break;
  }
  return std::min(std::max(z, lower), upper);
}

} // namespace csf

void csf_truncated_normal_quantile(CSFArgument lower, CSFArgument upper, CSFArgument p, double *out,
                                   ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::truncatedNormalQuantile, lower, upper, p);
}
