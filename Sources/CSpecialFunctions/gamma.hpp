#pragma once

namespace csf {

/// P(a, x), the regularized lower incomplete gamma function; NaN unless 0 < a < infinity.
double gammaP(double a, double x);
/// Q(a, x) = 1 - P(a, x).
double gammaQ(double a, double x);

} // namespace csf
