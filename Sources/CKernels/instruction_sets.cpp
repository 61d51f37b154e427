#include "ck_instruction_sets.h"

int32_t ck_best_instruction_set(void) noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2"))
    return CK_AVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    return CK_AVX2;
#endif
  return CK_BASELINE;
}

// The choice of a test is one of its thread, so that others beside it keep theirs.
static thread_local int32_t chosen = -1;

int32_t ck_instruction_set(void) noexcept {
  static const int32_t best = ck_best_instruction_set();
  return chosen < 0 ? best : chosen;
}

bool ck_use_instruction_set(int32_t set) noexcept {
  if (set < CK_BASELINE || set > ck_best_instruction_set()) return false;
  chosen = set;
  return true;
}
