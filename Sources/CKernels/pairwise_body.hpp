// The pairs of a block of rows with a block of others; see dispatch.hpp for how this file is read.
//
// A tile is a block of rows by a panel of columns. Its squared distances are made a strip of a few rows at a time,
// become kernels while they are in the innermost cache, and are summed; the slopes stay, and two small matrix products
// with the rows of either side make the gradients: sum_j w_ij (y_j - x_i) is (W Y)_i - (sum_j w_ij) x_i.
#include "pair_distances_body.hpp"
#include "pair_products_body.hpp"

/// Double-precision sums beside each lane.
template <class Scalar> struct WideOf {
  typedef double vector __attribute__((ext_vector_type(widthOf<Scalar>)));
};
template <class Scalar> using Wide = typename WideOf<Scalar>::vector;

// MARK: Profiles: k as a function of the squared distance q, and its slope w = -2 dk/dq

template <class Scalar> struct GaussianPair {
  static inline __attribute__((always_inline)) void add(Vector<Scalar> squared, Scalar factor, Vector<Scalar> &value,
                                                        Vector<Scalar> &slope) {
    const Vector<Scalar> k = powerOf<Scalar>(squared * factor);
    value += k;
    slope = fma(k, Vector<Scalar>(factor * Scalar(-2 * M_LN2)), slope);
  }
};
template <class Scalar> struct InverseMultiquadricPair {
  static inline __attribute__((always_inline)) void add(Vector<Scalar> squared, Scalar factor, Vector<Scalar> &value,
                                                        Vector<Scalar> &slope) {
    const Vector<Scalar> k = Scalar(1) / fma(squared, Vector<Scalar>(factor), Vector<Scalar>(1));
    value += k;
    slope = fma(k * k, Vector<Scalar>(2 * factor), slope);
  }
};
/// 1 / root, and 0 for equal rows, where the distance has no gradient.
template <class Scalar> CK_INLINE Vector<Scalar> inverseRoot(Vector<Scalar> root) {
  return choose(root > Scalar(0), Scalar(1) / root, Vector<Scalar>(0));
}
template <class Scalar> struct LaplacePair {
  static inline __attribute__((always_inline)) void add(Vector<Scalar> squared, Scalar factor, Vector<Scalar> &value,
                                                        Vector<Scalar> &slope) {
    const Vector<Scalar> root = __builtin_elementwise_sqrt(squared);
    const Vector<Scalar> k = expInRange<Scalar>(root * -factor);
    value += k;
    slope = fma(k * factor, inverseRoot<Scalar>(root), slope);
  }
};
template <class Scalar> struct NegativeDistancePair {
  static inline __attribute__((always_inline)) void add(Vector<Scalar> squared, Scalar, Vector<Scalar> &value,
                                                        Vector<Scalar> &slope) {
    const Vector<Scalar> root = __builtin_elementwise_sqrt(squared);
    value -= root;
    slope += inverseRoot<Scalar>(root);
  }
};

template <class Scalar, class Profile, bool hasSlopes>
static void evaluateStrip(const PairwisePlan<Scalar> &plan, Scalar *strip, Scalar *slopes) {
  if (plan.scaleCount == 1) {
    const Scalar factor = plan.factors[0];
    for (ptrdiff_t at = 0; at < stripRows * panelRows; at += widthOf<Scalar>) {
      Vector<Scalar> value = 0, slope = 0;
      Profile::add(load<Scalar>(strip + at), factor, value, slope);
      store<Scalar>(strip + at, value);
      if constexpr (hasSlopes) store<Scalar>(slopes + at, slope);
    }
    return;
  }
  for (ptrdiff_t at = 0; at < stripRows * panelRows; at += widthOf<Scalar>) {
    const Vector<Scalar> squared = load<Scalar>(strip + at);
    Vector<Scalar> value = 0, slope = 0;
    for (ptrdiff_t scale = 0; scale < plan.scaleCount; ++scale)
      Profile::add(squared, plan.factors[scale], value, slope);
    store<Scalar>(strip + at, value);
    if constexpr (hasSlopes) store<Scalar>(slopes + at, slope);
  }
}
/// Squared distances to kernels, in place, and to slopes unless that is null.
template <class Scalar> static void evaluate(const PairwisePlan<Scalar> &plan, Scalar *strip, Scalar *slopes) {
  const auto run = [&]<class Profile>(Profile) {
    slopes ? evaluateStrip<Scalar, Profile, true>(plan, strip, slopes)
           : evaluateStrip<Scalar, Profile, false>(plan, strip, slopes);
  };
  switch (plan.profile) {
  case CK_PAIR_GAUSSIAN: return run(GaussianPair<Scalar>());
  case CK_PAIR_INVERSE_MULTIQUADRIC: return run(InverseMultiquadricPair<Scalar>());
  case CK_PAIR_LAPLACE: return run(LaplacePair<Scalar>());
  default: return run(NegativeDistancePair<Scalar>());
  }
}

// MARK: Strips

/// A strip of pairs: `row` and `column` are its first, below `rowEnd` and `columnEnd`; `isDiagonal` keeps column > row.
struct PairStrip {
  ptrdiff_t row, column, rowEnd, columnEnd;
  bool isDiagonal;

  bool isWhole() const {
    return row + stripRows <= rowEnd && column + panelRows <= columnEnd &&
           (!isDiagonal || column >= row + stripRows);
  }
  bool has(ptrdiff_t r, ptrdiff_t c) const {
    return row + r < rowEnd && column + c < columnEnd && (!isDiagonal || column + c > row + r);
  }
  template <class Scalar> void clear(Scalar *strip) const {
    for (ptrdiff_t r = 0; r < stripRows; ++r)
      for (ptrdiff_t c = 0; c < panelRows; ++c)
        if (!has(r, c)) strip[r * panelRows + c] = 0;
  }
};

/// Kernels of a strip from its squared distances, in place, and slopes unless that is null; 0 for pairs that do not count.
template <class Scalar>
static void finishStrip(const PairwisePlan<Scalar> &plan, const PairStrip &pairs, Scalar *strip, Scalar *slopes) {
  evaluate<Scalar>(plan, strip, slopes);
  if (pairs.isWhole()) return;
  pairs.clear(strip);
  if (slopes) pairs.clear(slopes);
}

/// Adds the rows of a strip to lanes, [stripRows][width], and its columns to sums, [panelRows], unless null.
template <class Scalar> static void addStrip(const Scalar *strip, Scalar *rowLanes, Scalar *columnSums) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  if (rowLanes)
    for (ptrdiff_t r = 0; r < stripRows; ++r) {
      Vector<Scalar> sum = load<Scalar>(strip + r * panelRows);
      for (ptrdiff_t at = width; at < panelRows; at += width) sum += load<Scalar>(strip + r * panelRows + at);
      store<Scalar>(rowLanes + r * width, load<Scalar>(rowLanes + r * width) + sum);
    }
  if (columnSums)
    for (ptrdiff_t at = 0; at < panelRows; at += width) {
      Vector<Scalar> sum = load<Scalar>(strip + at);
      for (ptrdiff_t r = 1; r < stripRows; ++r) sum += load<Scalar>(strip + r * panelRows + at);
      store<Scalar>(columnSums + at, load<Scalar>(columnSums + at) + sum);
    }
}

template <class Scalar> static double sumOfLanes(const Scalar *lanes, ptrdiff_t vectors) {
  Wide<Scalar> sum = 0;
  for (ptrdiff_t i = 0; i < vectors; ++i)
    sum += __builtin_convertvector(load<Scalar>(lanes + i * widthOf<Scalar>), Wide<Scalar>);
  double total = 0;
  for (ptrdiff_t lane = 0; lane < widthOf<Scalar>; ++lane) total += sum[lane];
  return total;
}

template <class Scalar> static double sumOfSquares(const Scalar *strip) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  Vector<Scalar> sum = 0;
  for (ptrdiff_t at = 0; at < stripRows * panelRows; at += width) {
    const Vector<Scalar> value = load<Scalar>(strip + at);
    sum = fma(value, value, sum);
  }
  alignas(64) Scalar lanes[width];
  store<Scalar>(lanes, sum);
  return sumOfLanes<Scalar>(lanes, 1);
}

// MARK: Products

/// out[r][c] += sum_k weights[r * rowStep + k * step] * values[k][c], for stripRows rows and some vectors of columns; of
/// values minus own[r][c], when own rows are given.
template <class Scalar, int vectors, bool hasOwn>
static void addProducts(const Scalar *weights, ptrdiff_t rowStep, ptrdiff_t step, const Scalar *values,
                        ptrdiff_t stride, ptrdiff_t count, const Scalar *own, Scalar *out) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  Vector<Scalar> sums[stripRows][vectors];
  CK_UNROLL for (int r = 0; r < stripRows; ++r)
    CK_UNROLL for (int v = 0; v < vectors; ++v) sums[r][v] = load<Scalar>(out + r * stride + v * width);
  for (ptrdiff_t k = 0; k < count; ++k) {
    Vector<Scalar> row[vectors];
    CK_UNROLL for (int v = 0; v < vectors; ++v) row[v] = load<Scalar>(values + k * stride + v * width);
    CK_UNROLL for (int r = 0; r < stripRows; ++r) {
      const Vector<Scalar> weight = weights[r * rowStep + k * step];
      CK_UNROLL for (int v = 0; v < vectors; ++v) {
        const Vector<Scalar> value = hasOwn ? row[v] - load<Scalar>(own + r * stride + v * width) : row[v];
        sums[r][v] = fma(weight, value, sums[r][v]);
      }
    }
  }
  CK_UNROLL for (int r = 0; r < stripRows; ++r)
    CK_UNROLL for (int v = 0; v < vectors; ++v) store<Scalar>(out + r * stride + v * width, sums[r][v]);
}
/// Calls `body` with the number of vectors, as a constant, and the first column of each group of columns.
template <class Scalar, class Body> CK_INLINE void forColumnGroups(ptrdiff_t columns, const Body &body) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  const ptrdiff_t all = (columns + width - 1) / width;
  ptrdiff_t done = 0;
  for (; done + stripVectors <= all; done += stripVectors)
    body(std::integral_constant<int, stripVectors>(), done * width);
  switch (all - done) {
  case 3: return body(std::integral_constant<int, 3>(), done * width);
  case 2: return body(std::integral_constant<int, 2>(), done * width);
  case 1: return body(std::integral_constant<int, 1>(), done * width);
  default: return;
  }
}

/// `rows` rows of out += weights * values, where weights have the steps given; of values minus own rows, unless null.
template <class Scalar>
static void multiply(ptrdiff_t rows, const Scalar *weights, ptrdiff_t rowStep, ptrdiff_t step, const Scalar *values,
                     ptrdiff_t stride, ptrdiff_t features, ptrdiff_t count, const Scalar *own, Scalar *out) {
  forColumnGroups<Scalar>(features, [&](auto vectors, ptrdiff_t at) {
    constexpr int number = decltype(vectors)::value;
    for (ptrdiff_t r = 0; r < rows; r += stripRows) {
      const Scalar *first = weights + r * rowStep;
      Scalar *to = out + r * stride + at;
      own ? addProducts<Scalar, number, true>(first, rowStep, step, values + at, stride, count, own + r * stride + at,
                                              to)
          : addProducts<Scalar, number, false>(first, rowStep, step, values + at, stride, count, nullptr, to);
    }
  });
}

#include "pairwise_blocks_body.hpp"
#include "pairwise_means_body.hpp"
#include "pairwise_splits_body.hpp"
