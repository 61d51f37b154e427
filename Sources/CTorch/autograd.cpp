#include "CTorch.h"
#include "conversions.hpp"
#include "spare_gradient.hpp"
#include <ATen/ops/alias.h>
#include <ATen/ops/zeros_like.h>
#include <ATen/ops/mul.h>
#include <c10/core/GradMode.h>
#include <utility>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/variable.h>

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

int32_t ct_gradient_with_parts(CTTensor output, CTTensor whole, const CTTensor *parts, ptrdiff_t part_count,
                               CTTensor *spare, CTTensor *out, char **message) noexcept {
  return guarded(message, [&] {
    const at::Tensor &all = borrow(whole);
    const SpareGradient reused(*spare ? borrow(*spare) : at::Tensor());
    if (*spare) ct_release(std::exchange(*spare, nullptr));
    std::vector<at::Tensor> leaves{all};
    // A leaf that no graph refers to has no accumulator.
    for (const at::Tensor &part : tensorList(parts, part_count))
      if (torch::autograd::impl::try_get_grad_accumulator(part)) leaves.push_back(part);
    auto gradients = torch::autograd::grad({borrow(output)}, leaves, {}, false, false, true);
    at::Tensor sum = gradients[0].defined() ? gradients[0].contiguous() : at::zeros_like(all);
    const at::NoGradGuard guard;
    for (size_t index = 1; index < leaves.size(); ++index) {
      if (!gradients[index].defined()) continue;
      const int64_t start = leaves[index].storage_offset() - all.storage_offset();
      sum.narrow(0, start, leaves[index].numel()).add_(gradients[index].reshape({-1}));
    }
    *spare = own(at::Tensor(sum));
    *out = own(std::move(sum));
  });
}

static thread_local const void *parameterBuffer = nullptr;

const void *ct_exchange_parameter_buffer(const void *buffer) noexcept { return std::exchange(parameterBuffer, buffer); }

/// The identity of `value` whose gradient also flows to `input`, times the derivative: that is saved with its own graph,
/// so that gradients of gradients are right too.
struct WithDerivative : torch::autograd::Function<WithDerivative> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &value, const at::Tensor &,
                            const at::Tensor &derivative) {
    context->save_for_backward({derivative});
    return at::alias(value);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    return {gradients[0], at::mul(gradients[0], context->get_saved_variables()[0]), at::Tensor()};
  }
};

int32_t ct_with_derivative(CTTensor value, CTTensor input, CTTensor derivative, CTTensor *out,
                           char **message) noexcept {
  return guarded(message, [&] { store(out, WithDerivative::apply(borrow(value), borrow(input), borrow(derivative))); });
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
