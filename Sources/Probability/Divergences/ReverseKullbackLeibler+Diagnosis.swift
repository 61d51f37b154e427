import Foundation
public import Torch

extension ReverseKullbackLeibler {
  /// What a look at a model found that was fitted to a target.
  ///
  /// Numbers that are not finite are left out (nil): JSON has no infinity.
  public struct Diagnosis: Hashable, Sendable, Codable {
    /// The draws of the model that were weighted.
    public var draws: Int
    /// The effective sample size over the draws, from 0 to 1; nil when weights are not numbers.
    public var effectiveFraction: Double?
    /// ``ImportanceWeights/paretoShape`` of the weights: above 0.7 this and ``logPartition`` cannot be trusted.
    public var paretoShape: Double?
    /// E[-U(x) - log q(x)], which is at most log Z.
    public var evidenceLowerBound: Estimate?
    /// log Z from the weights of the model's draws, in nats. It is too small by the mass of the modes that the model misses.
    public var logPartition: Estimate?
    /// KL[q || p] in nats: log Z, where known the exact one, minus the lower bound.
    public var divergence: Double?
    /// The mass that model and target have in common, the integral of the lesser density, from 0 to 1: one minus their total
    /// variation distance. By importance sampling from the model and from where searches for modes ended; nil when its
    /// weights are too uneven, and in files of earlier versions. What no search reached is not in it.
    public var overlap: Estimate?
    /// The modes, in the order of their energies.
    public var modes: [Mode]

    /// A basin of the target's energy.
    public struct Mode: Hashable, Sendable, Codable {
      /// The place of least energy that was found, the elements of an event.
      public var location: [Double]
      /// The energy there, in nats.
      public var energy: Double
      /// The share of the model's mass in the basin, from draws.
      public var modelShare: Estimate
      /// The share of the target's mass in the basin, by importance sampling from the model and from the modes.
      public var targetShare: Estimate

      /// How far apart searches ended in the basin, in units of the target's scale; nil in files of earlier versions.
      public var extent: Double?

      /// Whether searches ended apart, as on a ring or in a funnel: that the model reaches the mode somewhere then says
      /// nothing of how far along it.
      public var isRidge: Bool { (extent ?? 0) > 0.5 }

      /// Whether the model gives the mode less than a tenth of the mass that it has.
      public var isMissed: Bool { modelShare.value < 0.1 * targetShare.value }
    }

    /// The modes that the model misses.
    public var missedModes: [Mode] { modes.filter(\.isMissed) }

    /// Whether averages over the weights can be trusted: their Pareto shape is at most 0.7.
    public var isReliable: Bool {
      guard let effectiveFraction else { return false }
      // Equal weights have no tail and so no shape.
      return paretoShape.map { $0 <= 0.7 } ?? (effectiveFraction > 0.9)
    }

    /// How far the model covers the modes, from 0 to 1: the sum over modes of the lesser of both shares. Of a single mode it
    /// says nothing; ``overlap`` looks inside modes, too.
    public var coverage: Double { modes.reduce(0) { $0 + min($1.modelShare.value, $1.targetShare.value) } }
  }

  /// Weights draws of a model, looks for modes of the target, and says which of them the model misses.
  ///
  /// Modes are the target's own, where it names them. Otherwise its energy is descended from draws of its
  /// ``GibbsDistribution/roughNormal`` and from draws of the model, and the ends are joined between which no ridge of a nat
  /// lies. What none of these reaches stays unseen: no finite look proves that all modes were found.
  ///
  /// - Parameters:
  ///   - model: q.
  ///   - draws: the number of draws that are weighted.
  ///   - rng: the source of random numbers.
  /// - Returns: what was found; it says it in words, too.
  /// - Complexity: `draws` energies, and gradients at some 3000 points 300 times.
  public func diagnosis(
    of model: some ReparameterizedDistribution, draws: Int = 10_000, using rng: inout RandomGenerator
  ) -> Diagnosis {
    let (rows, weights) = weighted(model, draws, 8192, &rng)
    let bound = Estimate(meanOf: weights.logWeights)
    let logPartition = weights.logMean
    let shares = withoutGradient { ModeShares(self, model, rows, using: &rng) }
    return Diagnosis(
      draws: draws, effectiveFraction: weights.effectiveFraction.finite, paretoShape: weights.paretoShape.finite,
      evidenceLowerBound: bound.finite, logPartition: logPartition.finite,
      divergence: ((target.logPartition ?? logPartition.value) - bound.value).finite, overlap: shares.overlap,
      modes: shares.modes)
  }
}

extension Double {
  fileprivate var finite: Double? { isFinite ? self : nil }
}

extension Estimate {
  fileprivate var finite: Estimate? { value.isFinite && standardError.isFinite ? self : nil }
}

/// The modes of a target, and how a model's and the target's mass fall on them.
private struct ModeShares {
  /// Descents from the rough normal distribution, and as many of the model's draws for the shares.
  private static let starts = 512
  private static let modelDraws = 1024
  /// Places from which draws are taken for the target's shares.
  private static let mostProposals = 32
  /// A mode with less than this share of both is not reported.
  private static let leastShare = 1e-3

  let modes: [ReverseKullbackLeibler.Diagnosis.Mode]
  let overlap: Estimate?

  init(
    _ divergence: ReverseKullbackLeibler, _ model: some ReparameterizedDistribution, _ rows: Tensor,
    using rng: inout RandomGenerator
  ) {
    let target = divergence.target
    let search = ModeSearch(target, dtype: model.sample([], using: &rng).dtype)
    let drawn = search.standardized(rows.narrowed(0, from: 0, length: min(Self.modelDraws, rows.size(0))))
    let ends = search.descend(drawn)
    let basins =
      target.modes.map { search.basins(at: $0) }
      ?? {
        let starts = Tensor.normal([Self.starts, drawn.size(1)], dtype: .float64, using: &rng)
        return search.basins(of: Tensor.concatenating([search.descend(starts), ends]))
      }()
    let proposal = ModeProposal(search, basins, most: Self.mostProposals)
    let (points, logWeights, logRatios) = proposal.weighted(model, drawn, using: &rng)
    let importance = ImportanceWeights(logWeights: logWeights)
    let weights = importance.normalized
    overlap = Self.overlap(importance, logRatios)
    let extents = basins.extents
    let targetLabels = basins.labels(of: search.descend(points))
    let modelLabels = basins.labels(of: ends)
    let equal = [Double](repeating: 1 / Double(modelLabels.count), count: modelLabels.count)
    let locations = search.rows(basins.points)
    modes = basins.deepest.enumerated().compactMap { label, index in
      let modelShare = Self.share(of: label, in: modelLabels, equal)
      let targetShare = Self.share(of: label, in: targetLabels, weights)
      guard target.modes != nil || max(modelShare.value, targetShare.value) >= Self.leastShare else { return nil }
      return ReverseKullbackLeibler.Diagnosis.Mode(
        location: locations[.at(index)].doubles(), energy: basins.energies[label], modelShare: modelShare,
        targetShare: targetShare, extent: extents[label])
    }
  }

  /// The mean over the target of min(1, q / p); nil when the weights do not allow it.
  private static func overlap(_ importance: ImportanceWeights, _ logRatios: [Double]) -> Estimate? {
    let (shape, logPartition) = (importance.paretoShape, importance.logMean.value)
    guard logPartition.isFinite, !(shape > 0.7), importance.effectiveSampleSize >= 100 else { return nil }
    let weights = importance.normalized
    let common = logRatios.map { min(1, Foundation.exp($0 + logPartition)) }
    let mean = zip(weights, common).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * $1.1 : 0) }
    let squares = zip(weights, common).reduce(0) { sum, pair in
      let deviation = pair.0 > 0 ? pair.0 * (pair.1 - mean) : 0
      return sum + deviation * deviation
    }
    return mean.isFinite ? Estimate(mean, standardError: squares.squareRoot()) : nil
  }

  /// The weight of a label, with the standard error of a self-normalized mean.
  private static func share(of label: Int, in labels: [Int], _ weights: [Double]) -> Estimate {
    let share = zip(labels, weights).reduce(0) { $1.0 == label ? $0 + $1.1 : $0 }
    let squares = zip(labels, weights).reduce(0) { sum, pair in
      let deviation = pair.1 * ((pair.0 == label ? 1 : 0) - share)
      return sum + deviation * deviation
    }
    return Estimate(share, standardError: squares.squareRoot())
  }
}

/// Draws that see all modes: half from the model, half from Student's t distributions of the curvature at the modes, along a
/// ridge at several places.
private struct ModeProposal {
  let search: ModeSearch
  private let peaks: [MultivariateStudentT]

  init(_ search: ModeSearch, _ basins: ModeSearch.Basins, most: Int) {
    self.search = search
    peaks = basins.representatives(most: most, reach: 0.3).compactMap { index in
      let point = basins.points[.at(index)]
      guard let (values, vectors) = try? search.curvature(at: point).symmetricEigen() else { return nil }
      // The scale of the target bounds how flat a mode can be.
      let spreads = values.clamped(from: 1, to: 1e12).reciprocal()
      let covariance = (vectors * spreads).matmul(vectors.transposed())
      return try? MultivariateStudentT(
        degreesOfFreedom: Tensor(5.0, dtype: .float64), location: point, scaleMatrix: covariance)
    }
  }

  /// Standardized draws with the logarithms of their weights, and of q over exp(-U); `drawn` are draws of the model.
  func weighted(
    _ model: some ReparameterizedDistribution, _ drawn: Tensor, using rng: inout RandomGenerator
  ) -> (points: Tensor, logWeights: [Double], logRatios: [Double]) {
    let count = drawn.size(0)
    let each = peaks.isEmpty ? 0 : max(count / peaks.count, 1)
    let points = Tensor.concatenating([drawn] + peaks.map { $0.sample([each], using: &rng) })
    let shape = [points.size(0)] + model.eventShape
    let logModel = model.logProb(search.rows(points).to(search.dtype).reshaped(shape)).to(.float64)
    // Densities of standardized rows: the model's is that of rows times the volume of the scale.
    let volume = search.target.scale.log().sum().item()
    let total = Double(points.size(0))
    let terms =
      [logModel + (volume + Foundation.log(Double(count) / total))]
      + peaks.map { $0.logProb(points) + Foundation.log(Double(each) / total) }
    let logProposal = Tensor.stacking(terms).logSumExp(0)
    let energies = search.energies(points).to(.float64)
    let logWeights = -energies - logProposal
    return (
      points, select(logWeights.isNaN(), -Double.infinity, logWeights).doubles(),
      (logModel + volume + energies).doubles()
    )
  }
}

extension ReverseKullbackLeibler.Diagnosis: CustomStringConvertible {
  /// What was found, in words.
  public var description: String {
    ([weightsInWords, partitionInWords, overlapInWords, modesInWords] + modes.prefix(12).map(Self.words)).joined(
      separator: "\n")
      + (modes.count > 12 ? "\n    and \(modes.count - 12) more" : "")
  }

  private var weightsInWords: String {
    guard let effectiveFraction else {
      return "Effective sample size unknown: the density of model or target is not a number at some draws."
    }
    let size = "Effective sample size \(Self.percent(effectiveFraction)) of \(draws) draws"
    guard let paretoShape else { return size + "." }
    let trust =
      paretoShape <= 0.5
      ? "the weights can be trusted" : paretoShape <= 0.7 ? "the weights are usable" : "do not trust it"
    return size + " (Pareto k \(Self.short(paretoShape)): \(trust))."
  }

  private var partitionInWords: String {
    guard let logPartition, let evidenceLowerBound else { return "  log Z is unknown." }
    return "  log Z of what the model covers = \(Self.short(logPartition.value)) +- "
      + "\(Self.short(logPartition.standardError)), lower bound \(Self.short(evidenceLowerBound.value)), reverse KL "
      + "\(divergence.map { "\(Self.short($0)) nats" } ?? "unknown")"
      + (isReliable ? "." : "; unreliable, as the weights are too uneven (Pareto k above 0.7).")
  }

  private var overlapInWords: String {
    guard let overlap else {
      return "  Mass in common with the target: unknown, no importance sampling is good enough."
    }
    return "  Mass in common with the target \(Self.percent(overlap.value)) +- \(Self.percent(overlap.standardError))."
  }

  private var modesInWords: String {
    let (missed, ridges) = (missedModes.count, modes.count(where: \.isRidge))
    let found = "\(modes.count - missed) of \(modes.count) modes found"
    let cover = modes.count > 1 ? ", coverage \(Self.percent(coverage))" : ""
    let ridge =
      ridges == 0
      ? ""
      : " \(modes.count == 1 ? "It" : "\(ridges) of them") is a ridge, of which this says nothing but that it was reached."
    return "  \(found)\(cover)." + (missed > 0 ? " Missed: \(missed)." : "") + ridge
  }

  private static func words(_ mode: Mode) -> String {
    let place = mode.location.prefix(6).map(short).joined(separator: ", ") + (mode.location.count > 6 ? ", ..." : "")
    return "    \(mode.isMissed ? "MISSED" : "found ") at (\(place)): the model has \(percent(mode.modelShare.value)), "
      + "the target \(percent(mode.targetShare.value))"
  }

  private static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
  private static func short(_ value: Double) -> String { String(format: "%.3f", value) }
}
