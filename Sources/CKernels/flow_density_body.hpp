// The density of standard normal codes at the end of a flow; see dispatch.hpp for how this file is read.

/// The panels on the tape that hold the codes.
template <class Scalar> static void keepCodes(const FlowTile<Scalar> &tile) {
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel)
    std::copy_n(tile.values + panel * tile.plan.valuesSize(), tile.plan.valuesSize(),
                tile.onTape(panel, tile.plan.codes));
}

/// Adds to the log-determinants the log-densities of standard normal codes, as StandardNormal.swift.
template <class Scalar> static void addNormalDensity(const FlowTile<Scalar> &tile) {
  const ptrdiff_t features = tile.plan.flow.features;
  const Scalar constant = Scalar(-0.5 * std::log(2 * 3.14159265358979323846) * double(features));
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel)
    for (ptrdiff_t row = 0; row < ck::panelRows; row += widthOf<Scalar>) {
      const Scalar *codes = tile.values + panel * tile.plan.valuesSize() + row;
      Scalar *log = tile.logs + panel * ck::panelRows + row;
      Vector<Scalar> squares = Scalar(0);
      for (ptrdiff_t feature = 0; feature < features; ++feature) {
        const Vector<Scalar> code = load<Scalar>(codes + feature * ck::panelRows);
        squares = fma(code, code, squares);
      }
      store<Scalar>(log, load<Scalar>(log) + fma(squares, Vector<Scalar>(Scalar(-0.5)), Vector<Scalar>(constant)));
    }
}

/// The gradients of codes by those of the log-densities.
template <class Scalar> static void normalDensityBackward(const FlowTile<Scalar> &tile) {
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
    const Scalar *codes = tile.onTape(panel, tile.plan.codes), *logs = tile.logs + panel * ck::panelRows;
    Scalar *out = tile.values + panel * tile.plan.valuesSize();
    for (ptrdiff_t i = 0; i < tile.plan.valuesSize(); i += widthOf<Scalar>)
      store<Scalar>(out + i, -load<Scalar>(codes + i) * load<Scalar>(logs + i % ck::panelRows));
  }
}
