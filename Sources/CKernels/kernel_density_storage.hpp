// Fills the storage of the rows of a kernel sum. Plain C++, compiled once.
#pragma once
#include "kernel_density_rows.hpp"
#include <cmath>
#include <limits>

namespace ck {

/// Fills a storage, node by node from the root.
class StorageWriter {
public:
  StorageWriter(const KernelRows &rows, const double *points, const double *logCoefficients, const double *scales,
                int64_t *order)
      : rows(rows), points(points), logCoefficients(logCoefficients), scales(scales), order(order) {}

  void write(KernelNode node) {
    const ptrdiff_t features = rows.shape.features, first = node.firstPanel * panelRows;
    const ptrdiff_t count = std::min(node.panelCount * panelRows, rows.shape.count - first);
    double *low = rows.boxes + node.index * 2 * features, *high = low + features;
    boundingBox(points, features, order + first, count, low, high);
    if (node.isLeaf()) {
      writePanel(node, first, count);
    } else {
      splitWidest(points, features, order + first, count, node.left().panelCount * panelRows, low, high);
      write(node.left());
      write(node.right());
      join(node);
    }
    for (ptrdiff_t f = 0; f < features; ++f) {
      low[f] *= rows.unit();
      high[f] *= rows.unit();
    }
  }

private:
  void writePanel(KernelNode node, ptrdiff_t first, ptrdiff_t count) {
    const ptrdiff_t features = rows.shape.features;
    double mass = 0, least = std::numeric_limits<double>::infinity(), greatest = 0;
    for (ptrdiff_t k = 0; k < panelRows; ++k) {
      const bool isRow = k < count;
      const int64_t row = isRow ? order[first + k] : 0;
      const double logarithm = isRow ? logCoefficients[row] : -noExponent / log2OfE;
      for (ptrdiff_t f = 0; f < features; ++f)
        rows.panels[(node.firstPanel * features + f) * panelRows + k] = isRow ? points[row * features + f] * rows.unit() : 0;
      rows.coefficients[first + k] = rows.hasExponents() ? -logarithm * log2OfE : std::exp(logarithm);
      if (isRow) mass += std::exp(logarithm);
      if (!scales) continue;
      const double scale = isRow ? 1 / scales[row] : 1;
      rows.scales[first + k] = scale;
      if (isRow) {
        least = std::min(least, scale);
        greatest = std::max(greatest, scale);
      }
    }
    rows.masses[node.index] = mass;
    if (!scales) return;
    rows.scaleRanges[2 * node.index] = least;
    rows.scaleRanges[2 * node.index + 1] = greatest;
  }

  void join(KernelNode node) {
    const ptrdiff_t left = node.left().index, right = node.right().index;
    rows.masses[node.index] = rows.masses[left] + rows.masses[right];
    if (!scales) return;
    double *ranges = rows.scaleRanges;
    ranges[2 * node.index] = std::min(ranges[2 * left], ranges[2 * right]);
    ranges[2 * node.index + 1] = std::max(ranges[2 * left + 1], ranges[2 * right + 1]);
  }

  const KernelRows &rows;
  const double *points, *logCoefficients, *scales;
  int64_t *order;
};

} // namespace ck
