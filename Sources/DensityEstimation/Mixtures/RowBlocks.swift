public import Torch

/// Rows that are read in blocks, anew in each pass, so that there may be more of them than memory holds.
///
///     let rows = RowBlocks(features: 10) { body in
///       for block in 0..<count { try body(read(block), nil) }
///     }
///     let (mixture, report) = try GaussianMixtureEstimator(components: 5).fit(rows, using: &rng)
///
/// Every pass must bring the same rows in the same order.
public struct RowBlocks {
  /// What is done with a block: its rows `[count, features]`, and their weights `[count]`, nil for equal ones.
  public typealias Body = (_ rows: Tensor, _ weights: Tensor?) throws -> Void

  /// The number of columns.
  public let features: Int
  private let read: (Body) throws -> Void

  /// Rows of some columns; `read` calls its argument for each block, in order.
  public init(features: Int, _ read: @escaping (Body) throws -> Void) {
    self.features = features
    self.read = read
  }

  /// The rows of a tensor, `[count, features]`, in blocks without copies.
  ///
  /// - Precondition: there are rows of one rank, as many weights, and a positive block size.
  public init(_ rows: Tensor, weights: Tensor? = nil, blockSize: Int = 1 << 16) {
    precondition(
      rows.rank == 2 && weights.map { $0.shape == [rows.size(0)] } ?? true && blockSize > 0,
      "RowBlocks: expected rows [count, features] and weights [count], got \(rows.shape), \(weights?.shape ?? [])")
    self.init(features: rows.size(1)) { body in
      for start in stride(from: 0, to: rows.size(0), by: blockSize) {
        let length = min(blockSize, rows.size(0) - start)
        try body(
          rows.narrowed(0, from: start, length: length), weights?.narrowed(0, from: start, length: length))
      }
    }
  }

  /// One pass over the rows.
  ///
  /// - Throws: what reading throws, what the body throws, and `DensityEstimationError` for a block of other columns.
  public func forEach(_ body: Body) throws {
    try read { rows, weights in
      guard rows.rank == 2, rows.size(1) == features else {
        throw DensityEstimationError.degenerate(
          reason: "a block of rows has the shape \(rows.shape), but \(features) columns were announced")
      }
      try body(rows, weights)
    }
  }
}
