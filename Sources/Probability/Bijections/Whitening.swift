public import Torch

/// Data brought to mean 0 and covariance 1 by a linear map: z = (x - mean) matrix.
///
/// A flow that starts with it is, before training, the normal distribution with the data's mean and covariance.
///
/// - Shapes: `mean` `[features]`; `matrix` and `inverseMatrix` `[features, features]`; `logDeterminant` `[]`.
/// - Complexity: O(features^2) for each event in both directions.
public struct Whitening: Bijection {
  /// The mean of the data.
  public let mean: Tensor
  /// Takes centered data to codes.
  public let matrix: Tensor
  /// The inverse of the matrix.
  public let inverseMatrix: Tensor
  /// The logarithm of the matrix's absolute determinant.
  public let logDeterminant: Tensor

  /// The map `(x - mean) matrix`.
  ///
  /// - Precondition: the matrices are square, of the mean's size.
  public init(mean: Tensor, matrix: Tensor, inverseMatrix: Tensor, logDeterminant: Tensor) {
    let size = mean.elementCount
    precondition(
      matrix.shape == [size, size] && inverseMatrix.shape == [size, size],
      "Whitening: expected matrices of shape [\(size), \(size)], got \(matrix.shape) and \(inverseMatrix.shape)")
    self.mean = mean
    self.matrix = matrix
    self.inverseMatrix = inverseMatrix
    self.logDeterminant = logDeterminant
  }

  /// All real vectors.
  public var domain: Support { .real(eventRank: 1) }
  /// All real vectors.
  public var codomain: Support { .real(eventRank: 1) }

  /// The code, and the matrix's log-determinant.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    (forward(x), logDeterminant.broadcasted(to: x.shape.droppingTrailing(1)))
  }

  /// The data, and minus the matrix's log-determinant.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    (inverse(z), (-logDeterminant).broadcasted(to: z.shape.droppingTrailing(1)))
  }

  /// The code.
  public func forward(_ x: Tensor) -> Tensor { (x - mean).matmul(matrix) }

  /// The data.
  public func inverse(_ z: Tensor) -> Tensor { z.matmul(inverseMatrix) + mean }
}
