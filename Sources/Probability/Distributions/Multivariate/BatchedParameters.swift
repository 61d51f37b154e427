import Torch

// What the families of vectors and matrices share. They compute in 64 bits whatever the type of their parameters, since
// their log-densities are small differences of large log-gammas and log-determinants, and give results in the wider of
// the parameters' and the events' types.

extension Tensor {
  /// The same numbers in 64 bits.
  var wide: Tensor { to(.float64) }

  /// The log-determinant of a lower triangle with positive diagonal.
  var triangleLogDeterminant: Tensor { diagonal().log().sum(-1) }

  /// The solutions z of `self * z = x` for vectors, where self is a lower triangle.
  ///
  /// One triangle for many vectors is one solution with many right sides.
  func solvingTriangular(vectors x: Tensor) -> Tensor {
    guard rank == 2, x.rank > 1 else { return solvingTriangular(x.unsqueezed(-1)).squeezed(-1) }
    let rows = x.reshaped([x.elementCount / Swift.max(size(0), 1), size(0)])
    return solvingTriangular(rows.transposed()).transposed().reshaped(x.shape)
  }
}

/// The type of a log-density: the wider of the events' and the parameters'.
func resultType(_ x: Tensor, _ parameter: DType) -> DType {
  x.dtype.isFloatingPoint && x.dtype.byteCount > parameter.byteCount ? x.dtype : parameter
}

/// How far an equality such as "the sum is 1" may be off through rounding, when numbers are around 1.
func roundingTolerance(_ x: Tensor, _ parameter: DType) -> Double {
  let ulp = max(x.dtype.isFloatingPoint ? x.dtype.ulpOfOne : 0, parameter.isFloatingPoint ? parameter.ulpOfOne : 0)
  return max(1e-9, 64 * ulp)
}

/// The batch that parameters share; each comes with the number of its trailing dimensions that are not the batch.
func commonBatch(_ name: String, _ parameters: (tensor: Tensor, rank: Int)...) -> Shape {
  let shapes = parameters.map(\.tensor.shape)
  let batch = parameters.reduce(Shape.scalar as Shape?) { result, parameter in
    guard let result, parameter.tensor.rank >= parameter.rank else { return nil }
    return Shape.broadcasting(result, parameter.tensor.shape.droppingTrailing(parameter.rank))
  }
  guard let batch else {
    preconditionFailure(
      "\(name): expected parameters of \(parameters.map(\.rank)) dimensions and batches that broadcast, got \(shapes)")
  }
  return batch
}

extension Tensor {
  /// This tensor with its batch, all but the last `rank` dimensions, broadcast.
  func broadcasting(batch: Shape, keeping rank: Int) -> Tensor { broadcasted(to: batch + shape.trailing(rank)) }
}

/// The lower Cholesky factor, in 64 bits, of covariance-like matrices, of which the lower triangle is read.
///
/// - Throws: `DistributionError.notPositiveDefinite` when a matrix has none.
/// - Precondition: the last two dimensions are equal.
func choleskyFactor(_ name: String, _ matrix: Tensor) throws(DistributionError) -> Tensor {
  precondition(
    matrix.rank >= 2 && matrix.size(-1) == matrix.size(-2) && matrix.size(-1) > 0,
    "\(name): expected square matrices, got shape \(matrix.shape)")
  guard let factor = try? matrix.wide.cholesky(), factor.isFinite().all() else {
    throw .notPositiveDefinite(shape: matrix.shape)
  }
  return factor
}

/// The set of symmetric positive definite matrices, and the Cholesky factors by which it is known.
enum PositiveDefiniteCone {
  /// The support of distributions of such matrices whose parameters have a type.
  static func support(_ parameter: DType) -> Support {
    .joint(eventRank: 2) { x in isSymmetric(x, parameter) .& factor(x).isDefinite }
  }

  /// Whether matrices are symmetric up to the rounding of the events' and the parameters' types.
  static func isSymmetric(_ x: Tensor, _ parameter: DType) -> Tensor {
    let wide = x.wide
    let scale = wide.absolute().max(-1, -2, keepingDimensions: true)
    return ((wide - wide.transposed()).absolute() .<= scale * roundingTolerance(x, parameter)).all(-1).all(-1)
  }

  /// The factors; those of matrices outside are the identity.
  static func factor(_ x: Tensor) -> (factor: Tensor, isDefinite: Tensor) {
    let wide = x.wide
    let (factor, isDefinite) = wide.choleskyWhereDefinite()
    let isInside = isDefinite .& wide.isFinite().all(-1).all(-1)
    guard !isInside.all() else { return (factor, isInside) }
    // Factored again, so that nothing that is not finite meets a gradient.
    let identity = Tensor.identity(x.size(-1), dtype: .float64, device: x.device)
    let safe = select(isInside.unsqueezed(-1).unsqueezed(-1), wide, identity)
    return (safe.choleskyWhereDefinite().factor, isInside)
  }
}
