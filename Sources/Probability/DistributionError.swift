public import Torch

/// Why parameters or data do not make a distribution.
public enum DistributionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A covariance matrix has no Cholesky factor.
  case notPositiveDefinite(shape: Shape)
  /// A covariance matrix has an eigenvalue that is negative, beyond rounding, or is not finite.
  case notPositiveSemidefinite(shape: Shape)
  /// A table of a function does not rise from one row to the next.
  case notIncreasing(column: String, row: Int, value: Double, next: Double)
  /// There are no data.
  case noData
  /// A number is missing or infinite.
  case notFinite(column: String, row: Int, value: String)
  /// There are too few rows for what is asked of them.
  case tooFewRows(count: Int, needed: Int)
  /// A weight is negative, or no weight is positive.
  case badWeights(reason: String)

  /// What is wrong with the parameters, and what to do.
  public var description: String {
    switch self {
    case .notPositiveDefinite(let shape):
      "a covariance matrix is not symmetric positive definite (matrices of shape \(shape)): add a small multiple of "
        + "the identity, or drop columns that are linear combinations of others; SingularNormal takes such covariances"
    case .notPositiveSemidefinite(let shape):
      "a covariance matrix has a negative eigenvalue, or numbers that are not finite (matrices of shape \(shape)): "
        + "compute it from complete rows, or replace negative eigenvalues by 0"
    case .notIncreasing(let column, let row, let value, let next):
      "\(column) does not rise from row \(row), \(value), to row \(row + 1), \(next): sort the rows, and drop those that "
        + "repeat a value"
    case .noData: "there are no data: give at least one number"
    case .notFinite(let column, let row, let value):
      "\(column) is \(value) in row \(row): drop the row, or fill it"
    case .tooFewRows(let count, let needed):
      "there are \(count) rows, but at least \(needed) are needed, more than there are features: give more rows, or "
        + "fewer features"
    case .badWeights(let reason): "\(reason): give weights of 0 or above that count repetitions"
    }
  }
}
