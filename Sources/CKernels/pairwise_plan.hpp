// What the versions of the kernel over pairs share: its plan, made once for each call.
#pragma once
#include "ck_pairwise.h"
#include "pair_points.hpp"
#include <limits>

namespace ck {

/// Rows of a block of pairs: the larger, the less often panels are filled and 64-bit sums added to.
constexpr ptrdiff_t largeBlock = 12 * panelRows, middleBlock = 3 * panelRows;

/// Products of rows r from 0 give squared distances that are off by some units in the last place of r^2. That changes a
/// kernel by some units in its own last place where r^2 is at most so many times what the kernel's scale is.
constexpr double largestProductRadius = 16;

/// Two sets of rows, in blocks, and a kernel.
template <class Scalar> struct PairwisePlan {
  PairPoints<Scalar> ownX, ownY;
  /// Empty unless asked for.
  CenteredRows<Scalar> centeredX, centeredY;
  const PairPoints<Scalar> *x, *y;
  const CenteredRows<Scalar> *aroundX, *aroundY;
  bool isSame;
  int32_t profile;
  ptrdiff_t block;
  Scratch<Scalar> factors;
  ptrdiff_t scaleCount;
  /// The kernel changes by so much, relative to itself, with the squared distance; none when it has a kink at 0.
  double steepness = std::numeric_limits<double>::infinity();
  /// The slopes are the kernels times this, unless that is 0.
  double slopeFactor = 0;

  bool prepare(const CKPairwise &pairwise, bool needsPanels) noexcept;
  /// Goes to the pairs of one set, or of both.
  void select(bool takesX, bool takesY) noexcept {
    isSame = takesX != takesY;
    x = takesX ? &ownX : &ownY;
    y = takesY ? &ownY : &ownX;
    aroundX = takesX ? &centeredX : &centeredY;
    aroundY = takesY ? &centeredY : &centeredX;
  }
  bool isSmooth() const { return std::isfinite(steepness); }
  /// Moves rows to around their mean, before products or gradients.
  bool center() noexcept;
  bool isFinite() const { return ownX.isFinite && ownY.isFinite; }
  ptrdiff_t blocks(const PairPoints<Scalar> &points) const { return (points.rows + block - 1) / block; }

private:
  void setProfile(const CKPairwise &pairwise) noexcept;
};

template <class Scalar> bool PairwisePlan<Scalar>::prepare(const CKPairwise &pairwise, bool needsPanels) noexcept {
  const bool hasY = pairwise.y != nullptr;
  if (!ownX.prepare(pairwise.x, pairwise.x_rows, pairwise.features, needsPanels && !hasY)) return false;
  if (hasY && !ownY.prepare(pairwise.y, pairwise.y_rows, pairwise.features, needsPanels)) return false;
  select(true, hasY);
  // At least eight blocks where rows allow it, so that there is work for several threads. Splits hold a block's kernels.
  const ptrdiff_t eighth = std::min(x->rows, y->rows) / 8;
  block = eighth >= largeBlock && !needsPanels ? largeBlock : eighth >= middleBlock ? middleBlock : panelRows;
  factors = makeScratch<Scalar>(pairwise.scale_count);
  if (!factors) return false;
  setProfile(pairwise);
  return true;
}

template <class Scalar> void PairwisePlan<Scalar>::setProfile(const CKPairwise &pairwise) noexcept {
  profile = pairwise.profile;
  scaleCount = pairwise.scale_count;
  const double least = *std::min_element(pairwise.scales, pairwise.scales + scaleCount);
  for (ptrdiff_t i = 0; i < scaleCount; ++i) {
    const double scale = pairwise.scales[i];
    switch (profile) {
    case CK_PAIR_GAUSSIAN: factors[i] = static_cast<Scalar>(-0.5 * M_LOG2E / (scale * scale)); break;
    case CK_PAIR_INVERSE_MULTIQUADRIC: factors[i] = static_cast<Scalar>(1 / (scale * scale)); break;
    case CK_PAIR_LAPLACE: factors[i] = static_cast<Scalar>(1 / scale); break;
    default: factors[i] = 1; break;
    }
  }
  if (profile == CK_PAIR_GAUSSIAN) steepness = 0.5 / (least * least);
  if (profile == CK_PAIR_INVERSE_MULTIQUADRIC) steepness = 1 / (least * least);
  if (profile == CK_PAIR_GAUSSIAN && scaleCount == 1) slopeFactor = 1 / (least * least);
}

template <class Scalar> bool PairwisePlan<Scalar>::center() noexcept {
  const ptrdiff_t features = ownX.features;
  Scratch<double> mean = zeros<double>(features);
  if (!mean) return false;
  for (const PairPoints<Scalar> *points : {&ownX, &ownY})
    for (ptrdiff_t i = 0; i < points->rows; ++i)
      for (ptrdiff_t d = 0; d < features; ++d) mean[d] += static_cast<double>(points->source[i * features + d]);
  for (ptrdiff_t d = 0; d < features; ++d)
    mean[d] /= static_cast<double>(std::max<ptrdiff_t>(1, ownX.rows + ownY.rows));
  return centeredX.prepare(ownX, mean.get()) && (ownY.rows == 0 || centeredY.prepare(ownY, mean.get()));
}

/// The gradient of a sum over pairs by the rows of one set, in 64 bits: products of slopes with the other rows, and sums
/// of slopes, which the row itself is multiplied by.
template <class Scalar> struct PairwiseGradient {
  Scratch<double> products, slopes; // [rows, stride], [rows]

  bool allocate(const PairPoints<Scalar> &points) noexcept {
    products = zeros<double>(points.rows * points.stride, Keep::no);
    slopes = zeros<double>(points.rows);
    return products && slopes;
  }
  void write(const PairPoints<Scalar> &points, const CenteredRows<Scalar> &around, void *out) const noexcept {
    const ptrdiff_t stride = points.stride, features = points.features;
    for (ptrdiff_t i = 0; i < points.rows; ++i)
      for (ptrdiff_t d = 0; d < features; ++d)
        static_cast<Scalar *>(out)[i * features + d] = static_cast<Scalar>(
            products[i * stride + d] - slopes[i] * static_cast<double>(around.rows[i * stride + d]));
  }
};

/// Where the pairs of a block of x and a block of y add their results. Blocks that are worked on at the same time have
/// no rows in common, so nothing is shared.
template <class Scalar> struct PairwiseTargets {
  bool wantsSquares = false;
  double *sum = nullptr, *squares = nullptr; // one number for each block of x
  double *xSums = nullptr, *ySums = nullptr; // [rows]; the same for the pairs of one set
  /// The same for the pairs of one set; null when not wanted.
  PairwiseGradient<Scalar> *xGradient = nullptr, *yGradient = nullptr;
  double gradientFactor = 1;
};

/// The sets of rows for which ck_pairwise_split_sums adds; targets are one number for each block of x and set.
template <class Scalar> struct PairwiseSplits {
  const Scalar *members;
  ptrdiff_t count;
  double *total, *inside, *ends; // [blocks], [blocks, count], [blocks, count]
};

} // namespace ck
