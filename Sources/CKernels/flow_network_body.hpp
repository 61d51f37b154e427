// The networks of steps over tiles of panels; see dispatch.hpp for how this file is read. The reference is
// MultilayerPerceptron.swift.

/// tanh(x) within 3 units in the last place; Cephes' rational approximation near 0.
CK_INLINE Vector<float> tanhNearZero(Vector<float> x) {
  const Vector<float> z = x * x;
  Vector<float> p = -5.70498872745e-3f;
  p = fma(p, z, Vector<float>(2.06390887954e-2f));
  p = fma(p, z, Vector<float>(-5.37397155531e-2f));
  p = fma(p, z, Vector<float>(1.33314422036e-1f));
  p = fma(p, z, Vector<float>(-3.33332819422e-1f));
  return fma(p * z, x, x);
}
CK_INLINE Vector<double> tanhNearZero(Vector<double> x) {
  const Vector<double> z = x * x;
  Vector<double> p = -9.64399179425052238628e-1;
  p = fma(p, z, Vector<double>(-9.92877231001918586564e1));
  p = fma(p, z, Vector<double>(-1.61468768441708447952e3));
  Vector<double> q = z + 1.12811678491632931402e2;
  q = fma(q, z, Vector<double>(2.23548839060100448583e3));
  q = fma(q, z, Vector<double>(4.84406305325125486048e3));
  return fma(x * z, p / q, x);
}
template <class Scalar> CK_INLINE Vector<Scalar> tanhOf(Vector<Scalar> x) {
  const Vector<Scalar> size = choose(x < Scalar(0), -x, x);
  const Vector<Scalar> far = Scalar(1) - Scalar(2) / (expOf<Scalar>(size + size) + Scalar(1));
  const Vector<Scalar> value = choose(x < Scalar(0), -far, far);
  return choose(size < Scalar(0.625), tanhNearZero(x), value);
}

/// Some panels that go through a flow together.
template <class Scalar> struct FlowTile {
  const ck::FlowPlan &plan;
  const void *const *tensors;
  ptrdiff_t panels;
  Scalar *tape;        // of the first panel
  Scalar *values;      // [panel][features]: the rows on their way; on the way back their gradients
  Scalar *logs;        // [panel]: the log-determinant; on the way back its gradient
  Scalar *contexts;    // [panel][context features]; on the way back their gradients
  const Scalar *ready; // of the step: the shared splines
  ptrdiff_t firstRow;  // its number among all rows

  const Scalar *tensor(ptrdiff_t index) const { return static_cast<const Scalar *>(tensors[index]); }
  const int64_t *numbers(ptrdiff_t index) const { return static_cast<const int64_t *>(tensors[index]); }
  Scalar *onTape(ptrdiff_t panel, ptrdiff_t place) const { return tape + panel * plan.tapeSize + place; }
};

/// The nonlinearity in place, and its derivative where the tape keeps it. (The product took care of relu.)
template <class Scalar>
static void activateLines(int32_t activation, Scalar *lines, Scalar *slopes, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count * ck::panelRows; i += widthOf<Scalar>) {
    const Vector<Scalar> x = load<Scalar>(lines + i);
    if (activation == CK_FLOW_TANH) {
      const Vector<Scalar> y = tanhOf<Scalar>(x);
      store<Scalar>(lines + i, y);
      if (slopes) store<Scalar>(slopes + i, Scalar(1) - y * y);
    } else {
      const Vector<Scalar> share = logisticOf<Scalar>(x);
      store<Scalar>(lines + i, x * share);
      store<Scalar>(slopes + i, fma(x * share, Scalar(1) - share, share));
    }
  }
}

CK_INLINE void multiplyLanes(float *place, Mask<float> isKept, float scale) {
  store<float>(place, load<float>(place) * choose(isKept, Vector<float>(scale), Vector<float>(0)));
}
CK_INLINE void multiplyLanes(double *place, Mask<float> isKept, double scale) {
  for (int part = 0; part < 2; ++part, place += widthOf<double>) {
    const Mask<double> mask = __builtin_convertvector(part == 0 ? isKept.lo : isKept.hi, Mask<double>);
    store<double>(place, load<double>(place) * choose(mask, Vector<double>(scale), Vector<double>(0)));
  }
}

/// Sets elements of a hidden layer's lines to 0 and scales the others, as Dropout.swift, and slopes with them. Whether an
/// element stays is a function of the call's seed, its step, layer, line and row.
template <class Scalar>
static void dropElements(const FlowTile<Scalar> &tile, const ck::FlowStep &step, const ck::FlowLinear &linear,
                         ptrdiff_t firstLine, ptrdiff_t endLine) {
  const uint32_t threshold = uint32_t(step.dropout * 0x1p32);
  const uint32_t stream = uint32_t(step.index * CK_FLOW_MAXIMUM_DEPTH + (&linear - step.linears.data()));
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel) {
    Scalar *lines = tile.onTape(panel, linear.output);
    Scalar *slopes = linear.slope < 0 ? nullptr : tile.onTape(panel, linear.slope);
    for (ptrdiff_t block = firstLine / 4; block * 4 < endLine; ++block)
      for (ptrdiff_t row = 0; row < ck::panelRows; row += wordLanes) {
        const Counters counters = countersFrom(uint64_t(tile.firstRow + panel * ck::panelRows + row));
        const WordBlock words = philox(tile.plan.flow.seed, counters, uint32_t(block), stream);
        for (ptrdiff_t line = std::max(firstLine, 4 * block); line < std::min(endLine, 4 * block + 4); ++line) {
          const Mask<float> isKept = words.words[line - 4 * block] >= Words(threshold);
          multiplyLanes(lines + line * ck::panelRows + row, isKept, step.keptScale<Scalar>());
          if (slopes) multiplyLanes(slopes + line * ck::panelRows + row, isKept, step.keptScale<Scalar>());
        }
      }
  }
}

/// Outputs of a layer from `first` to `end`, for the input on the tape.
template <class Scalar>
static void runLinear(const FlowTile<Scalar> &tile, const ck::FlowStep &step, const ck::FlowLinear &linear,
                      ptrdiff_t input, ptrdiff_t first, ptrdiff_t end) {
  const bool isLast = &linear == &step.linears.back();
  const ptrdiff_t own = linear.inputs - linear.contexts;
  FlowProduct<Scalar> product{tile.tensor(linear.weight) + first * linear.inputs, linear.inputs, 1,
                              tile.onTape(0, input), ck::panelRows,
                              tile.onTape(0, linear.output) + first * ck::panelRows, ck::panelRows, own, end - first,
                              ck::panelRows};
  product.panels = tile.panels;
  product.bPanel = product.cPanel = tile.plan.tapeSize;
  product.bias = tile.tensor(linear.weight + 1) + first;
  if (linear.contexts > 0) {
    FlowProduct<Scalar> byContext = product;
    byContext.a += own;
    byContext.b += own * ck::panelRows;
    byContext.depth = linear.contexts;
    multiply<Scalar>(byContext);
    product.adds = true;
  }
  if (linear.ends >= 0) product.ends = tile.numbers(step.firstTensor) + linear.ends + first;
  product.isRectified = !isLast && step.activation == CK_FLOW_RELU;
  multiply<Scalar>(product);
  if (isLast) return;
  if (step.activation != CK_FLOW_RELU)
    for (ptrdiff_t panel = 0; panel < tile.panels; ++panel)
      activateLines<Scalar>(step.activation, tile.onTape(panel, linear.output) + first * ck::panelRows,
                            linear.slope < 0 ? nullptr : tile.onTape(panel, linear.slope) + first * ck::panelRows,
                            end - first);
  if (step.dropout > 0) dropElements<Scalar>(tile, step, linear, first, end);
}

/// The network's output at the place of its last layer on the tape, for the input that is there.
template <class Scalar> static void runNetwork(const FlowTile<Scalar> &tile, const ck::FlowStep &step) {
  ptrdiff_t input = step.input;
  for (const ck::FlowLinear &linear : step.linears) {
    runLinear<Scalar>(tile, step, linear, input, 0, linear.outputs);
    input = linear.output;
  }
}

/// What the backward of a piece of rows works with.
template <class Scalar> struct FlowBackward {
  void *const *wanted; // which gradients of tensors are
  Scalar *gradients;   // as ck::FlowPlan lays them out
  bool isFirst;        // tile of the piece: products have nothing to add to
  Scalar *outer, *inner; // [panel][widest]: gradients of a layer's output and input
  Scalar *transposed;  // [panel][64 rows][widest input]
  Scalar *sharedSums;  // of what all rows share in a step: gradients, one number each
  Scalar *shared;      // the same before lanes are added, one vector each

  Scalar *gradient(const ck::FlowPlan &plan, ptrdiff_t tensor) const {
    return wanted[tensor] ? gradients + plan.gradients[tensor].offset : nullptr;
  }
};

/// Multiplies gradients of outputs by the nonlinearity's derivative; that of relu is `slope` where the output is above 0.
template <class Scalar>
static void multiplyBySlopes(int32_t activation, Scalar slope, Scalar *gradients, const Scalar *outputs,
                             const Scalar *slopes, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count * ck::panelRows; i += widthOf<Scalar>) {
    const Vector<Scalar> given = load<Scalar>(gradients + i);
    if (slopes) {
      store<Scalar>(gradients + i, given * load<Scalar>(slopes + i));
    } else if (activation == CK_FLOW_RELU) {
      store<Scalar>(gradients + i, choose(load<Scalar>(outputs + i) > Scalar(0), given * slope, Vector<Scalar>(0)));
    } else {
      const Vector<Scalar> y = load<Scalar>(outputs + i);
      store<Scalar>(gradients + i, given * (Scalar(1) - y * y));
    }
  }
}

/// Adds the gradients of a layer's weight and bias.
template <class Scalar>
static void addLinearGradients(const FlowTile<Scalar> &tile, const FlowBackward<Scalar> &backward,
                               const ck::FlowStep &step, const ck::FlowLinear &linear, ptrdiff_t input) {
  const ptrdiff_t panelSize = tile.plan.widest * ck::panelRows;
  if (Scalar *bias = backward.gradient(tile.plan, linear.weight + 1))
    addLaneSums<Scalar>(linear.outputs, bias, [&](ptrdiff_t line) {
      Vector<Scalar> sum = Scalar(0);
      for (ptrdiff_t panel = 0; panel < tile.panels; ++panel)
        for (ptrdiff_t row = 0; row < ck::panelRows; row += widthOf<Scalar>)
          sum += load<Scalar>(backward.outer + panel * panelSize + line * ck::panelRows + row);
      return sum;
    });
  Scalar *weight = backward.gradient(tile.plan, linear.weight);
  if (!weight || linear.inputs == 0) return;
  const ptrdiff_t stride = ck::padded(linear.inputs);
  for (ptrdiff_t panel = 0; panel < tile.panels; ++panel)
    transposePanel<Scalar>(tile.onTape(panel, input), linear.inputs,
                           backward.transposed + panel * ck::panelRows * stride, stride);
  FlowProduct<Scalar> product{backward.outer, ck::panelRows, 1, backward.transposed, stride, weight, stride,
                              ck::panelRows, linear.outputs, stride};
  product.segments = tile.panels;
  product.aSegment = panelSize;
  product.bSegment = ck::panelRows * stride;
  product.adds = !backward.isFirst;
  // What is not seen is left out when pieces are added.
  if (linear.ends >= 0 && linear.contexts == 0) product.columnEnds = tile.numbers(step.firstTensor) + linear.ends;
  multiply<Scalar>(product);
}

/// The gradients of a layer's input, in `inner`, from those of its output.
template <class Scalar>
static void runLinearBackward(const FlowTile<Scalar> &tile, const FlowBackward<Scalar> &backward,
                              const ck::FlowStep &step, const ck::FlowLinear &linear) {
  const ptrdiff_t own = linear.inputs - linear.contexts;
  FlowProduct<Scalar> product{tile.tensor(linear.weight), 1, linear.inputs, backward.outer, ck::panelRows,
                              backward.inner, ck::panelRows, linear.outputs, own, ck::panelRows};
  product.panels = tile.panels;
  product.bPanel = product.cPanel = tile.plan.widest * ck::panelRows;
  if (linear.contexts > 0) {
    FlowProduct<Scalar> byContext = product;
    byContext.a += own;
    byContext.c += own * ck::panelRows;
    byContext.lines = linear.contexts;
    multiply<Scalar>(byContext);
  }
  if (linear.ends >= 0) product.starts = tile.numbers(step.firstTensor) + linear.starts;
  multiply<Scalar>(product);
}

/// From gradients of the network's output (`outer`) to those of its input, which end in `outer`, adding those of the
/// weights.
template <class Scalar>
static void runNetworkBackward(const FlowTile<Scalar> &tile, FlowBackward<Scalar> &backward, const ck::FlowStep &step) {
  const ptrdiff_t panelSize = tile.plan.widest * ck::panelRows;
  for (ptrdiff_t layer = ptrdiff_t(step.linears.size()) - 1; layer >= 0; --layer) {
    const ck::FlowLinear &linear = step.linears[layer];
    const ck::FlowLinear *before = layer > 0 ? &step.linears[layer - 1] : nullptr;
    addLinearGradients<Scalar>(tile, backward, step, linear, before ? before->output : step.input);
    runLinearBackward<Scalar>(tile, backward, step, linear);
    std::swap(backward.outer, backward.inner);
    if (!before) return;
    for (ptrdiff_t panel = 0; panel < tile.panels; ++panel)
      multiplyBySlopes<Scalar>(step.activation, step.keptScale<Scalar>(), backward.outer + panel * panelSize,
                               tile.onTape(panel, before->output), before->slope < 0 ? nullptr : tile.onTape(panel, before->slope),
                               linear.inputs);
  }
}
