public import Torch

/// The Kullback-Leibler divergence KL[p || q] = E[log p(x) - log q(x)] for x from p, estimated from draws of p.
///
/// Infinite when a draw of p has density 0 under q: p puts mass where q has none, and no number of draws would change that.
/// A finite estimate does not prove the opposite. Where there is a closed form it is in ``KullbackLeiblerDistribution``;
/// where p is known only by a sample the entropy of p is unknown, and ``CrossEntropy`` is what can be had.
public enum KullbackLeibler {
  /// KL[p || q] in nats, with its standard error, by Monte Carlo.
  ///
  /// - Parameters:
  ///   - p: the distribution to draw from.
  ///   - q: the other distribution, of the same events.
  ///   - draws: the number of draws.
  ///   - chunkSize: the most draws at a time, which bounds the memory.
  ///   - rng: the source of random numbers.
  /// - Returns: the mean of log p - log q, not clipped at 0; infinity, with a standard error of NaN, when q is 0 at a draw.
  /// - Precondition: both are one distribution, not a batch, over events of one shape.
  public static func estimate(
    of p: some Distribution, from q: some Distribution, draws: Int = 10_000, chunkSize: Int = 8192,
    using rng: inout RandomGenerator
  ) -> Estimate {
    let ratios = LogDensities(drawnFrom: p, and: q, draws: draws, chunkSize: chunkSize, using: &rng).logRatios
    return Estimate(meanOf: ratios)
  }
}

/// The log-densities of two distributions at draws of the first, in 64 bits.
struct LogDensities {
  let first: [Double]
  let second: [Double]

  init(
    drawnFrom p: some Distribution, and q: some Distribution, draws: Int, chunkSize: Int,
    using rng: inout RandomGenerator
  ) {
    precondition(
      p.batchShape.elementCount == 1 && q.batchShape.elementCount == 1 && p.eventShape == q.eventShape,
      "divergence: expected two single distributions of events \(p.eventShape), got batches \(p.batchShape) and "
        + "\(q.batchShape), events \(q.eventShape)")
    precondition(draws > 0 && chunkSize > 0, "divergence: expected positive counts, got \(draws) and \(chunkSize)")
    var (first, second): ([Double], [Double]) = ([], [])
    for start in stride(from: 0, to: draws, by: chunkSize) {
      withoutGradient {
        let x = p.sample([min(chunkSize, draws - start)], using: &rng)
        first += p.logProb(x).doubles()
        second += q.logProb(x).doubles()
      }
    }
    (self.first, self.second) = (first, second)
  }

  /// log p - log q at each draw; infinite where q is 0.
  var logRatios: [Double] { zip(first, second).map { $0 - $1 } }
}
