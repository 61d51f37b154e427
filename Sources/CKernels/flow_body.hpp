// Pieces of rows through a flow and back; see dispatch.hpp for how this file is read.

#include "flow_matrix_body.hpp"
#include "flow_spline_body.hpp"
#include "philox_body.hpp"
#include "flow_network_body.hpp"
#include "flow_coupling_body.hpp"
#include "flow_autoregressive_body.hpp"
#include "flow_fixed_body.hpp"
#include "flow_scaling_body.hpp"
#include "flow_density_body.hpp"

/// Rows [count, features] as panels; 0 where a panel has no row. Nothing (0) for no rows.
template <class Scalar>
static void loadPanels(const Scalar *rows, ptrdiff_t count, ptrdiff_t features, ptrdiff_t panels, Scalar *out) {
  for (ptrdiff_t panel = 0; panel < panels; ++panel, out += features * ck::panelRows) {
    const ptrdiff_t first = panel * ck::panelRows, own = rows ? std::min(ck::panelRows, count - first) : 0;
    for (ptrdiff_t feature = 0; feature < features; ++feature) {
      Scalar *line = out + feature * ck::panelRows;
      for (ptrdiff_t row = 0; row < own; ++row) line[row] = rows[(first + row) * features + feature];
      std::fill(line + own, line + ck::panelRows, Scalar(0));
    }
  }
}

template <class Scalar>
static void storePanels(const Scalar *panels, ptrdiff_t count, ptrdiff_t features, Scalar *rows) {
  for (ptrdiff_t first = 0; first < count; first += ck::panelRows, panels += features * ck::panelRows)
    for (ptrdiff_t row = 0; row < std::min(ck::panelRows, count - first); ++row)
      for (ptrdiff_t feature = 0; feature < features; ++feature)
        rows[(first + row) * features + feature] = panels[feature * ck::panelRows + row];
}

template <class Scalar>
static void prepareStep(const FlowTile<Scalar> &tile, const ck::FlowStep &step, Scalar *ready) {
  if (step.kind != CK_FLOW_SPLINE_COUPLING) return;
  const PanelSplineForm<Scalar> form(step);
  for (ptrdiff_t feature = 0; feature < step.kept; ++feature)
    prepareShared<Scalar>(form, tile.tensor(step.firstTensor) + feature * form.size(), ready + feature * form.size());
}

/// Cuts one block of memory into parts that start at whole vectors.
template <class Scalar> struct ScratchParts {
  Scalar *next;
  Scalar *take(ptrdiff_t count) { return std::exchange(next, next + ck::padded(count)); }
};

/// Sends rows of whole panels through the flow. `tape` is that of all rows, or null; `scratch` has `plan.scratchSize()`.
template <class Scalar>
static void flowPiece(const ck::FlowPlan &plan, const void *const *tensors, Scalar *z, Scalar *logs, Scalar *tape,
                      Scalar *scratch, ptrdiff_t firstPanel, ptrdiff_t endPanel) {
  const CKFlow &flow = plan.flow;
  ScratchParts<Scalar> parts{scratch};
  Scalar *values = parts.take(ck::tilePanels * plan.valuesSize()), *copy = parts.take(plan.valuesSize());
  Scalar *contexts = parts.take(ck::tilePanels * plan.contextSize());
  Scalar *tileLogs = parts.take(ck::tilePanels * ck::panelRows), *ready = parts.take(plan.sharedSize);
  Scalar *ownTape = tape ? nullptr : parts.take(ck::tilePanels * plan.tapeSize);
  for (ptrdiff_t panel = firstPanel; panel < endPanel; panel += ck::tilePanels) {
    const ptrdiff_t panels = std::min(ck::tilePanels, endPanel - panel), first = panel * ck::panelRows;
    const ptrdiff_t count = std::min(panels * ck::panelRows, flow.rows - first);
    const FlowTile<Scalar> tile{plan,   tensors,  panels,   tape ? tape + panel * plan.tapeSize : ownTape,
                                values, tileLogs, contexts, ready,
                                first};
    loadPanels<Scalar>(tile.tensor(0) + first * flow.features, count, flow.features, panels, values);
    if (flow.context_features > 0)
      loadPanels<Scalar>(tile.tensor(1) + first * flow.context_features, count, flow.context_features, panels, contexts);
    std::fill_n(tileLogs, panels * ck::panelRows, Scalar(0));
    for (const ck::FlowStep &step : plan.steps) {
      prepareStep<Scalar>(tile, step, ready);
      if (step.keepsValues() && tape)
        for (ptrdiff_t i = 0; i < panels; ++i)
          std::copy_n(values + i * plan.valuesSize(), plan.valuesSize(), tile.onTape(i, step.values));
      switch (step.kind) {
      case CK_FLOW_STANDARDIZATION: standardize<Scalar>(tile, step); break;
      case CK_FLOW_PERMUTATION: permute<Scalar>(tile, step, flow.is_inverse, copy); break;
      case CK_FLOW_ROTATION:
      case CK_FLOW_WHITENING: mix<Scalar>(tile, step, copy); break;
      case CK_FLOW_SPLINE_COUPLING: splineCoupling<Scalar>(tile, step); break;
      case CK_FLOW_SCALING: scale<Scalar>(tile, step); break;
      case CK_FLOW_AUTOREGRESSIVE: autoregress<Scalar>(tile, step); break;
      default: affineCoupling<Scalar>(tile, step);
      }
    }
    if (flow.is_density) {
      if (tape) keepCodes<Scalar>(tile);
      addNormalDensity<Scalar>(tile);
    } else {
      storePanels<Scalar>(values, count, flow.features, z + first * flow.features);
    }
    std::copy_n(tileLogs, count, logs + first);
  }
}

/// Sends gradients back. `gradients` has `plan.gradientSize` sums of the piece's rows.
template <class Scalar>
static void flowBackwardPiece(const ck::FlowPlan &plan, const void *const *tensors, Scalar *tape,
                              const void *const *outputGradients, void *const *inputGradients, Scalar *gradients,
                              Scalar *scratch, ptrdiff_t firstPanel, ptrdiff_t endPanel) {
  const CKFlow &flow = plan.flow;
  ScratchParts<Scalar> parts{scratch};
  Scalar *values = parts.take(ck::tilePanels * plan.valuesSize()), *copy = parts.take(plan.valuesSize());
  Scalar *contexts = parts.take(ck::tilePanels * plan.contextSize());
  Scalar *tileLogs = parts.take(ck::tilePanels * ck::panelRows), *ready = parts.take(plan.sharedSize);
  FlowBackward<Scalar> backward{inputGradients, gradients, true};
  backward.outer = parts.take(ck::tilePanels * plan.widest * ck::panelRows);
  backward.inner = parts.take(ck::tilePanels * plan.widest * ck::panelRows);
  backward.transposed = parts.take(ck::tilePanels * ck::panelRows * plan.widestInput);
  backward.sharedSums = parts.take(std::max(plan.sharedSize, flow.features));
  backward.shared = parts.take(plan.sharedSize * widthOf<Scalar>);
  for (const ck::FlowGradient &gradient : plan.gradients)
    if (!gradient.isProduct && gradient.offset >= 0)
      std::fill_n(gradients + gradient.offset, gradient.size(), Scalar(0));
  const auto *byValue = static_cast<const Scalar *>(flow.is_density ? nullptr : outputGradients[0]);
  const auto *byLog = static_cast<const Scalar *>(outputGradients[flow.is_density ? 0 : 1]);
  auto *byX = static_cast<Scalar *>(inputGradients[0]);
  auto *byContext = static_cast<Scalar *>(flow.context_features > 0 ? inputGradients[1] : nullptr);
  for (ptrdiff_t panel = firstPanel; panel < endPanel; panel += ck::tilePanels) {
    const ptrdiff_t panels = std::min(ck::tilePanels, endPanel - panel), first = panel * ck::panelRows;
    const ptrdiff_t count = std::min(panels * ck::panelRows, flow.rows - first);
    const FlowTile<Scalar> tile{plan,   tensors,  panels,   tape + panel * plan.tapeSize,
                                values, tileLogs, contexts, ready,
                                first};
    loadPanels<Scalar>(byLog ? byLog + first : nullptr, count, 1, panels, tileLogs);
    if (flow.is_density) normalDensityBackward<Scalar>(tile);
    else loadPanels<Scalar>(byValue ? byValue + first * flow.features : nullptr, count, flow.features, panels, values);
    std::fill_n(contexts, panels * plan.contextSize(), Scalar(0));
    for (auto step = plan.steps.rbegin(); step != plan.steps.rend(); ++step) {
      prepareStep<Scalar>(tile, *step, ready);
      switch (step->kind) {
      case CK_FLOW_STANDARDIZATION: standardizeBackward<Scalar>(tile, *step); break;
      case CK_FLOW_PERMUTATION: permute<Scalar>(tile, *step, !flow.is_inverse, copy); break;
      case CK_FLOW_ROTATION:
      case CK_FLOW_WHITENING: mixBackward<Scalar>(tile, *step, copy); break;
      case CK_FLOW_SPLINE_COUPLING: splineCouplingBackward<Scalar>(tile, backward, *step); break;
      case CK_FLOW_SCALING: scaleBackward<Scalar>(tile, backward, *step); break;
      case CK_FLOW_AUTOREGRESSIVE: autoregressBackward<Scalar>(tile, backward, *step); break;
      default: affineCouplingBackward<Scalar>(tile, backward, *step);
      }
    }
    backward.isFirst = false;
    if (byX) storePanels<Scalar>(values, count, flow.features, byX + first * flow.features);
    if (byContext) storePanels<Scalar>(contexts, count, flow.context_features, byContext + first * flow.context_features);
  }
}
