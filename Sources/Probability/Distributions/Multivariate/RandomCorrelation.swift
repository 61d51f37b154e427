import Foundation
public import Torch

/// Correlation matrices with given eigenvalues.
///
/// A uniformly drawn rotation of the eigenvalues' diagonal matrix is brought to a diagonal of ones by plane rotations,
/// which keep eigenvalues. The result has no known density, so this is no ``Distribution``: it can be drawn from only.
///
/// - Shapes: eigenvalues `[*batch, size]`; draws `[*sample, *batch, size, size]`.
/// - Complexity: O(size^3) for each draw; on the processor, one matrix after the other.
/// - Reference: Davies and Higham, *Numerically stable generation of correlation matrices and their factors*, 2000.
public struct RandomCorrelation {
  /// The eigenvalues, `[*batch, size]`, of mean 1.
  public let eigenvalues: Tensor

  /// Correlation matrices with eigenvalues.
  ///
  /// - Precondition: eigenvalues are not negative and sum to their number, up to rounding.
  public init(eigenvalues: Tensor) {
    precondition(
      eigenvalues.rank >= 1 && eigenvalues.size(-1) > 0 && (eigenvalues .>= 0).all(),
      "RandomCorrelation: expected [*batch, size] eigenvalues of 0 or more")
    let size = Double(eigenvalues.size(-1))
    let tolerance = roundingTolerance(eigenvalues, eigenvalues.dtype) * size
    precondition(
      ((eigenvalues.wide.sum(-1) - size).absolute() .<= tolerance).all(),
      "RandomCorrelation: expected eigenvalues that sum to their number, \(eigenvalues.size(-1))")
    self.eigenvalues = eigenvalues
  }

  /// The shape of generators side by side.
  public var batchShape: Shape { eigenvalues.shape.droppingTrailing(1) }

  /// Symmetric matrices with ones on the diagonal and the given eigenvalues, `sampleShape + batchShape + [size, size]`.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let size = eigenvalues.size(-1)
      let shape = sampleShape + batchShape + [size, size]
      let rotation = orthonormalFactor(
        Tensor.normal(shape, dtype: .float64, device: eigenvalues.device, using: &rng))
      let wide = eigenvalues.wide
      let scaled = wide / wide.mean(-1, keepingDimensions: true)
      let start = symmetrized((rotation * scaled.unsqueezed(-2)).matmul(rotation.transposed()))
      var numbers = start.doubles()
      for offset in stride(from: 0, to: numbers.count, by: size * size) {
        rotateToUnitDiagonal(&numbers[offset..<(offset + size * size)], size: size)
      }
      return Tensor(numbers, shape: shape).to(eigenvalues.dtype, eigenvalues.device)
    }
  }
}

/// Plane rotations of rows and columns until each diagonal element of a symmetric matrix of trace `size` is 1.
private func rotateToUnitDiagonal(_ matrix: inout ArraySlice<Double>, size: Int) {
  let base = matrix.startIndex
  func place(_ i: Int, _ j: Int) -> Int { base + i * size + j }
  for i in 0..<(size - 1) {
    let excess = matrix[place(i, i)] - 1
    guard excess != 0 else { continue }
    // The trace is the size, so some later element lies on the other side of 1, unless rounding says otherwise.
    let partner = ((i + 1)..<size).first { excess > 0 ? matrix[place($0, $0)] < 1 : matrix[place($0, $0)] > 1 }
    guard let j = partner else { continue }
    let (c, s) = rotationToOne(excess, matrix[place(j, j)] - 1, matrix[place(i, j)])
    for k in 0..<size {
      let (left, right) = (matrix[place(i, k)], matrix[place(j, k)])
      (matrix[place(i, k)], matrix[place(j, k)]) = (c * left - s * right, s * left + c * right)
    }
    for k in 0..<size {
      let (left, right) = (matrix[place(k, i)], matrix[place(k, j)])
      (matrix[place(k, i)], matrix[place(k, j)]) = (c * left - s * right, s * left + c * right)
    }
    matrix[place(i, i)] = 1
  }
  // What is left is rounding.
  for i in 0..<size {
    matrix[place(i, i)] = 1
    for j in 0..<i { matrix[place(i, j)] = matrix[place(j, i)] }
  }
}

/// The cosine and sine of the rotation that makes the first diagonal element 1, without cancellation.
private func rotationToOne(_ first: Double, _ second: Double, _ between: Double) -> (Double, Double) {
  let root = max(between * between - first * second, 0).squareRoot()
  let tangent = (between + (between < 0 ? -root : root)) / second
  let cosine = 1 / (1 + tangent * tangent).squareRoot()
  return cosine == 0 ? (0, 1) : (cosine, cosine * tangent)
}
