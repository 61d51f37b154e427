// What the vectorized and the plain parts of kernel sums share.
#pragma once
#include "kernel_density_rows.hpp"
#include <cmath>
#include <limits>

namespace ck {

/// Queries that are handled together in registers.
constexpr ptrdiff_t queryBlock = 4;

/// A sum in eight lanes: of terms, or of powers of two relative to the least exponent so far.
struct KernelSum {
  double reference = noExponent;
  double lanes[8] = {};

  void moveReference(double smallest) {
    const double factor = std::exp2(std::max(smallest - reference, -1074.0));
    for (double &lane : lanes) lane *= factor;
    reference = smallest;
  }
  /// Adds another sum of the same kind.
  void add(const KernelSum &other) {
    if (other.reference < reference) moveReference(other.reference);
    const double factor = std::exp2(std::max(reference - other.reference, -1074.0));
    for (int lane = 0; lane < 8; ++lane) lanes[lane] += other.lanes[lane] * factor;
  }
  double total() const {
    double sum = 0;
    for (double lane : lanes) sum += lane;
    return sum;
  }
  /// The logarithm of the sum; minus infinity when nothing was added.
  double logarithm(bool hasExponents) const {
    if (!hasExponents) return std::log(total());
    return reference < noExponent ? std::log(total()) - reference / log2OfE : -std::numeric_limits<double>::infinity();
  }
};

/// Queries in blocks, `blocks` [count / 4, rounded up][feature][4].
struct KernelQueries {
  const double *blocks;
  ptrdiff_t count;
  const int64_t *own;
  KernelSum *sums;
};

/// Adds the terms of one panel of rows to the sums of queries.
typedef void (*AddPanel)(const KernelRows &rows, ptrdiff_t panel, const KernelQueries &queries);

} // namespace ck
