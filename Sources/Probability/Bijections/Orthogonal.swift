public import Torch

/// A rotation or reflection: z = matrix x, with log-determinant 0.
///
/// - Shapes: matrix `[features, features]`, events `[features]`.
/// - Complexity: O(features^2) for each event in both directions.
public struct Orthogonal: Bijection {
  /// The matrix; its transpose is its inverse.
  public let matrix: Tensor

  /// A rotation by a matrix that the caller knows to be orthogonal.
  ///
  /// - Precondition: the matrix is square.
  public init(matrix: Tensor) {
    precondition(
      matrix.rank == 2 && matrix.size(0) == matrix.size(1),
      "Orthogonal: expected a square matrix, got shape \(matrix.shape)")
    self.matrix = matrix
  }

  /// A rotation by the orthogonal matrix close to one that is orthogonal up to small errors, which are squared away:
  /// one Newton-Schulz step.
  public init(refining matrix: Tensor) {
    let gram = matrix.transposed().matmul(matrix)
    self.init(matrix: matrix * 1.5 - matrix.matmul(gram) * 0.5)
  }

  /// A matrix drawn uniformly (by the Haar measure) from all orthogonal ones.
  ///
  /// - Reference: Mezzadri, *How to generate random matrices from the classical compact groups*, 2007.
  ///   https://arxiv.org/abs/math-ph/0609050
  public static func random(
    _ features: Int, dtype: DType = .float32, device: Device = .cpu, using rng: inout RandomGenerator
  ) -> Orthogonal {
    precondition(features > 0, "Orthogonal.random: expected at least one feature, got \(features)")
    let normal = Tensor.normal([features, features], dtype: dtype, device: device, using: &rng)
    guard let (q, r) = try? normal.qr() else {
      preconditionFailure("Orthogonal.random: the factorization of a finite matrix failed")
    }
    return Orthogonal(matrix: q * r.diagonal().sign())
  }

  /// All real vectors.
  public var domain: Support { .real(eventRank: 1) }
  /// All real vectors.
  public var codomain: Support { .real(eventRank: 1) }

  /// The rotated vector, and 0.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) { (forward(x), zeroLogDet(of: x)) }

  /// The vector rotated back, and 0.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) { (inverse(z), zeroLogDet(of: z)) }

  /// The rotated vector.
  public func forward(_ x: Tensor) -> Tensor { x.linear(matrix) }

  /// The vector rotated back.
  public func inverse(_ z: Tensor) -> Tensor { z.matmul(matrix) }
}
