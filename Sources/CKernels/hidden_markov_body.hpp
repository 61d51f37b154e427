// Recursions over time of a hidden Markov model; see dispatch.hpp for how this file is read.
//
// Vectors run over states. A row of probabilities lies in memory between two steps, since each of its numbers meets a row
// of the matrix. What is not part of the recursion (exponentials, sums for scaling, transitions) runs beside it.

typedef Vector<double> Lanes;
constexpr ptrdiff_t lanes = widthOf<double>;
constexpr double infinite = std::numeric_limits<double>::infinity();

CK_INLINE double foldedSum(Lanes v) {
#if CK_VECTOR_BYTES == 64
  const auto half = v.lo + v.hi;
  const auto quarter = half.lo + half.hi;
  return quarter.x + quarter.y;
#elif CK_VECTOR_BYTES == 32
  const auto half = v.lo + v.hi;
  return half.x + half.y;
#else
  return v.x + v.y;
#endif
}
CK_INLINE double sumOfRow(const double *row, ptrdiff_t padded) {
  Lanes sum = load<double>(row);
  for (ptrdiff_t at = lanes; at < padded; at += lanes) sum += load<double>(row + at);
  return foldedSum(sum);
}
CK_INLINE double maximumOfRow(const double *row, ptrdiff_t padded) {
  Lanes largest = load<double>(row);
  for (ptrdiff_t at = lanes; at < padded; at += lanes) largest = maximum(largest, load<double>(row + at));
  return maximumOf(largest);
}
CK_INLINE void scaleRow(double *row, ptrdiff_t padded, double factor) {
  for (ptrdiff_t at = 0; at < padded; at += lanes) store<double>(row + at, load<double>(row + at) * factor);
}
/// Places `at`, ... of a row of `states` numbers, the rest filled. Lane by lane at its end: numbers stored one by one and then
/// loaded together would wait for memory.
CK_INLINE Lanes partOfRow(const double *row, ptrdiff_t at, ptrdiff_t states, double fill) {
  if (at + lanes <= states) return load<double>(row + at);
  Lanes part = fill;
  CK_UNROLL for (ptrdiff_t i = 0; i < lanes; ++i)
    if (at + i < states) part[i] = row[at + i];
  return part;
}
CK_INLINE void keepPart(double *row, ptrdiff_t at, ptrdiff_t states, Lanes part) {
  if (at + lanes <= states) return store<double>(row + at, part);
  CK_UNROLL for (ptrdiff_t i = 0; i < lanes; ++i)
    if (at + i < states) row[at + i] = part[i];
}

/// Rows of padded states that one series needs.
struct HiddenMarkovRows {
  Scratch<double> memory;
  double *now, *next, *emission, *weighted;

  bool allocate(ptrdiff_t padded) {
    memory = makeScratch<double>(4 * padded);
    if (!memory) return false;
    now = memory.get();
    next = now + padded;
    emission = next + padded;
    weighted = emission + padded;
    return true;
  }
};

/// NaN when a log-density is NaN, else minus infinity: the log-likelihood of a step that no state explains.
static double likelihoodOfNothing(const double *logs, ptrdiff_t states) {
  return std::any_of(logs, logs + states, [](double log) { return std::isnan(log); })
             ? std::numeric_limits<double>::quiet_NaN()
             : -infinite;
}

// MARK: In probabilities

/// Densities divided by the largest, whose logarithm is returned.
CK_INLINE double loadEmission(const double *logs, ptrdiff_t states, ptrdiff_t padded, double *emission) {
  Lanes largest = -infinite;
  for (ptrdiff_t at = 0; at < padded; at += lanes)
    largest = maximum(largest, partOfRow(logs, at, states, -infinite));
  const double most = maximumOf(largest);
  for (ptrdiff_t at = 0; at < padded; at += lanes)
    store<double>(emission + at, expOf<double>(partOfRow(logs, at, states, -infinite) - most));
  return most;
}

/// Columns `at`, ... of row times matrix.
CK_INLINE Lanes productWith(const double *matrix, const double *row, ptrdiff_t states, ptrdiff_t padded, ptrdiff_t at) {
  Lanes sums[4] = {};
  ptrdiff_t i = 0;
  for (; i + 4 <= states; i += 4)
    CK_UNROLL for (ptrdiff_t j = 0; j < 4; ++j)
      sums[j] = fma(Lanes(row[i + j]), load<double>(matrix + (i + j) * padded + at), sums[j]);
  for (; i < states; ++i) sums[0] = fma(Lanes(row[i]), load<double>(matrix + i * padded + at), sums[0]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// Keeps what is asked for of a step whose row of probabilities is `row`, up to a factor.
CK_INLINE void keepForward(const HiddenMarkovPiece &piece, ptrdiff_t t, const double *row, ptrdiff_t states,
                           ptrdiff_t padded) {
  if (piece.posteriors)
    for (ptrdiff_t at = 0; at < padded; at += lanes)
      keepPart(piece.posteriors + t * states, at, states, load<double>(row + at));
  if (!piece.filtered) return;
  const double factor = 1 / sumOfRow(row, padded);
  for (ptrdiff_t at = 0; at < padded; at += lanes)
    keepPart(piece.filtered + t * states, at, states, load<double>(row + at) * factor);
}

/// The first row of probabilities, divided by the largest, whose logarithm is returned.
static double firstRow(const HiddenMarkovPlan &plan, const double *logs, double *row) {
  for (ptrdiff_t at = 0; at < plan.padded; at += lanes)
    store<double>(row + at, partOfRow(logs, at, plan.states, -infinite) + load<double>(plan.logInitial + at));
  const double largest = maximumOfRow(row, plan.padded);
  for (ptrdiff_t at = 0; at < plan.padded; at += lanes)
    store<double>(row + at, expOf<double>(load<double>(row + at) - largest));
  return largest;
}

// What is used at each step lies in variables of the function: the compiler must assume that stores of vectors change what
// pointers lead to.
static double forwardScaled(const HiddenMarkovPlan &plan, const HiddenMarkovPiece &given, HiddenMarkovRows &rows) {
  const HiddenMarkovPiece piece = given;
  const ptrdiff_t states = plan.states, padded = plan.padded;
  const double *matrix = plan.matrix;
  double *now = rows.now, *next = rows.next, *emission = rows.emission;
  double logSum = 0, before = 0;
  for (ptrdiff_t t = 0; t < piece.steps; ++t) {
    const double *logs = piece.logs + t * states;
    const double largest = t == 0 ? firstRow(plan, logs, next) : loadEmission(logs, states, padded, emission);
    if (largest == -infinite) return likelihoodOfNothing(logs, states);
    if (t > 0)
      for (ptrdiff_t at = 0; at < padded; at += lanes)
        store<double>(next + at, productWith(matrix, now, states, padded, at) * load<double>(emission + at));
    logSum += largest;
    std::swap(now, next);
    keepForward(piece, t, now, states, padded);
    if (piece.predictive) {
      const double sum = std::log(sumOfRow(now, padded));
      piece.predictive[t] = largest + sum - before;
      before = sum;
    }
    if (t % stepsBetweenScalings == stepsBetweenScalings - 1) {
      const double sum = sumOfRow(now, padded);
      scaleRow(now, padded, 1 / sum);
      logSum += std::log(sum);
      before = 0;
    }
  }
  return logSum + std::log(sumOfRow(now, padded));
}

/// Adds the expected transitions of a step: row i times `row`; the matrix follows at the end.
CK_INLINE void addTransitions(const double *left, const double *row, ptrdiff_t states, ptrdiff_t padded, double *out) {
  for (ptrdiff_t at = 0; at < padded; at += lanes) {
    const Lanes right = load<double>(row + at);
    for (ptrdiff_t i = 0; i < states; ++i) {
      double *place = out + i * padded + at;
      store<double>(place, fma(Lanes(left[i]), right, load<double>(place)));
    }
  }
}

static void backwardScaled(const HiddenMarkovPlan &plan, const HiddenMarkovPiece &given, HiddenMarkovRows &rows) {
  const HiddenMarkovPiece piece = given;
  const ptrdiff_t states = plan.states, padded = plan.padded, last = piece.steps - 1;
  const double *transposed = plan.transposed;
  double *now = rows.now, *next = rows.next, *emission = rows.emission, *weighted = rows.weighted;
  std::fill_n(now, padded, 0.0);
  std::fill_n(now, states, 1.0);
  for (ptrdiff_t t = last; t >= 0; --t) {
    if (t < last) {
      loadEmission(piece.logs + (t + 1) * states, states, padded, emission);
      for (ptrdiff_t at = 0; at < padded; at += lanes)
        store<double>(emission + at, load<double>(emission + at) * load<double>(now + at));
      for (ptrdiff_t at = 0; at < padded; at += lanes)
        store<double>(next + at, productWith(transposed, emission, states, padded, at));
      std::swap(now, next);
    }
    double *posterior = piece.posteriors + t * states;
    Lanes sum = 0;
    for (ptrdiff_t at = 0; at < padded; at += lanes)
      sum = fma(partOfRow(posterior, at, states, 0), load<double>(now + at), sum);
    const double factor = 1 / foldedSum(sum);
    for (ptrdiff_t at = 0; at < padded; at += lanes) {
      const Lanes share = partOfRow(posterior, at, states, 0) * factor;
      store<double>(weighted + at, share);
      keepPart(posterior, at, states, share * load<double>(now + at));
    }
    if (piece.transitions && t < last) addTransitions(weighted, emission, states, padded, piece.transitions);
    if (t % stepsBetweenScalings == 0) scaleRow(now, padded, 1 / sumOfRow(now, padded));
  }
}

// MARK: In logarithms

/// The logarithm of the sum of exp(row_i + matrix_ij) over i, for columns `at`, ...
CK_INLINE Lanes logProductWith(const double *matrix, const double *row, ptrdiff_t states, ptrdiff_t padded,
                               ptrdiff_t at) {
  Lanes largest = -infinite;
  for (ptrdiff_t i = 0; i < states; ++i) largest = maximum<Lanes>(largest, load<double>(matrix + i * padded + at) + row[i]);
  const Lanes shift = choose(largest == -infinite, Lanes(0.0), largest);
  Lanes sum = 0;
  for (ptrdiff_t i = 0; i < states; ++i)
    if (row[i] != -infinite) sum += expOf<double>(load<double>(matrix + i * padded + at) + row[i] - shift);
  return shift + logOf<double>(sum);
}
CK_INLINE double logSumOfRow(const double *row, ptrdiff_t padded) {
  const double largest = maximumOfRow(row, padded);
  if (largest == -infinite) return largest;
  Lanes sum = 0;
  for (ptrdiff_t at = 0; at < padded; at += lanes) sum += expOf<double>(load<double>(row + at) - largest);
  return largest + std::log(foldedSum(sum));
}
CK_INLINE void shiftRow(double *row, ptrdiff_t padded, double by) {
  for (ptrdiff_t at = 0; at < padded; at += lanes) store<double>(row + at, load<double>(row + at) - by);
}

static double forwardLogarithmic(const HiddenMarkovPlan &plan, HiddenMarkovPiece &piece, HiddenMarkovRows &rows) {
  const ptrdiff_t states = plan.states, padded = plan.padded;
  double logSum = 0, before = 0;
  for (ptrdiff_t t = 0; t < piece.steps; ++t) {
    for (ptrdiff_t at = 0; at < padded; at += lanes) {
      const Lanes predicted =
          t == 0 ? load<double>(plan.logInitial + at) : logProductWith(plan.matrix, rows.now, states, padded, at);
      store<double>(rows.next + at, predicted + partOfRow(piece.logs + t * states, at, states, -infinite));
    }
    std::swap(rows.now, rows.next);
    const double largest = maximumOfRow(rows.now, padded);
    if (largest == -infinite) return likelihoodOfNothing(piece.logs + t * states, states);
    shiftRow(rows.now, padded, largest);
    logSum += largest;
    if (piece.posteriors) std::copy_n(rows.now, states, piece.posteriors + t * states);
    if (piece.filtered || piece.predictive) {
      const double sum = logSumOfRow(rows.now, padded);
      if (piece.filtered)
        for (ptrdiff_t i = 0; i < states; ++i) piece.filtered[t * states + i] = std::exp(rows.now[i] - sum);
      if (piece.predictive) piece.predictive[t] = largest + sum - before;
      before = sum;
    }
  }
  return logSum + logSumOfRow(rows.now, padded);
}

CK_INLINE void addLogTransitions(const HiddenMarkovPlan &plan, const double *left, const double *right, double sum,
                                 double *out) {
  for (ptrdiff_t i = 0; i < plan.states; ++i) {
    if (left[i] == -infinite) continue;
    for (ptrdiff_t at = 0; at < plan.padded; at += lanes) {
      const Lanes log = load<double>(plan.matrix + i * plan.padded + at) + load<double>(right + at) + (left[i] - sum);
      store<double>(out + i * plan.padded + at, load<double>(out + i * plan.padded + at) + expOf<double>(log));
    }
  }
}

static void backwardLogarithmic(const HiddenMarkovPlan &plan, HiddenMarkovPiece &piece, HiddenMarkovRows &rows) {
  const ptrdiff_t states = plan.states, padded = plan.padded;
  std::fill_n(rows.now, padded, -infinite);
  std::fill_n(rows.now, states, 0.0);
  std::fill_n(rows.weighted, padded, -infinite);
  for (ptrdiff_t t = piece.steps - 1; t >= 0; --t) {
    if (t < piece.steps - 1) {
      const double *logs = piece.logs + (t + 1) * states;
      for (ptrdiff_t at = 0; at < padded; at += lanes)
        store<double>(rows.emission + at, partOfRow(logs, at, states, -infinite) + load<double>(rows.now + at));
      for (ptrdiff_t at = 0; at < padded; at += lanes)
        store<double>(rows.next + at, logProductWith(plan.transposed, rows.emission, states, padded, at));
      std::swap(rows.now, rows.next);
    }
    double *posterior = piece.posteriors + t * states;
    for (ptrdiff_t i = 0; i < states; ++i) rows.weighted[i] = posterior[i] + rows.now[i];
    const double sum = logSumOfRow(rows.weighted, padded);
    if (piece.transitions && t < piece.steps - 1) addLogTransitions(plan, posterior, rows.emission, sum, piece.transitions);
    for (ptrdiff_t at = 0; at < padded; at += lanes)
      store<double>(rows.weighted + at, expOf<double>(load<double>(rows.weighted + at) - sum));
    std::copy_n(rows.weighted, states, posterior);
    std::fill_n(rows.weighted, padded, -infinite);
    shiftRow(rows.now, padded, maximumOfRow(rows.now, padded));
  }
}

/// Whether there was memory.
static bool runSeries(const HiddenMarkovPlan &plan, HiddenMarkovPiece &piece) {
  HiddenMarkovRows rows;
  if (!rows.allocate(plan.padded)) return false;
  piece.logLikelihood =
      plan.isLogarithmic ? forwardLogarithmic(plan, piece, rows) : forwardScaled(plan, piece, rows);
  if (!std::isfinite(piece.logLikelihood)) {
    const ptrdiff_t count = piece.steps * plan.states;
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (piece.posteriors) std::fill_n(piece.posteriors, count, none);
    if (piece.filtered) std::fill_n(piece.filtered, count, none);
    if (piece.predictive) std::fill_n(piece.predictive, piece.steps, none);
  } else if (piece.posteriors) {
    plan.isLogarithmic ? backwardLogarithmic(plan, piece, rows) : backwardScaled(plan, piece, rows);
  }
  return true;
}

// MARK: The likeliest path

/// The log-probability; `back` is [steps, states], the best state before.
template <class Index>
static double likeliestPath(const HiddenMarkovPlan &plan, const double *logs, ptrdiff_t steps, HiddenMarkovRows &rows,
                            Index *back, int64_t *path) {
  const ptrdiff_t states = plan.states, padded = plan.padded;
  double sum = 0;
  for (ptrdiff_t t = 0; t < steps; ++t) {
    for (ptrdiff_t at = 0; at < padded; at += lanes) {
      Lanes best = load<double>(plan.logInitial + at);
      if (t > 0) {
        best = load<double>(plan.matrix + at) + rows.now[0];
        Mask<double> from = 0;
        for (ptrdiff_t i = 1; i < states; ++i) {
          const Lanes other = load<double>(plan.matrix + i * padded + at) + rows.now[i];
          const Mask<double> isBetter = other > best;
          best = choose(isBetter, other, best);
          from = (isBetter & Mask<double>(i)) | (~isBetter & from);
        }
        const ptrdiff_t count = std::min(lanes, states - at);
        for (ptrdiff_t j = 0; j < count; ++j) back[t * states + at + j] = static_cast<Index>(from[j]);
      }
      store<double>(rows.next + at, best + partOfRow(logs + t * states, at, states, -infinite));
    }
    std::swap(rows.now, rows.next);
    const double largest = maximumOfRow(rows.now, padded);
    if (largest == -infinite) {
      std::fill_n(path, steps, int64_t(-1));
      return likelihoodOfNothing(logs + t * states, states);
    }
    shiftRow(rows.now, padded, largest);
    sum += largest;
  }
  ptrdiff_t state = std::max_element(rows.now, rows.now + states) - rows.now;
  for (ptrdiff_t t = steps - 1; t > 0; --t) {
    path[t] = state;
    state = back[t * states + state];
  }
  path[0] = state;
  return sum;
}

/// Whether there was memory.
template <class Index>
static bool runPath(const HiddenMarkovPlan &plan, const double *logs, ptrdiff_t steps, int64_t *path, double &out) {
  HiddenMarkovRows rows;
  const auto back = makeScratch<Index>(steps * plan.states, Keep::no);
  if (!back || !rows.allocate(plan.padded)) return false;
  out = likeliestPath<Index>(plan, logs, steps, rows, back.get(), path);
  return true;
}
