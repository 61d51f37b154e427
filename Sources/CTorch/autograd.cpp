#include "CTorch.h"
#include "conversions.hpp"
#include <c10/core/GradMode.h>
#include <utility>
#include <torch/csrc/autograd/autograd.h>

int32_t ct_set_requires_gradient(CTTensor tensor, bool value, char **message) noexcept {
  return guarded(message, [&] { borrow(tensor).set_requires_grad(value); });
}

int32_t ct_gradients(const CTTensor *outputs, ptrdiff_t output_count, const CTTensor *inputs, ptrdiff_t input_count,
                     const CTTensor *output_gradients, bool retain_graph, bool create_graph, bool allow_unused,
                     CTTensor *out, char **message) noexcept {
  return guarded(message, [&] {
    std::vector<at::Tensor> seeds;
    for (ptrdiff_t index = 0; output_gradients && index < output_count; ++index)
      seeds.push_back(output_gradients[index] ? borrow(output_gradients[index]) : at::Tensor());
    auto results = torch::autograd::grad(tensorList(outputs, output_count).vec(), tensorList(inputs, input_count).vec(),
                                         seeds, retain_graph, create_graph, allow_unused);
    for (ptrdiff_t index = 0; index < input_count; ++index) out[index] = own(std::move(results[index]));
  });
}

bool ct_set_gradient_recording(bool enabled) noexcept {
  bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(enabled);
  return before;
}

static thread_local bool wantsHigherDerivatives = false;

bool ct_set_higher_derivatives(bool wanted) noexcept { return std::exchange(wantsHigherDerivatives, wanted); }

bool ct_wants_higher_derivatives(void) noexcept { return wantsHigherDerivatives; }

bool ct_is_recording_gradients(void) noexcept { return c10::GradMode::is_enabled(); }
