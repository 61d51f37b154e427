// Sums over many splits of the rows, and distances written out; read by pairwise_body.hpp.

/// For some vectors of sets: products of the kernels of a strip with members among the columns, and with those among
/// the rows. `sums` are those of the strip's rows.
template <class Scalar, int vectors>
static void addSplitStrip(const Scalar *kernels, ptrdiff_t kernelStride, ptrdiff_t columns, ptrdiff_t rows,
                          const double *sums, const Scalar *columnMembers, const Scalar *rowMembers, ptrdiff_t count,
                          Wide<Scalar> *inside, Wide<Scalar> *ends) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  Vector<Scalar> products[stripRows][vectors] = {};
  for (ptrdiff_t k = 0; k < columns; ++k) {
    Vector<Scalar> members[vectors];
    for (int v = 0; v < vectors; ++v) members[v] = load<Scalar>(columnMembers + k * count + v * width);
    for (int r = 0; r < stripRows; ++r) {
      const Vector<Scalar> kernel = kernels[r * kernelStride + k];
      for (int v = 0; v < vectors; ++v) products[r][v] = fma(kernel, members[v], products[r][v]);
    }
  }
  for (ptrdiff_t r = 0; r < rows; ++r)
    for (int v = 0; v < vectors; ++v) {
      const Vector<Scalar> member = load<Scalar>(rowMembers + r * count + v * width);
      inside[v] += __builtin_convertvector(products[r][v] * member, Wide<Scalar>);
      ends[v] += __builtin_convertvector(products[r][v], Wide<Scalar>) +
                 __builtin_convertvector(member, Wide<Scalar>) * sums[r];
    }
}

/// The kernels of block i with block j, [block + spare][block], and the sums of its rows; `rows` is memory for these.
template <class Scalar>
static void makeKernels(const PairwisePlan<Scalar> &plan, ptrdiff_t i, ptrdiff_t j, Scalar *rows, Scalar *kernels,
                        double *sums) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  const ptrdiff_t start = i * plan.block, rowEnd = std::min(plan.x->rows, start + plan.block);
  const ptrdiff_t columnStart = j * plan.block, columnEnd = std::min(plan.y->rows, columnStart + plan.block);
  alignas(64) Scalar strip[stripRows * panelRows];
  plan.x->copyRows(start, rowEnd - start, nullptr, rows);
  for (ptrdiff_t row = start; row < rowEnd; row += stripRows) {
    alignas(64) Scalar lanes[stripRows * width] = {};
    for (ptrdiff_t column = columnStart; column < columnEnd; column += panelRows) {
      squaredDistances<Scalar>(rows + (row - start) * plan.x->stride, plan.x->stride, plan.y->panel(column),
                               plan.x->features, strip);
      finishStrip<Scalar>(plan, {row, column, rowEnd, columnEnd, i == j}, strip, nullptr);
      addStrip<Scalar>(strip, lanes, nullptr);
      for (ptrdiff_t r = 0; r < stripRows; ++r)
        std::copy_n(strip + r * panelRows, panelRows,
                    kernels + (row - start + r) * plan.block + column - columnStart);
    }
    for (ptrdiff_t r = 0; r < stripRows; ++r) sums[row - start + r] = sumOfLanes<Scalar>(lanes + r * width, 1);
  }
}

/// Adds the pairs of blocks i and j of x to the sums of all sets; false when there is no memory.
template <class Scalar>
static bool addSplits(const PairwisePlan<Scalar> &plan, ptrdiff_t i, ptrdiff_t j,
                      const PairwiseSplits<Scalar> &splits) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  const ptrdiff_t start = i * plan.block, rows = std::min(plan.x->rows, start + plan.block) - start;
  const ptrdiff_t columnStart = j * plan.block;
  const ptrdiff_t columns = std::min(plan.x->rows, columnStart + plan.block) - columnStart;
  Scratch<Scalar> kernels = makeScratch<Scalar>((plan.block + sparePairRows) * plan.block);
  Scratch<Scalar> copies = zeros<Scalar>((plan.block + sparePairRows) * plan.x->stride);
  Scratch<double> sums = makeScratch<double>(plan.block + sparePairRows);
  if (!kernels || !copies || !sums) return false;
  makeKernels<Scalar>(plan, i, j, copies.get(), kernels.get(), sums.get());
  for (ptrdiff_t r = 0; r < rows; ++r) splits.total[i] += sums[r];
  forColumnGroups<Scalar>(splits.count, [&](auto vectors, ptrdiff_t at) {
    constexpr int number = decltype(vectors)::value;
    Wide<Scalar> inside[number] = {}, ends[number] = {};
    for (ptrdiff_t r = 0; r < rows; r += stripRows)
      addSplitStrip<Scalar, number>(kernels.get() + r * plan.block, plan.block, columns,
                                    std::min<ptrdiff_t>(stripRows, rows - r), sums.get() + r,
                                    splits.members + columnStart * splits.count + at,
                                    splits.members + (start + r) * splits.count + at, splits.count, inside, ends);
    for (int v = 0; v < number; ++v)
      for (ptrdiff_t lane = 0; lane < width; ++lane) {
        splits.inside[i * splits.count + at + v * width + lane] += inside[v][lane];
        splits.ends[i * splits.count + at + v * width + lane] += ends[v][lane];
      }
  });
  return true;
}

/// The squared distances of block i from block j, those that count, one after the other; returns their number. `rows` is
/// memory for a block's rows.
template <class Scalar>
static ptrdiff_t writeDistances(const PairwisePlan<Scalar> &plan, ptrdiff_t i, ptrdiff_t j, Scalar *rows,
                                Scalar *out) {
  const ptrdiff_t start = i * plan.block, rowEnd = std::min(plan.x->rows, start + plan.block);
  const ptrdiff_t columnEnd = std::min(plan.x->rows, (j + 1) * plan.block);
  alignas(64) Scalar strip[stripRows * panelRows];
  Scalar *next = out;
  plan.x->copyRows(start, rowEnd - start, nullptr, rows);
  for (ptrdiff_t row = start; row < rowEnd; row += stripRows)
    for (ptrdiff_t column = j * plan.block; column < columnEnd; column += panelRows) {
      const PairStrip pairs{row, column, rowEnd, columnEnd, i == j};
      squaredDistances<Scalar>(rows + (row - start) * plan.x->stride, plan.x->stride, plan.x->panel(column),
                               plan.x->features, strip);
      for (ptrdiff_t r = 0; r < stripRows; ++r)
        for (ptrdiff_t c = 0; c < panelRows; ++c)
          if (pairs.has(r, c)) *next++ = strip[r * panelRows + c];
    }
  return next - out;
}
