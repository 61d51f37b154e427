public import Torch

/// One of the package's summary networks with its settings; in a file, a group under the name of the case.
///
///     {"deepSet": {"features": 2, "summaryFeatures": 16, …}}
public enum SummaryNetworkKind: Hashable, Sendable {
  /// Linear layers, for vectors.
  case multilayerPerceptron(MultilayerPerceptronSummary.Configuration)
  /// Convolutions, for images.
  case convolutional(ConvolutionalSummary.Configuration)
  /// A gated recurrent unit, for series.
  case recurrent(RecurrentSummary.Configuration)
  /// A transformer, for series.
  case transformer(TransformerSummary.Configuration)
  /// A pooled network of elements, for sets.
  case deepSet(DeepSet.Configuration)
  /// Attention between elements, for sets.
  case setTransformer(SetTransformer.Configuration)

  private var configuration: any SummaryNetworkConfiguration {
    switch self {
    case .multilayerPerceptron(let configuration): configuration
    case .convolutional(let configuration): configuration
    case .recurrent(let configuration): configuration
    case .transformer(let configuration): configuration
    case .deepSet(let configuration): configuration
    case .setTransformer(let configuration): configuration
    }
  }
}

extension SummaryNetworkKind: SummaryNetworkConfiguration {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case multilayerPerceptron, convolutional, recurrent, transformer, deepSet, setTransformer
  }

  private var key: CodingKeys {
    switch self {
    case .multilayerPerceptron: .multilayerPerceptron
    case .convolutional: .convolutional
    case .recurrent: .recurrent
    case .transformer: .transformer
    case .deepSet: .deepSet
    case .setTransformer: .setTransformer
    }
  }

  /// What one observation is.
  public var form: ObservationForm { configuration.form }
  /// The size of a summary.
  public var summaryFeatures: Int { configuration.summaryFeatures }
  /// The number of elements of all parameters.
  public var weightCount: Double { configuration.weightCount }

  /// Whether the values make sense, each alone and all together.
  ///
  /// - Throws: `SummaryNetworkConfigurationError` for the first that does not.
  public func validate() throws(SummaryNetworkConfigurationError) {
    do {
      try configuration.validate()
    } catch {
      throw SummaryNetworkConfigurationError(
        field: "\(key.rawValue).\(error.field)", expected: error.expected, actual: error.actual)
    }
  }

  /// A network with drawn weights; the configuration is valid.
  public func makeNetwork(using rng: inout RandomGenerator) -> any SummaryNetwork {
    configuration.makeNetwork(using: &rng)
  }

  /// Reads the group under the name of a case.
  ///
  /// - Throws: `DecodingError` unless there is exactly one such group, with all settings of its case.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard container.allKeys.count == 1, let key = container.allKeys.first else {
      let names = CodingKeys.allCases.map(\.rawValue).joined(separator: ", ")
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "expected exactly one group, named one of \(names)"))
    }
    func decoded<Value: Decodable>() throws -> Value { try container.decode(Value.self, forKey: key) }
    switch key {
    case .multilayerPerceptron: self = .multilayerPerceptron(try decoded())
    case .convolutional: self = .convolutional(try decoded())
    case .recurrent: self = .recurrent(try decoded())
    case .transformer: self = .transformer(try decoded())
    case .deepSet: self = .deepSet(try decoded())
    case .setTransformer: self = .setTransformer(try decoded())
    }
  }

  /// Writes the group under the name of the case.
  ///
  /// - Throws: what the encoder throws.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(configuration, forKey: key)
  }
}
