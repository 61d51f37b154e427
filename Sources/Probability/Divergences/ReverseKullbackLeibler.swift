import Foundation
public import Torch

/// The reverse Kullback-Leibler divergence KL[q || p] = E[log q(x) + U(x)] + log Z of a model q from a target known up to a
/// constant: an objective of training that needs no data.
///
/// It is mode-seeking: mass of q where p has none costs without limit, a mode of p that q misses costs little, and from
/// inside q nothing shows that it is missing. ``diagnosis(of:draws:using:)`` looks for what was missed.
///
///     let objective = ReverseKullbackLeibler(to: GibbsDistribution([2]) { x in 0.5 * x.squared().sum(-1) })
///     let loss = objective.loss(of: flow.distribution, draws: 256, using: &rng)
public struct ReverseKullbackLeibler {
  /// The target.
  public let target: GibbsDistribution

  /// The divergence from a target.
  public init(to target: GibbsDistribution) { self.target = target }

  /// An unbiased estimate of E[log q(x) + beta U(x)], through which gradients flow to the model's parameters.
  ///
  /// For beta = 1 it is KL[q || p] - log Z: minus the evidence lower bound, so at least -log Z. A smaller beta flattens the
  /// target; raising it during training (annealing) keeps modes that a model would otherwise lose early.
  ///
  /// Gradients are the path derivatives: through the draws, not through the parameters of log q, whose part has mean 0.
  /// Their variance goes to 0 as q goes to p. First derivatives only.
  ///
  /// - Reference: Roeder, Wu, Duvenaud, *Sticking the landing*, 2017, section 3; Vaitl, Nicoli, Nakajima, Kessel,
  ///   *Gradients should stay on path*, 2022.
  ///
  /// - Parameters:
  ///   - model: q.
  ///   - draws: the number of draws.
  ///   - inverseTemperature: beta.
  ///   - rng: the source of random numbers.
  /// - Returns: a tensor of one element.
  public func loss(
    of model: some ReparameterizedDistribution, draws: Int, inverseTemperature: Double = 1,
    using rng: inout RandomGenerator
  ) -> Tensor {
    check(model)
    let (x, logProb) = model.reparameterizedSampleWithLogProb([draws], using: &rng)
    guard x.requiresGradient else { return (logProb + target.energy(x) * inverseTemperature).mean() }
    let place = x.requiringGradient()
    let values = model.logProb(unchecked: place) + target.energy(place) * inverseTemperature
    let force = gradients(of: values.sum(), withRespectTo: [place])[0]
    // The value is that of the draws; only its gradient comes from the product.
    let work = (x * force).sum()
    return values.detached().mean() + (work - work.detached()) / Double(draws)
  }

  /// The weights p(x) / q(x), up to Z, of draws of a model.
  ///
  /// - Parameters:
  ///   - model: q.
  ///   - draws: the number of draws.
  ///   - chunkSize: the most draws at a time, which bounds the memory.
  ///   - rng: the source of random numbers.
  /// - Returns: one weight a draw.
  public func importanceWeights(
    of model: some ReparameterizedDistribution, draws: Int = 10_000, chunkSize: Int = 8192,
    using rng: inout RandomGenerator
  ) -> ImportanceWeights {
    weighted(model, draws, chunkSize, &rng).weights
  }

  /// Draws of the model as 64-bit rows `[draws, elements]`, with their weights.
  func weighted(
    _ model: some ReparameterizedDistribution, _ draws: Int, _ chunkSize: Int, _ rng: inout RandomGenerator
  ) -> (rows: Tensor, weights: ImportanceWeights) {
    check(model)
    var (rows, logWeights): ([Tensor], [Double]) = ([], [])
    for start in stride(from: 0, to: draws, by: chunkSize) {
      withoutGradient {
        let count = min(chunkSize, draws - start)
        let (x, logProb) = model.reparameterizedSampleWithLogProb([count], using: &rng)
        rows.append(x.to(.float64, Device.cpu).reshaped([count, target.eventShape.elementCount]))
        logWeights += (-target.energy(x) - logProb).doubles()
      }
    }
    return (Tensor.concatenating(rows), ImportanceWeights(logWeights: logWeights))
  }

  private func check(_ model: some ReparameterizedDistribution) {
    precondition(
      model.batchShape.elementCount == 1 && model.eventShape == target.eventShape,
      "ReverseKullbackLeibler: expected one model of events \(target.eventShape), got a batch \(model.batchShape) of "
        + "\(model.eventShape)")
  }
}
