// Autoregressive layers over tiles of panels; see dispatch.hpp for how this file is read. The references are
// AutoregressiveBijection.swift, FeatureTransform.swift and LevelEvaluation.swift.

/// log 1000, which log-scales stay below, as in FeatureTransform.swift.
constexpr double flowLogScaleBound = 6.907755278982137;

/// What softly keeps a log-scale within the bound: s / (1 + |s| / bound) for a number s, and its slope's root.
template <class Scalar> CK_INLINE Vector<Scalar> squashOf(Vector<Scalar> s) {
  return Scalar(1) / (Scalar(1) + choose(s < Scalar(0), -s, s) * Scalar(1 / flowLogScaleBound));
}

/// A panel's line through shifts and, where there are any, log-scales.
template <class Scalar>
static void affineLine(const Scalar *shifts, const Scalar *logScales, bool isInverse, Scalar *values, Scalar *logs) {
  for (ptrdiff_t row = 0; row < ck::panelRows; row += widthOf<Scalar>) {
    const Vector<Scalar> value = load<Scalar>(values + row), shift = load<Scalar>(shifts + row);
    if (!logScales) {
      store<Scalar>(values + row, isInverse ? value - shift : value + shift);
      continue;
    }
    const Vector<Scalar> s = load<Scalar>(logScales + row), logScale = s * squashOf<Scalar>(s);
    const Vector<Scalar> change = isInverse ? -logScale : logScale, scale = expOf<Scalar>(change);
    store<Scalar>(values + row, isInverse ? (value - shift) * scale : fma(value, scale, shift));
    store<Scalar>(logs + row, load<Scalar>(logs + row) + change);
  }
}

/// Gradients of `affineLine` from data to code: `gradients` holds those of values, in place; `out` gets the parameters'.
template <class Scalar>
static void affineGradientLine(const Scalar *logScales, const Scalar *values, Scalar *gradients, const Scalar *logs,
                               Scalar *out) {
  for (ptrdiff_t row = 0; row < ck::panelRows; row += widthOf<Scalar>) {
    const Vector<Scalar> given = load<Scalar>(gradients + row);
    store<Scalar>(out + row, given);
    if (!logScales) continue;
    const Vector<Scalar> s = load<Scalar>(logScales + row), squash = squashOf<Scalar>(s);
    const Vector<Scalar> product = given * expOf<Scalar>(s * squash);
    const Vector<Scalar> byLogScale = fma(product, load<Scalar>(values + row), load<Scalar>(logs + row));
    store<Scalar>(gradients + row, product);
    store<Scalar>(out + ck::panelRows + row, byLogScale * squash * squash);
  }
}

/// Features from `first` to `end` of the structure's order, from the parameters that are on the tape.
template <class Scalar>
static void transformFeatures(const FlowTile<Scalar> &tile, const ck::FlowStep &step, ptrdiff_t first, ptrdiff_t end,
                              bool isInverse) {
  const PanelSplineForm<Scalar> form(step);
  const int64_t *order = tile.numbers(step.firstTensor);
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
    Scalar *logs = tile.logs + panel * ck::panelRows;
    for (ptrdiff_t place = first; place < end; ++place) {
      Scalar *parameters =
          tile.onTape(panel, step.linears.back().output) + place * step.groupSize() * ck::panelRows;
      Scalar *values = tile.values + panel * tile.plan.valuesSize() + order[place] * ck::panelRows;
      if (step.map == CK_FLOW_SPLINE) {
        exponentiateLines<Scalar>(form.bins, parameters);
        splineLine<Scalar, false>(form, parameters, isInverse, values, logs);
      } else {
        affineLine<Scalar>(parameters, step.map == CK_FLOW_AFFINE ? parameters + ck::panelRows : nullptr, isInverse,
                           values, logs);
      }
    }
  }
}

/// Puts features of the order from `first` to `end` into the network's input.
template <class Scalar>
static void collectFeatures(const FlowTile<Scalar> &tile, const ck::FlowStep &step, ptrdiff_t first, ptrdiff_t end) {
  const int64_t *order = tile.numbers(step.firstTensor);
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel)
    for (ptrdiff_t place = first; place < end; ++place)
      std::copy_n(tile.values + panel * tile.plan.valuesSize() + order[place] * ck::panelRows, ck::panelRows,
                  tile.onTape(panel, step.input) + place * ck::panelRows);
}

/// Goes level by level, as features become known: each unit once.
template <class Scalar> static void solveLevels(const FlowTile<Scalar> &tile, const ck::FlowStep &step) {
  const int64_t *numbers = tile.numbers(step.firstTensor);
  const auto count = [&](const ck::FlowLinear &linear, ptrdiff_t level) {
    return level < 0 ? 0 : ptrdiff_t(numbers[linear.counts + level]);
  };
  for (ptrdiff_t level = 0; level < step.levels; ++level) {
    ptrdiff_t input = step.input;
    for (const ck::FlowLinear &linear : step.linears) {
      const ptrdiff_t first = count(linear, level - 1), end = count(linear, level);
      if (end > first) runLinear<Scalar>(tile, step, linear, input, first, end);
      input = linear.output;
    }
    const ck::FlowLinear &last = step.linears.back();
    const ptrdiff_t first = count(last, level - 1) / step.groupSize(), end = count(last, level) / step.groupSize();
    transformFeatures<Scalar>(tile, step, first, end, true);
    collectFeatures<Scalar>(tile, step, first, end);
  }
}

template <class Scalar> static void autoregress(const FlowTile<Scalar> &tile, const ck::FlowStep &step) {
  const ptrdiff_t features = tile.plan.flow.features;
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel)
    std::copy_n(tile.contexts + panel * tile.plan.contextSize(), tile.plan.contextSize(),
                tile.onTape(panel, step.input) + features * ck::panelRows);
  if (tile.plan.flow.is_inverse != step.is_turned) return solveLevels<Scalar>(tile, step);
  collectFeatures<Scalar>(tile, step, 0, features);
  runNetwork<Scalar>(tile, step);
  transformFeatures<Scalar>(tile, step, 0, features, false);
}

template <class Scalar>
static void autoregressBackward(const FlowTile<Scalar> &tile, FlowBackward<Scalar> &backward,
                                const ck::FlowStep &step) {
  const PanelSplineForm<Scalar> form(step);
  const ptrdiff_t features = tile.plan.flow.features, groupSize = step.groupSize() * ck::panelRows;
  const int64_t *order = tile.numbers(step.firstTensor);
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel)
    for (ptrdiff_t place = 0; place < features; ++place) {
      const Scalar *parameters = tile.onTape(panel, step.linears.back().output) + place * groupSize;
      const Scalar *values = tile.onTape(panel, step.input) + place * ck::panelRows;
      const Scalar *logs = tile.logs + panel * ck::panelRows;
      Scalar *gradients = tile.values + panel * tile.plan.valuesSize() + order[place] * ck::panelRows;
      Scalar *out = backward.outer + panel * tile.plan.widest * ck::panelRows + place * groupSize;
      if (step.map == CK_FLOW_SPLINE)
        splineGradientLine<Scalar, false>(form, parameters, false, values, gradients, logs, out);
      else
        affineGradientLine<Scalar>(step.map == CK_FLOW_AFFINE ? parameters + ck::panelRows : nullptr, values, gradients,
                                   logs, out);
    }
  runNetworkBackward<Scalar>(tile, backward, step);
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
    const Scalar *input = backward.outer + panel * tile.plan.widest * ck::panelRows;
    Scalar *context = tile.contexts + panel * tile.plan.contextSize();
    for (ptrdiff_t place = 0; place < features; ++place) {
      Scalar *gradients = tile.values + panel * tile.plan.valuesSize() + order[place] * ck::panelRows;
      for (ptrdiff_t row = 0; row < ck::panelRows; ++row) gradients[row] += input[place * ck::panelRows + row];
    }
    for (ptrdiff_t i = 0; i < tile.plan.contextSize(); ++i) context[i] += input[features * ck::panelRows + i];
  }
}
