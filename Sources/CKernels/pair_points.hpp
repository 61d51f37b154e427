// Rows laid out for kernels over pairs of them.
#pragma once
#include "scratch.hpp"
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace ck {

/// Columns of a tile of pairs: so many rows of the second set lie feature-major in a panel.
constexpr ptrdiff_t panelRows = 64;
/// Rows beyond the last that may be read; they are 0.
constexpr ptrdiff_t sparePairRows = 8;

/// The same rows twice: one after the other, padded to whole cache lines, and in panels [features][panelRows].
template <class Scalar> struct PairPoints {
  ptrdiff_t rows = 0, features = 0, stride = 0;
  Scratch<Scalar> ordered, panels;
  bool isFinite = true;

  bool prepare(const void *data, ptrdiff_t rowCount, ptrdiff_t featureCount) noexcept {
    constexpr ptrdiff_t line = 64 / sizeof(Scalar);
    rows = rowCount;
    features = featureCount;
    stride = (features + line - 1) / line * line;
    const ptrdiff_t panelCount = (rows + panelRows - 1) / panelRows;
    const ptrdiff_t orderedSize = (rows + sparePairRows) * stride, panelSize = panelCount * panelRows * features;
    ordered = makeScratch<Scalar>(orderedSize);
    panels = makeScratch<Scalar>(panelSize);
    if (!ordered || !panels) return false;
    std::fill_n(ordered.get(), orderedSize, Scalar(0));
    std::fill_n(panels.get(), panelSize, Scalar(0));
    const Scalar *source = static_cast<const Scalar *>(data);
    for (ptrdiff_t i = 0; i < rows; ++i) {
      Scalar *panel = panels.get() + i / panelRows * panelRows * features + i % panelRows;
      Scalar *row = ordered.get() + i * stride;
      for (ptrdiff_t d = 0; d < features; ++d) {
        const Scalar value = source[i * features + d];
        isFinite &= std::isfinite(value);
        row[d] = panel[d * panelRows] = value;
      }
    }
    return true;
  }

  const Scalar *row(ptrdiff_t i) const { return ordered.get() + i * stride; }
  /// The panel that starts with row i, a multiple of panelRows.
  const Scalar *panel(ptrdiff_t i) const { return panels.get() + i * features; }

  /// The ordered rows minus a point, so that products with them do not cancel far from the origin.
  bool centered(const double *center, Scratch<Scalar> &out) const noexcept {
    out = makeScratch<Scalar>((rows + sparePairRows) * stride);
    if (!out) return false;
    std::fill_n(out.get(), (rows + sparePairRows) * stride, Scalar(0));
    for (ptrdiff_t i = 0; i < rows; ++i)
      for (ptrdiff_t d = 0; d < features; ++d)
        out[i * stride + d] = static_cast<Scalar>(static_cast<double>(row(i)[d]) - center[d]);
    return true;
  }
};

} // namespace ck
