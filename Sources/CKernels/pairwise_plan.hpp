// What the versions of the kernel over pairs share: its plan, made once for each call.
#pragma once
#include "ck_pairwise.h"
#include "pair_points.hpp"
#include <vector>

namespace ck {

/// Rows of a large block of pairs; few rows are cut into blocks of one panel.
constexpr ptrdiff_t largeBlock = 3 * panelRows;

/// Two sets of rows, in blocks, and a kernel.
template <class Scalar> struct PairwisePlan {
  PairPoints<Scalar> ownX, ownY;
  const PairPoints<Scalar> *x, *y;
  /// The mean of x, for gradients: products with rows minus it do not cancel far from the origin.
  Scratch<double> mean;
  bool isSame;
  int32_t profile;
  ptrdiff_t block;
  Scratch<Scalar> factors;
  ptrdiff_t scaleCount;

  bool prepare(const CKPairwise &pairwise) noexcept;
  bool findMean() noexcept;
  bool isFinite() const { return x->isFinite && y->isFinite; }
  ptrdiff_t blocks(const PairPoints<Scalar> &points) const { return (points.rows + block - 1) / block; }
};

template <class Scalar> bool PairwisePlan<Scalar>::prepare(const CKPairwise &pairwise) noexcept {
  isSame = !pairwise.y;
  profile = pairwise.profile;
  scaleCount = pairwise.scale_count;
  if (!ownX.prepare(pairwise.x, pairwise.x_rows, pairwise.features, isSame)) return false;
  if (!isSame && !ownY.prepare(pairwise.y, pairwise.y_rows, pairwise.features, true)) return false;
  x = &ownX;
  y = isSame ? &ownX : &ownY;
  // At least eight blocks where rows allow it, so that there is work for several threads.
  block = std::min(x->rows, y->rows) >= 8 * largeBlock ? largeBlock : panelRows;
  factors = makeScratch<Scalar>(scaleCount);
  if (!factors) return false;
  for (ptrdiff_t i = 0; i < scaleCount; ++i) {
    const double scale = pairwise.scales[i];
    switch (profile) {
    case CK_PAIR_GAUSSIAN: factors[i] = static_cast<Scalar>(-0.5 / (scale * scale)); break;
    case CK_PAIR_INVERSE_MULTIQUADRIC: factors[i] = static_cast<Scalar>(1 / (scale * scale)); break;
    case CK_PAIR_LAPLACE: factors[i] = static_cast<Scalar>(1 / scale); break;
    default: factors[i] = 1; break;
    }
  }
  return true;
}

template <class Scalar> bool PairwisePlan<Scalar>::findMean() noexcept {
  const ptrdiff_t features = x->features;
  mean = makeScratch<double>(features);
  if (!mean) return false;
  std::fill_n(mean.get(), features, 0.0);
  for (ptrdiff_t i = 0; i < x->rows; ++i)
    for (ptrdiff_t d = 0; d < features; ++d) mean[d] += static_cast<double>(x->source[i * features + d]);
  for (ptrdiff_t d = 0; d < features; ++d) mean[d] /= static_cast<double>(std::max<ptrdiff_t>(1, x->rows));
  return true;
}

/// Where the pairs of a block of x and a block of y add their results. Blocks that are worked on at the same time have
/// no rows in common, so nothing is shared.
struct PairwiseTargets {
  bool wantsSquares = false;
  double *sum = nullptr, *squares = nullptr; // one number for each block of x
  double *xSums = nullptr, *ySums = nullptr; // [rows]; the same for the pairs of one set
  double *xGradient = nullptr, *yGradient = nullptr; // [rows, stride]
};

/// The sets of rows for which ck_pairwise_split_sums adds; targets are one number for each block of x and set.
template <class Scalar> struct PairwiseSplits {
  const Scalar *members;
  ptrdiff_t count;
  double *total, *inside, *ends; // [blocks], [blocks, count], [blocks, count]
};

} // namespace ck
