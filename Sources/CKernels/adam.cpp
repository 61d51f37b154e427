#include "ck_adam.h"
#include "dispatch.hpp"
#include "parallel.hpp"
#include "scratch.hpp"

namespace {

/// The parts of arrays that a call works on; averages may be null.
template <class Scalar> struct AdamArrays {
  Scalar *values;
  const Scalar *gradients;
  Scalar *means, *squares, *averages;
};

} // namespace

#define CK_BODY "adam_body.hpp"
#include "for_each_instruction_set.hpp"

namespace {

// All arrays in a row are cut into pieces of this size. A smaller model is not worth waking a thread.
constexpr ptrdiff_t pieceSize = 1 << 16;

ptrdiff_t pieceCount(ptrdiff_t count, const ptrdiff_t *sizes) {
  ptrdiff_t total = 0;
  for (ptrdiff_t i = 0; i < count; ++i) total += sizes[i];
  return (total + pieceSize - 1) / pieceSize;
}

/// Calls `body(array, from, to)` for the parts of arrays that lie in a piece.
template <class Body> void forParts(ptrdiff_t count, const ptrdiff_t *sizes, ptrdiff_t piece, const Body &body) {
  ptrdiff_t start = 0;
  for (ptrdiff_t i = 0; i < count; start += sizes[i++]) {
    const ptrdiff_t from = std::max<ptrdiff_t>(0, piece * pieceSize - start);
    const ptrdiff_t to = std::min(sizes[i], (piece + 1) * pieceSize - start);
    if (from < to) body(i, from, to);
  }
}

template <class Scalar> void part(const CKAdam &adam, ptrdiff_t count, const AdamArrays<Scalar> &arrays) {
  CK_DISPATCH(adamArray<Scalar>, adam, count, arrays);
}

template <class Scalar>
void step(const CKAdam &adam, ptrdiff_t count, const ptrdiff_t *sizes, void *const *values,
          const void *const *gradients, void *const *means, void *const *squares, void *const *averages) {
  const auto at = [](void *const *arrays, ptrdiff_t i, ptrdiff_t from) {
    return arrays ? static_cast<Scalar *>(arrays[i]) + from : nullptr;
  };
  ck::parallel(pieceCount(count, sizes), [&](ptrdiff_t piece) {
    forParts(count, sizes, piece, [&](ptrdiff_t i, ptrdiff_t from, ptrdiff_t to) {
      part<Scalar>(adam, to - from,
                   {at(values, i, from), static_cast<const Scalar *>(gradients[i]) + from, at(means, i, from),
                    at(squares, i, from), at(averages, i, from)});
    });
  });
}

template <class Scalar> double squaresOf(ptrdiff_t count, const Scalar *array) {
  CK_DISPATCH(sumOfSquares<Scalar>, count, array);
}

template <class Scalar> double sum(ptrdiff_t count, const ptrdiff_t *sizes, const void *const *arrays) {
  const ptrdiff_t pieces = pieceCount(count, sizes);
  const auto sums = ck::zeros<double>(pieces);
  if (!sums) return std::numeric_limits<double>::quiet_NaN();
  ck::parallel(pieces, [&](ptrdiff_t piece) {
    forParts(count, sizes, piece, [&](ptrdiff_t i, ptrdiff_t from, ptrdiff_t to) {
      sums[piece] += squaresOf<Scalar>(to - from, static_cast<const Scalar *>(arrays[i]) + from);
    });
  });
  double total = 0;
  for (ptrdiff_t piece = 0; piece < pieces; ++piece) total += sums[piece];
  return total;
}

} // namespace

void ck_adam(const CKAdam *adam, ptrdiff_t count, const ptrdiff_t *sizes, void *const *values,
             const void *const *gradients, void *const *means, void *const *squares, void *const *averages) noexcept {
  adam->is_wide ? step<double>(*adam, count, sizes, values, gradients, means, squares, averages)
                : step<float>(*adam, count, sizes, values, gradients, means, squares, averages);
}

double ck_sum_of_squares(ptrdiff_t count, const ptrdiff_t *sizes, const void *const *arrays, bool is_wide) noexcept {
  return is_wide ? sum<double>(count, sizes, arrays) : sum<float>(count, sizes, arrays);
}
