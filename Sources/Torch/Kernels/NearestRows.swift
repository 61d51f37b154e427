import CKernels
import CTorch

/// Nearest rows by Euclidean distance, and balls around rows, by looking at all pairs; exact, on the processor.
///
/// Squared distances are sums of squared differences in the rows' type, the same bits whichever of the two rows is the
/// query. Results do not depend on the number of threads.
package enum NearestRows {
  /// The `count` nearest references of each query, nearest first, of equals the first.
  ///
  /// - Parameters:
  ///   - count: how many, at most the number of references that a query can find.
  ///   - queries: `[queries, features]`, 32-bit or 64-bit floats, finite.
  ///   - references: `[references, features]` of the same type, finite.
  ///   - leavingOutOwn: whether query i does not find reference i; others at the same place it does.
  /// - Returns: squared distances `[queries, count]` of the rows' type and positions `[queries, count]`.
  /// - Complexity: O(queries * references * features) time, O(queries * count) memory besides the rows.
  package static func find(
    _ count: Int, of queries: Tensor, among references: Tensor, leavingOutOwn: Bool = false
  ) -> (squaredDistances: Tensor, positions: Tensor) {
    let available = references.size(0) - (leavingOutOwn ? 1 : 0)
    precondition(
      count >= 1 && count <= available, "NearestRows: expected 1 to \(available) neighbours, got \(count)")
    let shape: Shape = [queries.size(0), count]
    var distances: Tensor?
    let positions = Tensor.filled(shape, dtype: .int64) { positions in
      distances = Tensor.filled(shape, dtype: queries.dtype) { distances in
        withRows(queries, references) {
          ck_nearest_neighbours(
            &$0, count, leavingOutOwn, distances, positions.assumingMemoryBound(to: Int64.self))
        }
      }
    }
    return (distances ?? Tensor.zeros(shape, dtype: queries.dtype), positions)
  }

  /// For each query the number of balls that hold it; the boundary belongs to a ball.
  ///
  /// - Parameters:
  ///   - queries: `[queries, features]`, 32-bit or 64-bit floats, finite.
  ///   - centers: `[centers, features]` of the same type, finite.
  ///   - squaredRadii: `[centers]` of the same type.
  /// - Returns: `[queries]`, 64-bit integers.
  package static func ballCounts(_ queries: Tensor, centers: Tensor, squaredRadii: Tensor) -> Tensor {
    precondition(
      squaredRadii.shape == [centers.size(0)] && squaredRadii.dtype == centers.dtype,
      "NearestRows: expected \(centers.size(0)) radii of \(centers.dtype), got \(squaredRadii.shape)")
    return Tensor.filled([queries.size(0)], dtype: .int64) { counts in
      squaredRadii.withUnsafeBytes { radii in
        withRows(queries, centers) {
          ck_ball_counts(&$0, radii.baseAddress, counts.assumingMemoryBound(to: Int64.self))
        }
      }
    }
  }

  private static func withRows(_ queries: Tensor, _ references: Tensor, _ body: (inout CKNeighbours) -> Int32) {
    precondition(
      queries.rank == 2 && references.rank == 2 && queries.size(1) == references.size(1)
        && queries.dtype == references.dtype && (queries.dtype == .float32 || queries.dtype == .float64),
      "NearestRows: expected rows of one type, got \(queries.shape) of \(queries.dtype) and \(references.shape) of "
        + "\(references.dtype)")
    queries.withUnsafeBytes { queryBytes in
      references.withUnsafeBytes { referenceBytes in
        var rows = CKNeighbours(
          query_count: queries.size(0), reference_count: references.size(0), features: queries.size(1),
          is_wide: queries.dtype == .float64, queries: queryBytes.baseAddress, references: referenceBytes.baseAddress)
        requireMemory(body(&rows), "NearestRows")
      }
    }
  }
}
