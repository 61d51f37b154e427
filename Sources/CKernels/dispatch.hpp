// Chooses, at run time, among the versions of a kernel that for_each_instruction_set.hpp compiled.
//
// A topic is three files: include/ck_TOPIC.h (the C interface), TOPIC_body.hpp (the kernels, without include guard, as
// templates or static functions over the vectors of simd_body.hpp) and TOPIC.cpp:
//
//     #include "dispatch.hpp"
//     #define CK_BODY "TOPIC_body.hpp"
//     #include "for_each_instruction_set.hpp"
//     void ck_something(...) noexcept { CK_DISPATCH(something, ...); }
#pragma once
#include "ck_instruction_sets.h"
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#if defined(__x86_64__)
#define CK_DISPATCH(function, ...)                                                                                     \
  switch (ck_instruction_set()) {                                                                                      \
  case CK_AVX512: return ck::avx512::function(__VA_ARGS__);                                                            \
  case CK_AVX2: return ck::avx2::function(__VA_ARGS__);                                                                \
  default: return ck::baseline::function(__VA_ARGS__);                                                                 \
  }
#else
#define CK_DISPATCH(function, ...) return ck::baseline::function(__VA_ARGS__)
#endif
