#include "ck_adam.h"
#include "dispatch.hpp"
#include "parallel.hpp"

#define CK_BODY "adam_body.hpp"
#include "for_each_instruction_set.hpp"

namespace {

template <class Scalar>
void part(const CKAdam &adam, ptrdiff_t count, Scalar *values, const Scalar *gradients, Scalar *means, Scalar *squares) {
  CK_DISPATCH(adamArray<Scalar>, adam, count, values, gradients, means, squares);
}

template <class Scalar>
void step(const CKAdam &adam, ptrdiff_t count, const ptrdiff_t *sizes, void *const *values,
          const void *const *gradients, void *const *means, void *const *squares) {
  // All arrays in a row are cut into pieces of this size. A smaller model is not worth waking a thread.
  constexpr ptrdiff_t pieceSize = 1 << 17;
  ptrdiff_t total = 0;
  for (ptrdiff_t i = 0; i < count; ++i) total += sizes[i];
  ck::parallel((total + pieceSize - 1) / pieceSize, [&](ptrdiff_t piece) {
    ptrdiff_t start = 0;
    for (ptrdiff_t i = 0; i < count; start += sizes[i++]) {
      const ptrdiff_t from = std::max<ptrdiff_t>(0, piece * pieceSize - start);
      const ptrdiff_t to = std::min(sizes[i], (piece + 1) * pieceSize - start);
      if (from < to)
        part<Scalar>(adam, to - from, static_cast<Scalar *>(values[i]) + from,
                     static_cast<const Scalar *>(gradients[i]) + from, static_cast<Scalar *>(means[i]) + from,
                     static_cast<Scalar *>(squares[i]) + from);
    }
  });
}

} // namespace

void ck_adam(const CKAdam *adam, ptrdiff_t count, const ptrdiff_t *sizes, void *const *values,
             const void *const *gradients, void *const *means, void *const *squares) noexcept {
  adam->is_wide ? step<double>(*adam, count, sizes, values, gradients, means, squares)
                : step<float>(*adam, count, sizes, values, gradients, means, squares);
}
