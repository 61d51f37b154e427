import Foundation
import NeuralNetworks
import Probability
public import Torch

/// log p of rows, estimated by importance sampling, with what says how far to trust it.
public struct EvidenceEstimate {
  /// The logarithm of the mean weight of each row's codes, in nats, `[rows]`; its expectation is at most log p.
  public let logProb: Tensor
  /// The standard error of each, `[rows]`; NaN for one code.
  public let standardError: Tensor
  /// The effective number of codes of each, between 1 and the number of codes, `[rows]`.
  public let effectiveSampleSize: Tensor
  /// The evidence lower bound of each, `[rows]`.
  public let lowerBound: Tensor
  /// The standard deviation over a row's codes of log q(Z) p_D(X | Z) / p_E(Z | X), `[rows]`: the source's check that the
  /// ratio is constant, 0 for an encoder that inverts the decoder exactly.
  public let spread: Tensor
}

extension VariationalAutoencoder {
  /// Numbers of decoded rows held at a time.
  private static let chunkSize = 1 << 22

  /// Estimates log p of rows as the mean of q(Z) p_D(X | Z) / p_E(Z | X) over codes Z ~ p_E(Z | X).
  ///
  /// The codes of a row depend on the row and the seed alone, not on the rows beside it. Of a Bernoulli likelihood with
  /// numbers between 0 and 1 it is log p of bits drawn with them as probabilities, once for each row.
  ///
  /// - Parameters:
  ///   - rows: `[rows, features]`.
  ///   - context: one context of all rows, `[contextFeatures]`, or one for each, `[rows, contextFeatures]`; nil for a model
  ///     without.
  ///   - samples: codes for each row; those of the configuration by default.
  ///   - seed: the start of all random numbers.
  /// - Returns: the estimates, without gradient.
  /// - Complexity: `rows * samples` passes of the decoder, in chunks.
  public func evidence(
    of rows: Tensor, given context: Tensor? = nil, samples: Int? = nil, seed: UInt64 = 0
  ) -> EvidenceEstimate {
    let samples = samples ?? configuration.scoringSamples
    let outputs = configuration.features * configuration.likelihood.outputsPerFeature
    let size = max(1, Self.chunkSize / max(1, outputs * samples))
    let parts = withoutGradient {
      stride(from: 0, to: rows.size(0), by: size).map { start -> EvidenceEstimate in
        let piece = rows.narrowed(0, from: start, length: min(size, rows.size(0) - start))
        let given = context.map { context in
          context.rank == 1
            ? context.broadcasted(to: [piece.size(0), context.size(0)])
            : context.narrowed(0, from: start, length: piece.size(0))
        }
        return estimate(terms(of: piece, given: given, samples: samples, seed: seed).logWeights.to(.float64))
      }
    }
    func joined(_ part: (EvidenceEstimate) -> Tensor) -> Tensor { .concatenating(parts.map(part)) }
    return EvidenceEstimate(
      logProb: joined(\.logProb), standardError: joined(\.standardError),
      effectiveSampleSize: joined(\.effectiveSampleSize), lowerBound: joined(\.lowerBound), spread: joined(\.spread))
  }

  /// The terms of rows, each with random numbers of its own.
  private func terms(of rows: Tensor, given context: Tensor?, samples: Int, seed: UInt64) -> Terms {
    let scaled = scaling.forward(rows)
    var (noise, uniform): ([Tensor], [Tensor]) = ([], [])
    for rowSeed in rows.rowSeeds(seed) {
      var rng = RandomGenerator(seed: rowSeed)
      noise.append(Tensor.normal([samples, configuration.codeFeatures], using: &rng))
      if configuration.likelihood == .bernoulli {
        uniform.append(Tensor.uniform([configuration.features], using: &rng))
      }
    }
    let target = decoded.target(
      scaled, uniform: uniform.isEmpty ? nil : Tensor.stacking(uniform).to(scaled.dtype, scaled.device))
    return terms(
      ofTarget: target, noise: Tensor.stacking(noise, 1).to(scaled.dtype, scaled.device), given: context, .inference)
  }

  private func estimate(_ logWeights: Tensor) -> EvidenceEstimate {
    let count = Double(logWeights.size(0))
    let shift = logVolume.map { $0.to(.float64) } ?? Tensor.zeros([], dtype: .float64, device: logWeights.device)
    let total = logWeights.logSumExp(0)
    let share = (logWeights - total).exp()
    let effective = 1 / share.squared().sum(0)
    // The variance of weights over their mean, by the delta method for the logarithm of the mean.
    let variance: Tensor = (count / effective - 1).clamped(from: 0) / (count - 1)
    let error: Tensor = count > 1 ? variance.squareRoot() : variance * Double.nan
    return EvidenceEstimate(
      logProb: total - log(count) + shift, standardError: error, effectiveSampleSize: effective,
      lowerBound: logWeights.mean(0) + shift, spread: logWeights.standardDeviation(0, correction: 0))
  }

  /// What each code number does, over rows.
  ///
  /// - Parameters:
  ///   - rows: `[rows, features]`.
  ///   - context: `[rows, contextFeatures]`; nil for a model without.
  ///   - rng: the source of codes.
  /// - Returns: the statistics.
  public func codeStatistics(
    of rows: Tensor, given context: Tensor? = nil, using rng: inout RandomGenerator
  ) -> CodeStatistics {
    withoutGradient {
      let layerContext = LayerContext.inference
      layerContext.rng = rng.split()
      let terms = terms(of: rows, given: context, samples: 1, layerContext)
      let centers = posterior.center(given: terms.encoded).to(.float64)
      let divergence = posterior.divergenceFromStandardNormal(given: terms.encoded)
      let variance = centers.size(0) > 1 ? centers.variance(0) : Tensor.zeros([centers.size(1)], dtype: .float64)
      return CodeStatistics(
        divergence: (terms.logPosterior - terms.logPrior).to(.float64).mean().item(),
        divergences: divergence?.to(.float64).mean(0).doubles(), variances: variance.doubles(),
        reconstruction: terms.reconstruction.to(.float64).mean().item())
    }
  }
}

extension Tensor {
  /// A number for each row, `[rows, features]`, that its bits and a seed make, each word mixed as splitmix64 does.
  func rowSeeds(_ seed: UInt64) -> [UInt64] {
    let values = to(.float64, Device.cpu).doubles()
    let columns = size(1)
    func mixed(_ word: UInt64) -> UInt64 {
      var z = word &+ 0x9e37_79b9_7f4a_7c15
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
    return (0..<size(0)).map { row in
      values[(row * columns)..<((row + 1) * columns)].reduce(mixed(seed)) { mixed($0 ^ $1.bitPattern) }
    }
  }
}
