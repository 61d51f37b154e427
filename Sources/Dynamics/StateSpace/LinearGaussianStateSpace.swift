import Foundation
public import Torch

/// A hidden normal process that moves linearly, seen through linear observations with normal noise:
///
///     x_1 ~ N(initialMean, initialCovariance)
///     x_(t+1) = transition x_t + N(0, transitionCovariance)
///     y_t = observation x_t + N(0, observationCovariance)
///
/// Covariances are kept as lower triangles of which they are the squares, so that none loses its symmetry or becomes
/// indefinite (Kailath, Sayed, Hassibi, *Linear Estimation*, 2000, chapter 12). A series is `[steps, features]`, 64-bit; what is
/// missing is NaN.
///
/// - Complexity: O(steps * (states + features)^3) for each question.
public struct LinearGaussianStateSpace {
  /// A move from one step to the next.
  public struct Move {
    /// The matrix, `[states, states]`.
    public let matrix: Tensor
    /// The covariance of the noise, `[states, states]`.
    public let covariance: Tensor
    let root: Tensor

    /// A move of a matrix and the covariance of its noise, which may be singular.
    ///
    /// - Throws: `DynamicsError.degenerate` when the covariance has a negative eigenvalue.
    /// - Precondition: both are square, of one size.
    public init(matrix: Tensor, covariance: Tensor) throws(DynamicsError) {
      precondition(
        matrix.rank == 2 && matrix.size(0) == matrix.size(1) && covariance.shape == matrix.shape,
        "Move: expected two square matrices of one size, got \(matrix.shape), \(covariance.shape)")
      self.matrix = matrix.to(.float64)
      self.covariance = covariance.to(.float64)
      root = try squareRoot(of: self.covariance, "the transition")
    }
  }

  /// How the process moves at each step, unless steps have moves of their own.
  public let move: Move
  /// What is seen of the process, `[features, states]`.
  public let observation: Tensor
  /// The covariance of observations given the process, `[features, features]`.
  public let observationCovariance: Tensor
  /// The mean at the first step, `[states]`.
  public let initialMean: Tensor
  /// The covariance at the first step, `[states, states]`.
  public let initialCovariance: Tensor
  let observationRoot, initialRoot: Tensor

  /// A process and how it is seen.
  ///
  /// - Throws: `DynamicsError.degenerate` when a covariance has a negative eigenvalue.
  /// - Precondition: the shapes agree.
  public init(
    move: Move, observation: Tensor, observationCovariance: Tensor, initialMean: Tensor, initialCovariance: Tensor
  ) throws(DynamicsError) {
    let states = move.matrix.size(0)
    let features = observation.rank == 2 ? observation.size(0) : 0
    precondition(
      observation.shape == [features, states] && observationCovariance.shape == [features, features]
        && initialMean.shape == [states] && initialCovariance.shape == [states, states],
      "LinearGaussianStateSpace: expected matrices of \(states) states and \(features) features, got "
        + "\(observation.shape), \(observationCovariance.shape), \(initialMean.shape), \(initialCovariance.shape)")
    self.move = move
    self.observation = observation.to(.float64)
    self.observationCovariance = observationCovariance.to(.float64)
    self.initialMean = initialMean.to(.float64)
    self.initialCovariance = initialCovariance.to(.float64)
    observationRoot = try squareRoot(of: self.observationCovariance, "observations")
    initialRoot = try squareRoot(of: self.initialCovariance, "the first step")
  }

  /// The number of coordinates of the process.
  public var stateCount: Int { move.matrix.size(0) }
  /// The number of columns of an observation.
  public var features: Int { observation.size(0) }

  /// A series with its process.
  ///
  /// - Parameters:
  ///   - steps: the number of steps.
  ///   - rng: the source of random numbers.
  /// - Returns: observations `[steps, features]` and the process `[steps, states]`, 64-bit.
  public func sample(steps: Int, using rng: inout RandomGenerator) -> (rows: Tensor, process: Tensor) {
    precondition(steps >= 1, "sample: expected a positive number of steps, got \(steps)")
    let noise = Tensor.normal([steps, stateCount], dtype: .float64, using: &rng)
    let errors = Tensor.normal([steps, features], dtype: .float64, using: &rng)
    var process = [initialMean + initialRoot.matmul(noise[0])]
    for step in 1..<max(1, steps) {
      process.append(move.matrix.matmul(process[step - 1]) + move.root.matmul(noise[.at(step)]))
    }
    let path = Tensor.stacking(process)
    return (path.matmul(observation.transposed()) + errors.matmul(observationRoot.transposed()), path)
  }
}

/// A matrix of which a covariance is the square, by its eigenvalues where it is singular.
func squareRoot(of covariance: Tensor, _ name: String) throws(DynamicsError) -> Tensor {
  if let factor = try? covariance.cholesky() { return factor }
  guard covariance.isFinite().all(), let eigen = try? covariance.symmetricEigen(),
    eigen.values.min().item() >= -1e-12 * max(1e-300, eigen.values.max().item())
  else { throw .degenerate(reason: "the covariance of \(name) has a negative eigenvalue; it must have none") }
  return eigen.vectors * eigen.values.clamped(from: 0).squareRoot()
}

/// The lower triangle of which the square is that of a wide matrix.
func lowerTriangle(_ matrix: Tensor) -> Tensor {
  guard let factors = try? matrix.transposed().qr() else {
    return Tensor.full([matrix.size(0), matrix.size(0)], Double.nan, dtype: .float64)
  }
  return factors.r.transposed()
}
