#include "dispatch.hpp"
#include "mixture_pass.hpp"
#include "parallel.hpp"
#include <atomic>
#include <utility>

#define CK_BODY "mixture_body.hpp"
#include "for_each_instruction_set.hpp"

namespace ck {
namespace {

bool dispatchPiece(const MixturePlan<float> &plan, MixturePiece<float> &piece) {
  CK_DISPATCH(runPiece<float>, plan, piece);
}
bool dispatchPiece(const MixturePlan<double> &plan, MixturePiece<double> &piece) {
  CK_DISPATCH(runPiece<double>, plan, piece);
}

/// Rows in a piece: of a pass that collects statistics there are at most 64 pieces, and fewer where their sums are
/// large.
ptrdiff_t rowsInPiece(ptrdiff_t count, ptrdiff_t statistics) noexcept {
  constexpr ptrdiff_t least = 4096, room = 1 << 24;
  if (statistics == 0) return least;
  const ptrdiff_t pieces = std::clamp<ptrdiff_t>(room / statistics, 2, 64);
  const ptrdiff_t rows = std::max(least, (count + pieces - 1) / pieces);
  return (rows + least - 1) / least * least;
}

/// The sums of the pieces, in order.
void addUp(double *pieces, ptrdiff_t count, ptrdiff_t size) noexcept {
  for (ptrdiff_t piece = 1; piece < count; ++piece)
    for (ptrdiff_t i = 0; i < size; ++i) pieces[i] += pieces[piece * size + i];
}

/// From the blocks of a triangle, of which the last row holds the sums, to r, r d, r d d'.
void unpackFull(const double *blocks, ptrdiff_t features, double *out) noexcept {
  double *sums = out + 1, *products = sums + features;
  for (ptrdiff_t i = 0; i <= features; i += blockSide)
    for (ptrdiff_t j = 0; j <= i; j += blockSide, blocks += blockSide * blockSide)
      for (ptrdiff_t place = 0; place < blockSide * blockSide; ++place) {
        const ptrdiff_t row = i + place / blockSide, column = j + place % blockSide;
        if (row > features || column > row) continue;
        if (row < features)
          products[row * features + column] = products[column * features + row] = blocks[place];
        else
          (column < features ? sums[column] : out[0]) = blocks[place];
      }
}
void unpackDiagonal(const double *moments, ptrdiff_t features, double *out) noexcept {
  out[0] = moments[0];
  for (ptrdiff_t j = 0; j < features; ++j) {
    out[1 + j] = moments[1 + 2 * j];
    out[1 + features + j] = moments[2 + 2 * j];
  }
}

template <class Scalar> int32_t mixturePass(const CKMixture &mixture, const Scalar *rows, const double *weights,
                                            ptrdiff_t count, const CKMixtureResults &results,
                                            const MixturePiece<Scalar> &also = {}) noexcept {
  MixturePlan<Scalar> plan;
  if (!plan.prepare(mixture, results.statistics != nullptr)) return CK_OUT_OF_MEMORY;
  const ptrdiff_t size = plan.collects ? plan.components * plan.statisticsSize : 0;
  const ptrdiff_t length = rowsInPiece(count, size), pieces = std::max<ptrdiff_t>(1, (count + length - 1) / length);
  const auto sums = makeScratch<double>(pieces * (size + 1));
  if (!sums) return CK_OUT_OF_MEMORY;
  double *logLikelihoods = sums.get() + pieces * size;
  std::fill_n(sums.get(), pieces * (size + 1), 0.0);
  std::atomic<bool> failed{false};
  parallel(pieces, [&](ptrdiff_t piece) {
    const ptrdiff_t start = piece * length;
    MixturePiece<Scalar> part{};
    part.rows = rows + start * plan.features;
    part.weights = weights ? weights + start : nullptr;
    part.count = std::min(length, count - start);
    part.statistics = plan.collects ? sums.get() + piece * size : nullptr;
    if (results.log_densities) part.logDensities = static_cast<Scalar *>(results.log_densities) + start;
    if (results.responsibilities)
      part.responsibilities = static_cast<Scalar *>(results.responsibilities) + start * plan.components;
    if (also.componentLogs) part.componentLogs = also.componentLogs + start * plan.components;
    if (also.given) part.given = also.given + start * plan.components;
    if (!dispatchPiece(plan, part)) failed.store(true, std::memory_order_relaxed);
    logLikelihoods[piece] = part.logLikelihood;
  });
  if (failed.load()) return CK_OUT_OF_MEMORY;
  addUp(logLikelihoods, pieces, 1);
  if (results.log_likelihood) *results.log_likelihood = logLikelihoods[0];
  if (!plan.collects) return CK_OK;
  addUp(sums.get(), pieces, size);
  const ptrdiff_t each = 1 + plan.features * (1 + (plan.isDiagonal ? 1 : plan.features));
  for (ptrdiff_t k = 0; k < plan.components; ++k)
    (plan.isDiagonal ? unpackDiagonal : unpackFull)(sums.get() + k * plan.statisticsSize, plan.features,
                                                    results.statistics + k * each);
  return CK_OK;
}

} // namespace
} // namespace ck

int32_t ck_mixture_pass_f32(const CKMixture *mixture, const float *rows, const double *weights, ptrdiff_t count,
                            const CKMixtureResults *results) noexcept {
  return ck::mixturePass(*mixture, rows, weights, count, *results);
}
int32_t ck_mixture_pass_f64(const CKMixture *mixture, const double *rows, const double *weights, ptrdiff_t count,
                            const CKMixtureResults *results) noexcept {
  return ck::mixturePass(*mixture, rows, weights, count, *results);
}

int32_t ck_mixture_component_logs(const CKMixture *mixture, const double *rows, ptrdiff_t count, double *out) noexcept {
  ck::MixturePiece<double> also{};
  also.componentLogs = out;
  return ck::mixturePass<double>(*mixture, rows, nullptr, count, {}, also);
}
int32_t ck_mixture_given_sums(const CKMixture *mixture, const double *rows, const double *responsibilities,
                              ptrdiff_t count, double *statistics) noexcept {
  ck::MixturePiece<double> also{};
  also.given = responsibilities;
  CKMixtureResults results{};
  results.statistics = statistics;
  return ck::mixturePass<double>(*mixture, rows, nullptr, count, results, also);
}
