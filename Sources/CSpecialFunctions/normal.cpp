#include "boost_policy.hpp"
#include "elementwise.hpp"
#include "normal.hpp"
#include <boost/math/special_functions/erf.hpp>

namespace csf {

double normalQuantile(double p) { return -std::sqrt(2.0) * boost::math::erfc_inv(2 * p, Policy()); }

/// log(1 - 1/x^2 + 3/x^4 - ...): the logarithm of cdf(x) over density(x) / -x, for x below -30.
static double logMillsCorrection(double x) {
  const double u = 1 / (x * x);
  return std::log1p(u * (-1 + u * (3 + u * (-15 + u * (105 + u * (-945 + u * 10395))))));
}

double normalQuantileOfLog(double y) {
  if (y > 0) return notANumber;
  if (y == 0 || std::isinf(y)) return y == 0 ? infinity : -infinity;
  if (y > -0.6931471805599453) return -normalQuantile(-std::expm1(y));
  if (y > -700) return normalQuantile(std::exp(y));
  double x = -std::sqrt(-2 * y);
  // The right side depends little on x: each round adds three digits.
  for (int round = 0; round < 7; ++round)
    x = -std::sqrt(-2 * (y + std::log(-x) + halfLogTwoPi - logMillsCorrection(x)));
  return x;
}

} // namespace csf

void csf_normal_quantile_of_log(CSFArgument log_probability, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, csf::normalQuantileOfLog, log_probability);
}
