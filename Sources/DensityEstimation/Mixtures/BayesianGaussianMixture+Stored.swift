import Probability
public import Torch

extension BayesianGaussianMixture: StoredDistribution {
  /// `meanPrecision`, `means`, `degreesOfFreedom`, the weights as `weights.dirichlet` or as `weights.dirichletProcess`
  /// (`[2, components]`), and the covariances under the name of their structure, `covariances.full` and so on; 64-bit.
  public var tensors: [String: Tensor] {
    var result = [
      "meanPrecision": meanPrecision, "means": means, "degreesOfFreedom": degreesOfFreedom,
      "covariances.\(structure.rawValue)": covariances,
    ]
    switch weightPosterior {
    case .dirichlet(let concentration): result["weights.dirichlet"] = concentration
    case .dirichletProcess(let first, let second):
      result["weights.dirichletProcess"] = Tensor.stacking([first, second])
    }
    return result
  }

  /// The posterior that a file holds.
  ///
  /// - Throws: `DensityEstimationError.degenerate` when the tensors do not make one.
  public init(tensors: [String: Tensor]) throws(DensityEstimationError) {
    let structure = CovarianceStructure.allCases.first { tensors["covariances.\($0.rawValue)"] != nil }
    let weights = tensors["weights.dirichlet"] ?? tensors["weights.dirichletProcess"]
    guard tensors.count == 5, let precision = tensors["meanPrecision"], let means = tensors["means"],
      let degrees = tensors["degreesOfFreedom"], let weights, let structure,
      let covariances = tensors["covariances.\(structure.rawValue)"]
    else {
      throw .degenerate(
        reason: "expected the tensors meanPrecision, means, degreesOfFreedom, weights.dirichlet or "
          + "weights.dirichletProcess, and covariances.full (or .tied, .diagonal, .spherical), got "
          + "\(tensors.keys.sorted())")
    }
    guard means.rank == 2, means.elementCount > 0 else {
      throw .degenerate(reason: "the means of the mixture have the shape \(means.shape)")
    }
    let (components, features) = (means.size(0), means.size(1))
    let isProcess = tensors["weights.dirichletProcess"] != nil
    guard precision.shape == [components], degrees.shape == [components],
      weights.shape == (isProcess ? [2, components] : [components]),
      covariances.shape.sizes == structure.sizes(components, features),
      tensors.values.allSatisfy({ $0.dtype.isFloatingPoint && $0.isFinite().all() }),
      (precision .> 0).all(), (degrees .> Double(features - 1)).all(), (weights .> 0).all()
    else { throw .degenerate(reason: "the tensors do not make a posterior of a Gaussian mixture") }
    let wide = weights.to(.float64)
    try self.init(
      weightPosterior: isProcess ? .dirichletProcess(first: wide[.at(0)], second: wide[.at(1)]) : .dirichlet(wide),
      meanPrecision: precision.to(.float64), means: means.to(.float64), degreesOfFreedom: degrees.to(.float64),
      covariances: covariances.to(.float64), structure: structure)
  }
}
