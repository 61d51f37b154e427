import Torch

extension CheckedTensors {
  /// A tensor of 64-bit floats, all finite (or, when `allowingMinusInfinity`, neither NaN nor plus infinity), of sizes of
  /// which nil stands for any.
  func numbers(
    _ name: String, _ sizes: [Int?], allowingMinusInfinity: Bool = false
  ) throws(DensityEstimationError) -> Tensor {
    let tensor = try self.tensor(name, sizes, .float64)
    let isNumber = allowingMinusInfinity ? tensor .< Double.infinity : tensor.isFinite()
    try check(isNumber.all(), "'\(name)' has a number that is not finite")
    return tensor
  }

  /// A tensor of 64-bit integers, all inside a range, of sizes of which nil stands for any.
  func integers(_ name: String, _ sizes: [Int?], in range: Range<Int>) throws(DensityEstimationError) -> Tensor {
    let tensor = try self.tensor(name, sizes, .int64)
    try check(
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

  /// Refuses the file, with a reason, when a condition does not hold.
  func check(_ condition: Bool, _ reason: @autoclosure () -> String) throws(DensityEstimationError) {
    if !condition { throw .degenerate(reason: "this is no \(model) that can be used: \(reason())") }
  }

  private func tensor(_ name: String, _ sizes: [Int?], _ dtype: DType) throws(DensityEstimationError) -> Tensor {
    let tensor = try self.tensor(name)
    let fits = tensor.rank == sizes.count && zip(tensor.shape, sizes).allSatisfy { $1 == nil || $0 == $1 }
    let wanted = sizes.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
    try check(
      fits && tensor.dtype == dtype,
      "'\(name)' is \(tensor.dtype) of shape \(tensor.shape), expected \(dtype) of [\(wanted)]")
    return tensor.contiguous()
  }
}
