// The kernels of a kernel sum, over vectors and over numbers. Read inside a namespace by kernel_density_body.hpp.

CK_INLINE Vector<double> rootOf(Vector<double> x) { return __builtin_elementwise_sqrt(x); }
CK_INLINE Vector<double> absoluteOf(Vector<double> x) { return __builtin_elementwise_abs(x); }

/// cos(pi / 2 sqrt(s)) on [0, 1] by its series in s.
CK_INLINE Vector<double> cosineOfRoot(Vector<double> s) {
  // (-1)^k (pi / 2)^(2k) / (2k)!, k = 10 down to 0
  constexpr double series[] = {3.437739179098607e-15,  -5.294400200734623e-13,  6.565963114979473e-11,
                               -6.386603083791852e-09, 4.710874778818172e-07,   -2.5202042373060607e-05,
                               9.192602748394266e-04,  -2.086348076335296e-02,  2.5366950790104803e-01,
                               -1.2337005501361697,    1};
  Vector<double> p = series[0];
  for (int k = 1; k < 11; ++k) p = fma(p, s, Vector<double>(series[k]));
  return p;
}

/// A kernel that is 0 beyond 1, of the squared distance.
template <int32_t profile> CK_INLINE Vector<double> compactValue(Vector<double> s) {
  const Vector<double> zero = 0, one = 1;
  if constexpr (profile == CK_UNIFORM) return choose(s <= one, one, zero);
  if constexpr (profile == CK_TRIANGULAR) return maximum<Vector<double>>(one - rootOf(s), zero);
  if constexpr (profile == CK_COSINE) return choose(s < one, cosineOfRoot(s), zero);
  const Vector<double> rest = maximum<Vector<double>>(one - s, zero);
  if constexpr (profile == CK_BIWEIGHT) return rest * rest;
  if constexpr (profile == CK_TRIWEIGHT) return rest * rest * rest;
  return rest;
}

/// How the term of a row comes from the differences of its features: an exponent, of which the term is 2^-exponent, or
/// the term itself.
template <int32_t profile, bool isProduct> struct Term {
  static constexpr bool isExponent = profile == CK_GAUSSIAN || profile == CK_EXPONENTIAL;
  /// Whether the accumulator starts from the row's coefficient, so that `finish` has nothing to do.
  static constexpr bool startsFromCoefficient = isProduct || profile == CK_GAUSSIAN;

  CK_INLINE Vector<double> add(Vector<double> sum, Vector<double> difference) {
    if constexpr (profile == CK_GAUSSIAN || !isProduct) return fma(difference, difference, sum);
    else if constexpr (profile == CK_EXPONENTIAL) return sum + absoluteOf(difference);
    else return sum * compactValue<profile>(difference * difference);
  }
  CK_INLINE Vector<double> finish(Vector<double> sum, Vector<double> coefficient) {
    if constexpr (startsFromCoefficient) return sum;
    else if constexpr (profile == CK_EXPONENTIAL) return coefficient + rootOf(sum);
    else return coefficient * compactValue<profile>(sum);
  }
};
