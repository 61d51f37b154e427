// Squared distances of a few rows from a panel of others. Read inside a namespace, once for each instruction set, by
// the bodies of kernels over pairs; no include guard.

/// Rows, and vectors of columns, whose accumulators fill the registers.
constexpr int stripRows = CK_VECTOR_BYTES == 64 ? 6 : 4, stripVectors = CK_VECTOR_BYTES == 64 ? 4 : 2;

/// out[r][c] = |rows_r - panel_c|^2, [stripRows][panelRows].
///
/// Differences are squared: the usual |x|^2 + |y|^2 - 2 x y saves an addition for each product, which most processors
/// do beside the products anyway, and loses all digits where rows are close together and far from the origin.
template <class Scalar>
static void squaredDistances(const Scalar *rows, ptrdiff_t stride, const Scalar *panel, ptrdiff_t features,
                             Scalar *out) {
  constexpr ptrdiff_t width = widthOf<Scalar>, step = stripVectors * width;
  for (ptrdiff_t at = 0; at < panelRows; at += step) {
    Vector<Scalar> sums[stripRows][stripVectors] = {};
    for (ptrdiff_t d = 0; d < features; ++d) {
      Vector<Scalar> y[stripVectors];
      for (int v = 0; v < stripVectors; ++v) y[v] = load<Scalar>(panel + d * panelRows + at + v * width);
      for (int r = 0; r < stripRows; ++r) {
        const Vector<Scalar> x = rows[r * stride + d];
        for (int v = 0; v < stripVectors; ++v) {
          const Vector<Scalar> difference = y[v] - x;
          sums[r][v] = fma(difference, difference, sums[r][v]);
        }
      }
    }
    for (int r = 0; r < stripRows; ++r)
      for (int v = 0; v < stripVectors; ++v) store<Scalar>(out + r * panelRows + at + v * width, sums[r][v]);
  }
}
