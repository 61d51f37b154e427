import DensityEstimation
import Diagnostics
import Probability
import Torch

/// A distribution that was computed from data, as a model of the catalogue. It works in 64 bits, on the processor.
struct EstimatedModel: DensityModel {
  /// The distribution of rows, `[features]` each.
  let distribution: any StoredDistribution

  /// Rows scored at a time: bounds the memory of distributions that do not bound their own.
  private static let chunkSize = 32_768

  var features: Int { distribution.eventShape.rank == 1 ? distribution.eventShape[0] : 0 }

  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    distribution.sample([count], using: &rng)
  }

  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor {
    let rows = rows.to(.float64)
    guard let mixture = distribution as? GaussianMixture, rows.isNaN().any() else {
      return distribution.logProb(rows, chunkSize: Self.chunkSize)
    }
    return withoutGradient {
      Tensor.concatenating(rows.split(size: Self.chunkSize).map { mixture.logProb(ofObserved: $0) })
    }
  }

  func state() -> [String: Tensor] { distribution.tensors }

  /// With gradients where the distribution has them, and the values of discrete columns.
  func underTest(columns: [String], given context: Tensor?) -> ModelUnderTest {
    var model = ModelUnderTest(distribution, columns: columns)
    model.state = state()
    if let factorized = distribution as? any FactorizedDistribution {
      for (column, kind) in factorized.columns.enumerated() where kind.isDiscrete {
        model.discreteValues[column] = kind.values
      }
    }
    return model
  }

  func move(to device: Device) throws(ModelError) {
    guard device == .cpu else {
      throw .cannot(
        model: "it", action: "be used on \(device)", instead: "leave --device out: it runs on the processor")
    }
  }
}
