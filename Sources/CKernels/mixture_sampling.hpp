// What the versions of the sampling kernel share: its plan, made once for each call.
#pragma once
#include "ck_mixture.h"
#include "scratch.hpp"
#include <algorithm>

namespace ck {

/// Rows that are drawn together, component by component.
constexpr ptrdiff_t sampleRows = 4096;

/// A mixture in the type of its draws, and the alias table of its weights (Walker 1977; Vose 1991).
template <class Scalar> struct SamplerPlan {
  ptrdiff_t features, components;
  bool isDiagonal;
  Scratch<Scalar> memory;
  const Scalar *means, *scales;
  Scratch<uint64_t> thresholds;
  Scratch<int32_t> aliases;

  bool prepare(const CKMixtureSampler &sampler) noexcept;
  /// The component of two random numbers: the first chooses a place of the table, the second one of its two owners.
  int32_t component(uint64_t place, uint64_t owner) const noexcept {
    const auto index =
        static_cast<int32_t>((static_cast<unsigned __int128>(place) * static_cast<uint64_t>(components)) >> 64);
    return (owner >> 1) < thresholds[index] ? index : aliases[index];
  }

private:
  bool makeTable(const double *weights) noexcept;
};

template <class Scalar> bool SamplerPlan<Scalar>::prepare(const CKMixtureSampler &sampler) noexcept {
  features = sampler.features;
  components = sampler.components;
  isDiagonal = sampler.is_diagonal;
  const ptrdiff_t numbers = components * features, scaleCount = isDiagonal ? numbers : numbers * features;
  memory = makeScratch<Scalar>(numbers + scaleCount);
  if (!memory || !makeTable(sampler.weights)) return false;
  for (ptrdiff_t i = 0; i < numbers; ++i) memory[i] = static_cast<Scalar>(sampler.means[i]);
  for (ptrdiff_t i = 0; i < scaleCount; ++i) memory[numbers + i] = static_cast<Scalar>(sampler.scales[i]);
  means = memory.get();
  scales = memory.get() + numbers;
  return true;
}

/// Each place holds a K-th of all probability: of its own component up to the threshold, of its alias above.
template <class Scalar> bool SamplerPlan<Scalar>::makeTable(const double *weights) noexcept {
  thresholds = makeScratch<uint64_t>(components);
  aliases = makeScratch<int32_t>(components);
  const auto left = makeScratch<double>(components);
  const auto order = makeScratch<int32_t>(components);
  if (!thresholds || !aliases || !left || !order) return false;
  ptrdiff_t border = 0, end = components;
  for (ptrdiff_t k = 0; k < components; ++k) {
    left[k] = weights[k] * static_cast<double>(components);
    aliases[k] = static_cast<int32_t>(k);
    thresholds[k] = uint64_t(1) << 63;
    (left[k] < 1 ? order[border++] : order[--end]) = static_cast<int32_t>(k);
  }
  // Those that fill less than their place come before the border; one behind it gives what they lack until it does,
  // too.
  for (ptrdiff_t next = 0; next < border && border < components; ++next) {
    const int32_t poor = order[next], rich = order[border];
    thresholds[poor] = static_cast<uint64_t>(left[poor] * 0x1p63);
    aliases[poor] = rich;
    left[rich] -= 1 - left[poor];
    if (left[rich] < 1) ++border;
  }
  return true;
}

} // namespace ck
