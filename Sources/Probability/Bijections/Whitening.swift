public import Torch

/// Data brought to mean 0 and covariance 1 by a linear map: z = (x - mean) matrix.
///
/// A flow that starts with it is, before training, the normal distribution with the data's mean and covariance.
///
/// Data in a subspace have fewer codes than features; the log-determinant is then that of the map from the subspace.
///
/// - Shapes: `mean` `[features]`; `matrix` `[features, codes]`, `inverseMatrix` `[codes, features]`; `logDeterminant` `[]`.
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
  /// Where data lie: all real vectors, or a subspace.
  public let domain: Support

  /// The map `(x - mean) matrix`.
  ///
  /// - Parameters:
  ///   - mean: what is taken to code 0.
  ///   - matrix: takes centered data to codes.
  ///   - inverseMatrix: takes codes to centered data.
  ///   - logDeterminant: the logarithm of the matrix's absolute determinant.
  ///   - domain: the subspace of the data; nil for all real vectors.
  /// - Precondition: the matrices are square, of the mean's size, or smaller by the same number of codes.
  public init(
    mean: Tensor, matrix: Tensor, inverseMatrix: Tensor, logDeterminant: Tensor, domain: Support? = nil
  ) {
    let size = mean.elementCount
    let codes = domain == nil ? size : inverseMatrix.size(0)
    precondition(
      codes <= size && matrix.shape == [size, codes] && inverseMatrix.shape == [codes, size],
      "Whitening: expected matrices of shapes [\(size), \(codes)] and [\(codes), \(size)], got \(matrix.shape) and "
        + "\(inverseMatrix.shape)")
    self.domain = domain ?? .real(eventRank: 1)
    self.mean = mean
    self.matrix = matrix
    self.inverseMatrix = inverseMatrix
    self.logDeterminant = logDeterminant
  }

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
