import Datasets
import NeuralNetworks
import Torch

/// A model of rows with discrete columns: a continuous one that sees them with fresh noise in every step.
protocol DequantizedModel: GenerativeModel {
  /// The type of the continuous model.
  associatedtype Base
  /// The continuous model.
  var base: Base { get }
  /// The same model, as one that draws.
  var generator: any GenerativeModel { get }
  /// The noise, and the way back.
  var dequantization: Dequantization { get }
}

extension DequantizedModel {
  var features: Int { generator.features }

  var defect: String? { generator.defect }

  func prepare(for data: Batch) { generator.prepare(for: noisy(data, .inference)) }

  func loss(_ batch: Batch, _ context: LayerContext) -> Tensor { generator.loss(noisy(batch, context), context) }

  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    dequantization.rounded(generator.sample(count, given: context, using: &rng))
  }

  func visitParameters(_ visitor: inout some ParameterVisitor) { generator.visitParameters(&visitor) }

  fileprivate func noisy(_ batch: Batch, _ context: LayerContext) -> Batch {
    Batch(values: dequantization.noisy(batch.values, using: &context.rng), context: batch.context)
  }
}

/// A dequantized model that only draws.
struct DequantizedGenerator: DequantizedModel {
  let base: any GenerativeModel
  let dequantization: Dequantization
  var generator: any GenerativeModel { base }
}

/// A dequantized model with a density: that of rows with noise.
struct DequantizedDensity: DequantizedModel, DensityModel {
  let base: any DensityModel
  let dequantization: Dequantization
  var generator: any GenerativeModel { base }

  /// The log-density of rows with noise, which is the same in every call with the same rows.
  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor {
    base.logProb(noisy(Batch(values: rows, context: context), .inference).values, given: context)
  }
}

extension GenerativeModel {
  /// This model over rows whose columns lie on grids; itself when none does.
  func dequantizing(_ grids: [ColumnGrid]) -> any GenerativeModel {
    guard !grids.isEmpty else { return self }
    let dequantization = Dequantization(grids, features: features)
    if let density = self as? any DensityModel {
      return DequantizedDensity(base: density, dequantization: dequantization)
    }
    return DequantizedGenerator(base: self, dequantization: dequantization)
  }
}
