public import Torch

/// How real generated rows look, and how much of the real ones they reach, by balls around rows that end at their k-th
/// nearest neighbour.
///
///     let quality = try FidelityAndDiversity(generated: draws, real: heldOut)
///     quality.precision.value, quality.coverage.value
///
/// A model that makes copies of one good row has a precision of 1 and a recall of 0. Distances decide, so scale the columns
/// alike, or give features that mean something; in many dimensions compare only with figures from samples of the same
/// sizes. For a reading on an absolute scale, hold real rows against other real rows.
///
/// Standard errors are those of the mean over the rows that are judged, with the balls as given.
///
/// - Reference: Kynkäänniemi, Karras, Laine, Lehtinen, Aila, *Improved precision and recall metric for assessing generative
///   models*, 2019, equations 1 and 2; Naeem, Oh, Uh, Choi, Yoo, *Reliable fidelity and diversity metrics for generative
///   models*, 2020, equations 4 and 5.
public struct FidelityAndDiversity: Hashable, Sendable, Codable {
  /// The share of generated rows inside a ball around some real row.
  public var precision: Estimate
  /// The share of real rows inside a ball around some generated row.
  public var recall: Estimate
  /// The number of balls around real rows that a generated row lies in, over k: about 1 for a perfect model, and unlike
  /// precision not fooled by the wide ball of an outlier.
  public var density: Estimate
  /// The share of real rows whose ball holds a generated row.
  public var coverage: Estimate

  /// The four figures of two samples.
  ///
  /// - Parameters:
  ///   - generated: the model's draws, `[rows, features]` or `[rows]`.
  ///   - real: data, of the same type and features; best rows that the model has not seen.
  ///   - manifoldNeighbours: k of precision and recall.
  ///   - densityNeighbours: k of density and coverage.
  /// - Precondition: the shapes and types agree, and both k are positive.
  /// - Throws: `SampleComparisonError` when a sample has no more than k rows, or numbers that are not finite.
  /// - Complexity: O((generated rows + real rows)^2 * features) time, O(rows) memory.
  public init(
    generated: Tensor, real: Tensor, manifoldNeighbours: Int = 3, densityNeighbours: Int = 5
  ) throws(SampleComparisonError) {
    precondition(
      manifoldNeighbours >= 1 && densityNeighbours >= 1,
      "FidelityAndDiversity: expected at least one neighbour, got \(manifoldNeighbours) and \(densityNeighbours)")
    let most = max(manifoldNeighbours, densityNeighbours)
    let samples = try ComparedSamples(
      generated, real, minimum: most + 1, names: ("the generated sample", "the real sample"))
    let (draws, data) = (samples.x, samples.y)
    // Squared distances are the same bits in both directions, so that a row on a boundary is inside for either.
    let ofData = NearestRows.find(most, of: data, among: data, leavingOutOwn: true).squaredDistances
    let ofDraws = NearestRows.find(manifoldNeighbours, of: draws, among: draws, leavingOutOwn: true).squaredDistances
    func radii(_ all: Tensor, _ k: Int) -> Tensor { all[.all, .at(k - 1)].contiguous() }
    let aroundData = NearestRows.ballCounts(draws, centers: data, squaredRadii: radii(ofData, manifoldNeighbours))
    let aroundDraws = NearestRows.ballCounts(data, centers: draws, squaredRadii: radii(ofDraws, manifoldNeighbours))
    let dense = NearestRows.ballCounts(draws, centers: data, squaredRadii: radii(ofData, densityNeighbours))
    let nearest = NearestRows.find(1, of: data, among: draws).squaredDistances[.all, 0]
    precision = Estimate(meanOf: (aroundData .> 0).doubles())
    recall = Estimate(meanOf: (aroundDraws .> 0).doubles())
    density = Estimate(meanOf: dense.doubles().map { $0 / Double(densityNeighbours) })
    coverage = Estimate(meanOf: (nearest .<= radii(ofData, densityNeighbours)).doubles())
  }
}
