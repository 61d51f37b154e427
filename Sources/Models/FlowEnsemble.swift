import Datasets
import Flows
import Foundation
import NeuralNetworks
import Torch

/// Flows that start from different weights and see the same batches; their densities are averaged.
///
/// Each is trained by its own loss. The held-out rows judge the average, which takes longer to overfit than one flow does.
/// There is no map to codes.
///
/// - Reference: Lakshminarayanan, Pritzel, Blundell, *Simple and Scalable Predictive Uncertainty Estimation using Deep
///   Ensembles*, 2017. https://arxiv.org/abs/1612.01474
struct FlowEnsemble: TrainedModel, DensityModel {
  /// The flows, at least one, of the same columns and conditions.
  let members: [FlowModel]

  var features: Int { members[0].features }

  func prepare(for data: Batch) { members.forEach { $0.prepare(for: data) } }

  func prepare(for data: Batch, within range: ClosedRange<Double>) {
    members.forEach { $0.prepare(for: data, within: range) }
  }

  func loss(_ batch: Batch, _ context: LayerContext) -> Tensor {
    guard context.isTraining else { return -logProb(batch.values, given: batch.context).mean() }
    return mean(members.map { $0.loss(batch, context) })
  }

  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor {
    let scores = Tensor.stacking(members.map { $0.logProb(rows, given: context) })
    return scores.logSumExp(0) - log(Double(members.count))
  }

  /// Each draw is one of a member drawn for it alone.
  ///
  /// - Complexity: the draws of all members.
  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    var draws = members[0].sample(count, given: context, using: &rng)
    let chosen = Tensor.integers(
      in: 0..<members.count, Shape(draws.shape.sizes.dropLast() + [1]), device: draws.device, using: &rng)
    for (index, member) in members.enumerated().dropFirst() {
      draws = select(chosen .== index, member.sample(count, given: context, using: &rng), draws)
    }
    return draws
  }

  var slowParts: [String] { members[0].slowParts }

  var defect: String? {
    members.enumerated().lazy.compactMap { index, member in member.defect.map { "members.\(index).\($0)" } }.first
  }

  func visitParameters(_ visitor: inout some ParameterVisitor) {
    for (index, member) in members.enumerated() { visitor.visit(member, named: "members.\(index)") }
  }

  private func mean(_ values: [Tensor]) -> Tensor { Tensor.stacking(values).mean(0) }
}

extension FlowEnsemble: ConditionalQuantiles {
  func cumulative(_ rows: Tensor, given context: Tensor) -> Tensor {
    mean(members.map { $0.cumulative(rows, given: context) })
  }

  /// By bisection between the members' least and greatest quantile, to 64-bit rounding of what 32-bit flows tell apart.
  func quantile(_ probability: Double, given context: Tensor) -> Tensor {
    let ends = Tensor.stacking(members.map { $0.quantile(probability, given: context) })
    var (low, high) = (ends.min(0), ends.max(0))
    for _ in 0..<40 {
      let middle = (low + high) * 0.5
      let isAbove = cumulative(middle.unsqueezed(1).to(.float32), given: context) .> probability
      (low, high) = (select(isAbove, low, middle), select(isAbove, middle, high))
    }
    return (low + high) * 0.5
  }
}
