import DensityEstimation
import Diagnostics
import Probability
import Torch

/// A Markov chain as a model of a table whose rows are the steps of a series.
struct MarkovTableModel: DensityModel, SeriesModel {
  let chain: MarkovChain

  var features: Int { chain.features }

  /// A new series.
  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    chain.sample(steps: count, using: &rng).reshaped([count, features])
  }

  /// The log-density of each row given those before it.
  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor { chain.stepLogProbs(rows.to(.float64)) }

  func state() -> [String: Tensor] { chain.tensors }

  /// The steps on which the next one depends, and that one, as one row: within a series rows are not independent.
  func underTest(columns: [String], given context: Tensor?) -> ModelUnderTest {
    let steps = chain.order + 1
    let windows = chain.series(steps: steps)
    var model = ModelUnderTest(
      columns: (1...steps).flatMap { step in columns.map { "\($0) at step \(step)" } },
      sample: { windows.sample([$0], using: &$1).flattened(from: 1) },
      logProb: { windows.logProb($0.to(.float64).unflattened(1, [steps, chain.features])) }, state: state())
    for (column, kind) in chain.columns.enumerated() where kind.isDiscrete {
      for step in 0..<steps { model.discreteValues[step * chain.features + column] = kind.values }
    }
    return model
  }

  /// All windows of the series, which overlap.
  func rowsUnderTest(_ rows: Tensor, using rng: inout RandomGenerator) -> Tensor {
    let count = rows.size(0) - chain.order
    guard count > 0 else { return rows[.slice(to: 0)].tiled([1, chain.order + 1]) }
    return Tensor.concatenating((0...chain.order).map { rows.narrowed(0, from: $0, length: count) }, 1)
  }

  func move(to device: Device) throws(ModelError) {
    guard device == .cpu else {
      throw .cannot(model: "markov", action: "be used on \(device)", instead: "leave --device out")
    }
  }
}
