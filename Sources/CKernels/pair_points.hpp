// Rows laid out for kernels over pairs of them.
#pragma once
#include "parallel.hpp"
#include "scratch.hpp"
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace ck {

/// Columns of a tile of pairs: so many rows of the second set lie feature-major in a panel.
constexpr ptrdiff_t panelRows = 64;
/// Rows of zeros behind a copy of rows, so that the last strip is whole.
constexpr ptrdiff_t sparePairRows = 8;

/// Rows as they are given, and in panels [features][panelRows] where they are the columns of pairs.
template <class Scalar> struct PairPoints {
  ptrdiff_t rows = 0, features = 0;
  /// Features of a copied row, whole cache lines.
  ptrdiff_t stride = 0;
  const Scalar *source = nullptr;
  Scratch<Scalar> panels;
  bool isFinite = true;

  bool prepare(const void *data, ptrdiff_t rowCount, ptrdiff_t featureCount, bool needsPanels) noexcept {
    constexpr ptrdiff_t line = 64 / sizeof(Scalar);
    source = static_cast<const Scalar *>(data);
    rows = rowCount;
    features = featureCount;
    stride = (features + line - 1) / line * line;
    for (ptrdiff_t i = 0; i < rows * features; ++i) isFinite &= std::isfinite(source[i]);
    return !needsPanels || fillPanels();
  }

  /// The panel that starts with row i, a multiple of panelRows.
  const Scalar *panel(ptrdiff_t i) const { return panels.get() + i * features; }

  /// Copies rows to memory of zeros, minus a point unless that is null.
  void copyRows(ptrdiff_t start, ptrdiff_t count, const double *center, Scalar *out) const {
    for (ptrdiff_t i = 0; i < count; ++i)
      for (ptrdiff_t d = 0; d < features; ++d) {
        const Scalar value = source[(start + i) * features + d];
        out[i * stride + d] = center ? static_cast<Scalar>(static_cast<double>(value) - center[d]) : value;
      }
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

/// Rows around 0: what remains when a point is taken off, with which products do not cancel far from the origin.
template <class Scalar> struct CenteredRows {
  Scratch<Scalar> rows;   // [whole panels and spare rows, stride], zeros behind
  Scratch<Scalar> halves; // half the squared norm of each
  Scratch<double> radii;  // the largest squared norm of each panel

  bool prepare(const PairPoints<Scalar> &points, const double *center) noexcept {
    const ptrdiff_t panels = (points.rows + panelRows - 1) / panelRows, all = panels * panelRows + sparePairRows;
    rows = makeScratch<Scalar>(all * points.stride, Keep::no);
    halves = zeros<Scalar>(all);
    radii = zeros<double>(panels);
    if (!rows || !halves || !radii) return false;
    parallel(panels, [&](ptrdiff_t panel) {
      const ptrdiff_t start = panel * panelRows, count = std::min(panelRows, points.rows - start);
      Scalar *out = rows.get() + start * points.stride;
      std::fill_n(out, (panelRows + (panel + 1 == panels ? sparePairRows : 0)) * points.stride, Scalar(0));
      points.copyRows(start, count, center, out);
      for (ptrdiff_t i = 0; i < count; ++i) {
        double norm = 0;
        for (ptrdiff_t d = 0; d < points.features; ++d)
          norm += static_cast<double>(out[i * points.stride + d]) * static_cast<double>(out[i * points.stride + d]);
        halves[start + i] = static_cast<Scalar>(norm / 2);
        radii[panel] = std::max(radii[panel], norm);
      }
    });
    return true;
  }

  /// The largest squared norm of some rows, of which the first is a panel's first.
  double radius(ptrdiff_t start, ptrdiff_t end) const {
    return *std::max_element(radii.get() + start / panelRows, radii.get() + (end + panelRows - 1) / panelRows);
  }
};

} // namespace ck
