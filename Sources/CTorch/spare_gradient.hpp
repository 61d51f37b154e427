// The memory of a gradient that nobody needs any more, for the next one: at each step the system would hand it out anew
// page by page.
#pragma once
#include <ATen/ops/empty_like.h>
#include <utility>

/// While it lives, the tensor waits on this thread for a kernel's backward that wants one of its shape.
class SpareGradient {
public:
  explicit SpareGradient(at::Tensor tensor) : before(std::exchange(waiting(), std::move(tensor))) {}
  ~SpareGradient() { waiting() = std::move(before); }
  SpareGradient(const SpareGradient &) = delete;
  SpareGradient &operator=(const SpareGradient &) = delete;

  /// A tensor like another, not initialized: the spare one, when it is like it and nobody else has it or its memory.
  static at::Tensor emptyLike(const at::Tensor &other) {
    at::Tensor &spare = waiting();
    if (spare.defined() && spare.use_count() == 1 && spare.storage().use_count() == 1 && spare.is_contiguous() &&
        !spare.requires_grad() && spare.sizes() == other.sizes() && spare.options().type_equal(other.options()))
      return std::exchange(spare, at::Tensor());
    return at::empty_like(other);
  }

private:
  at::Tensor before;

  static at::Tensor &waiting() {
    static thread_local at::Tensor tensor;
    return tensor;
  }
};
