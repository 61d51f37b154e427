// Compiles CK_BODY once for each instruction set, in the namespaces ck::avx512, ck::avx2 and ck::baseline.
//
// No include guard. Standard headers that the body needs must be included before: inside, they would get the attribute.
#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2"))), apply_to = function)
namespace ck::avx512 {
#define CK_VECTOR_BYTES 64
#include "simd_body.hpp"
#include CK_BODY
#undef CK_VECTOR_BYTES
} // namespace ck::avx512
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2"))), apply_to = function)
namespace ck::avx2 {
#define CK_VECTOR_BYTES 32
#include "simd_body.hpp"
#include CK_BODY
#undef CK_VECTOR_BYTES
} // namespace ck::avx2
#pragma clang attribute pop

#endif

namespace ck::baseline {
#define CK_VECTOR_BYTES 16
#include "simd_body.hpp"
#include CK_BODY
#undef CK_VECTOR_BYTES
} // namespace ck::baseline

#undef CK_BODY
