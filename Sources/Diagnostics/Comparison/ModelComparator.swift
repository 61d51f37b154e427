import Foundation
import Probability
public import Torch

/// Lays models side by side on rows that none of them has seen.
///
///     let comparison = try ModelComparator().compare(
///       [.init("flow", ModelUnderTest(flow.distribution)), .init("mixture", ModelUnderTest(mixture))],
///       heldOut: rows, using: &rng)
///
/// Densities are compared row by row, so that what is easy or hard for all models cancels. Draws are held against the rows by
/// measures that need no density: the maximum mean discrepancy, a classifier, the sliced Wasserstein distance, and precision,
/// recall, density and coverage of balls around neighbours.
public struct ModelComparator: Hashable, Sendable {
  /// A model with its name.
  public struct Candidate {
    /// The name in the table.
    public var name: String
    /// The model, whose rows are those of the data.
    public var model: ModelUnderTest
    /// The size of its file, when it has one.
    public var bytes: Int?

    /// How it gives rows codes and takes them back, when it does.
    public var coding: Coding?

    /// A way from rows to codes and back.
    public struct Coding {
      /// The size of a code.
      public var size: Int
      /// Rows as their codes give them back, `[count, columns]` both.
      public var reconstruct: (_ rows: Tensor) -> Tensor

      /// A way from rows to codes of a size and back.
      public init(size: Int, reconstruct: @escaping (_ rows: Tensor) -> Tensor) {
        (self.size, self.reconstruct) = (size, reconstruct)
      }
    }

    /// A model with its name.
    ///
    /// - Parameters:
    ///   - name: the name in the table.
    ///   - model: the model.
    ///   - bytes: the size of its file.
    ///   - coding: how it gives rows codes and takes them back.
    public init(_ name: String, _ model: ModelUnderTest, bytes: Int? = nil, coding: Coding? = nil) {
      self.name = name
      self.model = model
      self.bytes = bytes
      self.coding = coding
    }
  }

  /// The most rows, and draws of each model, that are held against each other.
  public var mostRows: Int
  /// Permutations for each p-value.
  public var permutations: Int
  /// What tells draws from rows.
  public var classifier: ClassifierTwoSampleTest

  /// A comparator.
  ///
  /// - Parameters:
  ///   - mostRows: the most rows, and draws of each model, that are held against each other.
  ///   - permutations: permutations for each p-value.
  ///   - classifier: what tells draws from rows.
  /// - Precondition: at least 20 rows and one permutation.
  public init(
    mostRows: Int = 2000, permutations: Int = 199, classifier: ClassifierTwoSampleTest = ClassifierTwoSampleTest()
  ) {
    precondition(
      mostRows >= 20 && permutations >= 1,
      "ModelComparator: expected at least 20 rows and one permutation, got \(mostRows), \(permutations)")
    self.mostRows = mostRows
    self.permutations = permutations
    self.classifier = classifier
  }

  /// Compares models.
  ///
  /// - Parameters:
  ///   - candidates: the models; all have the columns of the rows.
  ///   - heldOut: complete rows that no model has seen, `[count, columns]`.
  ///   - reference: the rows that draws are held against; all of the held-out ones when nil.
  ///   - dimensions: the number of columns that a log-density is of, for bits per dimension; all when nil.
  ///   - rng: the source of random numbers.
  /// - Returns: the figures of all models.
  /// - Throws: `SampleComparisonError` when a model's draws are not finite, `TrainingError` when a classifier's training fails.
  /// - Precondition: there are candidates and at least 20 rows, of the reference too, all finite, with each model's columns.
  public func compare(
    _ candidates: [Candidate], heldOut: Tensor, drawsAgainst reference: Tensor? = nil, dimensions: Int? = nil,
    using rng: inout RandomGenerator
  ) throws -> ModelComparison {
    precondition(
      !candidates.isEmpty && heldOut.rank == 2 && heldOut.size(0) >= 20 && heldOut.isFinite().all()
        && candidates.allSatisfy { $0.model.features == heldOut.size(1) },
      "ModelComparator: expected candidates and at least 20 complete rows of their columns, got \(heldOut.shape)")
    return try withoutGradient {
      let scale = ColumnScale(heldOut)
      let reference = reference ?? heldOut
      let order = Tensor.permutation(reference.size(0), using: &rng)
      let chosen = reference.selecting(order[.slice(to: mostRows)])
      let rows = scale.standardized(chosen)
      let noise = Self.noise(rows, using: &rng)
      var scores: [[Double]?] = []
      var entries: [ModelComparison.Entry] = []
      for candidate in candidates {
        let (score, scoring) = self.scores(of: heldOut, candidate.model)
        scores.append(score)
        var entry = try entry(
          candidate, score, scoring, rows: rows, scale: scale, dimensions: dimensions, using: &rng)
        if let coding = candidate.coding {
          entry.codeSize = coding.size
          let difference = scale.standardized(coding.reconstruct(chosen)) - rows
          entry.reconstructionError = difference.squared().mean(0).squareRoot().mean().item()
        }
        entries.append(entry)
      }
      let best = pairUp(&entries, scores)
      let half = rows.size(0) / 2
      return ModelComparison(
        entries: entries, rowCount: heldOut.size(0), sampleCount: rows.size(0), noise: noise,
        halves: try FidelityAndDiversity(
          generated: rows[.slice(to: half)], real: rows[.slice(from: half, to: 2 * half)]), best: best)
    }
  }

  /// The sliced Wasserstein distance that chance makes of samples of as many rows: that of two halves over the root of 2,
  /// since it falls with the root of the number of rows.
  private static func noise(_ rows: Tensor, using rng: inout RandomGenerator) -> Double {
    let half = rows.size(0) / 2
    let halves = (rows[.slice(to: half)], rows[.slice(from: half, to: 2 * half)])
    return SlicedWasserstein().estimate(halves.0, halves.1, using: &rng).value / 2.0.squareRoot()
  }

  /// The log-densities of rows, and the microseconds that one took.
  private func scores(of rows: Tensor, _ model: ModelUnderTest) -> (scores: [Double]?, microseconds: Double?) {
    guard let logProb = model.logProb else { return (nil, nil) }
    // The first call of a model pays for what later ones find ready.
    _ = logProb(rows[.slice(to: 100)])
    let clock = ContinuousClock.now
    let scores = rows.split(size: 8192).flatMap { logProb($0).to(.float64, Device.cpu).doubles() }
    return (scores, (ContinuousClock.now - clock) / .microseconds(1) / Double(rows.size(0)))
  }

  private func entry(
    _ candidate: Candidate, _ scores: [Double]?, _ scoring: Double?, rows: Tensor, scale: ColumnScale,
    dimensions: Int?, using rng: inout RandomGenerator
  ) throws -> ModelComparison.Entry {
    let count = rows.size(0)
    _ = candidate.model.sample(100, &rng)
    let clock = ContinuousClock.now
    let drawn = candidate.model.sample(count, &rng).to(.float64, Device.cpu)
    let sampling = (ContinuousClock.now - clock) / .microseconds(1) / Double(count)
    let draws = scale.standardized(drawn)
    let discrepancy = try MaximumMeanDiscrepancy().test(draws, rows, permutations: permutations, using: &rng)
    let classified = try classifier.test(draws, rows, using: &rng)
    let columns = Double(dimensions ?? candidate.model.features)
    let logProb = scores.map { Estimate(meanOf: $0) }
    return ModelComparison.Entry(
      name: candidate.name, logProb: logProb,
      bitsPerDimension: logProb.map {
        Estimate(-$0.value / columns / log(2), standardError: $0.standardError / columns / log(2))
      },
      impossibleRows: scores?.count { $0 == -.infinity } ?? 0, difference: nil,
      discrepancy: discrepancy.discrepancy.squared, discrepancyPValue: discrepancy.pValue,
      accuracy: classified.accuracy, accuracyPValue: classified.test.pValue,
      slicedWasserstein: SlicedWasserstein().estimate(draws, rows, using: &rng),
      fidelity: try FidelityAndDiversity(generated: draws, real: rows), samplingMicroseconds: sampling,
      scoringMicroseconds: scoring, bytes: candidate.bytes)
  }

  /// Fills in the differences to the best model, and returns its place.
  private func pairUp(_ entries: inout [ModelComparison.Entry], _ scores: [[Double]?]) -> Int? {
    let finite = entries.indices.filter { entries[$0].logProb?.value.isFinite ?? false }
    guard
      let best = finite.max(by: {
        (entries[$0].logProb?.value ?? -.infinity) < (entries[$1].logProb?.value ?? -.infinity)
      }), let reference = scores[best]
    else { return nil }
    for index in finite where index != best {
      entries[index].difference = scores[index].map { own in Estimate(meanOf: zip(own, reference).map(-)) }
    }
    return best
  }
}

/// Brings columns to the mean 0 and the standard deviation 1 of some rows.
private struct ColumnScale {
  let mean: Tensor
  let deviation: Tensor

  init(_ rows: Tensor) {
    let wide = rows.to(.float64)
    mean = wide.mean(0)
    let deviation = wide.standardDeviation(0)
    self.deviation = select(deviation .> 0, deviation, 1.0)
  }

  func standardized(_ rows: Tensor) -> Tensor { (rows.to(.float64) - mean) / deviation }
}
