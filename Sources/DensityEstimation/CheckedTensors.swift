import Torch

/// Tensors from a file that is not trusted: each is asked for by name and checked before it is used.
struct CheckedTensors {
  let tensors: [String: Tensor]
  let model: String

  init(_ tensors: [String: Tensor], of model: String) {
    self.tensors = tensors
    self.model = model
  }

  /// Finite numbers of a rank.
  func numbers(_ name: String, rank: Int) throws(DensityEstimationError) -> [Double] {
    let tensor = try self.tensor(name)
    try require(tensor.rank == rank && tensor.dtype.isFloatingPoint, name)
    let values = tensor.doubles()
    try require(values.allSatisfy(\.isFinite), name)
    return values
  }

  /// Finite numbers of a shape.
  func numbers(_ name: String, shape: Shape) throws(DensityEstimationError) -> [Double] {
    try require(try tensor(name).shape == shape, name)
    return try numbers(name, rank: shape.rank)
  }

  /// Integers of a rank.
  func integers(_ name: String, rank: Int) throws(DensityEstimationError) -> [Int] {
    let tensor = try self.tensor(name)
    try require(tensor.rank == rank && tensor.dtype == .int64, name)
    return tensor.scalars(as: Int.self)
  }

  func tensor(_ name: String) throws(DensityEstimationError) -> Tensor {
    guard let tensor = tensors[name] else { throw .degenerate(reason: "the \(model) lacks the tensor '\(name)'") }
    return tensor.to(.cpu)
  }

  /// Throws, naming a tensor, when a condition does not hold.
  func require(_ condition: Bool, _ name: String) throws(DensityEstimationError) {
    guard condition else { throw .degenerate(reason: "the tensor '\(name)' is not that of a \(model)") }
  }
}
