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
bool addPairs(const PairwisePlan<Scalar> &plan, ptrdiff_t i, ptrdiff_t j, const PairwiseTargets &targets) {
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

double total(const double *numbers, ptrdiff_t count) {
  double sum = 0;
  for (ptrdiff_t i = 0; i < count; ++i) sum += numbers[i];
  return sum;
}

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

template <class Scalar> void fillWithNaN(const CKPairwise &pairwise, CKPairwiseSums &sums) {
  sums.sum = sums.sum_of_squares = notANumber;
  if (sums.x_sums) std::fill_n(sums.x_sums, pairwise.x_rows, notANumber);
  if (sums.y_sums) std::fill_n(sums.y_sums, pairwise.y_rows, notANumber);
  const auto fill = [&](void *gradient, ptrdiff_t rows) {
    if (gradient) std::fill_n(static_cast<Scalar *>(gradient), rows * pairwise.features, Scalar(notANumber));
  };
  fill(sums.x_gradient, pairwise.x_rows);
  fill(sums.y_gradient, pairwise.y_rows);
}

template <class Scalar>
void writeGradient(const double *from, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t features, void *out) {
  for (ptrdiff_t i = 0; i < rows; ++i)
    for (ptrdiff_t d = 0; d < features; ++d)
      static_cast<Scalar *>(out)[i * features + d] = static_cast<Scalar>(from[i * stride + d]);
}

template <class Scalar> int32_t sums(const CKPairwise &pairwise, CKPairwiseSums &sums) {
  PairwisePlan<Scalar> plan;
  if (!plan.prepare(pairwise)) return CK_OUT_OF_MEMORY;
  if (!plan.isFinite()) return fillWithNaN<Scalar>(pairwise, sums), CK_OK;
  if ((sums.x_gradient || sums.y_gradient) && !plan.findMean()) return CK_OUT_OF_MEMORY;
  const ptrdiff_t blocks = plan.blocks(*plan.x), stride = plan.x->stride;
  Scratch<double> partial = zeros<double>(2 * blocks);
  Scratch<double> xGradient = zeros<double>(sums.x_gradient ? plan.x->rows * stride : 0);
  Scratch<double> yGradient = zeros<double>(sums.y_gradient ? plan.y->rows * stride : 0);
  if (!partial || !xGradient || !yGradient) return CK_OUT_OF_MEMORY;
  PairwiseTargets targets{.wantsSquares = sums.x_sums != nullptr,
                          .sum = partial.get(),
                          .squares = partial.get() + blocks,
                          .xSums = sums.x_sums,
                          .ySums = plan.isSame ? sums.x_sums : sums.y_sums};
  if (sums.x_gradient) targets.xGradient = xGradient.get();
  if (sums.x_gradient && plan.isSame) targets.yGradient = xGradient.get();
  if (sums.y_gradient) targets.yGradient = yGradient.get();
  if (sums.x_sums) std::fill_n(sums.x_sums, pairwise.x_rows, 0.0);
  if (sums.y_sums) std::fill_n(sums.y_sums, pairwise.y_rows, 0.0);
  std::atomic<bool> isComplete{true};
  const auto add = [&](ptrdiff_t i, ptrdiff_t j) {
    if (!addPairs<Scalar>(plan, i, j, targets)) isComplete = false;
  };
  plan.isSame ? forBlockPairs(blocks, add) : forBlockPairs(blocks, plan.blocks(*plan.y), add);
  if (!isComplete) return CK_OUT_OF_MEMORY;
  // Not needed any more, and results are about to be written for the first time.
  plan.ownX.panels.reset();
  plan.ownY.panels.reset();
  sums.sum = total(targets.sum, blocks);
  sums.sum_of_squares = total(targets.squares, blocks);
  if (sums.x_gradient)
    writeGradient<Scalar>(targets.xGradient, stride, plan.x->rows, plan.x->features, sums.x_gradient);
  if (sums.y_gradient)
    writeGradient<Scalar>(targets.yGradient, stride, plan.y->rows, plan.x->features, sums.y_gradient);
  return CK_OK;
}

template <class Scalar>
int32_t splitSums(const CKPairwise &pairwise, const Scalar *members, ptrdiff_t count, double *sum, double *inside,
                  double *ends) {
  PairwisePlan<Scalar> plan;
  if (!plan.prepare(pairwise)) return CK_OUT_OF_MEMORY;
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
  if (!plan.prepare(pairwise)) return CK_OUT_OF_MEMORY;
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

int32_t ck_median_distance(const CKPairwise *pairwise, double *median) noexcept {
  return pairwise->is_wide ? medianDistance<double>(*pairwise, median) : medianDistance<float>(*pairwise, median);
}
