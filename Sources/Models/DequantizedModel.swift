import Autoencoders
import Datasets
import Diagnostics
import NeuralNetworks
import Torch

/// A model of rows with discrete columns: a continuous one that sees them with noise of one step.
///
/// It can what the continuous one can. A trained model sees fresh noise in every step of training.
struct DequantizedModel<Base: GenerativeModel> {
  /// The continuous model.
  let base: Base
  /// The noise, and the way back.
  let dequantization: Dequantization

  private func noisy(_ batch: Batch, _ context: LayerContext) -> Batch {
    Batch(values: dequantization.noisy(batch.values, using: &context.rng), context: batch.context)
  }

  /// Rows with noise, the same in every call with the same rows.
  func noisy(_ rows: Tensor) -> Tensor { noisy(Batch(values: rows), .inference).values }
}

extension DequantizedModel: GenerativeModel {
  var features: Int { base.features }

  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    dequantization.rounded(base.sample(count, given: context, using: &rng))
  }

  func state() -> [String: Tensor] { base.state() }

  func move(to device: Device) throws(ModelError) { try base.move(to: device) }

  /// The continuous model: values of a grid have no density of their own.
  func underTest(columns: [String], given context: Tensor?) -> ModelUnderTest {
    base.underTest(columns: columns, given: context)
  }

  func conditionalUnderTest(columns: [String]) -> ConditionalModelUnderTest {
    base.conditionalUnderTest(columns: columns)
  }

  func rowsUnderTest(_ rows: Tensor, using rng: inout RandomGenerator) -> Tensor {
    base.rowsUnderTest(dequantization.noisy(rows, using: &rng), using: &rng)
  }
}

extension DequantizedModel: DensityModel where Base: DensityModel {
  /// The log-density of rows with noise, which is the same in every call with the same rows.
  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor {
    base.logProb(noisy(rows), given: context)
  }
}

extension DequantizedModel: SeriesModel where Base: SeriesModel {}

extension DequantizedModel: TrainedModel, Module where Base: TrainedModel {
  var defect: String? { base.defect }
  var slowParts: [String] { base.slowParts }

  func prepare(for data: Batch) {
    let noisy = noisy(data, .inference)
    let grids = dequantization.grids
    guard grids.count == features, let low = grids.map(\.minimum).min(),
      let high = grids.map({ $0.maximum + $0.step }).max()
    else { return base.prepare(for: noisy) }
    base.prepare(for: noisy, within: low...high)
  }

  func loss(_ batch: Batch, _ context: LayerContext) -> Tensor { base.loss(noisy(batch, context), context) }

  func finish(for data: Batch) { base.finish(for: noisy(data, .inference)) }

  func visitParameters(_ visitor: inout some ParameterVisitor) { base.visitParameters(&visitor) }
}

extension DequantizedModel: CodeModel where Base: CodeModel {
  var codeFeatures: Int { base.codeFeatures }

  func codeStatistics(of rows: Tensor, given context: Tensor?) -> CodeStatistics? {
    base.codeStatistics(of: noisy(rows), given: context)
  }

  /// The codes of rows with noise, which is the same in every call with the same rows.
  func encode(_ rows: Tensor, given context: Tensor?) -> Tensor { base.encode(noisy(rows), given: context) }

  func decode(_ codes: Tensor, given context: Tensor?) -> Tensor {
    dequantization.rounded(base.decode(codes, given: context))
  }
}

extension GenerativeModel {
  /// This model over rows whose columns lie on grids; itself when none does.
  func dequantizing(_ grids: [ColumnGrid]) -> any GenerativeModel {
    guard !grids.isEmpty else { return self }
    return DequantizedModel(base: self, dequantization: Dequantization(grids, features: features))
  }
}

extension TrainedModel {
  /// This model over rows whose columns lie on grids; itself when none does.
  func dequantizing(_ grids: [ColumnGrid]) -> any TrainedModel {
    guard !grids.isEmpty else { return self }
    return DequantizedModel(base: self, dequantization: Dequantization(grids, features: features))
  }
}
