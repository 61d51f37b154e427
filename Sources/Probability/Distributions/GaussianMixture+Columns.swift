public import Torch

extension GaussianMixture {
  /// The distribution of some columns of the events, in the order given.
  ///
  /// - Precondition: the columns exist and differ.
  public func marginal(of columns: [Int]) -> GaussianMixture {
    checkColumns(columns, "marginal")
    let means = self.means.selecting(Tensor(columns), -1)
    switch structure {
    case .full, .tied: return part(weights, means, triangle(of: columns))
    case .diagonal: return part(weights, means, scales.selecting(Tensor(columns), -1))
    case .spherical: return part(weights, means, scales)
    }
  }

  /// The distribution of the other columns, in rising order, given values of some, in closed form: a mixture again, whose
  /// weights are the responsibilities under the given columns, and whose means are the components' regressions.
  ///
  /// - Parameters:
  ///   - columns: the given columns; at least one remains.
  ///   - values: `[*given, columns]`; what precedes becomes the batch, or broadcasts with it.
  /// - Returns: a mixture of batch shape `[*given]`, one distribution for each row of values.
  /// - Precondition: the columns exist and differ, and not all are given.
  /// - Reference: Bishop, *Pattern Recognition and Machine Learning*, 2006 (eq. 2.81, 2.82).
  public func conditioned(on columns: [Int], values: Tensor) -> GaussianMixture {
    checkColumns(columns, "conditioned")
    let rest = (0..<features).filter { !columns.contains($0) }
    precondition(!rest.isEmpty, "conditioned: expected a column that is not given")
    precondition(
      values.shape.trailing(1) == [columns.count],
      "conditioned: expected values of \(columns.count) columns, got \(values.shape)")
    let values = values.to(means.dtype)
    let given = marginal(of: columns)
    let weights = given.logJoint(values).softmax(-1)
    let means = self.means.selecting(Tensor(rest), -1)
    switch structure {
    case .diagonal: return part(weights, means, scales.selecting(Tensor(rest), -1))
    case .spherical: return part(weights, means, scales)
    case .full, .tied: break
    }
    // The factor of the covariance with the given columns first holds the regression and the factor of the rest.
    let all = triangle(of: columns + rest)
    let lower = all.narrowed(-2, from: columns.count, length: rest.count)
    let deviations = (values.unsqueezed(-2) - given.means).unsqueezed(-1)
    let standardized = given.scales.solvingTriangular(deviations)
    let shift = lower.narrowed(-1, from: 0, length: columns.count).matmul(standardized).squeezed(-1)
    return part(weights, means + shift, lower.narrowed(-1, from: columns.count, length: rest.count))
  }

  /// The mixture of numbers that a mixture of one feature is: with a distribution function and quantiles.
  ///
  /// - Precondition: the events have one feature.
  public var numbers: HomogeneousMixture<Normal> {
    precondition(features == 1, "numbers: expected events of one feature, got \(features)")
    let deviations = scales.reshaped(scales.shape.droppingTrailing(structure == .full || structure == .tied ? 2 : 1))
    return HomogeneousMixture(weights: weights, Normal(location: means.squeezed(-1), scale: deviations))
  }

  /// The lower Cholesky factor of the covariance of columns in an order, `[.., components or 1, columns, columns]`.
  ///
  /// Taken from the factor L of all columns through orthogonal reflections, which cannot fail as the factorization of a
  /// rounded covariance can: with P L = (Q R)', the covariance P L L' P' is R' R.
  private func triangle(of columns: [Int]) -> Tensor {
    let rows = scales.selecting(Tensor(columns), -2)
    guard let (_, upper) = try? rows.transposed().qr() else {
      preconditionFailure("GaussianMixture: a covariance of shape \(covariances.shape) has no orthogonal factorization")
    }
    let sign = select(upper.diagonal() .< 0, -1.0, Tensor.ones(like: upper.diagonal()))
    return upper.transposed() * sign.unsqueezed(-2)
  }

  private func part(_ weights: Tensor, _ means: Tensor, _ scales: Tensor) -> GaussianMixture {
    let covariances =
      switch structure {
      case .full: scales.matmul(scales.transposed())
      case .tied: scales.matmul(scales.transposed()).squeezed(-3)
      case .diagonal: scales.squared()
      case .spherical: scales.squared().squeezed(-1)
      }
    return GaussianMixture(
      weights: weights, means: means, covariances: covariances, structure: structure, scales: scales)
  }

  private func checkColumns(_ columns: [Int], _ name: String) {
    precondition(
      !columns.isEmpty && Set(columns).count == columns.count && columns.allSatisfy { (0..<features).contains($0) },
      "\(name): expected different columns of 0..<\(features), got \(columns)")
  }
}
