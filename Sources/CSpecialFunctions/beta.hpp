// The regularized incomplete beta function. Both x and y = 1 - x are given, so that neither end loses digits.
#pragma once

namespace csf {

/// I(a, b, x); NaN unless 0 < a, b < infinity.
double betaI(double a, double b, double x, double y);
/// 1 - I(a, b, x).
inline double betaIc(double a, double b, double x, double y) { return betaI(b, a, y, x); }
/// log I(a, b, x), where I itself underflows too.
double logBetaI(double a, double b, double x, double y);
/// x with I(a, b, x) = p, and 1 - x.
struct UnitPoint {
  double x, y;
};
UnitPoint betaIInverse(double a, double b, double p);

} // namespace csf
