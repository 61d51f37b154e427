import Foundation
public import Torch

/// A mixture of normal vectors: p(x) = sum over k of w_k N(x; mean_k, covariance_k).
///
/// It comes from data through `GaussianMixtureEstimator`, or from parameters that are known, and can then be scored and
/// drawn from at once:
///
///     let mixture = try GaussianMixture(
///       weights: Tensor([0.3, 0.7]), means: Tensor(rows: [[0.0, 0], [4, 4]]),
///       covariances: Tensor([1.0, 0.5], shape: [2]), structure: .spherical)
///     mixture.logProb(x)                              // [rows], nats
///     mixture.responsibilities(x)                     // [rows, 2]
///     mixture.marginal(of: [1])                       // of one column
///     mixture.conditioned(on: [0], values: x0)        // of column 1, for each row of x0
///
/// Log-densities have the type of the events, draws the type of the means. Where nothing asks for gradients, events on the
/// processor go through a fused kernel.
///
/// - Shapes: weights `[*batch, components]`, means `[*batch, components, features]`, covariances by structure (see
///   ``covariances``), which may lack the batch; events `[features]`.
/// - Complexity: O(components features^2) a row for densities, O(features^2) for a draw; O(features) for structures
///   without correlations.
public struct GaussianMixture: MomentDistribution {
  /// The probability of each component, `[*batch, components]`, of sum 1.
  public let weights: Tensor
  /// The mean of each component, `[*batch, components, features]`.
  public let means: Tensor
  /// What the covariances have in common.
  public let structure: CovarianceStructure
  /// The covariances, in the form of their structure: full `[.., components, features, features]`, tied
  /// `[.., features, features]`, diagonal `[.., components, features]` (variances), spherical `[.., components]`.
  public let covariances: Tensor
  /// The shape of distributions side by side.
  public let batchShape: Shape
  /// `[features]`.
  public let eventShape: Shape
  /// Lower triangles `[.., components or 1, features, features]`, or standard deviations `[.., components, features or 1]`.
  let scales: Tensor
  /// Fused passes and draws, for a single mixture on the processor whose parameters ask for no gradients.
  let kernel: MixtureKernel?
  let sampler: MixtureSampler?

  /// A mixture of weights (normalized here), means and covariances.
  ///
  /// - Throws: `DistributionError.notPositiveDefinite` when a covariance has no Cholesky factor, or a variance is not
  ///   positive.
  /// - Precondition: the shapes agree; weights are finite, not negative, and not all 0.
  public init(
    weights: Tensor, means: Tensor, covariances: Tensor, structure: CovarianceStructure
  ) throws(DistributionError) {
    let scales = try GaussianMixture.scales(covariances, structure, features: means.shape.last ?? 0)
    precondition(
      weights.isFinite().all() && !(weights .< 0).any() && !(weights.sum(-1) .<= 0).any(),
      "GaussianMixture: expected finite weights of which none is negative and one positive")
    self.init(weights: weights, means: means, covariances: covariances, structure: structure, scales: scales)
  }

  /// Takes scales that are known to belong to the covariances; weights that are NaN stay so.
  init(weights: Tensor, means: Tensor, covariances: Tensor, structure: CovarianceStructure, scales: Tensor) {
    let batch = GaussianMixture.checkedBatch(weights, means, covariances, structure)
    let normalized = weights / weights.sum(-1, keepingDimensions: true)
    batchShape = batch
    eventShape = means.shape.trailing(1)
    self.weights = normalized.broadcasted(to: batch + normalized.shape.trailing(1))
    self.means = means.broadcasted(to: batch + means.shape.trailing(2))
    self.structure = structure
    self.covariances = covariances
    self.scales = scales
    let isPlain =
      batch.rank == 0 && means.device == .cpu
      && ![weights, means, covariances].contains { $0.requiresGradient || $0.dtype.byteCount < 4 }
    kernel = isPlain ? GaussianMixture.makeKernel(normalized, means, scales, structure) : nil
    sampler = isPlain ? GaussianMixture.makeSampler(normalized, means, scales, structure) : nil
  }

  /// The number of components.
  public var componentCount: Int { weights.size(-1) }
  /// The number of features of an event.
  public var features: Int { eventShape[0] }
  /// All real vectors.
  public var support: Support { .real(eventRank: 1) }
  /// The number of free parameters: weights, means and covariances.
  public var parameterCount: Int {
    componentCount - 1 + componentCount * features
      + structure.parameterCount(components: componentCount, features: features)
  }

  /// The lower Cholesky factor of each component's covariance, `[.., components or 1, features, features]`, or, without
  /// correlations, its standard deviations, `[.., components, features or 1]`.
  package var componentScales: Tensor { scales }

  // MARK: Moments

  /// The mean of the whole, `[*batch, features]`.
  public var mean: Tensor { (weights.unsqueezed(-1) * means).sum(-2) }

  /// The variance of each feature of the whole, `[*batch, features]`.
  public var variance: Tensor {
    let within = structure == .full || structure == .tied ? scales.squared().sum(-1) : scales.squared()
    let between = (means - mean.unsqueezed(-2)).squared()
    return (weights.unsqueezed(-1) * (within + between)).sum(-2)
  }

  /// The covariance of the whole, `[*batch, features, features]`.
  public var covariance: Tensor {
    let deviations = means - mean.unsqueezed(-2)
    let between = deviations.unsqueezed(-1) * deviations.unsqueezed(-2)
    return (weights.unsqueezed(-1).unsqueezed(-1) * (covarianceMatrices + between)).sum(-3)
  }

  /// The covariance of each component as a matrix whatever the structure, `[.., components, features, features]`.
  public var covarianceMatrices: Tensor {
    switch structure {
    case .full: covariances
    case .tied:
      covariances.unsqueezed(-3).broadcasted(
        to: covariances.shape.droppingTrailing(2) + [componentCount, features, features])
    case .diagonal: covariances.diagonalMatrix()
    case .spherical:
      covariances.unsqueezed(-1).broadcasted(to: covariances.shape + [features]).diagonalMatrix()
    }
  }

  // MARK: Densities

  /// The log-density in nats, of the type of the events.
  public func logProb(unchecked x: Tensor) -> Tensor {
    guard let kernel = kernel(for: x) else { return logJoint(x).logSumExp(-1) }
    return kernel.logProb(x.reshaped([-1, features])).reshaped(x.shape.droppingTrailing(1))
  }

  /// The probability of each component given an event, of the type of the events.
  ///
  /// - Parameter x: events, `[*sample, *batch, features]`.
  /// - Returns: `[*sample, *batch, components]`, of sum 1.
  /// - Precondition: `x` ends in `[features]`.
  public func responsibilities(_ x: Tensor) -> Tensor {
    precondition(
      x.shape.trailing(1) == eventShape, "responsibilities: expected events of shape \(eventShape), got \(x.shape)")
    guard let kernel = kernel(for: x) else { return logJoint(x).softmax(-1) }
    return kernel.responsibilities(x.reshaped([-1, features]))
      .reshaped(x.shape.droppingTrailing(1) + [componentCount])
  }

  private func kernel(for x: Tensor) -> MixtureKernel? {
    let isPlain = x.device == .cpu && !x.requiresGradient && (x.dtype == .float32 || x.dtype == .float64)
    return isPlain ? kernel : nil
  }

  /// log w_k + log N(x; mean_k, covariance_k), `[*sample, *batch, components]`: the formula that the kernel fuses.
  package func logJoint(_ x: Tensor) -> Tensor {
    let type = x.dtype
    let deviations = x.unsqueezed(-2) - means.to(type)
    let scales = scales.to(type)
    let standardized: Tensor
    let logDeterminant: Tensor
    if structure == .full || structure == .tied {
      standardized = solving(scales, deviations)
      logDeterminant = scales.diagonal().log().sum(-1)
    } else {
      standardized = deviations / scales
      logDeterminant = structure == .diagonal ? scales.log().sum(-1) : scales.squeezed(-1).log() * features
    }
    let constant = 0.5 * Double(features) * Foundation.log(2 * Double.pi)
    return standardized.squared().sum(-1) * -0.5 - logDeterminant - constant + weights.to(type).log()
  }

  /// L^-1 d for each component; without a batch the rows are the columns of one right side, which spares copies of L.
  private func solving(_ scales: Tensor, _ deviations: Tensor) -> Tensor {
    guard scales.rank == 3 else { return scales.solvingTriangular(deviations.unsqueezed(-1)).squeezed(-1) }
    let columns = deviations.reshaped([-1, componentCount, features]).permuted([1, 2, 0])
    return scales.solvingTriangular(columns).permuted([2, 0, 1]).reshaped(deviations.shape)
  }

  // MARK: Draws

  /// Independent draws: a component, then a normal vector of it.
  ///
  /// On the processor a draw depends on the seed that `rng` gives and on its own place alone: fewer draws are the first of
  /// more, with the same bits for any number of threads.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    guard let sampler, means.dtype == .float32 || means.dtype == .float64 else {
      return withoutGradient { sample(unfused: sampleShape, using: &rng) }
    }
    let draws = sampler.draws(sampleShape.elementCount, dtype: means.dtype, seed: rng.next())
    return draws.reshaped(sampleShape + eventShape)
  }

  /// Draws by tensor operations, for any batch and device.
  package func sample(unfused sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    let (count, batch) = (sampleShape.elementCount, batchShape.elementCount)
    let chosen = weights.reshaped([batch, componentCount]).multinomial(count, using: &rng).transposed()
    let index = chosen.unsqueezed(-1).unsqueezed(-1)  // [count, batch, 1, 1]
    let means = self.means.reshaped([1, batch, componentCount, features])
    let mean = means.takingAlong(index, 2).squeezed(2)
    let noise = Tensor.normal([count, batch, features], dtype: means.dtype, device: means.device, using: &rng)
    let draws = mean + scaled(noise, chosen)
    return draws.reshaped(sampleShape + batchShape + eventShape)
  }

  private func scaled(_ noise: Tensor, _ chosen: Tensor) -> Tensor {
    let batch = batchShape.elementCount
    if structure == .full || structure == .tied {
      let all = scales.broadcasted(to: batchShape + [componentCount, features, features])
        .reshaped([1, batch, componentCount, features, features])
      let triangle = all.takingAlong(chosen.unsqueezed(-1).unsqueezed(-1).unsqueezed(-1), 2).squeezed(2)
      return triangle.matmul(noise.unsqueezed(-1)).squeezed(-1)
    }
    let all = scales.broadcasted(to: batchShape + [componentCount, features])
      .reshaped([1, batch, componentCount, features])
    return noise * all.takingAlong(chosen.unsqueezed(-1).unsqueezed(-1), 2).squeezed(2)
  }

  // MARK: Other types

  /// The same mixture with parameters of another type; draws have it too.
  public func to(_ dtype: DType) -> GaussianMixture {
    GaussianMixture(
      weights: weights.to(dtype), means: means.to(dtype), covariances: covariances.to(dtype), structure: structure,
      scales: scales.to(dtype))
  }
}
