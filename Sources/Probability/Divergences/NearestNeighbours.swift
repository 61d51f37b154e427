public import Torch

/// Exact nearest neighbours by Euclidean distance: every pair is looked at, in tiles.
///
///     let neighbours = try NearestNeighbours(of: generated, among: training, count: 1)
///     let nearest = neighbours.distances[.all, 0]              // how far each draw is from the training data
///
/// In some tens of dimensions and more no index is faster than this; in two or three a tree would be.
public struct NearestNeighbours {
  /// The distances, ascending: `[queries, count]`, of the rows' type.
  public let distances: Tensor
  /// The positions of the neighbours among the references, `[queries, count]`; of equal distances the first comes first.
  public let positions: Tensor
  /// The squares of the distances, as they were compared.
  let squaredDistances: Tensor

  /// The nearest references of each query.
  ///
  /// - Parameters:
  ///   - queries: `[queries, features]` or `[queries]`, floats.
  ///   - references: `[references, features]` or `[references]`, of the same type.
  ///   - count: how many neighbours.
  /// - Precondition: the shapes and types agree, and `count` is positive.
  /// - Throws: `SampleComparisonError` when there are fewer than `count` references or numbers that are not finite.
  /// - Complexity: O(queries * references * features) time, O(queries * count) memory.
  public init(of queries: Tensor, among references: Tensor, count: Int) throws(SampleComparisonError) {
    let samples = try ComparedSamples(queries, references, minimum: 1, names: ("the queries", "the references"))
    guard samples.otherCount >= count else {
      throw .tooFewRows(sample: "the references", count: samples.otherCount, needed: count)
    }
    self.init(NearestRows.find(count, of: samples.x, among: samples.y))
  }

  /// The nearest other rows of each row of a sample. A row does not find itself, but others at the same place.
  ///
  /// - Parameters:
  ///   - sample: `[rows, features]` or `[rows]`, floats.
  ///   - count: how many neighbours.
  /// - Precondition: the sample has that shape, and `count` is positive.
  /// - Throws: `SampleComparisonError` when there are not more than `count` rows, or numbers that are not finite.
  /// - Complexity: O(rows^2 * features) time, O(rows * count) memory.
  public init(within sample: Tensor, count: Int) throws(SampleComparisonError) {
    let rows = try ComparedSamples(sample, sample, minimum: count + 1, names: ("the sample", "the sample")).x
    self.init(NearestRows.find(count, of: rows, among: rows, leavingOutOwn: true))
  }

  private init(_ found: (squaredDistances: Tensor, positions: Tensor)) {
    squaredDistances = found.squaredDistances
    distances = found.squaredDistances.squareRoot()
    positions = found.positions
  }
}
