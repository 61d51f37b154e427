public import Torch

/// A state that each step of a series moves, through gates (GRU); in layers, and in both directions when asked for.
///
///     let (states, last) = unit.run(series, lengths: lengths)   // [*batch, length, outputFeatures], [*batch, outputFeatures]
///
/// Series of different lengths lie in one tensor: steps after the length of a series change nothing, and the backward
/// direction starts at its last step. Gates, layout, names and start are those of `torch.nn.GRU`, whose packed sequences
/// give the same numbers. Copying the layer shares its parameters.
///
/// - Shapes: input `[*batch, length, inputFeatures]`, output `[*batch, length, outputFeatures]`, the directions side by side.
/// - Reference: Cho et al., *Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine
///   Translation*, 2014. https://arxiv.org/abs/1406.1078
public struct GatedRecurrentUnit: Layer {
  /// The weights of each layer and direction: input, state, input bias, state bias.
  private let weights: [[[Parameter]]]
  /// The size of a state.
  public let hiddenFeatures: Int
  /// Dropout between layers.
  public let dropout: Dropout

  /// A unit with drawn weights.
  ///
  /// - Parameters:
  ///   - inputFeatures: the size of the input's last dimension.
  ///   - hiddenFeatures: the size of a state.
  ///   - layers: the number of layers, each over the states of the one before.
  ///   - isBidirectional: whether a second state of each layer runs from the end to the start.
  ///   - dropout: the probability that an element between layers is dropped in training.
  ///   - rng: the source of random numbers.
  public init(
    inputFeatures: Int, hiddenFeatures: Int, layers: Int = 1, isBidirectional: Bool = false, dropout: Double = 0,
    using rng: inout RandomGenerator
  ) {
    precondition(
      inputFeatures > 0 && hiddenFeatures > 0 && layers > 0,
      "GatedRecurrentUnit: expected positive sizes, got \(inputFeatures), \(hiddenFeatures) and \(layers) layers")
    let directions = isBidirectional ? 2 : 1
    let bound = 1 / Double(hiddenFeatures).squareRoot()
    let start = Initializer.uniform(from: -bound, to: bound)
    var weights: [[[Parameter]]] = []
    for layer in 0..<layers {
      let input = layer == 0 ? inputFeatures : directions * hiddenFeatures
      let rows = 3 * hiddenFeatures
      let shapes: [Shape] = [[rows, input], [rows, hiddenFeatures], [rows], [rows]]
      var own: [[Parameter]] = []
      for _ in 0..<directions { own.append(shapes.map { Parameter(start.tensor($0, using: &rng)) }) }
      weights.append(own)
    }
    self.weights = weights
    self.hiddenFeatures = hiddenFeatures
    self.dropout = Dropout(probability: dropout)
  }

  /// The size of the input's last dimension.
  public var inputFeatures: Int { weights[0][0][0].value.size(1) }

  /// The size of the output's last dimension.
  public var outputFeatures: Int { weights[0].count * hiddenFeatures }

  /// The last layer's state after each step, of series of one length.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor { run(input, context).states }

  /// The last layer's states.
  ///
  /// - Parameters:
  ///   - series: `[*batch, length, inputFeatures]`, finite after each series' length too.
  ///   - lengths: how many steps of each series count, `[*batch]`, 64-bit integers; nil for all.
  ///   - context: whether it trains, and its random numbers.
  /// - Returns: the states after each step, `[*batch, length, outputFeatures]`, which have no meaning after the length, and
  ///   those after all steps, `[*batch, outputFeatures]`: 0 for a series without steps.
  public func run(
    _ series: Tensor, lengths: Tensor? = nil, _ context: LayerContext = .inference
  ) -> (states: Tensor, last: Tensor) {
    let batch = series.shape.droppingTrailing(2)
    precondition(
      series.rank >= 2 && series.size(-1) == inputFeatures && lengths.map { $0.shape == batch } ?? true,
      "GatedRecurrentUnit: expected [*batch, length, \(inputFeatures)] and one length a series, got "
        + "\(series.shape) and \(lengths.map { "\($0.shape)" } ?? "no lengths")")
    let length = series.size(-2)
    guard length > 0 else {
      let empty = Tensor.zeros(batch + [outputFeatures], dtype: series.dtype, device: series.device)
      return (empty.unsqueezed(-2).narrowed(-2, from: 0, length: 0), empty)
    }
    let count = batch.elementCount
    let steps = Steps(length: length, lengths: lengths?.reshaped([count]), count: count, device: series.device)
    var states = series.reshaped([count] + series.shape.trailing(2))
    var last = states
    for (index, layer) in weights.enumerated() {
      if index > 0 { states = dropout(states, context) }
      (states, last) = run(layer, states, steps)
    }
    return (states.reshaped(batch + states.shape.trailing(2)), last.reshaped(batch + [outputFeatures]))
  }

  private func run(_ layer: [[Parameter]], _ input: Tensor, _ steps: Steps) -> (states: Tensor, last: Tensor) {
    let initial = Tensor.zeros([input.size(0), hiddenFeatures], dtype: input.dtype, device: input.device)
    var states: [Tensor] = []
    var last: [Tensor] = []
    for (direction, weights) in layer.enumerated() {
      let isReversed = direction == 1
      let result = (isReversed ? steps.reversing(input) : input)
        .gatedRecurrentUnit(from: initial, weights: weights.map(\.value))
      states.append(isReversed ? steps.reversing(result) : result)
      last.append(steps.last(of: result))
    }
    return layer.count == 1 ? (states[0], last[0]) : (.concatenating(states, -1), .concatenating(last, -1))
  }

  /// Visits the weights by layer and direction.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    for (layer, directions) in weights.enumerated() {
      for (weights, suffix) in zip(directions, ["", "_reverse"]) {
        for (parameter, name) in zip(weights, ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]) {
          visitor.visit(parameter, named: "\(name)_l\(layer)\(suffix)")
        }
      }
    }
  }
}

/// Where the steps of series of different lengths lie.
private struct Steps {
  /// The position of each step counted from the end of its series, `[count, length, 1]`; those after it stay where they are.
  private let reversed: Tensor
  /// The position of the last step of each series, `[count, 1, 1]`.
  private let lastStep: Tensor?
  /// 0 for series without steps, 1 for all others, `[count, 1]`.
  private let isPresent: Tensor?
  private let length: Int

  init(length: Int, lengths: Tensor?, count: Int, device: Device) {
    self.length = length
    let position = Tensor.range(length, device: device).unsqueezed(0)
    guard let lengths = lengths?.unsqueezed(1) else {
      reversed = (length - 1 - position).broadcasted(to: [count, length]).unsqueezed(-1)
      (lastStep, isPresent) = (nil, nil)
      return
    }
    reversed = select(position .< lengths, lengths - 1 - position, position).unsqueezed(-1)
    lastStep = select(lengths .> 0, lengths - 1, 0).unsqueezed(-1)
    isPresent = lengths .> 0
  }

  func reversing(_ series: Tensor) -> Tensor { series.takingAlong(reversed, 1) }

  func last(of states: Tensor) -> Tensor {
    guard let lastStep, let isPresent else { return states.narrowed(1, from: length - 1, length: 1).squeezed(1) }
    return select(isPresent, states.takingAlong(lastStep, 1).squeezed(1), 0)
  }
}
