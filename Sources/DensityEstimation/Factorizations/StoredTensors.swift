import Torch

/// Tensors from a file that may be damaged or hostile: each is checked before it is used.
struct StoredTensors {
  private let tensors: [String: Tensor]
  private let owner: String

  init(_ tensors: [String: Tensor], of owner: String) {
    self.tensors = tensors
    self.owner = owner
  }

  /// A tensor of 64-bit floats, all finite (or, when `allowingMinusInfinity`, not NaN nor plus infinity), of a shape.
  ///
  /// - Parameter shape: nil stands for any size of a dimension.
  func numbers(
    _ name: String, _ shape: [Int?], allowingMinusInfinity: Bool = false
  ) throws(DensityEstimationError) -> Tensor {
    let tensor = try self.tensor(name, shape, .float64)
    let isNumber = allowingMinusInfinity ? tensor .< Double.infinity : tensor.isFinite()
    try require(isNumber.all(), "'\(name)' has a number that is not finite")
    return tensor
  }

  /// A tensor of 64-bit integers, all inside a range, of a shape.
  func integers(_ name: String, _ shape: [Int?], in range: Range<Int>) throws(DensityEstimationError) -> Tensor {
    let tensor = try self.tensor(name, shape, .int64)
    try require(
      ((tensor .>= range.lowerBound) .& (tensor .< range.upperBound)).all(), "'\(name)' has a number outside \(range)")
    return tensor
  }

  /// The tensors whose names begin with a prefix, without it.
  func part(_ prefix: String) -> [String: Tensor] {
    let own = tensors.filter { $0.key.hasPrefix(prefix) }
    return Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
  }

  /// Whether there is a tensor of a name.
  func contains(_ name: String) -> Bool { tensors[name] != nil }

  /// Refuses the file when a condition does not hold.
  func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws(DensityEstimationError) {
    if !condition { throw .degenerate(reason: "\(owner): \(reason())") }
  }

  private func tensor(_ name: String, _ shape: [Int?], _ dtype: DType) throws(DensityEstimationError) -> Tensor {
    guard let tensor = tensors[name] else { throw .degenerate(reason: "\(owner): '\(name)' is missing") }
    let fits = tensor.rank == shape.count && zip(tensor.shape, shape).allSatisfy { $1 == nil || $0 == $1 }
    let wanted = shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
    try require(
      fits && tensor.dtype == dtype,
      "'\(name)' is \(tensor.dtype) of shape \(tensor.shape), expected \(dtype) of [\(wanted)]")
    return tensor.contiguous()
  }
}
