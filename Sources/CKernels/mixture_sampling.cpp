#include "dispatch.hpp"
#include "mixture_sampling.hpp"
#include "parallel.hpp"
#include <atomic>

#define CK_BODY "mixture_sampling_body.hpp"
#include "for_each_instruction_set.hpp"

namespace ck {
namespace {

bool dispatchDraw(const SamplerPlan<float> &plan, uint64_t seed, uint64_t first, ptrdiff_t count, float *out,
                  int64_t *chosen) {
  CK_DISPATCH(drawPiece<float>, plan, seed, first, count, out, chosen);
}
bool dispatchDraw(const SamplerPlan<double> &plan, uint64_t seed, uint64_t first, ptrdiff_t count, double *out,
                  int64_t *chosen) {
  CK_DISPATCH(drawPiece<double>, plan, seed, first, count, out, chosen);
}

template <class Scalar> int32_t mixtureSample(const CKMixtureSampler &sampler, uint64_t seed, uint64_t first,
                                              Scalar *out, int64_t *chosen, ptrdiff_t count) noexcept {
  SamplerPlan<Scalar> plan;
  if (!plan.prepare(sampler)) return CK_OUT_OF_MEMORY;
  std::atomic<bool> failed{false};
  parallel((count + sampleRows - 1) / sampleRows, [&](ptrdiff_t piece) {
    const ptrdiff_t start = piece * sampleRows, length = std::min(sampleRows, count - start);
    if (!dispatchDraw(plan, seed, first + static_cast<uint64_t>(start), length, out + start * plan.features,
                      chosen ? chosen + start : nullptr))
      failed.store(true, std::memory_order_relaxed);
  });
  return failed.load() ? CK_OUT_OF_MEMORY : CK_OK;
}

} // namespace
} // namespace ck

int32_t ck_mixture_sample_f32(const CKMixtureSampler *sampler, uint64_t seed, uint64_t first, float *out,
                              int64_t *chosen, ptrdiff_t count) noexcept {
  return ck::mixtureSample(*sampler, seed, first, out, chosen, count);
}
int32_t ck_mixture_sample_f64(const CKMixtureSampler *sampler, uint64_t seed, uint64_t first, double *out,
                              int64_t *chosen, ptrdiff_t count) noexcept {
  return ck::mixtureSample(*sampler, seed, first, out, chosen, count);
}
