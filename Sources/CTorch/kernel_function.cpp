// The part of libtorch's graph that stands for a kernel with a hand-written backward.
#include "CTorch.h"
#include "conversions.hpp"
#include "spare_gradient.hpp"
#include <ATen/Functions.h>
#include <c10/core/GradMode.h>
#include <cstring>
#include <string>
#include <torch/csrc/autograd/custom_function.h>

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct KernelCall {
  variable_list outputs, saved;
  CTBackward backward;
  std::string settings;
};

struct KernelFunction : torch::autograd::Function<KernelFunction> {
  // The outputs are there already: this only records them.
  static variable_list forward(AutogradContext *context, at::TensorList inputs, const KernelCall *call) {
    context->save_for_backward(call->saved);
    context->saved_data["backward"] = reinterpret_cast<int64_t>(call->backward);
    context->saved_data["settings"] = call->settings;
    context->saved_data["inputs"] = static_cast<int64_t>(inputs.size());
    return call->outputs;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    TORCH_CHECK(!c10::GradMode::is_enabled(),
                "a fused kernel has first derivatives only; compute its results inside `withHigherDerivatives` to "
                "differentiate their gradients");
    const variable_list saved = context->get_saved_variables();
    std::vector<const void *> savedData, gradientData;
    for (const auto &tensor : saved) savedData.push_back(tensor.const_data_ptr());
    for (auto &gradient : gradients) {
      if (gradient.defined()) gradient = gradient.contiguous();
      gradientData.push_back(gradient.defined() ? gradient.const_data_ptr() : nullptr);
    }
    // The inputs are saved first, in order; behind them stands the call, which has no gradient.
    const std::string &settings = context->saved_data["settings"].toStringRef();
    const auto backward = reinterpret_cast<CTBackward>(context->saved_data["backward"].toInt());
    const size_t inputCount = context->saved_data["inputs"].toInt();
    variable_list results(inputCount + 1);
    std::vector<void *> resultData(inputCount, nullptr);
    for (size_t index = 0; index < inputCount; ++index) {
      if (!context->needs_input_grad(index)) continue;
      results[index] = SpareGradient::emptyLike(saved[index]);
      resultData[index] = results[index].mutable_data_ptr();
    }
    const int32_t status = backward(savedData.data(), gradientData.data(), resultData.data(), settings.data());
    TORCH_CHECK_WITH(OutOfMemoryError, status == CT_OK, "a gradient found no memory");
    return results;
  }
};

} // namespace

int32_t ct_record_kernel(const CTTensor *outputs, ptrdiff_t output_count, const CTTensor *inputs, ptrdiff_t input_count,
                         const CTTensor *saved, ptrdiff_t saved_count, CTBackward backward, const void *settings,
                         ptrdiff_t settings_size, char **message) noexcept {
  return guarded(message, [&] {
    const at::TensorList all = tensorList(inputs, input_count);
    bool isRecorded = false;
    for (const auto &input : all) isRecorded |= input.requires_grad();
    if (!isRecorded || !c10::GradMode::is_enabled()) return;
    KernelCall call{tensorList(outputs, output_count).vec(), all.vec(), backward,
                    std::string(static_cast<const char *>(settings), settings_size)};
    for (const auto &tensor : tensorList(saved, saved_count)) call.saved.push_back(tensor);
    KernelFunction::apply(all, &call);
  });
}
