// Matrices are the last two dimensions; the ones before are a batch.

extension Tensor {
  /// The matrix product, batched and broadcast over the leading dimensions.
  public func matmul(_ other: Tensor) -> Tensor { Operation.matmul(self, other) }

  /// `self * transpose(weight) + bias`, where `weight` is [output, input].
  public func linear(_ weight: Tensor, _ bias: Tensor? = nil) -> Tensor { Operation.linear(self, weight, bias) }

  /// The sum over a pattern of indices, such as `"bij,bjk->bik"`.
  public static func einsum(_ pattern: String, _ tensors: Tensor...) -> Tensor { Operation.einsum(pattern, tensors) }

  /// The lower triangular factor L of a positive definite matrix L * transpose(L).
  ///
  /// - Throws: `TorchError` when a matrix is not positive definite.
  public func cholesky() throws(TorchError) -> Tensor { try Operation.linalg_cholesky(self) }

  /// The lower triangular factor L of each matrix of a batch, and whether there is one: elements of the factor of a
  /// matrix that is not positive definite mean nothing.
  public func choleskyWhereDefinite() -> (factor: Tensor, isDefinite: Tensor) {
    let (factor, order) = Operation.linalg_cholesky_ex(self)
    return (factor, order .== 0)
  }

  /// The solution X of `self * X = right`.
  ///
  /// - Throws: `TorchError` when a matrix is singular.
  public func solving(_ right: Tensor) throws(TorchError) -> Tensor { try Operation.linalg_solve(self, right) }

  /// The solution X of `self * X = right` for a triangular matrix; infinite where a diagonal element is 0.
  public func solvingTriangular(_ right: Tensor, upper: Bool = false) -> Tensor {
    Operation.linalg_solve_triangular(self, right, upper: upper)
  }

  /// The inverse matrix.
  ///
  /// - Throws: `TorchError` when a matrix is singular.
  public func inverted() throws(TorchError) -> Tensor { try Operation.linalg_inv(self) }

  /// Eigenvalues in rising order and eigenvectors (columns) of a symmetric matrix, of which the lower half is read.
  ///
  /// - Throws: `TorchError` when the iteration does not converge, for instance because of NaN.
  public func symmetricEigen() throws(TorchError) -> (values: Tensor, vectors: Tensor) {
    try Operation.linalg_eigh(self)
  }

  /// The factors of `self = Q * R`: orthonormal columns and an upper triangle.
  ///
  /// - Throws: `TorchError` when the factorization fails.
  public func qr() throws(TorchError) -> (q: Tensor, r: Tensor) { try Operation.linalg_qr(self) }

  /// The factor Q of complex matrices `self = Q * R`, made unique by a real positive diagonal of R.
  ///
  /// Complex numbers are pairs of a real and an imaginary part in a last dimension of 2, here and in the result.
  ///
  /// - Throws: `TorchError` when the factorization fails.
  public func complexOrthonormalFactor() throws(TorchError) -> Tensor {
    let (q, r) = try Operation.linalg_qr(Operation.view_as_complex(contiguous()))
    let diagonal = Operation.view_as_real(r.diagonal())
    let phases = diagonal / diagonal.norm(-1, keepingDimensions: true)
    return Operation.view_as_real(q * Operation.view_as_complex(phases.contiguous()).unsqueezed(-2))
  }

  /// The factors of `self = U * diagonal(S) * Vh`, reduced.
  ///
  /// - Throws: `TorchError` when the iteration does not converge, for instance because of NaN.
  public func singularValues() throws(TorchError) -> (u: Tensor, s: Tensor, vh: Tensor) {
    try Operation.linalg_svd(self, false)
  }

  /// The sign and the logarithm of the absolute value of the determinant; 0 and minus infinity when it is 0.
  public func signLogDeterminant() -> (sign: Tensor, logAbsolute: Tensor) { Operation.linalg_slogdet(self) }

  /// The Euclidean distances between all rows of both, [..., rows, other rows].
  public func distances(to other: Tensor) -> Tensor { Operation.cdist(self, other) }
}
