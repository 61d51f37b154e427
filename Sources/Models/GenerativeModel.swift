public import Datasets
public import NeuralNetworks
public import Torch

/// A model that can be fitted to rows and asked for new ones.
///
/// What else a model can be asked for is a type: a density is a ``DensityModel``.
public protocol GenerativeModel: Module {
  /// The number of columns of a row.
  var features: Int { get }

  /// Sets what is computed from the training rows directly, such as their mean and scale, before training.
  func prepare(for data: Batch)

  /// The mean loss of a batch of rows.
  func loss(_ batch: Batch, _ context: LayerContext) -> Tensor

  /// New rows, [count, features], without gradient.
  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor

  /// What is wrong with loaded weights that have the right shapes, starting with the name of a tensor; nil when the
  /// model can be used. A model that wraps another forwards it.
  var defect: String? { get }
}

extension GenerativeModel {
  /// Nothing.
  public var defect: String? { nil }
}

/// A generative model with a density.
public protocol DensityModel: GenerativeModel {
  /// The log-density of each row in nats, in the units of the data; [rows, features] -> [rows], without gradient.
  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor
}
