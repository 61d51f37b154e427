public import Probability
public import Torch

/// A distribution that a file can hold: its tensors, by name, are all that it needs.
///
/// To implement one: keep names stable, since files live long; offer an initializer that takes the tensors back and throws
/// `DensityEstimationError` for what cannot be right, however hostile the file.
public protocol StoredDistribution: Distribution {
  /// What a file keeps.
  var tensors: [String: Tensor] { get }
}
