import Foundation
public import Probability
public import Torch

/// A Gaussian mixture of which the posterior of the parameters is known, as a distribution of new events.
///
/// The log-density is that of the posterior predictive distribution, a mixture of Student t distributions: it integrates to
/// 1, and its tails say how little a component with few rows is known. ``gaussianMixture`` puts the expected parameters in
/// their place.
///
/// The posterior is a product: Dirichlet or stick-breaking weights, normal means given precisions, Wishart precisions (for
/// diagonal and spherical structures one-dimensional ones, that is gamma distributions).
///
/// - Shapes: events `[features]`, no batch.
/// - Reference: Bishop, *Pattern Recognition and Machine Learning*, 2006, chapter 10.2 (eq. 10.81).
public struct BayesianGaussianMixture: Distribution {
  /// The posterior of the weights.
  public enum Weights {
    /// The concentrations of a Dirichlet distribution, `[components]`.
    case dirichlet(Tensor)
    /// The two parameters of the beta distribution of each share of what is left of a stick, `[components]` each.
    case dirichletProcess(first: Tensor, second: Tensor)
  }

  /// The posterior of the weights.
  public let weightPosterior: Weights
  /// How many rows' worth is known of each mean, `[components]`.
  public let meanPrecision: Tensor
  /// The expected means, `[components, features]`.
  public let means: Tensor
  /// The degrees of freedom of each precision, `[components]`.
  public let degreesOfFreedom: Tensor
  /// The inverse of the expected precisions, in the form of the structure, see `GaussianMixture.covariances`.
  public let covariances: Tensor
  /// What the covariances have in common.
  public let structure: CovarianceStructure
  let plugIn: GaussianMixture

  /// A posterior of parameters in 64 bits, whose shapes are known to agree.
  init(
    weightPosterior: Weights, meanPrecision: Tensor, means: Tensor, degreesOfFreedom: Tensor, covariances: Tensor,
    structure: CovarianceStructure
  ) throws(DensityEstimationError) {
    self.weightPosterior = weightPosterior
    self.meanPrecision = meanPrecision
    self.means = means
    self.degreesOfFreedom = degreesOfFreedom
    self.covariances = covariances
    self.structure = structure
    plugIn = try MixtureParameters(
      weights: weightPosterior.expected, means: means, covariances: covariances, structure: structure
    ).mixture()
  }

  /// No batch.
  public var batchShape: Shape { [] }
  /// `[features]`.
  public var eventShape: Shape { means.shape.trailing(1) }
  /// All real vectors.
  public var support: Support { .real(eventRank: 1) }
  /// The number of components.
  public var componentCount: Int { means.size(0) }
  /// The number of features of an event.
  public var features: Int { means.size(1) }
  /// The expected weights, `[components]`, of sum 1.
  public var weights: Tensor { plugIn.weights }
  /// The mixture with the expected weights and means and the inverses of the expected precisions.
  public var gaussianMixture: GaussianMixture { plugIn }

  /// The log-density of a new event given the data, in nats, of the type of the events.
  public func logProb(unchecked x: Tensor) -> Tensor { logJoint(x).logSumExp(-1) }

  /// The probability of each component given an event, `[*sample, components]`, of the type of the events.
  ///
  /// - Precondition: `x` ends in `[features]`.
  public func responsibilities(_ x: Tensor) -> Tensor {
    precondition(
      x.shape.trailing(1) == eventShape, "responsibilities: expected events of shape \(eventShape), got \(x.shape)")
    return logJoint(x).softmax(-1)
  }

  /// Independent draws of new events: a component, and its Student t distribution.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    // Draws without means, each divided by its own root of a chi-squared number.
    let sampler = MixtureSampler(weights: weights, means: Tensor.zeros(like: means), scales: predictiveScales)
    let (noise, chosen) = sampler.sample(sampleShape.elementCount, dtype: .float64, seed: rng.next())
    let draws = means.selecting(chosen) + noise * spreads(chosen, columns: isPerFeature ? features : 1, using: &rng)
    return draws.reshaped(sampleShape + eventShape)
  }

  // MARK: The predictive distribution

  /// Whether each feature has a Student t distribution of its own.
  private var isPerFeature: Bool { structure == .diagonal }

  /// The degrees of freedom of each component's Student t distribution, `[components]`.
  private var predictiveDegrees: Tensor {
    structure == .full || structure == .tied ? degreesOfFreedom + Double(1 - features) : degreesOfFreedom
  }

  /// What multiplies the covariances to give the squared scale of the Student t distributions, `[components]`.
  private var inflation: Tensor { (meanPrecision + 1.0) / meanPrecision * degreesOfFreedom / predictiveDegrees }

  /// Triangles or deviations of the Student t distributions, of all components.
  private var predictiveScales: Tensor {
    let root = inflation.squareRoot()
    let isMatrix = structure == .full || structure == .tied
    let sizes = [componentCount, features] + (isMatrix ? [features] : [])
    return plugIn.componentScales.broadcasted(to: Shape(sizes))
      * root.reshaped(Shape([-1] + sizes.dropFirst().map { _ in 1 }))
  }

  private func logJoint(_ x: Tensor) -> Tensor {
    let type = x.dtype
    let (degrees, scales) = (predictiveDegrees.to(type), predictiveScales.to(type))
    let deviations = x.unsqueezed(-2) - means.to(type)
    let logWeights = weights.to(type).log()
    if isPerFeature {
      let each = studentLogProb((deviations / scales).squared(), degrees.unsqueezed(1), dimensions: 1)
      return (each - scales.log()).sum(-1) + logWeights
    }
    let isMatrix = structure == .tied || structure == .full
    let rows = deviations.reshaped([-1, componentCount, features]).permuted([1, 2, 0])
    let standardized =
      isMatrix
      ? scales.solvingTriangular(rows).permuted([2, 0, 1]).reshaped(deviations.shape) : deviations / scales
    let logDeterminant = (isMatrix ? scales.diagonal() : scales).log().sum(1)
    return studentLogProb(standardized.squared().sum(-1), degrees, dimensions: features) - logDeterminant + logWeights
  }

  /// The log-density of a Student t distribution of scale 1 at a squared distance.
  private func studentLogProb(_ distance: Tensor, _ degrees: Tensor, dimensions: Int) -> Tensor {
    let half = (degrees + Double(dimensions)) * 0.5
    let constant =
      half.logGamma() - (degrees * 0.5).logGamma() - (degrees * Double.pi).log() * (0.5 * Double(dimensions))
    return constant - half * (distance / degrees).logOnePlus()
  }

  /// One over the root of chi-squared numbers over their degrees of freedom, `[count, columns]`.
  private func spreads(_ components: Tensor, columns: Int, using rng: inout RandomGenerator) -> Tensor {
    let half = predictiveDegrees.selecting(components).unsqueezed(1) * 0.5
    let gamma = Tensor.standardGamma(half.broadcasted(to: [components.size(0), columns]).contiguous(), using: &rng)
    return (half / gamma).squareRoot()
  }
}

extension BayesianGaussianMixture.Weights {
  /// The expected weights of sum 1.
  var expected: Tensor {
    switch self {
    case .dirichlet(let concentration): return concentration / concentration.sum()
    case .dirichletProcess(let first, let second):
      let share = first / (first + second)
      let left = Tensor.concatenating([Tensor.ones([1], dtype: .float64), (1.0 - share).cumulativeProduct(0)])
      let weights = share * left.narrowed(0, from: 0, length: share.size(0))
      return weights / weights.sum()
    }
  }

  /// The expected logarithms of the weights, `[components]`.
  var expectedLog: Tensor {
    switch self {
    case .dirichlet(let concentration): return concentration.digamma() - concentration.sum().digamma()
    case .dirichletProcess(let first, let second):
      let both = (first + second).digamma()
      let left = (second.digamma() - both).cumulativeSum(0)
      let before = Tensor.concatenating([Tensor.zeros([1], dtype: .float64), left])
      return first.digamma() - both + before.narrowed(0, from: 0, length: first.size(0))
    }
  }
}
