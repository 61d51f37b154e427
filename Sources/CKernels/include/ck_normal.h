// Random words and standard normal numbers from a counter: number i of a seed is a function of the seed and of i alone.
//
// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, Parallel random numbers: as easy as 1, 2, 3, 2011) makes the words, the
// transformation of Box and Muller (1958) the numbers. Fused products are switched off, so all instruction sets give
// the same bits.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

/// Four words for each of the counters first, first + 1, ...: `out` is [count, 4]. `stream` is the counter's last word.
void ck_philox(uint64_t seed, uint64_t first, uint32_t stream, uint32_t *out, ptrdiff_t count) CK_NOEXCEPT;

/// The standard normal numbers first, first + 1, ... of a seed. Their magnitude is at most 6.7 in 32 bits, 8.6 in 64.
void ck_normal_f32(uint64_t seed, uint64_t first, float *out, ptrdiff_t count) CK_NOEXCEPT;
void ck_normal_f64(uint64_t seed, uint64_t first, double *out, ptrdiff_t count) CK_NOEXCEPT;

CK_END
