// The sums and gradients of two blocks of rows; read by pairwise_body.hpp.

/// Memory for the pairs of two blocks.
template <class Scalar> struct PairBlock {
  Scratch<Scalar> memory;
  Scalar *rows, *others; // copies of rows of x and of a panel's of y, where distances are not by products
  Scalar *panel;
  Scalar *strip, *slopes;                                      // [stripRows][panelRows], [rows][panelRows]
  Scalar *rowValues, *rowSlopes, *columnValues, *columnSlopes; // sums of these; by lanes for rows
  Scalar *gradientX, *gradientY;                               // [rows][stride], [panelRows][stride]

  bool allocate(const PairwisePlan<Scalar> &plan, const PairwiseTargets<Scalar> &targets, bool isProduct) {
    const ptrdiff_t rows = plan.block + sparePairRows, columns = panelRows + sparePairRows;
    const ptrdiff_t stride = plan.x->stride, forX = targets.xGradient ? 1 : 0, forY = targets.yGradient ? 1 : 0;
    const ptrdiff_t lanes = rows * widthOf<Scalar>, hasOwnSlopes = plan.slopeFactor == 0;
    Scalar **parts[] = {&this->rows, &others,       &panel,        &strip,     &slopes,   &rowValues,
                        &rowSlopes,  &columnValues, &columnSlopes, &gradientX, &gradientY};
    const ptrdiff_t sizes[] = {isProduct ? 0 : rows * stride,
                               isProduct || !(forX | forY) ? 0 : columns * stride,
                               panelRows * plan.x->features,
                               stripRows * panelRows,
                               (forX | forY) * rows * panelRows,
                               lanes,
                               forX * hasOwnSlopes * lanes,
                               columns,
                               forY * hasOwnSlopes * columns,
                               forX * rows * stride,
                               forY * columns * stride};
    ptrdiff_t size = 0;
    for (ptrdiff_t part : sizes) size += (part + 15) / 16 * 16;
    memory = makeScratch<Scalar>(size);
    if (!memory) return false;
    Scalar *next = memory.get();
    for (size_t i = 0; i < std::size(sizes); ++i) {
      *parts[i] = sizes[i] ? next : nullptr;
      next += (sizes[i] + 15) / 16 * 16;
    }
    std::fill_n(rowValues, lanes, Scalar(0));
    if (rowSlopes) std::fill_n(rowSlopes, lanes, Scalar(0));
    if (gradientX) std::fill_n(gradientX, rows * stride, Scalar(0));
    // What lies behind the last row is read, but counts for nothing.
    if (slopes) std::fill_n(slopes + plan.block * panelRows, sparePairRows * panelRows, Scalar(0));
    return true;
  }
  void startPanel(ptrdiff_t stride) {
    std::fill_n(columnValues, panelRows, Scalar(0));
    if (columnSlopes) std::fill_n(columnSlopes, panelRows, Scalar(0));
    if (gradientY) std::fill_n(gradientY, panelRows * stride, Scalar(0));
  }
};

/// Adds products, for the rows of a set from `start` on, and the sums of slopes unless products are of differences.
template <class Scalar, class Slope>
static void addGradient(const PairPoints<Scalar> &points, ptrdiff_t start, ptrdiff_t rows, double factor,
                        const Scalar *products, bool hasDifferences, const Slope &slope,
                        PairwiseGradient<Scalar> &gradient) {
  const ptrdiff_t size = rows * points.stride;
  double *sums = gradient.products.get() + start * points.stride;
  for (ptrdiff_t k = 0; k < size; ++k) sums[k] += factor * static_cast<double>(products[k]);
  if (hasDifferences) return;
  for (ptrdiff_t i = 0; i < rows; ++i) gradient.slopes[start + i] += factor * slope(i);
}

/// Two blocks whose pairs are summed.
template <class Scalar> struct BlockPair {
  const PairwisePlan<Scalar> &plan;
  const PairwiseTargets<Scalar> &targets;
  ptrdiff_t index, rowStart, rowEnd, columnStart, columnEnd;
  bool isDiagonal, isProduct;
  double slopeFactor;
  PairBlock<Scalar> block;

  BlockPair(const PairwisePlan<Scalar> &plan, const PairwiseTargets<Scalar> &targets, ptrdiff_t i, ptrdiff_t j)
      : plan(plan), targets(targets), index(i), rowStart(i * plan.block),
        rowEnd(std::min(plan.x->rows, rowStart + plan.block)), columnStart(j * plan.block),
        columnEnd(std::min(plan.y->rows, columnStart + plan.block)), isDiagonal(plan.isSame && i == j) {
    isProduct = plan.isSmooth() && (plan.aroundX->radius(rowStart, rowEnd) +
                                    plan.aroundY->radius(columnStart, columnEnd)) * plan.steepness <=
                                       largestProductRadius;
    slopeFactor = targets.gradientFactor * (plan.slopeFactor == 0 ? 1 : plan.slopeFactor);
  }

  bool add() {
    if (!block.allocate(plan, targets, isProduct)) return false;
    const ptrdiff_t rows = rowEnd - rowStart;
    if (block.rows) {
      std::fill_n(block.rows, (plan.block + sparePairRows) * plan.x->stride, Scalar(0));
      plan.x->copyRows(rowStart, rows, nullptr, block.rows);
    }
    for (ptrdiff_t column = columnStart; column < columnEnd; column += panelRows) addPanel(column);
    targets.sum[index] += sumOfLanes<Scalar>(block.rowValues, rows);
    const auto lanes = [](const Scalar *sums, ptrdiff_t r) {
      return sumOfLanes<Scalar>(sums + r * widthOf<Scalar>, 1);
    };
    if (targets.xSums)
      for (ptrdiff_t r = 0; r < rows; ++r) targets.xSums[rowStart + r] += lanes(block.rowValues, r);
    if (!targets.xGradient) return true;
    const Scalar *slopes = block.rowSlopes ? block.rowSlopes : block.rowValues;
    addGradient<Scalar>(*plan.x, rowStart, rows, slopeFactor, block.gradientX, hasDifferences(),
                        [&](ptrdiff_t r) { return lanes(slopes, r); }, *targets.xGradient);
    return true;
  }

private:
  /// Where rows lie far apart for a smooth kernel, sums of slopes times rows cancel: their differences are summed.
  bool hasDifferences() const { return plan.isSmooth() && !isProduct; }
  const Scalar *aroundX(ptrdiff_t row) const { return plan.aroundX->rows.get() + row * plan.x->stride; }
  const Scalar *aroundY(ptrdiff_t row) const { return plan.aroundY->rows.get() + row * plan.y->stride; }

  void addPanel(ptrdiff_t column) {
    const ptrdiff_t rows = rowEnd - rowStart, columns = std::min(panelRows, columnEnd - column);
    const ptrdiff_t stride = plan.x->stride, features = plan.x->features;
    block.startPanel(stride);
    if (isProduct)
      fillPanel<Scalar>(aroundY(column), stride, columns, features, block.panel);
    else
      fillPanel<Scalar>(plan.y->source + column * features, features, columns, features, block.panel);
    double squares = 0;
    for (ptrdiff_t local = 0; local < rows; local += stripRows) squares += addStripOf(column, local);
    if (targets.wantsSquares) targets.squares[index] += squares;
    if (targets.ySums)
      for (ptrdiff_t c = 0; c < columns; ++c)
        targets.ySums[column + c] += static_cast<double>(block.columnValues[c]);
    const Scalar *x = nullptr, *y = nullptr;
    if (hasDifferences() && block.others) {
      std::fill_n(block.others, (panelRows + sparePairRows) * stride, Scalar(0));
      plan.y->copyRows(column, columns, nullptr, block.others);
      x = block.rows;
      y = block.others;
    }
    if (targets.xGradient)
      multiply<Scalar>(rows, block.slopes, panelRows, 1, y ? y : aroundY(column), stride, features, columns, x,
                       block.gradientX);
    if (!targets.yGradient) return;
    multiply<Scalar>(columns, block.slopes, 1, panelRows, x ? x : aroundX(rowStart), stride, features, rows, y,
                     block.gradientY);
    const Scalar *slopes = block.columnSlopes ? block.columnSlopes : block.columnValues;
    addGradient<Scalar>(*plan.y, column, columns, slopeFactor, block.gradientY, hasDifferences(),
                        [&](ptrdiff_t c) { return static_cast<double>(slopes[c]); }, *targets.yGradient);
  }

  /// Adds the pairs of a few rows with a panel; the sum of squares of their kernels.
  double addStripOf(ptrdiff_t column, ptrdiff_t local) {
    const ptrdiff_t row = rowStart + local, stride = plan.x->stride, features = plan.x->features;
    Scalar *slopes = block.slopes ? block.slopes + local * panelRows : nullptr;
    // Kernels are slopes but for a factor: they stay where they are.
    const bool isShared = slopes && plan.slopeFactor != 0;
    Scalar *strip = isShared ? slopes : block.strip;
    if (isProduct)
      productDistances<Scalar>(aroundX(row), stride, plan.aroundX->halves.get() + row, block.panel,
                               plan.aroundY->halves.get() + column, features, strip);
    else
      squaredDistances<Scalar>(block.rows + local * stride, stride, block.panel, features, strip);
    finishStrip<Scalar>(plan, {row, column, rowEnd, columnEnd, isDiagonal}, strip, isShared ? nullptr : slopes);
    const ptrdiff_t lane = local * widthOf<Scalar>;
    addStrip<Scalar>(strip, block.rowValues + lane,
                     targets.ySums || (isShared && targets.yGradient) ? block.columnValues : nullptr);
    if (slopes && !isShared)
      addStrip<Scalar>(slopes, block.rowSlopes ? block.rowSlopes + lane : nullptr, block.columnSlopes);
    return targets.wantsSquares ? sumOfSquares<Scalar>(strip) : 0;
  }
};

/// Adds the pairs of block i of x with block j of y; false when there is no memory.
template <class Scalar>
static bool addPairs(const PairwisePlan<Scalar> &plan, ptrdiff_t i, ptrdiff_t j,
                     const PairwiseTargets<Scalar> &targets) {
  return BlockPair<Scalar>(plan, targets, i, j).add();
}
