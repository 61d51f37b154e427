#include "ck_flow.h"
#include "dispatch.hpp"
#include "flow_plan.hpp"
#include "parallel.hpp"
#include "scratch.hpp"
#include <atomic>
#include <utility>

#define CK_BODY "flow_body.hpp"
#include "for_each_instruction_set.hpp"

namespace {

using ck::FlowPlan;

/// Panels that one thread takes at a time: a small batch is halved, so that two threads have work.
ptrdiff_t piecePanels(ptrdiff_t panels) { return std::clamp<ptrdiff_t>((panels + 1) / 2, 1, ck::tilePanels); }

/// In the backward each piece has sums of its own, so that there are at most 16.
ptrdiff_t backwardPiecePanels(ptrdiff_t panels) { return std::max(piecePanels(panels), (panels + 15) / 16); }

template <class Scalar>
void runPiece(const FlowPlan &plan, const void *const *tensors, Scalar *z, Scalar *logs, Scalar *tape, Scalar *scratch,
              ptrdiff_t first, ptrdiff_t end) {
  CK_DISPATCH(flowPiece<Scalar>, plan, tensors, z, logs, tape, scratch, first, end);
}

template <class Scalar>
void runBackwardPiece(const FlowPlan &plan, const void *const *saved, Scalar *tape, const void *const *outputGradients,
                      void *const *inputGradients, Scalar *gradients, Scalar *scratch, ptrdiff_t first, ptrdiff_t end) {
  CK_DISPATCH(flowBackwardPiece<Scalar>, plan, saved, tape, outputGradients, inputGradients, gradients, scratch, first,
              end);
}

template <class Scalar>
int32_t forward(const FlowPlan &plan, const void *const *tensors, void *z, void *logs, void *tape) {
  const ptrdiff_t panels = plan.panels();
  // Of many rows a piece has several tiles, which share its memory.
  const ptrdiff_t size = panels > 64 ? 4 * ck::tilePanels : piecePanels(panels);
  std::atomic<int32_t> status = CK_OK;
  ck::parallel((panels + size - 1) / size, [&](ptrdiff_t piece) {
    const auto scratch = ck::makeScratch<Scalar>(plan.scratchSize(tape));
    if (!scratch) return status.store(CK_OUT_OF_MEMORY);
    runPiece<Scalar>(plan, tensors, static_cast<Scalar *>(z), static_cast<Scalar *>(logs), static_cast<Scalar *>(tape),
                     scratch.get(), piece * size, std::min(panels, (piece + 1) * size));
  });
  return status;
}

/// Adds a tensor's sums of all pieces in order, and leaves out what pads their lines and what is masked.
template <class Scalar>
void addPieces(const FlowPlan &plan, const ck::FlowGradient &gradient, const int64_t *structure, const Scalar *sums,
               ptrdiff_t pieces, Scalar *out) {
  for (ptrdiff_t line = 0; line < gradient.lines; ++line, out += gradient.columns) {
    const Scalar *from = sums + gradient.offset + line * gradient.stride;
    const ptrdiff_t context = gradient.columns - gradient.contexts;
    const ptrdiff_t end = structure ? structure[gradient.ends + line] : gradient.columns;
    std::copy_n(from, end, out);
    if (structure) {
      std::fill(out + end, out + context, Scalar(0));
      std::copy_n(from + context, gradient.contexts, out + context);
    }
    for (ptrdiff_t piece = 1; piece < pieces; ++piece) {
      from += plan.gradientSize;
      for (ptrdiff_t i = 0; i < end; ++i) out[i] += from[i];
      for (ptrdiff_t i = std::max(end, context); i < gradient.columns; ++i) out[i] += from[i];
    }
  }
}

/// Zeros in a buffer's gradient where none of the tensors lies.
template <class Scalar>
void fillGaps(const FlowPlan &plan, const CKFlow &flow, const ck::FlowTensors &tensors, Scalar *buffer) {
  ptrdiff_t filled = 0;
  for (size_t tensor = 0; tensor < plan.gradients.size(); ++tensor) {
    auto *out = static_cast<Scalar *>(tensors.gradients[tensor]);
    if (!out || out < buffer || out >= buffer + flow.buffer_size) continue;
    const ptrdiff_t size = plan.gradients[tensor].lines * plan.gradients[tensor].columns;
    std::fill_n(out + size, ck::padded(size) - size, Scalar(0));
    filled += ck::padded(size);
  }
  // There are parameters of other layers.
  if (filled < flow.buffer_size) std::fill_n(buffer, flow.buffer_size, Scalar(0));
}

/// Writes the gradients of parameters, and zeros between those that lie in a buffer.
template <class Scalar>
void writeGradients(const FlowPlan &plan, const CKFlow &flow, const ck::FlowTensors &tensors, const Scalar *sums,
                    ptrdiff_t pieces, void *const *inputGradients) {
  if (flow.buffer >= 0 && inputGradients[flow.buffer])
    fillGaps<Scalar>(plan, flow, tensors, static_cast<Scalar *>(inputGradients[flow.buffer]));
  const auto write = [&](ptrdiff_t tensor) {
    auto *out = static_cast<Scalar *>(tensors.gradients[tensor]);
    const ck::FlowGradient &gradient = plan.gradients[tensor];
    if (!out || gradient.offset < 0) return;
    const void *structure = gradient.structure < 0 ? nullptr : tensors.values[gradient.structure];
    addPieces<Scalar>(plan, gradient, static_cast<const int64_t *>(structure), sums, pieces, out);
  };
  const ptrdiff_t count = plan.gradients.size();
  // A smaller sum is not worth waking a thread.
  if (pieces * plan.gradientSize >= 1 << 17) return ck::parallel(count, write);
  for (ptrdiff_t tensor = 0; tensor < count; ++tensor) write(tensor);
}

template <class Scalar>
int32_t backward(const FlowPlan &plan, const CKFlow &flow, const void *const *saved,
                 const void *const *outputGradients, void *const *inputGradients) {
  const ptrdiff_t panels = plan.panels(), size = backwardPiecePanels(panels), pieces = (panels + size - 1) / size;
  const ck::FlowTensors tensors(flow, plan.gradients.size(), saved, inputGradients);
  auto *tape = static_cast<Scalar *>(const_cast<void *>(saved[flow.tape]));
  const auto sums = ck::makeScratch<Scalar>(pieces * plan.gradientSize);
  if (!sums) return CK_OUT_OF_MEMORY;
  std::atomic<int32_t> status = CK_OK;
  ck::parallel(pieces, [&](ptrdiff_t piece) {
    const auto scratch = ck::makeScratch<Scalar>(plan.backwardScratchSize());
    if (!scratch) return status.store(CK_OUT_OF_MEMORY);
    Scalar *own = sums.get() + piece * plan.gradientSize;
    runBackwardPiece<Scalar>(plan, tensors.values.data(), tape, outputGradients, tensors.gradients.data(), own,
                             scratch.get(), piece * size, std::min(panels, (piece + 1) * size));
  });
  if (status == CK_OK) writeGradients<Scalar>(plan, flow, tensors, sums.get(), pieces, inputGradients);
  return status;
}

bool hasBadOrder(const FlowPlan &plan, const void *const *tensors) {
  return std::any_of(plan.steps.begin(), plan.steps.end(), [&](const ck::FlowStep &step) {
    if (step.kind != CK_FLOW_PERMUTATION) return false;
    const auto *order = static_cast<const int64_t *>(tensors[step.firstTensor]);
    return std::any_of(order, order + plan.flow.features,
                       [&](int64_t index) { return index < 0 || index >= plan.flow.features; });
  });
}

} // namespace

static thread_local bool isWantedAlways = false;

bool ck_flow_is_wanted(void) noexcept {
#ifdef __OPTIMIZE__
  return true;
#else
  return isWantedAlways;
#endif
}

bool ck_flow_want_always(bool wanted) noexcept { return std::exchange(isWantedAlways, wanted); }

ptrdiff_t ck_flow_tape_size(const CKFlow *flow) noexcept {
  const FlowPlan plan(*flow, true);
  return plan.panels() * plan.tapeSize;
}

int32_t ck_flow(const CKFlow *flow, const void *const *tensors, void *z, void *log_determinant, void *tape) noexcept {
  const FlowPlan plan(*flow, tape != nullptr);
  if (hasBadOrder(plan, tensors)) return CK_FLOW_BAD_ORDER;
  return flow->is_wide ? forward<double>(plan, tensors, z, log_determinant, tape)
                       : forward<float>(plan, tensors, z, log_determinant, tape);
}

int32_t ck_flow_backward(const void *const *saved, const void *const *output_gradients, void *const *input_gradients,
                         const void *settings) noexcept {
  const auto &flow = *static_cast<const CKFlow *>(settings);
  const FlowPlan plan(flow, true);
  return flow.is_wide ? backward<double>(plan, flow, saved, output_gradients, input_gradients)
                      : backward<float>(plan, flow, saved, output_gradients, input_gradients);
}
