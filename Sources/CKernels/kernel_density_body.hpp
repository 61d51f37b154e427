// Sums of kernels over panels of rows; see dispatch.hpp for how this file is read.
#include "kernel_density_profiles.hpp"

/// The terms of a panel's rows at the four queries of a block, `out` [4][64].
template <class Term, bool hasScales>
CK_INLINE void panelTerms(const KernelRows &rows, ptrdiff_t panel, const double *block, double *out) {
  constexpr ptrdiff_t width = widthOf<double>, groups = CK_VECTOR_BYTES == 64 ? 4 : 2;
  const ptrdiff_t features = rows.shape.features;
  const double *coordinates = rows.panels + panel * features * panelRows;
  for (ptrdiff_t row = 0; row < panelRows; row += groups * width) {
    Vector<double> sums[queryBlock][groups], coefficients[groups], scales[groups], x[groups];
    for (ptrdiff_t g = 0; g < groups; ++g) {
      coefficients[g] = load<double>(rows.coefficients + panel * panelRows + row + g * width);
      if constexpr (hasScales) scales[g] = load<double>(rows.scales + panel * panelRows + row + g * width);
      for (ptrdiff_t q = 0; q < queryBlock; ++q)
        sums[q][g] = Term::startsFromCoefficient ? coefficients[g] : Vector<double>(0);
    }
    for (ptrdiff_t f = 0; f < features; ++f) {
      for (ptrdiff_t g = 0; g < groups; ++g) x[g] = load<double>(coordinates + f * panelRows + row + g * width);
      for (ptrdiff_t q = 0; q < queryBlock; ++q) {
        const Vector<double> y = block[f * queryBlock + q];
        for (ptrdiff_t g = 0; g < groups; ++g)
          sums[q][g] = Term::add(sums[q][g], hasScales ? (x[g] - y) * scales[g] : x[g] - y);
      }
    }
    for (ptrdiff_t q = 0; q < queryBlock; ++q)
      for (ptrdiff_t g = 0; g < groups; ++g)
        store<double>(out + q * panelRows + row + g * width, Term::finish(sums[q][g], coefficients[g]));
  }
}

/// Adds one number a lane, modulo 8, whatever the width of vectors.
CK_INLINE void addToLanes(const double *values, double *lanes) {
  for (ptrdiff_t lane = 0; lane < 8; lane += widthOf<double>) {
    Vector<double> sum = load<double>(values + lane);
    for (ptrdiff_t k = lane + 8; k < panelRows; k += 8) sum += load<double>(values + k);
    store<double>(lanes + lane, load<double>(lanes + lane) + sum);
  }
}

/// The powers of a panel's exponents, relative to the reference, in 64 bits.
CK_INLINE void addWide(const double *exponents, double reference, double *lanes) {
  constexpr ptrdiff_t width = widthOf<double>;
  for (ptrdiff_t lane = 0; lane < 8; lane += width) {
    Vector<double> sum = load<double>(lanes + lane);
    for (ptrdiff_t k = lane; k < panelRows; k += 8)
      sum += powerOf<double>(reference - load<double>(exponents + k));
    store<double>(lanes + lane, sum);
  }
}

/// The same in 32 bits: the exponents are subtracted in 64 bits before, the sums of panels added in 64 bits after.
CK_INLINE void addNarrow(const double *exponents, double reference, double *lanes) {
  typedef float Half __attribute__((ext_vector_type(CK_VECTOR_BYTES / 8)));
  constexpr ptrdiff_t width = widthOf<double>, wide = widthOf<float>;
  float differences[panelRows];
  for (ptrdiff_t k = 0; k < panelRows; k += width) {
    const Half half = __builtin_convertvector(reference - load<double>(exponents + k), Half);
    __builtin_memcpy(differences + k, &half, sizeof half);
  }
  constexpr ptrdiff_t stride = wide > 8 ? wide : 8;
  float sums[stride];
  for (ptrdiff_t lane = 0; lane < stride; lane += wide) {
    Vector<float> sum = 0;
    for (ptrdiff_t k = lane; k < panelRows; k += stride) sum += powerOf<float>(load<float>(differences + k));
    store<float>(sums + lane, sum);
  }
  for (ptrdiff_t lane = 0; lane < stride; lane += width) {
    Half half;
    __builtin_memcpy(&half, sums + lane, sizeof half);
    const Vector<double> sum = load<double>(lanes + lane % 8) + __builtin_convertvector(half, Vector<double>);
    store<double>(lanes + lane % 8, sum);
  }
}

/// The least of a panel's numbers, or NaN when all are. Compared so that it is an instruction each: the built-in minimum
/// looks for NaN in one operand, and took half of the time of a sum.
CK_INLINE double leastOf(const double *numbers) {
  constexpr ptrdiff_t width = widthOf<double>;
  Vector<double> least = load<double>(numbers);
  for (ptrdiff_t k = width; k < panelRows; k += width) {
    const Vector<double> next = load<double>(numbers + k);
    least = choose(next < least, next, least);
  }
  double lanes[width];
  store<double>(lanes, least);
  CK_UNROLL for (ptrdiff_t half = width / 2; half > 0; half /= 2)
    CK_UNROLL for (ptrdiff_t k = 0; k < half; ++k) lanes[k] = lanes[k + half] < lanes[k] ? lanes[k + half] : lanes[k];
  return lanes[0];
}

/// Adds 2^-exponent of a panel's rows to a sum, which is kept relative to its least exponent so far.
template <bool isWide> CK_INLINE void addPowers(const double *exponents, KernelSum &sum) {
  const double smallest = leastOf(exponents);
  // What lies beyond the range of normal numbers adds less than rounding does.
  if (smallest > sum.reference + (isWide ? 1020 : 125)) return;
  if (smallest < sum.reference) sum.moveReference(smallest);
  if constexpr (isWide) addWide(exponents, sum.reference, sum.lanes);
  else addNarrow(exponents, sum.reference, sum.lanes);
}

/// Adds the terms of a panel's rows to the sums of queries.
template <int32_t profile, bool isProduct, bool hasScales, bool isWide>
static void addPanel(const KernelRows &rows, ptrdiff_t panel, const KernelQueries &queries) {
  typedef Term<profile, isProduct> Term;
  const ptrdiff_t features = rows.shape.features;
  double terms[queryBlock * panelRows];
  for (ptrdiff_t first = 0; first < queries.count; first += queryBlock) {
    panelTerms<Term, hasScales>(rows, panel, queries.blocks + first * features, terms);
    for (ptrdiff_t q = 0; q < std::min(queryBlock, queries.count - first); ++q) {
      double *row = terms + q * panelRows;
      const int64_t own = queries.own ? queries.own[first + q] : -1;
      if (own >= 0 && own / panelRows == panel) row[own % panelRows] = Term::isExponent ? noExponent : 0;
      if constexpr (Term::isExponent) addPowers<isWide>(row, queries.sums[first + q]);
      else addToLanes(row, queries.sums[first + q].lanes);
    }
  }
}

template <int32_t profile, bool isProduct> static AddPanel chooseAddPanel(bool hasScales, bool isWide) {
  // 32-bit powers are for kernels that have exponents.
  constexpr bool narrow = !Term<profile, isProduct>::isExponent;
  if (isWide) return hasScales ? addPanel<profile, isProduct, true, true> : addPanel<profile, isProduct, false, true>;
  return hasScales ? addPanel<profile, isProduct, true, narrow> : addPanel<profile, isProduct, false, narrow>;
}

template <int32_t profile> static AddPanel chooseAddPanel(CKKernelShape shape, bool isWide) {
  return shape.is_product ? chooseAddPanel<profile, true>(shape.has_scales, isWide)
                          : chooseAddPanel<profile, false>(shape.has_scales, isWide);
}

static AddPanel addPanelFunction(CKKernelShape shape, bool isWide) {
  switch (shape.profile) {
  case CK_GAUSSIAN: return chooseAddPanel<CK_GAUSSIAN, false>(shape.has_scales, isWide);
  case CK_EXPONENTIAL: return chooseAddPanel<CK_EXPONENTIAL>(shape, isWide);
  case CK_UNIFORM: return chooseAddPanel<CK_UNIFORM>(shape, isWide);
  case CK_TRIANGULAR: return chooseAddPanel<CK_TRIANGULAR>(shape, isWide);
  case CK_EPANECHNIKOV: return chooseAddPanel<CK_EPANECHNIKOV>(shape, isWide);
  case CK_BIWEIGHT: return chooseAddPanel<CK_BIWEIGHT>(shape, isWide);
  case CK_TRIWEIGHT: return chooseAddPanel<CK_TRIWEIGHT>(shape, isWide);
  default: return chooseAddPanel<CK_COSINE>(shape, isWide);
  }
}
