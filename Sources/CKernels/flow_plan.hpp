// Where the numbers of a flow lie while its kernels run.
//
// Rows are worked on in panels of 64, feature-major: [feature][64 rows]. So a linear layer is a product of its weight, as
// it is, with a panel; its result has the parameters of 64 splines side by side; and a permutation moves whole lines. A
// tile is some panels that go through the flow together, so that weights and their gradients are read once for all.
#pragma once
#include "ck_flow.h"
#include <algorithm>
#include <utility>
#include <vector>

namespace ck {

constexpr ptrdiff_t panelRows = 64, tilePanels = 4;

/// Room for whole vectors of any instruction set.
inline ptrdiff_t padded(ptrdiff_t count) { return (count + 15) / 16 * 16; }

/// One linear layer of a network.
struct FlowLinear {
  ptrdiff_t inputs, outputs;
  ptrdiff_t weight; // the index of the tensor; the bias is the next one
  ptrdiff_t output; // on the tape: what comes out, [outputs] lines, after the nonlinearity
  ptrdiff_t slope;  // on the tape: the nonlinearity's derivative, where the output does not tell it; else -1
  // Of a masked network: places among the numbers of the structure (see CK_FLOW_AUTOREGRESSIVE), and the last inputs,
  // which all outputs see.
  ptrdiff_t ends = -1, starts = -1, counts = -1, contexts = 0;
};

struct FlowStep : CKFlowStep {
  ptrdiff_t index; // among the steps, from data to code
  ptrdiff_t firstTensor;
  ptrdiff_t values; // on the tape: what goes into the step, [features] lines
  ptrdiff_t input;  // on the tape: what goes into the network
  std::vector<FlowLinear> linears;
  bool hasNetwork() const {
    return kind == CK_FLOW_SPLINE_COUPLING || kind == CK_FLOW_AFFINE_COUPLING || kind == CK_FLOW_AUTOREGRESSIVE;
  }
  /// Whether the backward needs what went in.
  bool keepsValues() const { return hasNetwork() || kind == CK_FLOW_SCALING; }
  /// The numbers that an autoregressive step's network gives each feature.
  ptrdiff_t groupSize() const { return map == CK_FLOW_SPLINE ? splineSize() : map == CK_FLOW_AFFINE ? 2 : 1; }
  ptrdiff_t splineSize() const { return 3 * bins - 1; }
  /// What elements are multiplied by that dropout leaves.
  template <class Scalar> Scalar keptScale() const { return Scalar(1 / (1 - dropout)); }
};

/// The gradient of a tensor, as a piece of rows collects it: lines of `stride` elements.
struct FlowGradient {
  ptrdiff_t offset = -1, lines = 0, columns = 0, stride = 0;
  bool isProduct = false; // a first product writes it; others start from 0
  ptrdiff_t structure = -1, ends = 0, contexts = 0; // of masked weights: the tensor, and as in FlowLinear
  ptrdiff_t size() const { return lines * stride; }
};

/// Where tensors lie, and where gradients of those go for which there is an address.
struct FlowTensors {
  std::vector<const void *> values;
  std::vector<void *> gradients;

  FlowTensors(const CKFlow &flow, ptrdiff_t count, const void *const *saved, void *const *inputGradients) {
    const auto *steps = reinterpret_cast<const CKFlowStep *>(&flow + 1);
    const auto *sources = reinterpret_cast<const CKFlowSource *>(steps + flow.step_count);
    const ptrdiff_t size = flow.is_wide ? sizeof(double) : sizeof(float);
    for (const CKFlowSource *source = sources; source < sources + count; ++source) {
      void *gradient = inputGradients[source->saved];
      values.push_back(static_cast<const char *>(saved[source->saved]) + source->offset * size);
      gradients.push_back(gradient ? static_cast<char *>(gradient) + source->offset * size : nullptr);
    }
  }
};

struct FlowPlan {
  CKFlow flow;
  std::vector<FlowStep> steps; // in the order in which they run
  ptrdiff_t tapeSize = 0;      // elements a panel
  ptrdiff_t codes = 0;         // on the tape, for densities: what comes out
  ptrdiff_t widest = 0;        // lines of the widest input or output of a linear layer
  ptrdiff_t widestInput = 0;   // columns of the widest input, padded
  ptrdiff_t sharedSize = 0;    // parameters of the most splines that rows share in one step
  std::vector<FlowGradient> gradients; // of each tensor
  ptrdiff_t gradientSize = 0;

  ptrdiff_t panels() const { return (flow.rows + panelRows - 1) / panelRows; }
  ptrdiff_t valuesSize() const { return flow.features * panelRows; }
  ptrdiff_t contextSize() const { return flow.context_features * panelRows; }

  /// Elements of memory that the forward of a piece works in, beside the tape; without a tape, for one tile of it too.
  ptrdiff_t scratchSize(bool hasTape) const {
    return tilePanels * (valuesSize() + contextSize() + panelRows + (hasTape ? 0 : tapeSize)) + valuesSize() +
           sharedSize;
  }
  ptrdiff_t backwardScratchSize() const {
    return scratchSize(true) + tilePanels * panelRows * (2 * widest + widestInput) +
           std::max(sharedSize, padded(flow.features)) + 16 * sharedSize;
  }

  /// Where everything lies; without `keepsTape`, steps use the same places one after another.
  FlowPlan(const CKFlow &flow, bool keepsTape) : flow(flow) {
    const auto *given = reinterpret_cast<const CKFlowStep *>(&flow + 1);
    ptrdiff_t tensor = 1;
    gradients.resize(1);
    if (flow.context_features > 0) {
      ++tensor;
      gradients.emplace_back();
    }
    ptrdiff_t end = 0;
    for (ptrdiff_t index = 0; index < flow.step_count; ++index) {
      FlowStep step{given[index], index};
      step.firstTensor = tensor;
      if (step.hasNetwork()) {
        tensor = planNetwork(step, keepsTape ? end : 0, end);
      } else if (step.kind == CK_FLOW_SCALING) {
        step.values = std::exchange(end, end + valuesSize());
        for (int which = 0; which < 2; ++which, ++tensor) addGradient(1, flow.features);
      } else {
        const ptrdiff_t count = step.kind == CK_FLOW_STANDARDIZATION ? 2 : step.kind == CK_FLOW_WHITENING ? 4 : 1;
        tensor += count;
        gradients.resize(tensor);
      }
      steps.push_back(step);
    }
    codes = end;
    tapeSize = end + (flow.is_density && keepsTape ? valuesSize() : 0);
    if (flow.is_inverse) std::reverse(steps.begin(), steps.end());
  }

private:
  ptrdiff_t planNetwork(FlowStep &step, ptrdiff_t start, ptrdiff_t &end) {
    ptrdiff_t place = start, tensor = step.firstTensor;
    const auto lines = [&](ptrdiff_t count) { return std::exchange(place, place + count * panelRows); };
    const ptrdiff_t moved = flow.features - step.kept;
    const bool isMasked = step.kind == CK_FLOW_AUTOREGRESSIVE;
    if (isMasked) {
      gradients.emplace_back();
      ++tensor;
    } else if (step.kind == CK_FLOW_AFFINE_COUPLING) {
      addGradient(1, moved);
      ++tensor;
    } else if (step.kept > 0) {
      addGradient(step.kept, step.splineSize());
      sharedSize = std::max(sharedSize, padded(step.kept * step.splineSize()));
      ++tensor;
    }
    ptrdiff_t inputs = step.kept + flow.context_features, number = flow.features;
    step.values = lines(flow.features);
    step.input = lines(inputs);
    for (int32_t layer = 0; layer < step.depth; ++layer) {
      const ptrdiff_t outputs = step.sizes[layer];
      // Of what dropout sets to 0 the output does not tell the slope of tanh.
      const bool keepsSlope = layer + 1 < step.depth && (step.activation == CK_FLOW_SILU ||
                                                         (step.activation == CK_FLOW_TANH && step.dropout > 0));
      FlowLinear linear{inputs, outputs, tensor, lines(outputs), -1};
      if (keepsSlope) linear.slope = lines(outputs);
      addGradient(outputs, inputs);
      gradients.back().isProduct = inputs > 0;
      if (isMasked) planMask(step, linear, number);
      step.linears.push_back(linear);
      addGradient(1, outputs);
      widest = std::max({widest, inputs, outputs});
      widestInput = std::max(widestInput, padded(inputs));
      inputs = outputs;
      tensor += 2;
    }
    end = std::max(end, place);
    return tensor;
  }

  void planMask(const FlowStep &step, FlowLinear &linear, ptrdiff_t &number) {
    linear.contexts = step.linears.empty() ? flow.context_features : 0;
    linear.ends = std::exchange(number, number + linear.outputs);
    linear.starts = std::exchange(number, number + linear.inputs - linear.contexts);
    linear.counts = std::exchange(number, number + step.levels);
    FlowGradient &weight = gradients.back();
    weight.structure = step.firstTensor;
    weight.ends = linear.ends;
    weight.contexts = linear.contexts;
  }

  void addGradient(ptrdiff_t lines, ptrdiff_t columns) {
    gradients.push_back({gradientSize, lines, columns, padded(columns)});
    gradientSize += lines * padded(columns);
  }
};

} // namespace ck
