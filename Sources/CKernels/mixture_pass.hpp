// What the versions of the mixture kernel share: its plan, made once for each pass.
#pragma once
#include "ck_mixture.h"
#include "scratch.hpp"
#include <algorithm>
#include <cstring>

namespace ck {

/// Rows that are worked on together, so that they stay in the innermost cache: a quarter of it in either type.
template <class Scalar> constexpr ptrdiff_t tileRows = 1024 / sizeof(Scalar);
/// Rows and columns of the blocks that matrices are cut into.
constexpr ptrdiff_t blockSide = 4;

/// A mixture in the rows' type.
template <class Scalar> struct MixturePlan {
  ptrdiff_t features, components;
  bool isDiagonal, collects;
  /// Numbers of a component's packed whitening, and of its statistics while they are summed.
  ptrdiff_t whiteningSize, statisticsSize;
  Scratch<Scalar> memory;
  const Scalar *center, *constants, *means, *whitening;

  bool prepare(const CKMixture &mixture, bool wantsStatistics) noexcept;

private:
  void pack(const double *matrix, Scalar *out) const noexcept;
};

/// Blocks of the lower triangle of a matrix of `size` rows.
inline ptrdiff_t triangleBlocks(ptrdiff_t size) noexcept {
  const ptrdiff_t side = (size + blockSide - 1) / blockSide;
  return side * (side + 1) / 2;
}

template <class Scalar> bool MixturePlan<Scalar>::prepare(const CKMixture &mixture, bool wantsStatistics) noexcept {
  features = mixture.features;
  components = mixture.components;
  isDiagonal = mixture.is_diagonal;
  collects = wantsStatistics;
  const ptrdiff_t blocks = (features + blockSide - 1) / blockSide;
  whiteningSize = isDiagonal ? 2 * features : blockSide * blockSide * blocks * (blocks + 1) / 2;
  statisticsSize = isDiagonal ? 1 + 2 * features : blockSide * blockSide * triangleBlocks(features + 1);
  memory = makeScratch<Scalar>(features + components * (1 + features + whiteningSize));
  if (!memory) return false;
  Scalar *write = memory.get();
  const auto copy = [&](const double *from, ptrdiff_t count) {
    Scalar *start = write;
    for (ptrdiff_t i = 0; i < count; ++i) *write++ = static_cast<Scalar>(from[i]);
    return start;
  };
  center = copy(mixture.center, features);
  constants = copy(mixture.constants, components);
  means = copy(mixture.means, components * features);
  whitening = write;
  for (ptrdiff_t k = 0; k < components; ++k, write += whiteningSize) {
    if (!isDiagonal) {
      pack(mixture.whitening + k * features * features, write);
      continue;
    }
    // x -> scale * x + shift
    for (ptrdiff_t j = 0; j < features; ++j) {
      const double scale = mixture.whitening[k * features + j];
      write[j] = static_cast<Scalar>(scale);
      write[features + j] = static_cast<Scalar>(-scale * mixture.means[k * features + j]);
    }
  }
  return true;
}

/// Blocks of four rows, column by column, up to the diagonal.
template <class Scalar> void MixturePlan<Scalar>::pack(const double *matrix, Scalar *out) const noexcept {
  for (ptrdiff_t row = 0; row < features; row += blockSide) {
    const ptrdiff_t rows = std::min(blockSide, features - row);
    for (ptrdiff_t column = 0; column < row + rows; ++column)
      for (ptrdiff_t i = 0; i < rows; ++i)
        *out++ = column <= row + i ? static_cast<Scalar>(matrix[(row + i) * features + column]) : Scalar(0);
  }
}

/// A piece of the rows, and the place of its sums.
template <class Scalar> struct MixturePiece {
  const Scalar *rows;
  const double *weights;
  ptrdiff_t count;
  double *statistics;
  double logLikelihood;
  Scalar *logDensities, *responsibilities;
  /// Logarithms of the components' terms, which are then all that is wanted.
  Scalar *componentLogs;
  /// Responsibilities that stand in place of those of the mixture.
  const Scalar *given;
};

} // namespace ck
