// Rows of a kernel sum in memory: panels of 64 in the order of a k-d tree. Plain C++, compiled once.
#pragma once
#include "ck_kernel_density.h"
#include <algorithm>
#include <cstdint>
#include <utility>

namespace ck {

/// The rows of a panel; also a leaf of the tree.
constexpr ptrdiff_t panelRows = 64;
/// What stands for the exponent of a row that adds nothing.
constexpr double noExponent = 1e300;
/// From natural logarithms to exponents of two.
constexpr double log2OfE = 1.44269504088896340736;

/// A node of the tree: the panels [first, first + count), and where its boxes and sums are kept.
///
/// Nodes are numbered in preorder, and the left child has half of the panels, rounded up, so nothing points to children.
struct KernelNode {
  ptrdiff_t index, firstPanel, panelCount;

  bool isLeaf() const { return panelCount == 1; }
  KernelNode left() const { return {index + 1, firstPanel, (panelCount + 1) / 2}; }
  KernelNode right() const {
    const ptrdiff_t half = (panelCount + 1) / 2;
    return {index + 2 * half, firstPanel + half, panelCount - half};
  }
};

/// Where the parts of a storage are.
struct KernelRows {
  CKKernelShape shape;
  ptrdiff_t panelCount, nodeCount, size;
  double *panels;       // [panel][feature][64]
  double *coefficients; // [panel][64]: c_i, or -log2 c_i where terms are powers of two
  double *scales;       // [panel][64]: 1 / scale_i
  double *boxes;        // [node][2][feature]: the least and the greatest
  double *masses;       // [node]: the sum of c_i
  double *scaleRanges;  // [node][2]: the least and the greatest of 1 / scale_i

  KernelRows(CKKernelShape shape, const double *storage)
      : shape(shape), panelCount((shape.count + panelRows - 1) / panelRows), nodeCount(2 * panelCount - 1), size(0) {
    auto take = [&](ptrdiff_t count) {
      const ptrdiff_t offset = std::exchange(size, size + count);
      return storage ? const_cast<double *>(storage) + offset : nullptr;
    };
    panels = take(panelCount * shape.features * panelRows);
    coefficients = take(panelCount * panelRows);
    boxes = take(nodeCount * 2 * shape.features);
    masses = take(nodeCount);
    scales = shape.has_scales ? take(panelCount * panelRows) : nullptr;
    scaleRanges = shape.has_scales ? take(nodeCount * 2) : nullptr;
  }

  KernelNode root() const { return {0, 0, panelCount}; }
  /// Whether terms are powers of two: 2^-exponent.
  bool hasExponents() const { return shape.profile == CK_GAUSSIAN || shape.profile == CK_EXPONENTIAL; }
  /// What coordinates are multiplied by, so that exponents are sums of squares, or lengths: the root of log2(e) / 2, or
  /// log2(e).
  double unit() const {
    if (shape.profile == CK_GAUSSIAN) return 0.84932180028801904272;
    return shape.profile == CK_EXPONENTIAL ? log2OfE : 1;
  }
};

/// The least and the greatest of each feature over points of an order.
inline void boundingBox(const double *points, ptrdiff_t features, const int64_t *order, ptrdiff_t count, double *low,
                        double *high) {
  for (ptrdiff_t f = 0; f < features; ++f) low[f] = high[f] = points[order[0] * features + f];
  for (ptrdiff_t k = 1; k < count; ++k) {
    const double *point = points + order[k] * features;
    for (ptrdiff_t f = 0; f < features; ++f) {
      low[f] = std::min(low[f], point[f]);
      high[f] = std::max(high[f], point[f]);
    }
  }
}

/// Splits points of an order at a position along the widest feature of their box.
inline void splitWidest(const double *points, ptrdiff_t features, int64_t *order, ptrdiff_t count, ptrdiff_t position,
                        const double *low, const double *high) {
  ptrdiff_t widest = 0;
  for (ptrdiff_t f = 1; f < features; ++f)
    if (high[f] - low[f] > high[widest] - low[widest]) widest = f;
  if (!(high[widest] > low[widest])) return;
  std::nth_element(order, order + position, order + count, [=](int64_t a, int64_t b) {
    return points[a * features + widest] < points[b * features + widest];
  });
}

} // namespace ck
