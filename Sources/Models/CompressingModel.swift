import Autoencoders
import DensityEstimation
public import Probability
public import Torch

/// A model whose rows have probabilities that lossless coding can use.
public protocol CompressingModel: DensityModel {
  /// What codes rows, as the model sees them.
  ///
  /// - Parameters:
  ///   - name: the model's name, for messages.
  ///   - columns: the names of its columns.
  /// - Returns: the coder.
  /// - Throws: `ModelError.cannot` when a row has a density, or codes have distributions that cannot be coded.
  func tableCoder(_ name: String, columns: [String]) throws(ModelError) -> any TableCoder

  /// What coding can reach: log p of each row, or the lower bound that bits-back coding pays, in nats, `[rows]`.
  func codingLogProb(_ rows: Tensor) -> Tensor
}

extension EstimatedModel: CompressingModel {
  func tableCoder(_ name: String, columns: [String]) throws(ModelError) -> any TableCoder {
    guard let factorized = distribution as? any FactorizedDistribution else { throw .cannotCompress(name) }
    if let coder = FactorizationCoder(factorized.factorization) { return coder }
    let continuous = zip(columns, factorized.columns).filter { !$1.isDiscrete }.map(\.0)
    let shown = continuous.prefix(5).joined(separator: ", ") + (continuous.count > 5 ? ", ..." : "")
    throw .cannot(
      model: name, action: "compress rows whose columns have densities (\(shown))",
      instead: "fit it again with --set 'configuration.columns={discrete: [\(shown)]}', or to other columns")
  }

  func codingLogProb(_ rows: Tensor) -> Tensor { logProb(rows, given: nil) }
}

extension CausalTableModel: CompressingModel {
  func tableCoder(_ name: String, columns: [String]) throws(ModelError) -> any TableCoder {
    try EstimatedModel(distribution: causes).tableCoder(name, columns: columns)
  }

  func codingLogProb(_ rows: Tensor) -> Tensor { logProb(rows, given: nil) }
}

extension VariationalModel: CompressingModel {
  func tableCoder(_ name: String, columns: [String]) throws(ModelError) -> any TableCoder {
    if let coder = BitsBackCoder(autoencoder) { return coder }
    guard autoencoder.configuration.likelihood.isDiscrete else {
      throw .cannot(
        model: name, action: "compress rows that have densities",
        instead: "fit it with --set configuration.likelihood=bernoulli, or {discretizedLogistic: {levels: 256}}")
    }
    guard autoencoder.configuration.contextFeatures == 0 else {
      throw .cannot(model: name, action: "compress rows with conditions", instead: "fit it without --given")
    }
    throw .cannot(
      model: name, action: "compress with a learned prior or a flow as posterior",
      instead: "fit it with the standard normal prior and the Gaussian posterior")
  }

  func codingLogProb(_ rows: Tensor) -> Tensor { autoencoder.evidence(of: rows, samples: 8).lowerBound }
}

extension ModelError {
  /// A model without probabilities that can be coded.
  static func cannotCompress(_ model: String) -> ModelError {
    .cannot(
      model: model, action: "compress",
      instead: "fit independent, autoregressive or chow-liu to discrete columns, or a vae with a discrete likelihood")
  }
}
