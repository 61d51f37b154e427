// ActivationNormalization.swift over tiles of panels: z = shift + x exp(log-scale), both learned; see dispatch.hpp for how
// this file is read.

template <class Scalar> static void scale(const FlowTile<Scalar> &tile, const ck::FlowStep &step) {
  const Scalar *shift = tile.tensor(step.firstTensor), *logScale = tile.tensor(step.firstTensor + 1);
  const bool isInverse = tile.plan.flow.is_inverse;
  Scalar logs = 0;
  for (ptrdiff_t feature = 0; feature < tile.plan.flow.features; ++feature) {
    logs += logScale[feature];
    const Scalar factor = std::exp(isInverse ? -logScale[feature] : logScale[feature]);
    for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
      Scalar *line = tile.values + panel * tile.plan.valuesSize() + feature * ck::panelRows;
      for (ptrdiff_t row = 0; row < ck::panelRows; row += widthOf<Scalar>) {
        const Vector<Scalar> value = load<Scalar>(line + row);
        store<Scalar>(line + row, isInverse ? (value - shift[feature]) * factor
                                            : fma(value, Vector<Scalar>(factor), Vector<Scalar>(shift[feature])));
      }
    }
  }
  for (ptrdiff_t i = 0; i < tile.panels * ck::panelRows; ++i) tile.logs[i] += isInverse ? -logs : logs;
}

template <class Scalar>
static void scaleBackward(const FlowTile<Scalar> &tile, const FlowBackward<Scalar> &backward, const ck::FlowStep &step) {
  const Scalar *shift = tile.tensor(step.firstTensor), *logScale = tile.tensor(step.firstTensor + 1);
  Scalar *byShift = backward.gradient(tile.plan, step.firstTensor);
  Scalar *byLogScale = backward.gradient(tile.plan, step.firstTensor + 1);
  const bool isInverse = tile.plan.flow.is_inverse;
  for (ptrdiff_t feature = 0; feature < tile.plan.flow.features; ++feature) {
    const Scalar factor = std::exp(isInverse ? -logScale[feature] : logScale[feature]);
    Vector<Scalar> shiftSum = Scalar(0), logSum = Scalar(0);
    for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
      const ptrdiff_t place = feature * ck::panelRows;
      const Scalar *before = tile.onTape(panel, step.values) + place;
      Scalar *gradients = tile.values + panel * tile.plan.valuesSize() + place;
      for (ptrdiff_t row = 0; row < ck::panelRows; row += widthOf<Scalar>) {
        const Vector<Scalar> given = load<Scalar>(gradients + row), product = given * factor;
        const Vector<Scalar> value = load<Scalar>(before + row), centered = isInverse ? value - shift[feature] : value;
        logSum += fma(product, centered, load<Scalar>(tile.logs + panel * ck::panelRows + row));
        shiftSum += isInverse ? product : given;
        store<Scalar>(gradients + row, product);
      }
    }
    if (byShift) byShift[feature] += isInverse ? -sumOf(shiftSum) : sumOf(shiftSum);
    if (byLogScale) byLogScale[feature] += isInverse ? -sumOf(logSum) : sumOf(logSum);
  }
}
