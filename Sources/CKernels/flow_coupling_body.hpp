// Coupling layers over tiles of panels; see dispatch.hpp for how this file is read. The references are
// SplineCoupling.swift and AffineCoupling.swift (`BoundedAffine`).

/// Puts the network's input on the tape: the kept features and the context.
template <class Scalar> static void collectInput(const FlowTile<Scalar> &tile, const ck::FlowStep &step) {
  const ptrdiff_t keptSize = step.kept * ck::panelRows;
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
    Scalar *input = tile.onTape(panel, step.input);
    std::copy_n(tile.values + panel * tile.plan.valuesSize(), keptSize, input);
    std::copy_n(tile.contexts + panel * tile.plan.contextSize(), tile.plan.contextSize(), input + keptSize);
  }
}

/// Adds the gradients of the network's input to those of the kept features and the context.
template <class Scalar>
static void spreadInputGradients(const FlowTile<Scalar> &tile, const FlowBackward<Scalar> &backward,
                                 const ck::FlowStep &step) {
  const ptrdiff_t keptSize = step.kept * ck::panelRows;
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
    const Scalar *input = backward.outer + panel * tile.plan.widest * ck::panelRows;
    Scalar *kept = tile.values + panel * tile.plan.valuesSize();
    Scalar *context = tile.contexts + panel * tile.plan.contextSize();
    for (ptrdiff_t i = 0; i < keptSize; ++i) kept[i] += input[i];
    for (ptrdiff_t i = 0; i < tile.plan.contextSize(); ++i) context[i] += input[keptSize + i];
  }
}

// Spline couplings

template <class Scalar> static void transformKept(const FlowTile<Scalar> &tile, const ck::FlowStep &step) {
  const PanelSplineForm<Scalar> form(step);
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel)
    for (ptrdiff_t feature = 0; feature < step.kept; ++feature)
      splineLine<Scalar, true>(form, tile.ready + feature * form.size(), tile.plan.flow.is_inverse,
                               tile.values + panel * tile.plan.valuesSize() + feature * ck::panelRows,
                               tile.logs + panel * ck::panelRows);
}

template <class Scalar> static void transformMoved(const FlowTile<Scalar> &tile, const ck::FlowStep &step) {
  const PanelSplineForm<Scalar> form(step);
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
    Scalar *parameters = tile.onTape(panel, step.linears.back().output);
    for (ptrdiff_t feature = step.kept; feature < tile.plan.flow.features; ++feature) {
      exponentiateLines<Scalar>(form.bins, parameters);
      splineLine<Scalar, false>(form, parameters, tile.plan.flow.is_inverse,
                                tile.values + panel * tile.plan.valuesSize() + feature * ck::panelRows,
                                tile.logs + panel * ck::panelRows);
      parameters += form.size() * ck::panelRows;
    }
  }
}

template <class Scalar> static void splineCoupling(const FlowTile<Scalar> &tile, const ck::FlowStep &step) {
  // The network sees kept features as they are in the data.
  if (tile.plan.flow.is_inverse) transformKept<Scalar>(tile, step);
  collectInput<Scalar>(tile, step);
  if (!tile.plan.flow.is_inverse) transformKept<Scalar>(tile, step);
  runNetwork<Scalar>(tile, step);
  transformMoved<Scalar>(tile, step);
}

template <class Scalar>
static void transformKeptBackward(const FlowTile<Scalar> &tile, const FlowBackward<Scalar> &backward,
                                  const ck::FlowStep &step) {
  const PanelSplineForm<Scalar> form(step);
  const ptrdiff_t size = form.size(), count = step.kept * size;
  std::fill_n(backward.shared, count * widthOf<Scalar>, Scalar(0));
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel)
    for (ptrdiff_t feature = 0; feature < step.kept; ++feature)
      splineGradientLine<Scalar, true>(form, tile.ready + feature * size, tile.plan.flow.is_inverse,
                                       tile.onTape(panel, step.values) + feature * ck::panelRows,
                                       tile.values + panel * tile.plan.valuesSize() + feature * ck::panelRows,
                                       tile.logs + panel * ck::panelRows,
                                       backward.shared + feature * size * widthOf<Scalar>);
  Scalar *out = count > 0 ? backward.gradient(tile.plan, step.firstTensor) : nullptr;
  if (!out) return;
  std::fill_n(backward.sharedSums, ck::padded(count), Scalar(0));
  addLaneSums<Scalar>(count, backward.sharedSums,
                      [&](ptrdiff_t line) { return load<Scalar>(backward.shared + line * widthOf<Scalar>); });
  for (ptrdiff_t feature = 0; feature < step.kept; ++feature)
    finishSharedGradients<Scalar>(form, tile.tensor(step.firstTensor) + feature * size, tile.ready + feature * size,
                                  backward.sharedSums + feature * size, out + feature * ck::padded(size));
}

template <class Scalar>
static void splineCouplingBackward(const FlowTile<Scalar> &tile, FlowBackward<Scalar> &backward,
                                   const ck::FlowStep &step) {
  const PanelSplineForm<Scalar> form(step);
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
    const Scalar *parameters = tile.onTape(panel, step.linears.back().output);
    Scalar *out = backward.outer + panel * tile.plan.widest * ck::panelRows;
    for (ptrdiff_t feature = step.kept; feature < tile.plan.flow.features; ++feature) {
      splineGradientLine<Scalar, false>(form, parameters, tile.plan.flow.is_inverse,
                                        tile.onTape(panel, step.values) + feature * ck::panelRows,
                                        tile.values + panel * tile.plan.valuesSize() + feature * ck::panelRows,
                                        tile.logs + panel * ck::panelRows, out);
      parameters += form.size() * ck::panelRows;
      out += form.size() * ck::panelRows;
    }
  }
  if (!tile.plan.flow.is_inverse) transformKeptBackward<Scalar>(tile, backward, step);
  runNetworkBackward<Scalar>(tile, backward, step);
  spreadInputGradients<Scalar>(tile, backward, step);
  if (tile.plan.flow.is_inverse) transformKeptBackward<Scalar>(tile, backward, step);
}

// Affine couplings: z = shift + x exp(range tanh(s)); the network gives shifts, then s.

template <class Scalar> static void affineCoupling(const FlowTile<Scalar> &tile, const ck::FlowStep &step) {
  collectInput<Scalar>(tile, step);
  runNetwork<Scalar>(tile, step);
  const bool isInverse = tile.plan.flow.is_inverse;
  const Scalar *range = tile.tensor(step.firstTensor);
  const ptrdiff_t moved = tile.plan.flow.features - step.kept;
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
    Scalar *shifts = tile.onTape(panel, step.linears.back().output), *shares = shifts + moved * ck::panelRows;
    Scalar *values = tile.values + panel * tile.plan.valuesSize() + step.kept * ck::panelRows;
    Scalar *logs = tile.logs + panel * ck::panelRows;
    for (ptrdiff_t i = 0; i < moved * ck::panelRows; i += widthOf<Scalar>) {
      Scalar *log = logs + i % ck::panelRows;
      const Vector<Scalar> shift = load<Scalar>(shifts + i), share = tanhOf<Scalar>(load<Scalar>(shares + i));
      const Vector<Scalar> logScale = share * range[i / ck::panelRows], value = load<Scalar>(values + i);
      const Vector<Scalar> change = isInverse ? -logScale : logScale, scale = expOf<Scalar>(change);
      store<Scalar>(values + i, isInverse ? (value - shift) * scale : fma(value, scale, shift));
      store<Scalar>(log, load<Scalar>(log) + change);
      store<Scalar>(shares + i, share); // for the backward
    }
  }
}

template <class Scalar>
static void affineCouplingBackward(const FlowTile<Scalar> &tile, FlowBackward<Scalar> &backward,
                                   const ck::FlowStep &step) {
  const bool isInverse = tile.plan.flow.is_inverse;
  const Scalar *range = tile.tensor(step.firstTensor);
  const ptrdiff_t moved = tile.plan.flow.features - step.kept, size = moved * ck::panelRows;
  const auto rangeGradient = [&](ptrdiff_t feature) {
    Vector<Scalar> sum = Scalar(0);
    for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
      const Scalar *shifts = tile.onTape(panel, step.linears.back().output) + feature * ck::panelRows;
      const Scalar *before = tile.onTape(panel, step.values) + (step.kept + feature) * ck::panelRows;
      Scalar *gradients = tile.values + panel * tile.plan.valuesSize() + (step.kept + feature) * ck::panelRows;
      Scalar *out = backward.outer + (panel * tile.plan.widest + feature) * ck::panelRows;
      for (ptrdiff_t row = 0; row < ck::panelRows; row += widthOf<Scalar>) {
        const Vector<Scalar> share = load<Scalar>(shifts + size + row), value = load<Scalar>(before + row);
        const Vector<Scalar> logScale = share * range[feature];
        const Vector<Scalar> scale = expOf<Scalar>(isInverse ? -logScale : logScale);
        const Vector<Scalar> given = load<Scalar>(gradients + row), product = given * scale;
        const Vector<Scalar> byLog = load<Scalar>(tile.logs + panel * ck::panelRows + row);
        const Vector<Scalar> centered = isInverse ? value - load<Scalar>(shifts + row) : value;
        const Vector<Scalar> byChange = fma(product, centered, byLog);
        const Vector<Scalar> byLogScale = isInverse ? -byChange : byChange;
        store<Scalar>(gradients + row, product);
        store<Scalar>(out + row, isInverse ? -product : given);
        store<Scalar>(out + size + row, byLogScale * range[feature] * (Scalar(1) - share * share));
        sum = fma(byLogScale, share, sum);
      }
    }
    return sum;
  };
  std::fill_n(backward.sharedSums, ck::padded(moved), Scalar(0));
  addLaneSums<Scalar>(moved, backward.sharedSums, rangeGradient);
  if (Scalar *out = backward.gradient(tile.plan, step.firstTensor))
    for (ptrdiff_t feature = 0; feature < moved; ++feature) out[feature] += backward.sharedSums[feature];
  runNetworkBackward<Scalar>(tile, backward, step);
  spreadInputGradients<Scalar>(tile, backward, step);
}
