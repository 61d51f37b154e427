// A pass of a Gaussian mixture over rows; see dispatch.hpp for how this file is read.
//
// A tile of rows lies feature-major, so that vectors run over rows: [features][tileRows]. For each tile: log-densities
// of all components, their logarithmic sum, then sums of r d d' as products of blocks. Nothing of size rows x
// components x features exists.

/// Vectors of rows that one product of the whitening works on.
constexpr ptrdiff_t vectorsTogether = CK_VECTOR_BYTES == 64 ? 4 : 2;

/// Memory for one tile.
template <class Scalar> struct Tile {
  Scratch<Scalar> memory;
  Scalar *x, *deviations, *weighted, *logs, *weights, *totals, *distances;

  bool allocate(const MixturePlan<Scalar> &plan) {
    const ptrdiff_t rows = tileRows<Scalar>, all = plan.features + 1;
    memory = makeScratch<Scalar>(rows * (3 * all + plan.components + 3));
    if (!memory) return false;
    x = memory.get();
    deviations = x + all * rows;
    weighted = deviations + all * rows;
    logs = weighted + all * rows;
    weights = logs + plan.components * rows;
    totals = weights + rows;
    distances = totals + rows;
    return true;
  }
};

// MARK: Sums across lanes

/// Lane i of the result is a sum of two lanes: groups of `group` lanes of a, then of b, are folded to half their width.
template <class V, int group, int... lanes> CK_INLINE V foldGroups(V a, V b, std::integer_sequence<int, lanes...>) {
  constexpr int width = sizeof...(lanes), half = group / 2;
  const V left = __builtin_shufflevector(
      a, b, (lanes / (width / 2) * width + lanes % (width / 2) / half * group + lanes % half)...);
  const V right = __builtin_shufflevector(
      a, b, (lanes / (width / 2) * width + lanes % (width / 2) / half * group + lanes % half + half)...);
  return left + right;
}
/// The sums of the lanes of as many vectors as one has lanes, in order.
template <class Scalar, int group> CK_INLINE Vector<Scalar> sumsOf(const Vector<Scalar> *vectors) {
  constexpr int width = static_cast<int>(widthOf<Scalar>);
  if constexpr (group == width) {
    return foldGroups<Vector<Scalar>, group>(vectors[0], vectors[1], std::make_integer_sequence<int, width>());
  } else {
    const ptrdiff_t half = width / group;
    return foldGroups<Vector<Scalar>, group>(sumsOf<Scalar, 2 * group>(vectors),
                                             sumsOf<Scalar, 2 * group>(vectors + half),
                                             std::make_integer_sequence<int, width>());
  }
}
/// Adds the sums of the lanes of 16 vectors to 16 numbers.
template <class Scalar> CK_INLINE void addSums(const Vector<Scalar> *vectors, double *out) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  for (ptrdiff_t at = 0; at < blockSide * blockSide; at += width) {
    const Vector<Scalar> sums = sumsOf<Scalar, 2>(vectors + at);
    for (ptrdiff_t i = 0; i < width; ++i) out[at + i] += static_cast<double>(sums[i]);
  }
}

// MARK: Loading

/// Brings rows into a tile, minus the center; rows past the end are 0. Whether every number is finite.
template <class Scalar>
static bool loadTile(const MixturePlan<Scalar> &plan, const Scalar *rows, ptrdiff_t count, const Tile<Scalar> &tile) {
  constexpr ptrdiff_t stride = tileRows<Scalar>, width = widthOf<Scalar>;
  Vector<Scalar> probe = 0;
  for (ptrdiff_t j = 0; j < plan.features; ++j) {
    const Scalar center = plan.center[j];
    Scalar *column = tile.x + j * stride;
    const Scalar *cell = rows + j;
    for (ptrdiff_t i = 0; i < count; ++i, cell += plan.features) column[i] = *cell - center;
    for (ptrdiff_t i = count; i < stride; ++i) column[i] = 0;
    for (ptrdiff_t i = 0; i < stride; i += width) probe += load<Scalar>(column + i) * Scalar(0);
  }
  return sumOf(probe) == 0;
}

/// Rows minus the mean of a component.
template <class Scalar>
CK_INLINE void loadDeviations(const MixturePlan<Scalar> &plan, ptrdiff_t k, const Tile<Scalar> &tile) {
  constexpr ptrdiff_t stride = tileRows<Scalar>;
  for (ptrdiff_t j = 0; j < plan.features; ++j) {
    const Vector<Scalar> mean = plan.means[k * plan.features + j];
    for (ptrdiff_t i = 0; i < stride; i += widthOf<Scalar>)
      store<Scalar>(tile.deviations + j * stride + i, load<Scalar>(tile.x + j * stride + i) - mean);
  }
}

// MARK: Log-densities of a component

/// Adds the squares of `rows` rows of the whitening times the deviations.
template <class Scalar, int rows>
static void addSquares(const Scalar *whitening, ptrdiff_t columns, const Scalar *deviations, Scalar *distances) {
  constexpr ptrdiff_t stride = tileRows<Scalar>, width = widthOf<Scalar>;
  for (ptrdiff_t at = 0; at < stride; at += vectorsTogether * width) {
    Vector<Scalar> y[rows][vectorsTogether] = {};
    for (ptrdiff_t j = 0; j < columns; ++j) {
      Vector<Scalar> d[vectorsTogether];
      for (ptrdiff_t v = 0; v < vectorsTogether; ++v) d[v] = load<Scalar>(deviations + j * stride + at + v * width);
      for (int i = 0; i < rows; ++i)
        for (ptrdiff_t v = 0; v < vectorsTogether; ++v)
          y[i][v] = fma(Vector<Scalar>(whitening[j * rows + i]), d[v], y[i][v]);
    }
    for (ptrdiff_t v = 0; v < vectorsTogether; ++v) {
      Vector<Scalar> sum = load<Scalar>(distances + at + v * width);
      for (int i = 0; i < rows; ++i) sum = fma(y[i][v], y[i][v], sum);
      store<Scalar>(distances + at + v * width, sum);
    }
  }
}

template <class Scalar>
static void fullDistances(const MixturePlan<Scalar> &plan, ptrdiff_t k, const Tile<Scalar> &tile) {
  loadDeviations(plan, k, tile);
  std::fill_n(tile.distances, tileRows<Scalar>, Scalar(0));
  const Scalar *whitening = plan.whitening + k * plan.whiteningSize;
  for (ptrdiff_t row = 0; row < plan.features; row += blockSide) {
    const ptrdiff_t rows = std::min(blockSide, plan.features - row), columns = row + rows;
    switch (rows) {
    case 4: addSquares<Scalar, 4>(whitening, columns, tile.deviations, tile.distances); break;
    case 3: addSquares<Scalar, 3>(whitening, columns, tile.deviations, tile.distances); break;
    case 2: addSquares<Scalar, 2>(whitening, columns, tile.deviations, tile.distances); break;
    default: addSquares<Scalar, 1>(whitening, columns, tile.deviations, tile.distances); break;
    }
    whitening += rows * columns;
  }
}

template <class Scalar>
static void diagonalDistances(const MixturePlan<Scalar> &plan, ptrdiff_t k, const Tile<Scalar> &tile) {
  constexpr ptrdiff_t stride = tileRows<Scalar>, width = widthOf<Scalar>, together = 4;
  const Scalar *scale = plan.whitening + k * plan.whiteningSize, *shift = scale + plan.features;
  for (ptrdiff_t at = 0; at < stride; at += together * width) {
    Vector<Scalar> sum[together] = {};
    for (ptrdiff_t j = 0; j < plan.features; ++j)
      for (ptrdiff_t v = 0; v < together; ++v) {
        const Vector<Scalar> x = load<Scalar>(tile.x + j * stride + at + v * width);
        const Vector<Scalar> y = fma(Vector<Scalar>(scale[j]), x, Vector<Scalar>(shift[j]));
        sum[v] = fma(y, y, sum[v]);
      }
    for (ptrdiff_t v = 0; v < together; ++v) store<Scalar>(tile.distances + at + v * width, sum[v]);
  }
}

// MARK: All components

/// Turns the log-densities in `logs` into exponentials of their distance from the largest; `totals` become the
/// logarithmic sums, `weights` the row's weight over the sum of the exponentials.
template <class Scalar> static void normalize(const MixturePlan<Scalar> &plan, const Tile<Scalar> &tile) {
  constexpr ptrdiff_t stride = tileRows<Scalar>, width = widthOf<Scalar>;
  for (ptrdiff_t at = 0; at < stride; at += width) {
    Vector<Scalar> largest = load<Scalar>(tile.logs + at);
    for (ptrdiff_t k = 1; k < plan.components; ++k)
      largest = maximum(largest, load<Scalar>(tile.logs + k * stride + at));
    Vector<Scalar> sum = 0;
    for (ptrdiff_t k = 0; k < plan.components; ++k) {
      Scalar *log = tile.logs + k * stride + at;
      const Vector<Scalar> exponential = expInRange<Scalar>(load<Scalar>(log) - largest);
      store<Scalar>(log, exponential);
      sum += exponential;
    }
    store<Scalar>(tile.totals + at, largest + logOf<Scalar>(sum));
    store<Scalar>(tile.weights + at, load<Scalar>(tile.weights + at) / sum);
  }
}

template <class Scalar> static void componentLogs(const MixturePlan<Scalar> &plan, const Tile<Scalar> &tile) {
  constexpr ptrdiff_t stride = tileRows<Scalar>, width = widthOf<Scalar>;
  for (ptrdiff_t k = 0; k < plan.components; ++k) {
    if (plan.isDiagonal)
      diagonalDistances(plan, k, tile);
    else
      fullDistances(plan, k, tile);
    const Vector<Scalar> constant = plan.constants[k], half = Scalar(-0.5);
    for (ptrdiff_t at = 0; at < stride; at += width)
      store<Scalar>(tile.logs + k * stride + at, fma(load<Scalar>(tile.distances + at), half, constant));
  }
}

// MARK: Statistics

/// Adds the products of `rows` weighted deviations with `columns` deviations, summed over a tile.
template <class Scalar, int rows, int columns>
static void addProducts(const Scalar *weighted, const Scalar *deviations, double *out) {
  constexpr ptrdiff_t stride = tileRows<Scalar>, width = widthOf<Scalar>;
  Vector<Scalar> sums[blockSide * blockSide] = {};
  for (ptrdiff_t at = 0; at < stride; at += width) {
    Vector<Scalar> left[rows], right[columns];
    for (int i = 0; i < rows; ++i) left[i] = load<Scalar>(weighted + i * stride + at);
    for (int j = 0; j < columns; ++j) right[j] = load<Scalar>(deviations + j * stride + at);
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j) sums[blockSide * i + j] = fma(left[i], right[j], sums[blockSide * i + j]);
  }
  addSums<Scalar>(sums, out);
}
template <class Scalar, int rows>
static void addProducts(ptrdiff_t columns, const Scalar *weighted, const Scalar *deviations, double *out) {
  switch (columns) {
  case 4: return addProducts<Scalar, rows, 4>(weighted, deviations, out);
  case 3: return addProducts<Scalar, rows, 3>(weighted, deviations, out);
  case 2: return addProducts<Scalar, rows, 2>(weighted, deviations, out);
  default: return addProducts<Scalar, rows, 1>(weighted, deviations, out);
  }
}
template <class Scalar> static void addProducts(ptrdiff_t rows, ptrdiff_t columns, const Scalar *weighted,
                                                const Scalar *deviations, double *out) {
  switch (rows) {
  case 4: return addProducts<Scalar, 4>(columns, weighted, deviations, out);
  case 3: return addProducts<Scalar, 3>(columns, weighted, deviations, out);
  case 2: return addProducts<Scalar, 2>(columns, weighted, deviations, out);
  default: return addProducts<Scalar, 1>(columns, weighted, deviations, out);
  }
}

/// The deviations of a component, and times the responsibility; a last row is 1, so that products with it are the sums.
template <class Scalar>
static void loadWeighted(const MixturePlan<Scalar> &plan, ptrdiff_t k, const Tile<Scalar> &tile) {
  constexpr ptrdiff_t stride = tileRows<Scalar>, width = widthOf<Scalar>;
  const ptrdiff_t last = plan.features * stride;
  for (ptrdiff_t at = 0; at < stride; at += width) {
    store<Scalar>(tile.weighted + last + at,
                  load<Scalar>(tile.logs + k * stride + at) * load<Scalar>(tile.weights + at));
    store<Scalar>(tile.deviations + last + at, Vector<Scalar>(Scalar(1)));
  }
  for (ptrdiff_t j = 0; j < plan.features; ++j) {
    const Vector<Scalar> mean = plan.means[k * plan.features + j];
    for (ptrdiff_t at = 0; at < stride; at += width) {
      const Vector<Scalar> d = load<Scalar>(tile.x + j * stride + at) - mean;
      store<Scalar>(tile.deviations + j * stride + at, d);
      store<Scalar>(tile.weighted + j * stride + at, d * load<Scalar>(tile.weighted + last + at));
    }
  }
}

template <class Scalar>
static void addFullStatistics(const MixturePlan<Scalar> &plan, ptrdiff_t k, const Tile<Scalar> &tile, double *out) {
  constexpr ptrdiff_t stride = tileRows<Scalar>;
  loadWeighted(plan, k, tile);
  const ptrdiff_t size = plan.features + 1;
  for (ptrdiff_t i = 0; i < size; i += blockSide)
    for (ptrdiff_t j = 0; j <= i; j += blockSide, out += blockSide * blockSide)
      addProducts<Scalar>(std::min(blockSide, size - i), std::min(blockSide, size - j), tile.weighted + i * stride,
                          tile.deviations + j * stride, out);
}

/// Sums of r d and r d^2 of `columns` columns, at most 4, and of r when `out` asks for it.
template <class Scalar, int columns> static void addMoments(const MixturePlan<Scalar> &plan, ptrdiff_t k,
                                                            ptrdiff_t column, const Tile<Scalar> &tile, double *out) {
  constexpr ptrdiff_t stride = tileRows<Scalar>, width = widthOf<Scalar>;
  Vector<Scalar> sums[blockSide * blockSide] = {}, mean[columns];
  for (int j = 0; j < columns; ++j) mean[j] = plan.means[k * plan.features + column + j];
  for (ptrdiff_t at = 0; at < stride; at += width) {
    const Vector<Scalar> r = load<Scalar>(tile.weighted + at);
    for (int j = 0; j < columns; ++j) {
      const Vector<Scalar> d = load<Scalar>(tile.x + (column + j) * stride + at) - mean[j], product = r * d;
      sums[2 * j] += product;
      sums[2 * j + 1] = fma(product, d, sums[2 * j + 1]);
    }
    if (column == 0) sums[2 * blockSide] += r;
  }
  alignas(64) double added[blockSide * blockSide] = {};
  addSums<Scalar>(sums, added);
  for (int j = 0; j < 2 * columns; ++j) out[1 + 2 * column + j] += added[j];
  if (column == 0) out[0] += added[2 * blockSide];
}
template <class Scalar>
static void addDiagonalStatistics(const MixturePlan<Scalar> &plan, ptrdiff_t k, const Tile<Scalar> &tile, double *out) {
  constexpr ptrdiff_t stride = tileRows<Scalar>, width = widthOf<Scalar>;
  for (ptrdiff_t at = 0; at < stride; at += width)
    store<Scalar>(tile.weighted + at, load<Scalar>(tile.logs + k * stride + at) * load<Scalar>(tile.weights + at));
  for (ptrdiff_t column = 0; column < plan.features; column += blockSide)
    switch (std::min(blockSide, plan.features - column)) {
    case 4: addMoments<Scalar, 4>(plan, k, column, tile, out); break;
    case 3: addMoments<Scalar, 3>(plan, k, column, tile, out); break;
    case 2: addMoments<Scalar, 2>(plan, k, column, tile, out); break;
    default: addMoments<Scalar, 1>(plan, k, column, tile, out); break;
    }
}

// MARK: A piece

/// Gives rows that are not finite their log-density: NaN where a cell is NaN, else minus infinity.
template <class Scalar>
static void mendTotals(const MixturePlan<Scalar> &plan, const Scalar *rows, ptrdiff_t count, bool wantsLogs,
                       const Tile<Scalar> &tile) {
  for (ptrdiff_t i = 0; i < count; ++i) {
    const Scalar *row = rows + i * plan.features;
    if (std::all_of(row, row + plan.features, [](Scalar cell) { return std::isfinite(cell); })) continue;
    const bool hasNaN = std::any_of(row, row + plan.features, [](Scalar cell) { return std::isnan(cell); });
    tile.totals[i] = hasNaN ? std::numeric_limits<Scalar>::quiet_NaN() : -std::numeric_limits<Scalar>::infinity();
    for (ptrdiff_t k = 0; k < plan.components; ++k)
      tile.logs[k * tileRows<Scalar> + i] = wantsLogs ? tile.totals[i] : std::numeric_limits<Scalar>::quiet_NaN();
  }
}

template <class Scalar> static void writeTile(const MixturePlan<Scalar> &plan, MixturePiece<Scalar> &piece,
                                              ptrdiff_t start, ptrdiff_t count, const Tile<Scalar> &tile) {
  const double *weights = piece.weights ? piece.weights + start : nullptr;
  double sum = 0;
  for (ptrdiff_t i = 0; i < count; ++i) {
    const double weight = weights ? weights[i] : 1;
    if (weight != 0) sum += weight * static_cast<double>(tile.totals[i]);
  }
  piece.logLikelihood += sum;
  if (piece.logDensities) std::copy_n(tile.totals, count, piece.logDensities + start);
  if (!piece.responsibilities) return;
  for (ptrdiff_t i = 0; i < count; ++i) {
    // `weights` holds weight / sum of exponentials; here the weight is 1.
    Scalar *out = piece.responsibilities + (start + i) * plan.components;
    for (ptrdiff_t k = 0; k < plan.components; ++k) out[k] = tile.logs[k * tileRows<Scalar> + i] * tile.weights[i];
  }
}

template <class Scalar>
static void writeLogs(const MixturePlan<Scalar> &plan, Scalar *out, ptrdiff_t count, const Tile<Scalar> &tile) {
  for (ptrdiff_t i = 0; i < count; ++i)
    for (ptrdiff_t k = 0; k < plan.components; ++k) *out++ = tile.logs[k * tileRows<Scalar> + i];
}
template <class Scalar>
static void loadGiven(const MixturePlan<Scalar> &plan, const Scalar *given, ptrdiff_t count, const Tile<Scalar> &tile) {
  for (ptrdiff_t k = 0; k < plan.components; ++k) {
    Scalar *column = tile.logs + k * tileRows<Scalar>;
    for (ptrdiff_t i = 0; i < count; ++i) column[i] = given[i * plan.components + k];
    for (ptrdiff_t i = count; i < tileRows<Scalar>; ++i) column[i] = 0;
  }
}

template <class Scalar> static void runTile(const MixturePlan<Scalar> &plan, MixturePiece<Scalar> &piece,
                                            ptrdiff_t start, const Tile<Scalar> &tile) {
  const ptrdiff_t count = std::min(tileRows<Scalar>, piece.count - start);
  const Scalar *rows = piece.rows + start * plan.features;
  const bool isFinite = loadTile(plan, rows, count, tile);
  for (ptrdiff_t i = 0; i < tileRows<Scalar>; ++i)
    tile.weights[i] = i >= count      ? Scalar(0)
                      : piece.weights ? static_cast<Scalar>(piece.weights[start + i])
                                      : Scalar(1);
  if (piece.given) {
    loadGiven(plan, piece.given + start * plan.components, count, tile);
  } else {
    componentLogs(plan, tile);
    if (!piece.componentLogs) normalize(plan, tile);
    if (!isFinite) mendTotals(plan, rows, count, piece.componentLogs != nullptr, tile);
    if (piece.componentLogs) return writeLogs(plan, piece.componentLogs + start * plan.components, count, tile);
    writeTile(plan, piece, start, count, tile);
  }
  if (!piece.statistics) return;
  for (ptrdiff_t k = 0; k < plan.components; ++k) {
    double *out = piece.statistics + k * plan.statisticsSize;
    if (plan.isDiagonal)
      addDiagonalStatistics(plan, k, tile, out);
    else
      addFullStatistics(plan, k, tile, out);
  }
}

/// Whether there was memory.
template <class Scalar> static bool runPiece(const MixturePlan<Scalar> &plan, MixturePiece<Scalar> &piece) {
  Tile<Scalar> tile;
  if (!tile.allocate(plan)) return false;
  for (ptrdiff_t start = 0; start < piece.count; start += tileRows<Scalar>) runTile(plan, piece, start, tile);
  return true;
}
