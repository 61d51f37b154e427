// Draws from a Gaussian mixture; see dispatch.hpp for how this file is read.
//
// Draw n takes its component from Philox's counter n in stream 0 and its normal numbers from the blocks of counter n in
// stream 1, so that it depends on nothing else. Rows are sorted by component and worked on in groups, one row a lane.
#include "random_body.hpp"

/// Memory for one piece.
template <class Scalar> struct SampleWork {
  Scratch<Scalar> memory;
  Scratch<int32_t> places;
  Scalar *noise, *draws;
  int32_t *component, *order, *starts;

  bool allocate(const SamplerPlan<Scalar> &plan) {
    const ptrdiff_t padded = (plan.features + 3) / 4 * 4;
    memory = makeScratch<Scalar>((padded + plan.features) * wordLanes);
    places = makeScratch<int32_t>(2 * sampleRows + plan.components + 1);
    if (!memory || !places) return false;
    noise = memory.get();
    draws = noise + padded * wordLanes;
    component = places.get();
    order = component + sampleRows;
    starts = order + sampleRows;
    return true;
  }
};

/// The components of `count` rows, and the rows in the order of their components.
template <class Scalar> static void chooseComponents(const SamplerPlan<Scalar> &plan, uint64_t seed, uint64_t first,
                                                     ptrdiff_t count, const SampleWork<Scalar> &work) {
  std::fill_n(work.starts, plan.components + 1, 0);
  for (ptrdiff_t at = 0; at < count; at += wordLanes) {
    const WordBlock block = philox(seed, countersFrom(first + static_cast<uint64_t>(at)), 0, 0);
    alignas(64) uint32_t words[4][wordLanes];
    __builtin_memcpy(words, block.words, sizeof words);
    const ptrdiff_t end = std::min(wordLanes, count - at);
    for (ptrdiff_t lane = 0; lane < end; ++lane) {
      const uint64_t place = words[0][lane] | uint64_t(words[1][lane]) << 32;
      const uint64_t owner = words[2][lane] | uint64_t(words[3][lane]) << 32;
      const int32_t k = plan.component(place, owner);
      work.component[at + lane] = k;
      ++work.starts[k + 1];
    }
  }
  for (ptrdiff_t k = 0; k < plan.components; ++k) work.starts[k + 1] += work.starts[k];
  for (ptrdiff_t i = 0; i < count; ++i) work.order[work.starts[work.component[i]]++] = static_cast<int32_t>(i);
  // Each start has moved to the next one.
  for (ptrdiff_t k = plan.components; k > 0; --k) work.starts[k] = work.starts[k - 1];
  work.starts[0] = 0;
}

/// mean + scale * noise for one row a lane.
template <class Scalar>
CK_INLINE void transformNoise(const SamplerPlan<Scalar> &plan, ptrdiff_t k, const Scalar *noise, Scalar *draws) {
  const ptrdiff_t features = plan.features;
  const Scalar *mean = plan.means + k * features,
               *scale = plan.scales + k * features * (plan.isDiagonal ? 1 : features);
  constexpr ptrdiff_t width = widthOf<Scalar>, vectors = wordLanes / width;
  for (ptrdiff_t i = 0; i < features; ++i) {
    const Scalar *row = plan.isDiagonal ? scale : scale + i * features;
    for (ptrdiff_t v = 0; v < vectors; ++v) {
      Vector<Scalar> sum = mean[i];
      for (ptrdiff_t j = plan.isDiagonal ? i : 0; j <= i; ++j)
        sum = sum + Vector<Scalar>(row[j]) * load<Scalar>(noise + j * wordLanes + v * width);
      store<Scalar>(draws + i * wordLanes + v * width, sum);
    }
  }
}

/// Draws up to a vector of rows of one component.
template <class Scalar> static void drawGroup(const SamplerPlan<Scalar> &plan, uint64_t seed, uint64_t first,
                                              ptrdiff_t k, const int32_t *order, ptrdiff_t count,
                                              const SampleWork<Scalar> &work, Scalar *out) {
  Counters counters = {Words(0), Words(0)};
  for (ptrdiff_t lane = 0; lane < count; ++lane) {
    const uint64_t counter = first + static_cast<uint64_t>(order[lane]);
    counters.low[lane] = static_cast<uint32_t>(counter);
    counters.high[lane] = static_cast<uint32_t>(counter >> 32);
  }
  constexpr ptrdiff_t size = normalsInBlock<Scalar>;
  for (ptrdiff_t j = 0; j < plan.features; j += size)
    normalsOf(philox(seed, counters, static_cast<uint32_t>(j / size), 1), work.noise + j * wordLanes, wordLanes);
  transformNoise(plan, k, work.noise, work.draws);
  for (ptrdiff_t lane = 0; lane < count; ++lane) {
    Scalar *row = out + order[lane] * plan.features;
    for (ptrdiff_t i = 0; i < plan.features; ++i) row[i] = work.draws[i * wordLanes + lane];
  }
}

/// Draws `first` to `first + count` of a seed, where the count is at most `sampleRows`; whether there was memory.
template <class Scalar> static bool drawPiece(const SamplerPlan<Scalar> &plan, uint64_t seed, uint64_t first,
                                              ptrdiff_t count, Scalar *out, int64_t *chosen) {
  SampleWork<Scalar> work;
  if (!work.allocate(plan)) return false;
  chooseComponents(plan, seed, first, count, work);
  for (ptrdiff_t k = 0; k < plan.components; ++k)
    for (ptrdiff_t at = work.starts[k]; at < work.starts[k + 1]; at += wordLanes)
      drawGroup(plan, seed, first, k, work.order + at, std::min<ptrdiff_t>(wordLanes, work.starts[k + 1] - at), work,
                out);
  if (chosen) std::copy_n(work.component, count, chosen);
  return true;
}
