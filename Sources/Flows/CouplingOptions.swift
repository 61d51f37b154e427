import Foundation
public import NeuralNetworks
import Torch

/// What every flow of couplings can be told, whatever its couplings do.
public struct CouplingOptions: Hashable, Sendable, Codable {
  /// The number of couplings.
  public var layers: Int
  /// The network in each coupling.
  public var network: ConditionerNetwork
  /// The nonlinearity of the networks.
  public var activation: Activation
  /// The probability that a hidden element is dropped in training.
  public var dropout: Double
  /// What mixes features between couplings.
  public var mixing: Mixing

  /// Five couplings with hidden layers of 64 and 64, mixed by permutations, unless told otherwise.
  public init(
    layers: Int = 5, network: ConditionerNetwork = .multilayerPerceptron(hiddenFeatures: [64, 64]),
    activation: Activation = .relu, dropout: Double = 0, mixing: Mixing = .permutation
  ) {
    self.layers = layers
    self.network = network
    self.activation = activation
    self.dropout = dropout
    self.mixing = mixing
  }

  /// Whether the values make sense.
  ///
  /// - Throws: `FlowConfigurationError` for the first that does not.
  public func validate() throws(FlowConfigurationError) {
    try checkRange("layers", layers, in: 1...Limit.layers)
    try network.validate()
    try checkDropout(dropout)
    guard mixing != .unmixed else {
      throw .outOfRange(
        field: "mixing", expected: "one that lets couplings transform every feature", actual: mixing.rawValue)
    }
  }
}

extension CouplingOptions {
  /// Couplings with mixing between each two.
  func makeLayers(
    features: Int, keeping kept: Int, using rng: inout RandomGenerator,
    coupling: (inout RandomGenerator) -> any FlowLayer
  ) -> [any FlowLayer] {
    mixing.interleaved(layers, features: features, keeping: kept, using: &rng, layer: coupling)
  }
}

/// Why a configuration does not make a flow.
public enum FlowConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A value lies outside what is possible.
  case outOfRange(field: String, expected: String, actual: String)
  /// Every size is possible, but not all of them together.
  case tooManyWeights(count: Double)

  /// What is wrong: the field, what it must be and what it is.
  public var description: String {
    switch self {
    case .outOfRange(let field, let expected, let actual): "\(field): expected \(expected), got \(actual)"
    case .tooManyWeights(let count):
      "the flow would have \(Self.short(count)) weights; at most \(Self.short(Limit.weights))"
    }
  }

  private static func short(_ count: Double) -> String {
    String(format: "%.2g", count).replacing("e+0", with: "e").replacing("e+", with: "e")
  }
}
