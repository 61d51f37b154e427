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

/// What a kernel over pairs reads of rows: those of the first set one after the other, those of the second in panels.
enum class PairLayout { ordered, panels, both };

/// The same rows as given, one after the other padded to whole cache lines, and in panels [features][panelRows].
template <class Scalar> struct PairPoints {
  ptrdiff_t rows = 0, features = 0, stride = 0;
  const Scalar *source = nullptr;
  Scratch<Scalar> ordered, panels;
  bool isFinite = true;

  bool prepare(const void *data, ptrdiff_t rowCount, ptrdiff_t featureCount, PairLayout layout) noexcept {
    constexpr ptrdiff_t line = 64 / sizeof(Scalar);
    source = static_cast<const Scalar *>(data);
    rows = rowCount;
    features = featureCount;
    stride = (features + line - 1) / line * line;
    for (ptrdiff_t i = 0; i < rows * features; ++i) isFinite &= std::isfinite(source[i]);
    return (layout == PairLayout::panels || centered(nullptr, ordered)) &&
           (layout == PairLayout::ordered || fillPanels());
  }

  const Scalar *row(ptrdiff_t i) const { return ordered.get() + i * stride; }
  /// The panel that starts with row i, a multiple of panelRows.
  const Scalar *panel(ptrdiff_t i) const { return panels.get() + i * features; }

  /// Fills `out` with ordered rows, minus a point unless that is null, so that products with them do not cancel far
  /// from the origin.
  bool centered(const double *center, Scratch<Scalar> &out) const noexcept {
    const ptrdiff_t size = (rows + sparePairRows) * stride;
    out = makeScratch<Scalar>(size);
    if (!out) return false;
    std::fill_n(out.get(), size, Scalar(0));
    for (ptrdiff_t i = 0; i < rows; ++i)
      for (ptrdiff_t d = 0; d < features; ++d) {
        const Scalar value = source[i * features + d];
        out[i * stride + d] = center ? static_cast<Scalar>(static_cast<double>(value) - center[d]) : value;
      }
    return true;
  }

private:
  bool fillPanels() noexcept {
    const ptrdiff_t size = (rows + panelRows - 1) / panelRows * panelRows * features;
    panels = makeScratch<Scalar>(size);
    if (!panels) return false;
    std::fill_n(panels.get(), size, Scalar(0));
    for (ptrdiff_t i = 0; i < rows; ++i) {
      Scalar *panel = panels.get() + i / panelRows * panelRows * features + i % panelRows;
      for (ptrdiff_t d = 0; d < features; ++d) panel[d * panelRows] = source[i * features + d];
    }
    return true;
  }
};

} // namespace ck
