/// The largest sizes of a flow: far above what is of use, and small enough that a slip of the hand or a made-up file
/// ends in a message, not in a machine without memory.
enum Limit {
  static let features = 1_000_000
  static let layers = 1000
  static let hiddenFeatures = 65_536
  /// Hidden layers, or blocks, of one network.
  static let depth = 100
  static let weights = 1e9
  /// Pieces of a spline.
  static let bins = 4096
}

/// Stops at a size out of range.
func checkRange(
  _ field: String, _ value: Int, in range: ClosedRange<Int>, naming kind: String = ""
) throws(FlowConfigurationError) {
  guard range.contains(value) else {
    throw .outOfRange(
      field: field,
      expected: (kind.isEmpty ? "" : "\(kind) of ")
        + "at least \(range.lowerBound) and at most \(range.upperBound)", actual: "\(value)")
  }
}

/// Stops at hidden layers that are too many, too large or empty.
func checkHiddenFeatures(_ field: String, _ sizes: [Int]) throws(FlowConfigurationError) {
  try checkRange(field, sizes.count, in: 0...Limit.depth, naming: "a number of hidden layers")
  for size in sizes { try checkRange(field, size, in: 1...Limit.hiddenFeatures, naming: "a hidden size") }
}

/// Stops at a dropout probability that is none.
func checkDropout(_ dropout: Double) throws(FlowConfigurationError) {
  guard dropout >= 0 && dropout < 1 else {
    throw .outOfRange(field: "dropout", expected: "at least 0 and below 1", actual: "\(dropout)")
  }
}

/// Stops at a spline's box that is too small or too large.
func checkBound(_ field: String, _ bound: Double) throws(FlowConfigurationError) {
  guard bound >= 1e-3 && bound <= 1e6 else {
    throw .outOfRange(field: field, expected: "at least 0.001 and at most 1e6", actual: "\(bound)")
  }
}

extension FlowConfiguration {
  /// Stops at sizes of events and contexts that are out of range.
  func validateFeatures() throws(FlowConfigurationError) {
    try checkRange("features", features, in: 1...Limit.features)
    try checkRange("contextFeatures", contextFeatures, in: 0...Limit.features)
  }

  /// Stops at a flow too large to be built.
  func validateWeightCount() throws(FlowConfigurationError) {
    guard weightCount <= Limit.weights else { throw .tooManyWeights(count: weightCount) }
  }

  /// The number of weights of a flow of couplings.
  ///
  /// - Parameters:
  ///   - couplings: the number of couplings, their networks, and the mixing between them.
  ///   - kept: the number of features that a coupling keeps.
  ///   - parametersPerFeature: what a coupling's network gives for each transformed feature.
  ///   - ownPerFeature: what a coupling holds beside its network for each transformed feature.
  ///   - ownPerKeptFeature: what it holds for each kept feature.
  /// - Returns: the number of elements of all parameters and buffers.
  func weightCount(
    of couplings: CouplingOptions, keeping kept: Int, parametersPerFeature: Double, ownPerFeature: Double = 0,
    ownPerKeptFeature: Double = 0
  ) -> Double {
    let kept = Double(kept)
    let moved = Double(features) - kept
    let context = Double(contextFeatures)
    let outputs = moved * parametersPerFeature
    let network =
      kept + context > 0
      ? couplings.network.weightCount(inputFeatures: kept, contextFeatures: context, outputFeatures: outputs) : outputs
    let mixing = features > 1 ? couplings.mixing.weightCount(features: Double(features)) : 0
    let layers = Double(couplings.layers)
    return preprocessing.weightCount(features: Double(features)) + 2 * context
      + layers * (network + moved * ownPerFeature + kept * ownPerKeptFeature) + (layers - 1) * mixing
  }
}

extension ConditionerNetwork {
  /// Whether the sizes are within the limits.
  ///
  /// - Throws: `FlowConfigurationError` for the first that is not.
  func validate() throws(FlowConfigurationError) {
    switch self {
    case .multilayerPerceptron(let sizes): try checkHiddenFeatures("network", sizes)
    case .residual(let size, let blocks):
      try checkRange("network", size, in: 1...Limit.hiddenFeatures, naming: "a hidden size")
      try checkRange("network", blocks, in: 1...Limit.depth, naming: "a number of blocks")
    }
  }

  fileprivate func weightCount(inputFeatures: Double, contextFeatures: Double, outputFeatures: Double) -> Double {
    func linear(_ input: Double, _ output: Double) -> Double { (input + 1) * output }
    switch self {
    case .multilayerPerceptron(let hidden):
      let sizes = [inputFeatures + contextFeatures] + hidden.map(Double.init) + [outputFeatures]
      return zip(sizes, sizes.dropFirst()).reduce(0) { $0 + linear($1.0, $1.1) }
    case .residual(let hiddenFeatures, let blocks):
      let size = Double(hiddenFeatures)
      let gate = contextFeatures > 0 ? linear(contextFeatures, size) : 0
      return linear(inputFeatures + contextFeatures, size) + Double(blocks) * (2 * linear(size, size) + gate)
        + linear(size, outputFeatures)
    }
  }
}

extension Mixing {
  func weightCount(features: Double) -> Double {
    switch self {
    case .orthogonal, .householder: features * features
    case .permutation, .reversal: features
    case .lu: features * features + 2 * features
    case .unmixed: 0
    }
  }
}

extension Preprocessing {
  func weightCount(features: Double) -> Double {
    switch self {
    case .standardize: 2 * features
    case .whiten: features + 2 * features * features + 1
    case .logit, .softLogit: 2 * features + 2
    }
  }
}
