// The steps of a flow that training does not move, over tiles of panels; see dispatch.hpp for how this file is read.

/// Standardization.swift: (x - mean) / scale, or back. The log-determinant is that of all scales.
template <class Scalar> static void standardize(const FlowTile<Scalar> &tile, const ck::FlowStep &step) {
  const Scalar *mean = tile.tensor(step.firstTensor), *scale = tile.tensor(step.firstTensor + 1);
  const ptrdiff_t features = tile.plan.flow.features;
  Scalar logScale = 0;
  for (ptrdiff_t feature = 0; feature < features; ++feature) {
    logScale += std::log(scale[feature]);
    for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
      Scalar *line = tile.values + panel * tile.plan.valuesSize() + feature * ck::panelRows;
      for (ptrdiff_t row = 0; row < ck::panelRows; row += widthOf<Scalar>) {
        const Vector<Scalar> value = load<Scalar>(line + row);
        store<Scalar>(line + row, tile.plan.flow.is_inverse
                                      ? fma(value, Vector<Scalar>(scale[feature]), Vector<Scalar>(mean[feature]))
                                      : (value - mean[feature]) / scale[feature]);
      }
    }
  }
  for (ptrdiff_t i = 0; i < tile.panels * ck::panelRows; ++i)
    tile.logs[i] += tile.plan.flow.is_inverse ? logScale : -logScale;
}

template <class Scalar> static void standardizeBackward(const FlowTile<Scalar> &tile, const ck::FlowStep &step) {
  const Scalar *scale = tile.tensor(step.firstTensor + 1);
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel)
    for (ptrdiff_t i = 0; i < tile.plan.valuesSize(); ++i) {
      Scalar &value = tile.values[panel * tile.plan.valuesSize() + i];
      value = tile.plan.flow.is_inverse ? value * scale[i / ck::panelRows] : value / scale[i / ck::panelRows];
    }
}

/// Lines in another order: place i is filled from order[i], or, `isTurned`, place order[i] from place i.
template <class Scalar>
static void permute(const FlowTile<Scalar> &tile, const ck::FlowStep &step, bool isTurned, Scalar *copy) {
  const auto *order = static_cast<const int64_t *>(tile.tensors[step.firstTensor]);
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
    Scalar *lines = tile.values + panel * tile.plan.valuesSize();
    std::copy_n(lines, tile.plan.valuesSize(), copy);
    for (ptrdiff_t place = 0; place < tile.plan.flow.features; ++place)
      std::copy_n(copy + (isTurned ? place : order[place]) * ck::panelRows, ck::panelRows,
                  lines + (isTurned ? order[place] : place) * ck::panelRows);
  }
}

/// z = A (x - before) + after, as Orthogonal.swift and Whitening.swift; A's element (i, p) lies at i * line + p * depth.
template <class Scalar> struct LinearMap {
  const Scalar *a;
  ptrdiff_t line, depth;
  const Scalar *before = nullptr, *after = nullptr;
  Scalar logDeterminant = 0;

  LinearMap(const FlowTile<Scalar> &tile, const ck::FlowStep &step) {
    const ptrdiff_t features = tile.plan.flow.features;
    const bool isInverse = tile.plan.flow.is_inverse, isRotation = step.kind == CK_FLOW_ROTATION;
    const bool isTurned = isInverse || !isRotation;
    line = isTurned ? 1 : features;
    depth = isTurned ? features : 1;
    a = tile.tensor(step.firstTensor + (isRotation ? 0 : isInverse ? 2 : 1));
    if (isRotation) return;
    (isInverse ? after : before) = tile.tensor(step.firstTensor);
    const Scalar log = *tile.tensor(step.firstTensor + 3);
    logDeterminant = isInverse ? -log : log;
  }
};

template <class Scalar> static void mix(const FlowTile<Scalar> &tile, const ck::FlowStep &step, Scalar *copy) {
  const LinearMap<Scalar> map(tile, step);
  const ptrdiff_t features = tile.plan.flow.features;
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
    Scalar *values = tile.values + panel * tile.plan.valuesSize();
    for (ptrdiff_t i = 0; i < tile.plan.valuesSize(); ++i)
      copy[i] = map.before ? values[i] - map.before[i / ck::panelRows] : values[i];
    FlowProduct<Scalar> product{map.a, map.line, map.depth, copy, ck::panelRows, values, ck::panelRows,
                                features, features, ck::panelRows};
    product.bias = map.after;
    multiply<Scalar>(product);
  }
  for (ptrdiff_t i = 0; i < tile.panels * ck::panelRows; ++i) tile.logs[i] += map.logDeterminant;
}

template <class Scalar> static void mixBackward(const FlowTile<Scalar> &tile, const ck::FlowStep &step, Scalar *copy) {
  const LinearMap<Scalar> map(tile, step);
  const ptrdiff_t features = tile.plan.flow.features;
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
    Scalar *values = tile.values + panel * tile.plan.valuesSize();
    std::copy_n(values, tile.plan.valuesSize(), copy);
    multiply<Scalar>({map.a, map.depth, map.line, copy, ck::panelRows, values, ck::panelRows, features, features,
                      ck::panelRows});
  }
}
