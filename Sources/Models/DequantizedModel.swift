import Datasets
import NeuralNetworks
import Torch

/// A model of rows with discrete columns: a continuous one that sees them with fresh noise in every step.
protocol Dequantizing: GenerativeModel {
  associatedtype Base
  var base: Base { get }
  var dequantization: Dequantization { get }
}

/// A dequantized model without a density.
struct DequantizedModel: Dequantizing {
  let base: any GenerativeModel
  let dequantization: Dequantization

  var features: Int { base.features }

  func prepare(for data: Batch) { base.prepare(for: noisy(data, .inference)) }

  func loss(_ batch: Batch, _ context: LayerContext) -> Tensor { base.loss(noisy(batch, context), context) }

  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    dequantization.rounded(base.sample(count, given: context, using: &rng))
  }

  func visitParameters(_ visitor: inout some ParameterVisitor) { base.visitParameters(&visitor) }
}

/// A dequantized model with a density: that of rows with noise.
struct DequantizedDensityModel: Dequantizing, DensityModel {
  let base: any DensityModel
  let dequantization: Dequantization

  var features: Int { base.features }

  func prepare(for data: Batch) { base.prepare(for: noisy(data, .inference)) }

  func loss(_ batch: Batch, _ context: LayerContext) -> Tensor { base.loss(noisy(batch, context), context) }

  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    dequantization.rounded(base.sample(count, given: context, using: &rng))
  }

  /// The log-density of rows with noise, which is the same in every call.
  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor {
    base.logProb(noisy(Batch(values: rows, context: context), .inference).values, given: context)
  }

  func visitParameters(_ visitor: inout some ParameterVisitor) { base.visitParameters(&visitor) }
}

extension Dequantizing {
  fileprivate func noisy(_ batch: Batch, _ context: LayerContext) -> Batch {
    Batch(values: dequantization.noisy(batch.values, using: &context.rng), context: batch.context)
  }
}

extension GenerativeModel {
  /// This model over rows whose columns lie on grids; itself when none does.
  func dequantizing(_ grids: [ColumnGrid]) -> any GenerativeModel {
    guard !grids.isEmpty else { return self }
    let dequantization = Dequantization(grids, features: features)
    if let density = self as? any DensityModel {
      return DequantizedDensityModel(base: density, dequantization: dequantization)
    }
    return DequantizedModel(base: self, dequantization: dequantization)
  }
}
