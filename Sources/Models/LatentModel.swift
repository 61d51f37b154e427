public import DensityEstimation
import Flows
public import Torch

/// A density model that maps each row to a code, which is standard normal when the model is right.
public protocol LatentModel: DensityModel {
  /// The codes of rows as the model sees them, given their conditions, `[rows, features]`, without gradient.
  func latents(of rows: Tensor, given context: Tensor?) -> Tensor
}

/// A density model that is one distribution, computed from data.
public protocol DistributionModel: DensityModel {
  /// The distribution of rows as the model sees them; with noise on columns that were dequantized.
  var distribution: any StoredDistribution { get }
}

extension FlowModel: LatentModel {
  func latents(of rows: Tensor, given context: Tensor?) -> Tensor {
    let parts = rows.split(size: chunkSize)
    let contexts = context.map { $0.split(size: chunkSize).map(Optional.some) } ?? parts.map { _ in nil }
    return withoutGradient { Tensor.concatenating(zip(parts, contexts).map { flow.encode($0, given: $1) }) }
  }
}

extension EstimatedModel: DistributionModel {}

extension CausalTableModel: DistributionModel {
  var distribution: any StoredDistribution { causes }
}

extension DequantizedModel: LatentModel where Base: LatentModel {
  /// The codes of rows with noise, which is the same in every call with the same rows.
  func latents(of rows: Tensor, given context: Tensor?) -> Tensor {
    base.latents(of: noisy(rows), given: context)
  }
}

extension DequantizedModel: DistributionModel where Base: DistributionModel {
  var distribution: any StoredDistribution { base.distribution }
}
