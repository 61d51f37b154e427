#include "ck_pairwise.h"
#include "dispatch.hpp"
#include "pairwise_plan.hpp"
#include "parallel.hpp"
#include <atomic>
#include <type_traits>
#include <utility>

#define CK_BODY "pairwise_body.hpp"
#include "for_each_instruction_set.hpp"

namespace {

using ck::makeScratch;
using ck::PairwiseGradient;
using ck::PairwisePlan;
using ck::PairwiseSplits;
using ck::PairwiseTargets;
using ck::Scratch;
using ck::zeros;

/// Calls `body(i, j)` once for each pair i < j of blocks, and for each block with itself, in rounds: calls that run
/// side by side have no block in common. Every block meets the others in an order of its own that never changes.
template <class Body> void forBlockPairs(ptrdiff_t blocks, const Body &body) {
  ck::parallel(blocks, [&](ptrdiff_t i) { body(i, i); });
  // A round-robin tournament: one player stays, the others move around a circle. An odd one sits out.
  const ptrdiff_t players = blocks + blocks % 2, circle = players - 1;
  for (ptrdiff_t round = 0; round < circle && blocks > 1; ++round)
    ck::parallel(players / 2, [&](ptrdiff_t match) {
      const ptrdiff_t first = match == 0 ? circle : (round + match) % circle;
      const ptrdiff_t second = match == 0 ? round : (round + circle - match) % circle;
      if (std::max(first, second) < blocks) body(std::min(first, second), std::max(first, second));
    });
}
/// The same for each block of one set with each of another.
template <class Body> void forBlockPairs(ptrdiff_t xBlocks, ptrdiff_t yBlocks, const Body &body) {
  const ptrdiff_t fewer = std::min(xBlocks, yBlocks), more = std::max(xBlocks, yBlocks);
  for (ptrdiff_t round = 0; round < more; ++round)
    ck::parallel(fewer, [&](ptrdiff_t i) {
      const ptrdiff_t j = (i + round) % more;
      xBlocks <= yBlocks ? body(i, j) : body(j, i);
    });
}

template <class Scalar>
bool addPairs(const PairwisePlan<Scalar> &plan, ptrdiff_t i, ptrdiff_t j, const PairwiseTargets<Scalar> &targets) {
  CK_DISPATCH(addPairs<Scalar>, plan, i, j, targets);
}
template <class Scalar>
bool addSplits(const PairwisePlan<Scalar> &plan, ptrdiff_t i, ptrdiff_t j, const PairwiseSplits<Scalar> &splits) {
  CK_DISPATCH(addSplits<Scalar>, plan, i, j, splits);
}
template <class Scalar>
ptrdiff_t writeDistances(const PairwisePlan<Scalar> &plan, ptrdiff_t i, ptrdiff_t j, Scalar *rows, Scalar *out) {
  CK_DISPATCH(writeDistances<Scalar>, plan, i, j, rows, out);
}

template <class Scalar>
bool writeMeansOfPiece(const PairwisePlan<Scalar> &plan, const Scalar *logWeights, Scalar factor, const Scalar *values,
                       ptrdiff_t piece, Scalar *out) {
  CK_DISPATCH(writeMeansOfPiece<Scalar>, plan, logWeights, factor, values, piece, out);
}

double total(const double *numbers, ptrdiff_t count) {
  double sum = 0;
  for (ptrdiff_t i = 0; i < count; ++i) sum += numbers[i];
  return sum;
}

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

template <class Scalar> void fillWithNaN(void *gradient, ptrdiff_t count) {
  if (gradient) std::fill_n(static_cast<Scalar *>(gradient), count, Scalar(notANumber));
}
template <class Scalar> void fillWithNaN(const CKPairwise &pairwise, CKPairwiseSums &sums) {
  sums.sum = sums.sum_of_squares = notANumber;
  if (sums.x_sums) std::fill_n(sums.x_sums, pairwise.x_rows, notANumber);
  if (sums.y_sums) std::fill_n(sums.y_sums, pairwise.y_rows, notANumber);
  fillWithNaN<Scalar>(sums.x_gradient, pairwise.x_rows * pairwise.features);
  fillWithNaN<Scalar>(sums.y_gradient, pairwise.y_rows * pairwise.features);
}

/// Adds the plan's pairs to targets and the sums of the blocks to `sum` and `squares`; false when there is no memory.
template <class Scalar>
bool addAllPairs(const PairwisePlan<Scalar> &plan, PairwiseTargets<Scalar> targets, double *sum, double *squares) {
  const ptrdiff_t blocks = plan.blocks(*plan.x);
  Scratch<double> partial = zeros<double>(2 * blocks);
  if (!partial) return false;
  targets.sum = partial.get();
  targets.squares = partial.get() + blocks;
  std::atomic<bool> isComplete{true};
  const auto add = [&](ptrdiff_t i, ptrdiff_t j) {
    if (!addPairs<Scalar>(plan, i, j, targets)) isComplete = false;
  };
  plan.isSame ? forBlockPairs(blocks, add) : forBlockPairs(blocks, plan.blocks(*plan.y), add);
  *sum = total(targets.sum, blocks);
  *squares = total(targets.squares, blocks);
  return isComplete;
}

/// The gradients that are wanted, by the rows of x and of y.
template <class Scalar> struct WantedGradients {
  void *x, *y;
  PairwiseGradient<Scalar> ofX, ofY;

  bool prepare(PairwisePlan<Scalar> &plan) {
    if ((x || y || plan.isSmooth()) && !plan.center()) return false;
    return (!x || ofX.allocate(plan.ownX)) && (!y || ofY.allocate(plan.ownY));
  }
  /// Once for each plan: memory goes as soon as it is not needed.
  void write(PairwisePlan<Scalar> &plan) {
    if (!y) plan.centeredY.rows.reset();
    if (x) ofX.write(plan.ownX, plan.centeredX, x);
    plan.centeredX.rows.reset();
    ofX.products.reset();
    if (y) ofY.write(plan.ownY, plan.centeredY, y);
  }
};

template <class Scalar> int32_t sums(const CKPairwise &pairwise, CKPairwiseSums &sums) {
  PairwisePlan<Scalar> plan;
  if (!plan.prepare(pairwise, false)) return CK_OUT_OF_MEMORY;
  if (!plan.isFinite()) return fillWithNaN<Scalar>(pairwise, sums), CK_OK;
  // What a row has must not depend on the rows beside it, in no bit: neither on their mean nor on how far out they lie.
  if (sums.x_sums) plan.steepness = std::numeric_limits<double>::infinity();
  WantedGradients<Scalar> gradients{sums.x_gradient, sums.y_gradient};
  if (!gradients.prepare(plan)) return CK_OUT_OF_MEMORY;
  PairwiseTargets<Scalar> targets{.wantsSquares = sums.x_sums != nullptr,
                                  .xSums = sums.x_sums,
                                  .ySums = plan.isSame ? sums.x_sums : sums.y_sums};
  if (sums.x_gradient) targets.xGradient = &gradients.ofX;
  if (sums.x_gradient && plan.isSame) targets.yGradient = &gradients.ofX;
  if (sums.y_gradient) targets.yGradient = &gradients.ofY;
  if (sums.x_sums) std::fill_n(sums.x_sums, pairwise.x_rows, 0.0);
  if (sums.y_sums) std::fill_n(sums.y_sums, pairwise.y_rows, 0.0);
  if (!addAllPairs<Scalar>(plan, targets, &sums.sum, &sums.sum_of_squares)) return CK_OUT_OF_MEMORY;
  gradients.write(plan);
  return CK_OK;
}

template <class Scalar>
int32_t contrast(const CKPairwise &pairwise, const CKPairwiseWeights &weights, double *sum, void *xGradient,
                 void *yGradient) {
  PairwisePlan<Scalar> plan;
  if (!plan.prepare(pairwise, false)) return CK_OUT_OF_MEMORY;
  if (!plan.isFinite()) {
    *sum = notANumber;
    fillWithNaN<Scalar>(xGradient, pairwise.x_rows * pairwise.features);
    fillWithNaN<Scalar>(yGradient, pairwise.y_rows * pairwise.features);
    return CK_OK;
  }
  WantedGradients<Scalar> gradients{xGradient, yGradient};
  if (!gradients.prepare(plan)) return CK_OUT_OF_MEMORY;
  PairwiseGradient<Scalar> *ofX = xGradient ? &gradients.ofX : nullptr, *ofY = yGradient ? &gradients.ofY : nullptr;
  double inside, outside, across, squares;
  plan.select(true, false);
  if (!addAllPairs<Scalar>(plan, {.xGradient = ofX, .yGradient = ofX, .gradientFactor = weights.inside}, &inside,
                           &squares))
    return CK_OUT_OF_MEMORY;
  plan.select(false, true);
  if (!addAllPairs<Scalar>(plan, {.xGradient = ofY, .yGradient = ofY, .gradientFactor = weights.outside}, &outside,
                           &squares))
    return CK_OUT_OF_MEMORY;
  plan.select(true, true);
  if (!addAllPairs<Scalar>(plan, {.xGradient = ofX, .yGradient = ofY, .gradientFactor = weights.across}, &across,
                           &squares))
    return CK_OUT_OF_MEMORY;
  *sum = weights.inside * inside + weights.outside * outside + weights.across * across;
  gradients.write(plan);
  return CK_OK;
}

template <class Scalar>
int32_t splitSums(const CKPairwise &pairwise, const Scalar *members, ptrdiff_t count, double *sum, double *inside,
                  double *ends) {
  PairwisePlan<Scalar> plan;
  if (!plan.prepare(pairwise, true)) return CK_OUT_OF_MEMORY;
  const ptrdiff_t blocks = plan.blocks(*plan.x);
  Scratch<double> partial = zeros<double>(blocks * (1 + 2 * count));
  if (!partial) return CK_OUT_OF_MEMORY;
  const PairwiseSplits<Scalar> splits{members, count, partial.get(), partial.get() + blocks,
                                      partial.get() + blocks * (1 + count)};
  std::atomic<bool> isComplete{true};
  forBlockPairs(blocks, [&](ptrdiff_t i, ptrdiff_t j) {
    if (!addSplits<Scalar>(plan, i, j, splits)) isComplete = false;
  });
  if (!isComplete) return CK_OUT_OF_MEMORY;
  const double bad = plan.isFinite() ? 0 : notANumber;
  *sum = total(splits.total, blocks) + bad;
  for (ptrdiff_t set = 0; set < count; ++set) {
    inside[set] = ends[set] = bad;
    for (ptrdiff_t i = 0; i < blocks; ++i) {
      inside[set] += splits.inside[i * count + set];
      ends[set] += splits.ends[i * count + set];
    }
  }
  return CK_OK;
}

/// The mean of the middle two of numbers, or the middle one; reorders them.
template <class Scalar> double medianRoot(Scalar *numbers, ptrdiff_t count) {
  Scalar *middle = numbers + count / 2;
  std::nth_element(numbers, middle, numbers + count);
  const double upper = std::sqrt(static_cast<double>(*middle));
  if (count % 2) return upper;
  return (upper + std::sqrt(static_cast<double>(*std::max_element(numbers, middle)))) / 2;
}

template <class Scalar> int32_t medianDistance(const CKPairwise &pairwise, double *median) {
  PairwisePlan<Scalar> plan;
  if (!plan.prepare(pairwise, true)) return CK_OUT_OF_MEMORY;
  const ptrdiff_t rows = plan.x->rows, blocks = plan.blocks(*plan.x);
  Scratch<Scalar> distances = makeScratch<Scalar>(rows * (rows - 1) / 2);
  Scratch<Scalar> copies = zeros<Scalar>((plan.block + ck::sparePairRows) * plan.x->stride);
  if (!distances || !copies) return CK_OUT_OF_MEMORY;
  *median = plan.isFinite() ? 0 : notANumber;
  ptrdiff_t count = 0;
  for (ptrdiff_t i = 0; i < blocks; ++i)
    for (ptrdiff_t j = i; j < blocks; ++j)
      count += writeDistances<Scalar>(plan, i, j, copies.get(), distances.get() + count);
  if (!plan.isFinite() || count == 0) return CK_OK;
  *median = medianRoot<Scalar>(distances.get(), count);
  if (*median > 0) return CK_OK;
  count = std::partition(distances.get(), distances.get() + count, [](Scalar d) { return d > 0; }) - distances.get();
  if (count > 0) *median = medianRoot<Scalar>(distances.get(), count);
  return CK_OK;
}

int32_t means(const CKPairwise &pairwise, const double *logWeights, double *out) {
  PairwisePlan<double> plan;
  if (!plan.prepare(pairwise, true)) return CK_OUT_OF_MEMORY;
  // Strips of all instruction sets fit into pieces.
  plan.block = 48;
  const ptrdiff_t count = plan.y->rows, padded = (count + ck::panelRows - 1) / ck::panelRows * ck::panelRows;
  Scratch<double> weights = makeScratch<double>(padded), values = zeros<double>(count * plan.y->stride);
  if (!weights || !values) return CK_OUT_OF_MEMORY;
  std::fill(std::copy_n(logWeights, count, weights.get()), weights.get() + padded,
            -std::numeric_limits<double>::infinity());
  plan.y->copyRows(0, count, nullptr, values.get());
  const double factor = 0.5 / (pairwise.scales[0] * pairwise.scales[0]);
  std::atomic<bool> isComplete{true};
  ck::parallel(plan.blocks(*plan.x), [&](ptrdiff_t piece) {
    if (!writeMeansOfPiece<double>(plan, weights.get(), factor, values.get(), piece, out)) isComplete = false;
  });
  return isComplete ? CK_OK : CK_OUT_OF_MEMORY;
}

template <class Scalar>
void scaleGradients(const CKPairwiseGradients &gradients, const void *const *saved, double factor, void *const *out) {
  const ptrdiff_t inputs = gradients.y_count ? 2 : 1, counts[] = {gradients.x_count, gradients.y_count};
  for (ptrdiff_t input = 0; input < inputs; ++input) {
    if (!out[input]) continue;
    const Scalar *from = static_cast<const Scalar *>(saved[inputs + input]);
    Scalar *to = static_cast<Scalar *>(out[input]);
    for (ptrdiff_t i = 0; i < counts[input]; ++i)
      to[i] = static_cast<Scalar>(factor * static_cast<double>(from[i]));
  }
}

} // namespace

int32_t ck_pairwise_sums(const CKPairwise *pairwise, CKPairwiseSums *results) noexcept {
  return pairwise->is_wide ? sums<double>(*pairwise, *results) : sums<float>(*pairwise, *results);
}

int32_t ck_pairwise_contrast(const CKPairwise *pairwise, CKPairwiseWeights weights, double *sum, void *x_gradient,
                             void *y_gradient) noexcept {
  return pairwise->is_wide ? contrast<double>(*pairwise, weights, sum, x_gradient, y_gradient)
                           : contrast<float>(*pairwise, weights, sum, x_gradient, y_gradient);
}

int32_t ck_pairwise_backward(const void *const *saved, const void *const *output_gradients, void *const *input_gradients,
                          const void *settings) noexcept {
  const auto &gradients = *static_cast<const CKPairwiseGradients *>(settings);
  const double factor = output_gradients[0] ? *static_cast<const double *>(output_gradients[0]) : 0;
  gradients.is_wide ? scaleGradients<double>(gradients, saved, factor, input_gradients)
                    : scaleGradients<float>(gradients, saved, factor, input_gradients);
  return CK_OK;
}

int32_t ck_pairwise_split_sums(const CKPairwise *pairwise, const void *members, ptrdiff_t count, double *total,
                               double *inside, double *ends) noexcept {
  return pairwise->is_wide
             ? splitSums<double>(*pairwise, static_cast<const double *>(members), count, total, inside, ends)
             : splitSums<float>(*pairwise, static_cast<const float *>(members), count, total, inside, ends);
}

int32_t ck_pairwise_means(const CKPairwise *pairwise, const double *log_weights, double *means) noexcept {
  return ::means(*pairwise, log_weights, means);
}

int32_t ck_median_distance(const CKPairwise *pairwise, double *median) noexcept {
  return pairwise->is_wide ? medianDistance<double>(*pairwise, median) : medianDistance<float>(*pairwise, median);
}
