public import DensityEstimation

/// A density model whose codes give rows back exactly, and are standard normal when the model is right.
public protocol LatentModel: DensityModel, CodeModel {}

/// A density model that is one distribution, computed from data.
public protocol DistributionModel: DensityModel {
  /// The distribution of rows as the model sees them; with noise on columns that were dequantized.
  var distribution: any StoredDistribution { get }
}

extension FlowModel: LatentModel {}

extension EstimatedModel: DistributionModel {}

extension CausalTableModel: DistributionModel {
  var distribution: any StoredDistribution { causes }
}

extension DequantizedModel: LatentModel where Base: LatentModel {}

extension SupportedModel: LatentModel where Base: LatentModel {}

extension DequantizedModel: DistributionModel where Base: DistributionModel {
  var distribution: any StoredDistribution { base.distribution }
}
