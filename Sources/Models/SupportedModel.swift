import Autoencoders
import Datasets
import Diagnostics
import NeuralNetworks
import Probability
import Torch

/// A model of rows whose columns have bounds: one of unbounded rows, and the map between both. Draws lie within the bounds,
/// densities are those of the bounded rows, and 0 outside.
///
/// It can what the unbounded one can.
struct SupportedModel<Base: GenerativeModel> {
  /// The model of unbounded rows.
  let base: Base
  /// From bounded rows to unbounded ones.
  let map: SupportBijection

  /// Adds the change of volume to the log-densities of unbounded rows, minus infinity outside.
  private func score(_ rows: Tensor, _ logProb: (Tensor) -> Tensor) -> Tensor {
    let (isInside, safe) = map.split(rows)
    let (free, logDet) = map.forwardWithLogDet(safe)
    let scores = logProb(free)
    return select(isInside, scores + logDet.to(scores.dtype), -Double.infinity)
  }
}

extension SupportedModel: GenerativeModel {
  var features: Int { base.features }

  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    map.inverse(base.sample(count, given: context, using: &rng))
  }

  func state() -> [String: Tensor] { base.state() }

  func move(to device: Device) throws(ModelError) { try base.move(to: device) }

  func underTest(columns: [String], given context: Tensor?) -> ModelUnderTest {
    let free = base.underTest(columns: columns, given: context)
    let map = map
    return ModelUnderTest(
      columns: columns, sample: { map.inverse(free.sample($0, &$1)) },
      logProb: free.logProb.map { logProb in { score($0, logProb) } },
      map: free.map.map { Chain([map, $0]) }, state: free.state)
  }
}

extension SupportedModel: DensityModel where Base: DensityModel {
  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor {
    withoutGradient { score(rows) { base.logProb($0, given: context) } }
  }
}

extension SupportedModel: TrainedModel, Module where Base: TrainedModel {
  var defect: String? { base.defect }
  var slowParts: [String] { base.slowParts }

  func prepare(for data: Batch) {
    base.prepare(for: Batch(values: map.forward(data.values), context: data.context))
  }

  /// In the units of the bounded rows, so that it is minus their mean log-density.
  func loss(_ batch: Batch, _ context: LayerContext) -> Tensor {
    let (free, logDet) = map.forwardWithLogDet(batch.values)
    return base.loss(Batch(values: free, context: batch.context), context) - logDet.mean()
  }

  func finish(for data: Batch) { base.finish(for: Batch(values: map.forward(data.values), context: data.context)) }

  func visitParameters(_ visitor: inout some ParameterVisitor) { base.visitParameters(&visitor) }
}

extension SupportedModel: CodeModel where Base: CodeModel {
  var codeFeatures: Int { base.codeFeatures }

  func codeStatistics(of rows: Tensor, given context: Tensor?) -> CodeStatistics? {
    base.codeStatistics(of: map.forward(map.split(rows).safe), given: context)
  }

  func encode(_ rows: Tensor, given context: Tensor?) -> Tensor {
    base.encode(map.forward(map.split(rows).safe), given: context)
  }

  func decode(_ codes: Tensor, given context: Tensor?) -> Tensor { map.inverse(base.decode(codes, given: context)) }
}

extension SupportedModel: ConditionalQuantiles where Base: ConditionalQuantiles {
  func cumulative(_ rows: Tensor, given context: Tensor) -> Tensor {
    let (isInside, safe) = map.split(rows)
    let outside = (rows.squeezed(1) .> 0).to(.float64)
    return select(isInside, base.cumulative(map.forward(safe), given: context), outside)
  }

  /// The map rises, so quantiles go through it.
  func quantile(_ probability: Double, given context: Tensor) -> Tensor {
    map.inverse(base.quantile(probability, given: context).unsqueezed(1)).squeezed(1)
  }
}

extension DensityModel {
  /// This model over rows whose columns have bounds; itself when none has.
  func supporting(_ supports: [ColumnSupport]) -> any DensityModel {
    guard !supports.isEmpty else { return self }
    return SupportedModel(base: self, map: SupportBijection(supports, features: features))
  }
}

extension TrainedModel {
  /// This model over rows whose columns have bounds; itself when none has.
  func supporting(_ supports: [ColumnSupport]) -> any TrainedModel {
    guard !supports.isEmpty else { return self }
    return SupportedModel(base: self, map: SupportBijection(supports, features: features))
  }
}
