#include "beta.hpp"
#include "refine.hpp"
#include "stirling.hpp"
#include <boost/math/special_functions/beta.hpp>

namespace csf {

static constexpr double smallest = 1e-280;

static bool isDomain(double a, double b) { return a > 0 && b > 0 && std::isfinite(a) && std::isfinite(b); }

double betaI(double a, double b, double x, double y) {
  if (!isDomain(a, b)) return notANumber;
  if (x <= 0 || y <= 0) return x <= 0 ? 0 : 1;
  // Boost's form of this case takes its root of 1 - x.
  if (a == 0.5 && b == 0.5) return std::atan2(std::sqrt(x), std::sqrt(y)) * 2 / pi;
  return x < y ? boost::math::ibeta(a, b, x, Policy()) : boost::math::ibetac(b, a, y, Policy());
}

/// I(a, b, x) over x^a (1 - x)^b / (a B(a, b)): the continued fraction by Lentz's method.
static double betaFraction(double a, double b, double x) {
  const double n = a + b;
  double c = 1, d = 1 / (1 - n * x / (a + 1)), value = d;
  for (int m = 1; m < 100000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    value *= c * d;
    const double odd = -(a + m) * (n + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    value *= c * d;
    if (std::abs(c * d - 1) <= epsilon) break;
  }
  return value;
}

double logBetaI(double a, double b, double x, double y) {
  const double p = betaI(a, b, x, y);
  if (p > 0.5) return std::log1p(-betaIc(a, b, x, y));
  if (!(p < smallest) || x <= 0) return std::log(p);
  return logBetaPrefix(a, b, x, y) - std::log(a) + std::log(betaFraction(a, b, x));
}

UnitPoint betaIInverse(double a, double b, double p) {
  if (!isDomain(a, b) || p < 0 || p > 1) return {notANumber, notANumber};
  if (p == 0 || p == 1) return {p, 1 - p};
  double y, x = boost::math::ibeta_inv(a, b, p, &y, Policy());
  if (!(x > 0 && y > 0)) return {x, y};
  const auto tail = [&] {
    const double logP = logBetaI(a, b, x, y);
    return Tail{logP, std::exp(logBetaPrefix(a, b, x, y) - logP)};
  };
  refine(std::log(p), tail, [&](double step) {
    const double odds = std::exp(step), total = x * odds + y;
    x *= odds / total;
    y /= total;
  });
  return {x, y};
}

} // namespace csf

void csf_beta_i(CSFArgument a, CSFArgument b, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, [](double a, double b, double x) { return csf::betaI(a, b, x, 1 - x); }, a, b, x);
}
void csf_beta_ic(CSFArgument a, CSFArgument b, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, [](double a, double b, double x) { return csf::betaIc(a, b, x, 1 - x); }, a, b, x);
}
void csf_log_beta_i(CSFArgument a, CSFArgument b, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, [](double a, double b, double x) { return csf::logBetaI(a, b, x, 1 - x); }, a, b, x);
}
void csf_log_beta_ic(CSFArgument a, CSFArgument b, CSFArgument x, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, [](double a, double b, double x) { return csf::logBetaI(b, a, 1 - x, x); }, a, b, x);
}
void csf_beta_i_inverse(CSFArgument a, CSFArgument b, CSFArgument p, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, [](double a, double b, double p) { return csf::betaIInverse(a, b, p).x; }, a, b, p);
}
void csf_beta_ic_inverse(CSFArgument a, CSFArgument b, CSFArgument q, double *out, ptrdiff_t count) noexcept {
  csf::elementwise(out, count, [](double a, double b, double q) { return csf::betaIInverse(b, a, q).y; }, a, b, q);
}
