#include "ck_instruction_sets.h"
#include <atomic>

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

static std::atomic<int32_t> &current() noexcept {
  static std::atomic<int32_t> set{ck_best_instruction_set()};
  return set;
}

int32_t ck_instruction_set(void) noexcept { return current().load(std::memory_order_relaxed); }

bool ck_use_instruction_set(int32_t set) noexcept {
  if (set < CK_BASELINE || set > ck_best_instruction_set()) return false;
  current().store(set, std::memory_order_relaxed);
  return true;
}
