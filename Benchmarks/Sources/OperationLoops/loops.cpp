#include "OperationLoops.h"
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/ones.h>
#include <chrono>

double operation_loops_add(int64_t count, bool recording_gradients) {
  at::Tensor left = at::ones({1});
  at::Tensor right = at::ones({1});
  left.set_requires_grad(recording_gradients);
  auto start = std::chrono::steady_clock::now();
  for (int64_t index = 0; index < count; ++index) {
    at::Tensor sum = at::add(left, right);
    asm volatile("" : : "r"(sum.unsafeGetTensorImpl()) : "memory");
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
