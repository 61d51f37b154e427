public import Probability
public import Torch

extension GaussianMixture: StoredDistribution {
  /// `weights`, `means`, and the covariances under the name of their structure: `covariances.full`, `.tied`, `.diagonal`
  /// or `.spherical`; 64-bit.
  public var tensors: [String: Tensor] {
    [
      "weights": weights.to(.float64), "means": means.to(.float64),
      "covariances.\(structure.rawValue)": covariances.to(.float64),
    ]
  }

  /// The mixture that a file holds.
  ///
  /// - Throws: `DensityEstimationError.degenerate` when the tensors do not make one.
  public init(tensors: [String: Tensor]) throws(DensityEstimationError) {
    let structure = CovarianceStructure.allCases.first { tensors["covariances.\($0.rawValue)"] != nil }
    guard tensors.count == 3, let weights = tensors["weights"], let means = tensors["means"], let structure,
      let covariances = tensors["covariances.\(structure.rawValue)"]
    else {
      throw .degenerate(
        reason: "expected the tensors weights, means and covariances.full (or .tied, .diagonal, .spherical), got "
          + "\(tensors.keys.sorted())")
    }
    guard means.rank == 2, means.elementCount > 0, weights.shape == [means.size(0)],
      covariances.shape.sizes == structure.sizes(means.size(0), means.size(1)),
      tensors.values.allSatisfy({ $0.dtype.isFloatingPoint && $0.isFinite().all() })
    else { throw .degenerate(reason: "weights, means and covariances do not make a Gaussian mixture") }
    let wide = weights.to(.float64)
    guard (wide .>= 0).all(), abs(wide.sum().item() - 1) < 1e-6 else {
      throw .degenerate(reason: "the weights of the mixture are not probabilities")
    }
    let isMatrix = structure == .full || structure == .tied
    guard
      !isMatrix
        || covariances.isClose(
          to: covariances.transposed(), relative: 1e-9, absolute: covariances.absolute().max().item() * 1e-9)
    else {
      throw .degenerate(reason: "a covariance of the mixture is not symmetric")
    }
    do {
      try self.init(
        weights: wide, means: means.to(.float64), covariances: covariances.to(.float64), structure: structure)
    } catch {
      throw .degenerate(reason: "a covariance of the mixture is not positive definite")
    }
  }
}
