import Torch

/// The sums of an EM step over rows, in 64 bits.
struct MixtureStatistics {
  /// The weighted sum of log-densities under the parameters that gave the responsibilities.
  var logLikelihood: Double
  /// Sums of responsibilities times weights, `[components]`.
  var counts: Tensor
  /// The same times deviations from the parameters' means, `[components, features]`.
  var deviations: Tensor
  /// The same times products of deviations, `[components, features, features]`, or squares `[components, features]`.
  var products: Tensor

  init(_ sums: MixtureKernel.Sums) {
    logLikelihood = sums.logLikelihood
    counts = sums.counts
    deviations = sums.deviations
    products = sums.products
  }

  init(logLikelihood: Double, counts: Tensor, deviations: Tensor, products: Tensor) {
    self.logLikelihood = logLikelihood
    self.counts = counts
    self.deviations = deviations
    self.products = products
  }

  /// The sums over the rows of both.
  static func + (left: MixtureStatistics, right: MixtureStatistics) -> MixtureStatistics {
    MixtureStatistics(
      logLikelihood: left.logLikelihood + right.logLikelihood, counts: left.counts + right.counts,
      deviations: left.deviations + right.deviations, products: left.products + right.products)
  }

  /// The components' mean deviations, and their mean products about the new means; where a component has no rows, 0.
  var moments: (shift: Tensor, scatter: Tensor) {
    let divisor = select(counts .> 0, counts, 1.0)
    let shift = deviations / divisor.unsqueezed(1)
    guard products.rank == 3 else { return (shift, products / divisor.unsqueezed(1) - shift.squared()) }
    let outer = shift.unsqueezed(2) * shift.unsqueezed(1)
    return (shift, products / divisor.unsqueezed(1).unsqueezed(1) - outer)
  }
}
