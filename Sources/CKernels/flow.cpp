#include "ck_flow.h"
#include "dispatch.hpp"
#include "flow_plan.hpp"
#include "parallel.hpp"
#include "scratch.hpp"
#include <atomic>
#include <cstdlib>
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

/// Adds the pieces' sums in order, and leaves out what pads their lines.
template <class Scalar>
void addPieces(const FlowPlan &plan, const Scalar *sums, ptrdiff_t pieces, void *const *inputGradients) {
  ck::parallel(ptrdiff_t(plan.gradients.size()), [&](ptrdiff_t tensor) {
    const ck::FlowGradient &gradient = plan.gradients[tensor];
    auto *out = static_cast<Scalar *>(inputGradients[tensor]);
    if (!out || gradient.offset < 0) return;
    for (ptrdiff_t line = 0; line < gradient.lines; ++line) {
      Scalar *own = out + line * gradient.columns;
      for (ptrdiff_t piece = 0; piece < pieces; ++piece) {
        const Scalar *from = sums + piece * plan.gradientSize + gradient.offset + line * gradient.stride;
        if (piece == 0) std::copy_n(from, gradient.columns, own);
        else
          for (ptrdiff_t i = 0; i < gradient.columns; ++i) own[i] += from[i];
      }
    }
  });
}

template <class Scalar>
void backward(const FlowPlan &plan, const void *const *saved, const void *const *outputGradients,
              void *const *inputGradients) {
  const ptrdiff_t panels = plan.panels(), size = backwardPiecePanels(panels), pieces = (panels + size - 1) / size;
  auto *tape = static_cast<Scalar *>(const_cast<void *>(saved[plan.gradients.size()]));
  const auto sums = ck::makeScratch<Scalar>(pieces * plan.gradientSize);
  if (!sums) std::abort();
  ck::parallel(pieces, [&](ptrdiff_t piece) {
    const auto scratch = ck::makeScratch<Scalar>(plan.backwardScratchSize());
    if (!scratch) std::abort(); // a gradient has no way to fail
    Scalar *own = sums.get() + piece * plan.gradientSize;
    std::fill_n(own, plan.gradientSize, Scalar(0));
    runBackwardPiece<Scalar>(plan, saved, tape, outputGradients, inputGradients, own, scratch.get(), piece * size,
                             std::min(panels, (piece + 1) * size));
  });
  addPieces<Scalar>(plan, sums.get(), pieces, inputGradients);
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

void ck_flow_backward(const void *const *saved, const void *const *output_gradients, void *const *input_gradients,
                      const void *flow) noexcept {
  const FlowPlan plan(*static_cast<const CKFlow *>(flow), true);
  plan.flow.is_wide ? backward<double>(plan, saved, output_gradients, input_gradients)
                    : backward<float>(plan, saved, output_gradients, input_gradients);
}
