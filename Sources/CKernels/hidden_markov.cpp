#include "ck_hidden_markov.h"
#include "dispatch.hpp"
#include "hidden_markov_plan.hpp"
#include "parallel.hpp"
#include <atomic>
#include <utility>

#define CK_BODY "hidden_markov_body.hpp"
#include "for_each_instruction_set.hpp"

namespace ck {
namespace {

bool dispatchSeries(const HiddenMarkovPlan &plan, HiddenMarkovPiece &piece) { CK_DISPATCH(runSeries, plan, piece); }
bool dispatchPath(const HiddenMarkovPlan &plan, const double *logs, ptrdiff_t steps, int64_t *path, double &out) {
  if (plan.states <= 256) {
    CK_DISPATCH(runPath<uint8_t>, plan, logs, steps, path, out);
  }
  CK_DISPATCH(runPath<int32_t>, plan, logs, steps, path, out);
}

/// Neighbouring series that one thread works on; each piece has sums of its own.
constexpr ptrdiff_t mostPieces = 64;

template <class Body> void forEachSeries(const CKHiddenMarkovSeries &series, const Body &body) {
  const ptrdiff_t pieces = std::min(mostPieces, series.count);
  parallel(pieces, [&](ptrdiff_t piece) {
    for (ptrdiff_t i = piece * series.count / pieces; i < (piece + 1) * series.count / pieces; ++i) body(piece, i);
  });
}

/// A place in memory that may be absent.
double *at(double *start, ptrdiff_t offset) noexcept { return start ? start + offset : nullptr; }

} // namespace
} // namespace ck

int32_t ck_hidden_markov_pass(const CKHiddenMarkov *chain, const CKHiddenMarkovSeries *series,
                              const CKHiddenMarkovResults *results) noexcept {
  ck::HiddenMarkovPlan plan;
  if (!plan.prepare(*chain, false)) return CK_OUT_OF_MEMORY;
  const ptrdiff_t states = plan.states, size = states * plan.padded;
  const ptrdiff_t pieces = std::min(ck::mostPieces, series->count);
  const bool counts = results->posteriors && results->transitions;
  const auto sums = ck::makeScratch<double>(counts ? pieces * size : 1);
  if (!sums) return CK_OUT_OF_MEMORY;
  if (counts) std::fill_n(sums.get(), pieces * size, 0.0);
  std::atomic<bool> failed{false};
  ck::forEachSeries(*series, [&](ptrdiff_t piece, ptrdiff_t i) {
    const ptrdiff_t start = series->starts[i];
    ck::HiddenMarkovPiece part{series->logs + start * states,
                               series->starts[i + 1] - start,
                               ck::at(results->posteriors, start * states),
                               ck::at(results->filtered, start * states),
                               ck::at(results->predictive, start),
                               counts ? sums.get() + piece * size : nullptr,
                               0};
    if (!ck::dispatchSeries(plan, part)) failed.store(true, std::memory_order_relaxed);
    results->log_likelihoods[i] = part.logLikelihood;
  });
  if (failed.load()) return CK_OUT_OF_MEMORY;
  if (!counts) return CK_OK;
  for (ptrdiff_t i = 0; i < states; ++i)
    for (ptrdiff_t j = 0; j < states; ++j) {
      double sum = 0;
      for (ptrdiff_t piece = 0; piece < pieces; ++piece) sum += sums[piece * size + i * plan.padded + j];
      // Sums in probabilities lack the factor that is the same at every step.
      results->transitions[i * states + j] = plan.isLogarithmic ? sum : sum * plan.matrix[i * plan.padded + j];
    }
  return CK_OK;
}

int32_t ck_hidden_markov_path(const CKHiddenMarkov *chain, const CKHiddenMarkovSeries *series, int64_t *path,
                              double *log_probabilities) noexcept {
  ck::HiddenMarkovPlan plan;
  if (!plan.prepare(*chain, true)) return CK_OUT_OF_MEMORY;
  std::atomic<bool> failed{false};
  ck::forEachSeries(*series, [&](ptrdiff_t, ptrdiff_t i) {
    const ptrdiff_t start = series->starts[i];
    if (!ck::dispatchPath(plan, series->logs + start * plan.states, series->starts[i + 1] - start, path + start,
                          log_probabilities[i]))
      failed.store(true, std::memory_order_relaxed);
  });
  return failed.load() ? CK_OUT_OF_MEMORY : CK_OK;
}
