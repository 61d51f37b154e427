// Means of rows with weights of a softmax; read by pairwise_body.hpp.

/// For the rows from `start` on, at most stripRows, the means of the rows of y with weights exp(c_j - factor |x_i - y_j|^2).
///
/// `logWeights` and `terms`, [stripRows], have whole panels, the first with minus infinity behind; `values` are rows of y
/// with the plan's stride.
template <class Scalar>
static void writeMeans(const PairwisePlan<Scalar> &plan, const Scalar *logWeights, Scalar factor, const Scalar *values,
                       ptrdiff_t start, Scalar *terms, Scalar *rows, Scalar *out) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  const ptrdiff_t stride = plan.x->stride, features = plan.x->features, count = plan.y->rows;
  const ptrdiff_t padded = (count + panelRows - 1) / panelRows * panelRows;
  const ptrdiff_t number = std::min<ptrdiff_t>(stripRows, plan.x->rows - start);
  alignas(64) Scalar strip[stripRows * panelRows];
  std::fill_n(rows, 2 * stripRows * stride, Scalar(0));
  Scalar *products = rows + stripRows * stride;
  plan.x->copyRows(start, number, nullptr, rows);
  Vector<Scalar> largest[stripRows];
  for (ptrdiff_t r = 0; r < stripRows; ++r) largest[r] = -std::numeric_limits<Scalar>::infinity();
  for (ptrdiff_t column = 0; column < count; column += panelRows) {
    squaredDistances<Scalar>(rows, stride, plan.y->panel(column), features, strip);
    for (ptrdiff_t r = 0; r < stripRows; ++r)
      for (ptrdiff_t at = 0; at < panelRows; at += width) {
        const Vector<Scalar> term =
            load<Scalar>(logWeights + column + at) - load<Scalar>(strip + r * panelRows + at) * factor;
        store<Scalar>(terms + r * padded + column + at, term);
        largest[r] = maximum<Vector<Scalar>>(largest[r], term);
      }
  }
  Scalar sums[stripRows];
  for (ptrdiff_t r = 0; r < stripRows; ++r) {
    const Scalar most = maximumOf(largest[r]);
    Vector<Scalar> sum = 0;
    for (Scalar *term = terms + r * padded; term < terms + (r + 1) * padded; term += width) {
      const Vector<Scalar> weight = expInRange<Scalar>(load<Scalar>(term) - most);
      store<Scalar>(term, weight);
      sum += weight;
    }
    sums[r] = sumOf(sum);
  }
  multiply<Scalar>(stripRows, terms, padded, 1, values, stride, features, count, nullptr, products);
  for (ptrdiff_t r = 0; r < number; ++r)
    for (ptrdiff_t d = 0; d < features; ++d)
      out[(start + r) * features + d] = products[r * stride + d] / sums[r];
}

/// The means of some strips of rows; false when there is no memory.
template <class Scalar>
static bool writeMeansOfPiece(const PairwisePlan<Scalar> &plan, const Scalar *logWeights, Scalar factor,
                              const Scalar *values, ptrdiff_t piece, Scalar *out) {
  const ptrdiff_t padded = (plan.y->rows + panelRows - 1) / panelRows * panelRows, end = (piece + 1) * plan.block;
  Scratch<Scalar> terms = makeScratch<Scalar>(stripRows * padded);
  Scratch<Scalar> rows = makeScratch<Scalar>(2 * stripRows * plan.x->stride);
  if (!terms || !rows) return false;
  for (ptrdiff_t start = piece * plan.block; start < std::min(plan.x->rows, end); start += stripRows)
    writeMeans<Scalar>(plan, logWeights, factor, values, start, terms.get(), rows.get(), out);
  return true;
}
