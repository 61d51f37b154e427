#include "ck_normal.h"
#include "dispatch.hpp"
#include "parallel.hpp"

#define CK_BODY "normal_body.hpp"
#include "for_each_instruction_set.hpp"

namespace {

constexpr ptrdiff_t pieceLength = 1 << 15;

template <class Body> void inPieces(ptrdiff_t count, const Body &body) noexcept {
  ck::parallel((count + pieceLength - 1) / pieceLength, [&](ptrdiff_t piece) {
    const ptrdiff_t start = piece * pieceLength;
    body(start, std::min(pieceLength, count - start));
  });
}

void normalPiece(uint64_t seed, uint64_t first, float *out, ptrdiff_t count) {
  CK_DISPATCH(normalArray<float>, seed, first, out, count);
}
void normalPiece(uint64_t seed, uint64_t first, double *out, ptrdiff_t count) {
  CK_DISPATCH(normalArray<double>, seed, first, out, count);
}

} // namespace

void ck_philox(uint64_t seed, uint64_t first, uint32_t stream, uint32_t *out, ptrdiff_t count) noexcept {
  CK_DISPATCH(philoxArray, seed, first, stream, out, count);
}
void ck_normal_f32(uint64_t seed, uint64_t first, float *out, ptrdiff_t count) noexcept {
  inPieces(count, [=](ptrdiff_t start, ptrdiff_t length) {
    normalPiece(seed, first + static_cast<uint64_t>(start), out + start, length);
  });
}
void ck_normal_f64(uint64_t seed, uint64_t first, double *out, ptrdiff_t count) noexcept {
  inPieces(count, [=](ptrdiff_t start, ptrdiff_t length) {
    normalPiece(seed, first + static_cast<uint64_t>(start), out + start, length);
  });
}
