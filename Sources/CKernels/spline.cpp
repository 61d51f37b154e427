#include "ck_spline.h"
#include "dispatch.hpp"
#include "parallel.hpp"
#include <vector>

#define CK_BODY "spline_body.hpp"
#include "for_each_instruction_set.hpp"

namespace {

/// Rows of one piece of work: some tens of microseconds.
ptrdiff_t rowsPerPiece(const CKSpline &spline) { return std::max<ptrdiff_t>(1, 768 / std::max<ptrdiff_t>(1, spline.features)); }

template <class Scalar>
void rows(const CKSpline &spline, const Scalar *x, const Scalar *kept, const Scalar *moved, Scalar *z, Scalar *logSlope,
          ptrdiff_t from, ptrdiff_t to) {
  CK_DISPATCH(splineRows<Scalar>, spline, x, kept, moved, z, logSlope, from, to);
}

template <class Scalar>
void backwardRows(const CKSpline &spline, const Scalar *const *saved, const Scalar *const *gradients, Scalar *x,
                  Scalar *kept, Scalar *moved, ptrdiff_t from, ptrdiff_t to) {
  CK_DISPATCH(splineBackwardRows<Scalar>, spline, saved, gradients, x, kept, moved, from, to);
}

template <class Scalar>
void forward(const CKSpline &spline, const void *x, const void *kept, const void *moved, void *z, void *logSlope) {
  const ptrdiff_t size = rowsPerPiece(spline);
  ck::parallel((spline.rows + size - 1) / size, [&](ptrdiff_t piece) {
    rows<Scalar>(spline, static_cast<const Scalar *>(x), static_cast<const Scalar *>(kept),
                 static_cast<const Scalar *>(moved), static_cast<Scalar *>(z), static_cast<Scalar *>(logSlope),
                 piece * size, std::min(spline.rows, (piece + 1) * size));
  });
}

template <class Scalar>
void backward(const CKSpline &spline, const void *const *saved, const void *const *outputGradients,
              void *const *inputGradients) {
  const Scalar *const kept[] = {static_cast<const Scalar *>(saved[0]), static_cast<const Scalar *>(saved[1]),
                                static_cast<const Scalar *>(saved[2]), static_cast<const Scalar *>(saved[3])};
  const Scalar *const gradients[] = {static_cast<const Scalar *>(outputGradients[0]),
                                     static_cast<const Scalar *>(outputGradients[1])};
  const ptrdiff_t size = rowsPerPiece(spline), pieces = (spline.rows + size - 1) / size;
  const ptrdiff_t keptSize = inputGradients[1] ? spline.kept * (3 * spline.bins - 1) : 0;
  // Each piece has its own sums, added in order: the bits do not depend on the number of threads.
  std::vector<Scalar> keptSums(pieces * keptSize, Scalar(0));
  ck::parallel(pieces, [&](ptrdiff_t piece) {
    backwardRows<Scalar>(spline, kept, gradients, static_cast<Scalar *>(inputGradients[0]),
                         keptSize ? keptSums.data() + piece * keptSize : nullptr,
                         static_cast<Scalar *>(inputGradients[2]), piece * size,
                         std::min(spline.rows, (piece + 1) * size));
  });
  auto *out = static_cast<Scalar *>(inputGradients[1]);
  for (ptrdiff_t i = 0; i < keptSize; ++i) {
    Scalar sum = 0;
    for (ptrdiff_t piece = 0; piece < pieces; ++piece) sum += keptSums[piece * keptSize + i];
    out[i] = sum;
  }
}

} // namespace

void ck_spline(const CKSpline *spline, const void *x, const void *kept, const void *moved, void *z,
               void *log_slope) noexcept {
  spline->is_wide ? forward<double>(*spline, x, kept, moved, z, log_slope)
                  : forward<float>(*spline, x, kept, moved, z, log_slope);
}

int32_t ck_spline_backward(const void *const *saved, const void *const *output_gradients, void *const *input_gradients,
                        const void *settings) noexcept {
  const auto &spline = *static_cast<const CKSpline *>(settings);
  spline.is_wide ? backward<double>(spline, saved, output_gradients, input_gradients)
                 : backward<float>(spline, saved, output_gradients, input_gradients);
  return CK_OK;
}
