import Foundation
import Torch

extension GaussianMixture {
  /// Cholesky factors, or standard deviations, in the form of ``GaussianMixture/scales``.
  static func scales(
    _ covariances: Tensor, _ structure: CovarianceStructure, features: Int
  ) throws(DistributionError) -> Tensor {
    let isMatrix = structure == .full || structure == .tied
    precondition(
      covariances.rank >= (isMatrix ? 2 : 1) && (structure == .spherical || covariances.size(-1) == features),
      "GaussianMixture: expected \(structure.rawValue) covariances of \(features) features, got \(covariances.shape)")
    guard covariances.isFinite().all() else { throw .notPositiveDefinite(shape: covariances.shape) }
    if isMatrix {
      guard let factor = try? covariances.cholesky() else { throw .notPositiveDefinite(shape: covariances.shape) }
      return structure == .tied ? factor.unsqueezed(-3) : factor
    }
    guard !(covariances .<= 0).any() else { throw .notPositiveDefinite(shape: covariances.shape) }
    let deviations = covariances.squareRoot()
    return structure == .spherical ? deviations.unsqueezed(-1) : deviations
  }

  /// The batch shape of parameters whose shapes agree.
  static func checkedBatch(
    _ weights: Tensor, _ means: Tensor, _ covariances: Tensor, _ structure: CovarianceStructure
  ) -> Shape {
    let (components, features) = (weights.shape.last ?? 0, means.shape.last ?? 0)
    let own = structure.shape(components: components, features: features)
    let leads = [weights.shape.droppingTrailing(1), means.shape.droppingTrailing(2)]
    let batch = (leads + [covariances.shape.droppingTrailing(own.count)]).reduce(Shape.scalar as Shape?) {
      batch, lead in
      batch.flatMap { Shape.broadcasting($0, lead) }
    }
    guard let batch, components > 0, features > 0, means.shape.trailing(2) == [components, features],
      covariances.shape.trailing(own.count).sizes == own
    else {
      preconditionFailure(
        "GaussianMixture: expected weights [*batch, components], means [*batch, components, features] and "
          + "\(structure.rawValue) covariances, got \(weights.shape), \(means.shape), \(covariances.shape)")
    }
    return batch
  }

  /// The fused passes of a single mixture.
  static func makeKernel(
    _ weights: Tensor, _ means: Tensor, _ scales: Tensor, _ structure: CovarianceStructure
  ) -> MixtureKernel {
    let (components, features) = (means.size(0), means.size(1))
    let scales = scales.to(.float64)
    let whitening: Tensor
    let logDeterminant: Tensor
    if structure == .full || structure == .tied {
      let identity = Tensor.identity(features, dtype: .float64)
      whitening = scales.solvingTriangular(identity.broadcasted(to: scales.shape))
        .broadcasted(to: [components, features, features])
      logDeterminant = scales.diagonal().log().sum(-1)
    } else {
      let each = scales.broadcasted(to: [components, features])
      whitening = each.reciprocal()
      logDeterminant = each.log().sum(-1)
    }
    let constant = 0.5 * Double(features) * Foundation.log(2 * Double.pi)
    let constants = weights.to(.float64).log() - logDeterminant - constant
    let center = weights.to(.float64).unsqueezed(0).matmul(means.to(.float64)).doubles()
    return MixtureKernel(constants: constants, means: means, whitening: whitening, center: center)
  }

  /// The fused draws of a single mixture.
  static func makeSampler(
    _ weights: Tensor, _ means: Tensor, _ scales: Tensor, _ structure: CovarianceStructure
  ) -> MixtureSampler {
    let (components, features) = (means.size(0), means.size(1))
    let isMatrix = structure == .full || structure == .tied
    let all = scales.broadcasted(to: [components] + (isMatrix ? [features, features] : [features]))
    return MixtureSampler(weights: weights, means: means, scales: all)
  }
}
