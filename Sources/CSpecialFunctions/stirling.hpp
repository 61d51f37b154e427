// What Stirling's formula leaves, and densities without differences of large numbers (C. Loader, *Fast and accurate
// computation of binomial probabilities*, 2000).
#pragma once
#include "boost_policy.hpp"
#include "elementwise.hpp"
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/log1p.hpp>

namespace csf {

/// log Gamma(a) - ((a - 1/2) log a - a + log(2 pi) / 2), of relative accuracy for large a too.
inline double stirlingRemainder(double a) {
  if (a < 10) return boost::math::lgamma(a, Policy()) - ((a - 0.5) * std::log(a) - a + halfLogTwoPi);
  const double u = 1 / (a * a);
  const double series =
      1.0 / 12 + u * (-1.0 / 360 + u * (1.0 / 1260 + u * (-1.0 / 1680 + u * (1.0 / 1188 + u * (-691.0 / 360360 +
      u * (1.0 / 156 + u * (-3617.0 / 122400 + u * (43867.0 / 244188))))))));
  return series / a;
}

/// a (log(x / m) - x / m + 1) for the quotient 1 + t of x and m: of relative accuracy near and far from t = 0.
inline double deviance(double a, double quotient, double t) {
  return a * (std::abs(t) < 0.5 ? boost::math::log1pmx(t, Policy()) : std::log(quotient) - t);
}

/// log(x^a exp(-x) / Gamma(a)): the logarithm of x times the gamma density.
inline double logGammaPrefix(double a, double x) {
  if (a < 1) return a * std::log(x) - x - boost::math::lgamma(a, Policy());
  return deviance(a, x / a, (x - a) / a) + 0.5 * std::log(a) - halfLogTwoPi - stirlingRemainder(a);
}

/// log(x^a y^b / B(a, b)) for y = 1 - x: the logarithm of x y times the beta density.
inline double logBetaPrefix(double a, double b, double x, double y) {
  const double n = a + b, difference = x * b - y * a;
  return deviance(a, x * (n / a), difference / a) + deviance(b, y * (n / b), -difference / b) + stirlingRemainder(n) -
         stirlingRemainder(a) - stirlingRemainder(b) + 0.5 * (std::log(a) + std::log(b) - std::log(n)) - halfLogTwoPi;
}

} // namespace csf
