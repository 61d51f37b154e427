// Arrays of Philox words and of normal numbers; see dispatch.hpp for how this file is read.
#include "random_body.hpp"

static void philoxArray(uint64_t seed, uint64_t first, uint32_t stream, uint32_t *out, ptrdiff_t count) {
  for (ptrdiff_t at = 0; at < count; at += wordLanes) {
    const WordBlock block = philox(seed, countersFrom(first + static_cast<uint64_t>(at)), 0, stream);
    const ptrdiff_t end = std::min(wordLanes, count - at);
    for (ptrdiff_t lane = 0; lane < end; ++lane)
      for (int i = 0; i < 4; ++i) out[4 * (at + lane) + i] = block.words[i][lane];
  }
}

/// Numbers `first` to `first + count`: number n is number n % size of the counter n / size.
template <class Scalar> static void normalArray(uint64_t seed, uint64_t first, Scalar *out, ptrdiff_t count) {
  constexpr ptrdiff_t size = normalsInBlock<Scalar>;
  alignas(64) Scalar lanes[size * wordLanes];
  uint64_t counter = first / size;
  ptrdiff_t skip = static_cast<ptrdiff_t>(first % size);
  for (ptrdiff_t at = 0; at < count; counter += wordLanes, skip = 0) {
    normalsOf(philox(seed, countersFrom(counter), 0, 0), lanes, wordLanes);
    const ptrdiff_t end = std::min(size * wordLanes - skip, count - at);
    for (ptrdiff_t i = 0; i < end; ++i) out[at + i] = lanes[(i + skip) % size * wordLanes + (i + skip) / size];
    at += end;
  }
}
