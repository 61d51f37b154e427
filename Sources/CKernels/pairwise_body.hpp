// The pairs of a block of rows with a block of others; see dispatch.hpp for how this file is read.
//
// A tile is a block of rows by a panel of columns. Its squared distances are made a strip of a few rows at a time,
// become kernels while they are in the innermost cache, and are summed; the slopes stay, and two small matrix products
// with the rows of either side make the gradients: sum_j w_ij (y_j - x_i) is (W Y)_i - (sum_j w_ij) x_i.
#include "pair_distances_body.hpp"

/// Double-precision sums beside each lane.
template <class Scalar> struct WideOf {
  typedef double vector __attribute__((ext_vector_type(widthOf<Scalar>)));
};
template <class Scalar> using Wide = typename WideOf<Scalar>::vector;

// MARK: Profiles: k as a function of the squared distance q, and its slope w = -2 dk/dq

template <class Scalar> struct GaussianPair {
  static inline __attribute__((always_inline)) void add(Vector<Scalar> squared, Scalar factor, Vector<Scalar> &value,
                                                        Vector<Scalar> &slope) {
    const Vector<Scalar> k = expInRange<Scalar>(squared * factor);
    value += k;
    slope = fma(k, Vector<Scalar>(-2 * factor), slope);
  }
};
template <class Scalar> struct InverseMultiquadricPair {
  static inline __attribute__((always_inline)) void add(Vector<Scalar> squared, Scalar factor, Vector<Scalar> &value,
                                                        Vector<Scalar> &slope) {
    const Vector<Scalar> k = Scalar(1) / fma(squared, Vector<Scalar>(factor), Vector<Scalar>(1));
    value += k;
    slope = fma(k * k, Vector<Scalar>(2 * factor), slope);
  }
};
/// 1 / root, and 0 for equal rows, where the distance has no gradient.
template <class Scalar> CK_INLINE Vector<Scalar> inverseRoot(Vector<Scalar> root) {
  return choose(root > Scalar(0), Scalar(1) / root, Vector<Scalar>(0));
}
template <class Scalar> struct LaplacePair {
  static inline __attribute__((always_inline)) void add(Vector<Scalar> squared, Scalar factor, Vector<Scalar> &value,
                                                        Vector<Scalar> &slope) {
    const Vector<Scalar> root = __builtin_elementwise_sqrt(squared);
    const Vector<Scalar> k = expInRange<Scalar>(root * -factor);
    value += k;
    slope = fma(k * factor, inverseRoot<Scalar>(root), slope);
  }
};
template <class Scalar> struct NegativeDistancePair {
  static inline __attribute__((always_inline)) void add(Vector<Scalar> squared, Scalar, Vector<Scalar> &value,
                                                        Vector<Scalar> &slope) {
    const Vector<Scalar> root = __builtin_elementwise_sqrt(squared);
    value -= root;
    slope += inverseRoot<Scalar>(root);
  }
};

template <class Scalar, class Profile, bool hasSlopes>
static void evaluateStrip(const PairwisePlan<Scalar> &plan, Scalar *strip, Scalar *slopes) {
  for (ptrdiff_t at = 0; at < stripRows * panelRows; at += widthOf<Scalar>) {
    const Vector<Scalar> squared = load<Scalar>(strip + at);
    Vector<Scalar> value = 0, slope = 0;
    for (ptrdiff_t scale = 0; scale < plan.scaleCount; ++scale)
      Profile::add(squared, plan.factors[scale], value, slope);
    store<Scalar>(strip + at, value);
    if constexpr (hasSlopes) store<Scalar>(slopes + at, slope);
  }
}
/// Squared distances to kernels, in place, and to slopes unless that is null.
template <class Scalar> static void evaluate(const PairwisePlan<Scalar> &plan, Scalar *strip, Scalar *slopes) {
  const auto run = [&]<class Profile>(Profile) {
    slopes ? evaluateStrip<Scalar, Profile, true>(plan, strip, slopes)
           : evaluateStrip<Scalar, Profile, false>(plan, strip, slopes);
  };
  switch (plan.profile) {
  case CK_PAIR_GAUSSIAN: return run(GaussianPair<Scalar>());
  case CK_PAIR_INVERSE_MULTIQUADRIC: return run(InverseMultiquadricPair<Scalar>());
  case CK_PAIR_LAPLACE: return run(LaplacePair<Scalar>());
  default: return run(NegativeDistancePair<Scalar>());
  }
}

// MARK: Strips

/// A strip of pairs: `row` and `column` are its first, below `rowEnd` and `columnEnd`; `isDiagonal` keeps column > row.
struct PairStrip {
  ptrdiff_t row, column, rowEnd, columnEnd;
  bool isDiagonal;

  bool isWhole() const {
    return row + stripRows <= rowEnd && column + panelRows <= columnEnd &&
           (!isDiagonal || column >= row + stripRows);
  }
  bool has(ptrdiff_t r, ptrdiff_t c) const {
    return row + r < rowEnd && column + c < columnEnd && (!isDiagonal || column + c > row + r);
  }
  template <class Scalar> void clear(Scalar *strip) const {
    for (ptrdiff_t r = 0; r < stripRows; ++r)
      for (ptrdiff_t c = 0; c < panelRows; ++c)
        if (!has(r, c)) strip[r * panelRows + c] = 0;
  }
};

/// Kernels of a strip whose rows are given, and slopes unless that is null; 0 for pairs that do not count.
template <class Scalar>
static void makeStrip(const PairwisePlan<Scalar> &plan, const PairStrip &pairs, const Scalar *rows, Scalar *strip,
                      Scalar *slopes) {
  squaredDistances<Scalar>(rows, plan.x->stride, plan.y->panel(pairs.column), plan.x->features, strip);
  evaluate<Scalar>(plan, strip, slopes);
  if (pairs.isWhole()) return;
  pairs.clear(strip);
  if (slopes) pairs.clear(slopes);
}

/// Adds the rows of a strip to lanes, [stripRows][width], and its columns to sums, [panelRows], unless null.
template <class Scalar> static void addStrip(const Scalar *strip, Scalar *rowLanes, Scalar *columnSums) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  if (rowLanes)
    for (ptrdiff_t r = 0; r < stripRows; ++r) {
      Vector<Scalar> sum = load<Scalar>(strip + r * panelRows);
      for (ptrdiff_t at = width; at < panelRows; at += width) sum += load<Scalar>(strip + r * panelRows + at);
      store<Scalar>(rowLanes + r * width, load<Scalar>(rowLanes + r * width) + sum);
    }
  if (columnSums)
    for (ptrdiff_t at = 0; at < panelRows; at += width) {
      Vector<Scalar> sum = load<Scalar>(strip + at);
      for (ptrdiff_t r = 1; r < stripRows; ++r) sum += load<Scalar>(strip + r * panelRows + at);
      store<Scalar>(columnSums + at, load<Scalar>(columnSums + at) + sum);
    }
}

template <class Scalar> static double sumOfLanes(const Scalar *lanes, ptrdiff_t vectors) {
  Wide<Scalar> sum = 0;
  for (ptrdiff_t i = 0; i < vectors; ++i)
    sum += __builtin_convertvector(load<Scalar>(lanes + i * widthOf<Scalar>), Wide<Scalar>);
  double total = 0;
  for (ptrdiff_t lane = 0; lane < widthOf<Scalar>; ++lane) total += sum[lane];
  return total;
}

template <class Scalar> static double sumOfSquares(const Scalar *strip) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  Vector<Scalar> sum = 0;
  for (ptrdiff_t at = 0; at < stripRows * panelRows; at += width) {
    const Vector<Scalar> value = load<Scalar>(strip + at);
    sum = fma(value, value, sum);
  }
  alignas(64) Scalar lanes[width];
  store<Scalar>(lanes, sum);
  return sumOfLanes<Scalar>(lanes, 1);
}

// MARK: Products

/// out[r][c] += sum_k weights[r * rowStep + k * step] * values[k][c], for stripRows rows and some vectors of columns.
template <class Scalar, int vectors>
static void addProducts(const Scalar *weights, ptrdiff_t rowStep, ptrdiff_t step, const Scalar *values,
                        ptrdiff_t stride, ptrdiff_t count, Scalar *out) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  Vector<Scalar> sums[stripRows][vectors];
  for (int r = 0; r < stripRows; ++r)
    for (int v = 0; v < vectors; ++v) sums[r][v] = load<Scalar>(out + r * stride + v * width);
  for (ptrdiff_t k = 0; k < count; ++k) {
    Vector<Scalar> row[vectors];
    for (int v = 0; v < vectors; ++v) row[v] = load<Scalar>(values + k * stride + v * width);
    for (int r = 0; r < stripRows; ++r) {
      const Vector<Scalar> weight = weights[r * rowStep + k * step];
      for (int v = 0; v < vectors; ++v) sums[r][v] = fma(weight, row[v], sums[r][v]);
    }
  }
  for (int r = 0; r < stripRows; ++r)
    for (int v = 0; v < vectors; ++v) store<Scalar>(out + r * stride + v * width, sums[r][v]);
}
/// Calls `body` with the number of vectors, as a constant, and the first column of each group of columns.
template <class Scalar, class Body> CK_INLINE void forColumnGroups(ptrdiff_t columns, const Body &body) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  const ptrdiff_t all = (columns + width - 1) / width;
  ptrdiff_t done = 0;
  for (; done + stripVectors <= all; done += stripVectors)
    body(std::integral_constant<int, stripVectors>(), done * width);
  switch (all - done) {
  case 3: return body(std::integral_constant<int, 3>(), done * width);
  case 2: return body(std::integral_constant<int, 2>(), done * width);
  case 1: return body(std::integral_constant<int, 1>(), done * width);
  default: return;
  }
}

/// `rows` rows of out += weights * values, where weights have the steps given.
template <class Scalar>
static void multiply(ptrdiff_t rows, const Scalar *weights, ptrdiff_t rowStep, ptrdiff_t step, const Scalar *values,
                     ptrdiff_t stride, ptrdiff_t features, ptrdiff_t count, Scalar *out) {
  forColumnGroups<Scalar>(features, [&](auto vectors, ptrdiff_t at) {
    for (ptrdiff_t r = 0; r < rows; r += stripRows)
      addProducts<Scalar, decltype(vectors)::value>(weights + r * rowStep, rowStep, step, values + at, stride, count,
                                                    out + r * stride + at);
  });
}

// MARK: Blocks

/// Memory for the pairs of two blocks: among it the rows of x as given, and those of either minus the mean.
template <class Scalar> struct PairBlock {
  Scratch<Scalar> memory;
  Scalar *strip, *slopes, *rowValues, *columnValues, *rowSlopes, *columnSlopes, *gradientX, *gradientY;
  Scalar *rows, *centeredX, *centeredY;
  ptrdiff_t size = 0;

  bool allocate(const PairwisePlan<Scalar> &plan, const PairwiseTargets &targets) {
    const ptrdiff_t rows = plan.block + sparePairRows, columns = panelRows + sparePairRows;
    const bool hasSlopes = targets.xGradient || targets.yGradient;
    Scalar **parts[] = {&strip,     &slopes,    &rowValues,  &columnValues, &rowSlopes, &columnSlopes,
                        &gradientX, &gradientY, &this->rows, &centeredX,    &centeredY};
    const ptrdiff_t stride = plan.x->stride, forX = targets.xGradient ? 1 : 0, forY = targets.yGradient ? 1 : 0;
    const ptrdiff_t sizes[] = {stripRows * panelRows,
                               hasSlopes ? rows * panelRows : 0,
                               rows * widthOf<Scalar>,
                               columns,
                               forX * rows * widthOf<Scalar>,
                               forY * columns,
                               forX * rows * stride,
                               forY * columns * stride,
                               rows * stride,
                               forY * rows * stride,
                               forX * rows * stride};
    for (ptrdiff_t part : sizes) size += (part + 15) / 16 * 16;
    memory = makeScratch<Scalar>(size);
    if (!memory) return false;
    std::fill_n(memory.get(), size, Scalar(0));
    Scalar *next = memory.get();
    for (size_t i = 0; i < std::size(sizes); ++i) {
      *parts[i] = sizes[i] ? next : nullptr;
      next += (sizes[i] + 15) / 16 * 16;
    }
    return true;
  }
};

/// gradient[i] += products[i] - weight_i * (row_i - mean), for the rows of a set from `start` on.
template <class Scalar, class Weight>
static void addGradient(const PairPoints<Scalar> &points, const double *mean, ptrdiff_t start, ptrdiff_t rows,
                        const Scalar *products, const Weight &weight, double *gradient) {
  const ptrdiff_t stride = points.stride, features = points.features;
  for (ptrdiff_t i = 0; i < rows; ++i) {
    const double w = weight(i);
    const Scalar *row = points.source + (start + i) * features;
    double *sum = gradient + (start + i) * stride;
    for (ptrdiff_t d = 0; d < features; ++d)
      sum[d] += static_cast<double>(products[i * stride + d]) - w * (static_cast<double>(row[d]) - mean[d]);
  }
}

/// The sums of a block of rows with a panel of columns, of which `centered` are the rows minus the mean.
template <class Scalar>
static void addPanel(const PairwisePlan<Scalar> &plan, PairStrip pairs, const PairwiseTargets &targets,
                     ptrdiff_t blockIndex, const PairBlock<Scalar> &block, const Scalar *centered) {
  const ptrdiff_t start = pairs.row, rows = pairs.rowEnd - start;
  const ptrdiff_t columns = std::min(panelRows, pairs.columnEnd - pairs.column);
  const ptrdiff_t stride = plan.x->stride, features = plan.x->features;
  double squares = 0;
  for (ptrdiff_t local = 0; local < rows; local += stripRows) {
    pairs.row = start + local;
    Scalar *slopes = block.slopes ? block.slopes + local * panelRows : nullptr;
    makeStrip<Scalar>(plan, pairs, block.rows + local * stride, block.strip, slopes);
    addStrip<Scalar>(block.strip, block.rowValues + local * widthOf<Scalar>,
                     targets.ySums ? block.columnValues : nullptr);
    if (slopes)
      addStrip<Scalar>(slopes, block.rowSlopes ? block.rowSlopes + local * widthOf<Scalar> : nullptr,
                       block.columnSlopes);
    if (targets.wantsSquares) squares += sumOfSquares<Scalar>(block.strip);
  }
  if (targets.wantsSquares) targets.squares[blockIndex] += squares;
  if (targets.ySums)
    for (ptrdiff_t c = 0; c < columns; ++c)
      targets.ySums[pairs.column + c] += static_cast<double>(block.columnValues[c]);
  if (targets.xGradient)
    multiply<Scalar>(rows, block.slopes, panelRows, 1, centered, stride, features, columns, block.gradientX);
  if (!targets.yGradient) return;
  multiply<Scalar>(columns, block.slopes, 1, panelRows, block.centeredX, stride, features, rows, block.gradientY);
  addGradient<Scalar>(
      *plan.y, plan.mean.get(), pairs.column, columns, block.gradientY,
      [&](ptrdiff_t c) { return static_cast<double>(block.columnSlopes[c]); }, targets.yGradient);
}

/// Adds the pairs of block i of x with block j of y; false when there is no memory.
template <class Scalar>
static bool addPairs(const PairwisePlan<Scalar> &plan, ptrdiff_t i, ptrdiff_t j, const PairwiseTargets &targets) {
  PairBlock<Scalar> block;
  if (!block.allocate(plan, targets)) return false;
  const ptrdiff_t start = i * plan.block, rowEnd = std::min(plan.x->rows, start + plan.block);
  const ptrdiff_t columnStart = j * plan.block, columnEnd = std::min(plan.y->rows, columnStart + plan.block);
  plan.x->copyRows(start, rowEnd - start, nullptr, block.rows);
  if (block.centeredX) plan.x->copyRows(start, rowEnd - start, plan.mean.get(), block.centeredX);
  if (block.centeredY) plan.y->copyRows(columnStart, columnEnd - columnStart, plan.mean.get(), block.centeredY);
  for (ptrdiff_t column = columnStart; column < columnEnd; column += panelRows) {
    std::fill_n(block.columnValues, panelRows, Scalar(0));
    if (block.gradientY) {
      std::fill_n(block.columnSlopes, panelRows, Scalar(0));
      std::fill_n(block.gradientY, panelRows * plan.x->stride, Scalar(0));
    }
    const Scalar *centered = block.centeredY ? block.centeredY + (column - columnStart) * plan.y->stride : nullptr;
    addPanel<Scalar>(plan, {start, column, rowEnd, columnEnd, plan.isSame && i == j}, targets, i, block, centered);
  }
  constexpr ptrdiff_t width = widthOf<Scalar>;
  const ptrdiff_t rows = rowEnd - start;
  targets.sum[i] += sumOfLanes<Scalar>(block.rowValues, rows);
  if (targets.xSums)
    for (ptrdiff_t r = 0; r < rows; ++r) targets.xSums[start + r] += sumOfLanes<Scalar>(block.rowValues + r * width, 1);
  if (targets.xGradient)
    addGradient<Scalar>(
        *plan.x, plan.mean.get(), start, rows, block.gradientX,
        [&](ptrdiff_t r) { return sumOfLanes<Scalar>(block.rowSlopes + r * width, 1); }, targets.xGradient);
  return true;
}

// MARK: Splits

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
      makeStrip<Scalar>(plan, {row, column, rowEnd, columnEnd, i == j}, rows + (row - start) * plan.x->stride, strip,
                        nullptr);
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
