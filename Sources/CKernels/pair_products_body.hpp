// Squared distances of a few rows from a panel of others by products. Read inside a namespace, once for each instruction
// set, behind pair_distances_body.hpp; no include guard.
#include "transpose_body.hpp"

/// Writes up to panelRows rows, of `stride`, feature-major, zeros behind.
template <class Scalar>
static void fillPanel(const Scalar *rows, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t features, Scalar *panel) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  const ptrdiff_t whole = count / width * width, groups = features / width * width;
  for (ptrdiff_t row = 0; row < whole; row += width)
    for (ptrdiff_t first = 0; first < groups; first += width) {
      Vector<Scalar> lines[width];
      CK_UNROLL for (ptrdiff_t i = 0; i < width; ++i) lines[i] = load<Scalar>(rows + (row + i) * stride + first);
      transposeBlock<Scalar>(lines);
      CK_UNROLL for (ptrdiff_t i = 0; i < width; ++i) store<Scalar>(panel + (first + i) * panelRows + row, lines[i]);
    }
  for (ptrdiff_t d = 0; d < features; ++d)
    for (ptrdiff_t c = d < groups ? whole : 0; c < panelRows; ++c)
      panel[d * panelRows + c] = c < count ? rows[c * stride + d] : Scalar(0);
}

/// The same as squaredDistances for rows around 0, of which `halves` and `panelHalves` are half the squared norms:
/// |x|^2 + |y|^2 - 2 x y, not below 0.
template <class Scalar>
static void productDistances(const Scalar *rows, ptrdiff_t stride, const Scalar *halves, const Scalar *panel,
                             const Scalar *panelHalves, ptrdiff_t features, Scalar *out) {
  constexpr ptrdiff_t width = widthOf<Scalar>, step = stripVectors * width;
  for (ptrdiff_t at = 0; at < panelRows; at += step) {
    Vector<Scalar> sums[stripRows][stripVectors];
    CK_UNROLL for (int r = 0; r < stripRows; ++r)
      CK_UNROLL for (int v = 0; v < stripVectors; ++v)
        sums[r][v] = -Vector<Scalar>(halves[r]) - load<Scalar>(panelHalves + at + v * width);
    for (ptrdiff_t d = 0; d < features; ++d) {
      Vector<Scalar> y[stripVectors];
      CK_UNROLL for (int v = 0; v < stripVectors; ++v) y[v] = load<Scalar>(panel + d * panelRows + at + v * width);
      CK_UNROLL for (int r = 0; r < stripRows; ++r) {
        const Vector<Scalar> x = rows[r * stride + d];
        CK_UNROLL for (int v = 0; v < stripVectors; ++v) sums[r][v] = fma(x, y[v], sums[r][v]);
      }
    }
    CK_UNROLL for (int r = 0; r < stripRows; ++r)
      CK_UNROLL for (int v = 0; v < stripVectors; ++v)
        store<Scalar>(out + r * panelRows + at + v * width,
                      maximum<Vector<Scalar>>(sums[r][v] * Scalar(-2), Vector<Scalar>(0)));
  }
}
