import DensityEstimation
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

  func move(to device: Device) throws(ModelError) {
    guard device == .cpu else {
      throw .cannot(model: "markov", action: "be used on \(device)", instead: "leave --device out")
    }
  }
}
