import DensityEstimation
import Diagnostics
import Probability
import Torch

/// A normal distribution, or a mixture of them, of rows and their conditions together: given the conditions it is a mixture
/// again, in closed form. It works in 64 bits, on the processor.
///
/// Missing cells of a row are integrated out.
struct ConditionalMixtureModel: DensityModel {
  /// The columns that are modelled; the others of the joint distribution, behind them, are given.
  let features: Int
  /// The joint distribution as it is stored.
  private let stored: any StoredDistribution
  private let joint: GaussianMixture

  private static let chunkSize = 8192

  /// A model of the first columns given the others; nil for a distribution without a closed form of it.
  ///
  /// - Throws: `DistributionError` when a covariance has no Cholesky factor.
  init?(_ stored: any StoredDistribution, features: Int) throws {
    switch stored {
    case let mixture as GaussianMixture: joint = mixture
    case let normal as MultivariateNormal:
      joint = try GaussianMixture(
        weights: Tensor.ones([1], dtype: .float64), means: normal.location.unsqueezed(0),
        covariances: normal.covariance.unsqueezed(0), structure: .full)
    default: return nil
    }
    self.stored = stored
    self.features = features
  }

  private var given: [Int] { Array(features..<joint.features) }

  /// The distributions of rows given conditions.
  func distribution(given context: Tensor?) -> GaussianMixture {
    guard let context else { preconditionFailure("ConditionalMixtureModel: expected conditions, got none") }
    return joint.conditioned(on: given, values: context.to(.float64))
  }

  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    distribution(given: context).sample([count], using: &rng)
  }

  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor {
    guard let context else { preconditionFailure("ConditionalMixtureModel: expected conditions, got none") }
    let rows = rows.to(.float64)
    return withoutGradient {
      guard context.rank > 1 else { return score(rows, given: context) }
      return Tensor.concatenating(
        zip(rows.split(size: Self.chunkSize), context.split(size: Self.chunkSize)).map { score($0, given: $1) })
    }
  }

  private func score(_ rows: Tensor, given context: Tensor) -> Tensor {
    guard rows.isNaN().any() else { return distribution(given: context).logProb(rows) }
    let values = context.to(.float64).broadcasted(to: [rows.size(0), given.count])
    return joint.logProb(ofObserved: Tensor.concatenating([rows, values], 1))
      - joint.marginal(of: given).logProb(values)
  }

  func state() -> [String: Tensor] { stored.tensors }

  func underTest(columns: [String], given context: Tensor?) -> ModelUnderTest {
    var model = ModelUnderTest(distribution(given: context), columns: columns)
    model.state = state()
    return model
  }

  func move(to device: Device) throws(ModelError) { try EstimatedModel(distribution: stored).move(to: device) }
}

extension DensityModel {
  /// This model of its first columns given the others; itself when none is given.
  ///
  /// - Throws: `ModelError.cannot` when it cannot be conditioned.
  func conditioned(features: Int, of entry: CatalogueEntry) throws -> any DensityModel {
    guard features < self.features else { return self }
    guard let stored = (self as? EstimatedModel)?.distribution,
      let model = try ConditionalMixtureModel(stored, features: features)
    else { throw ModelError.cannotBeConditioned(entry.name) }
    return model
  }
}
