public import Torch

/// What codes rows of symbols by a model's probabilities.
///
/// Symbol k of a column stands for the k-th of the column's values. Networks and tables are asked with the same shapes in
/// both directions, so that both get the same bits; the number of threads must be the same, too.
public protocol TableCoder {
  /// The values that each column can take, rising.
  var values: [[Double]] { get }
  /// The rows that are coded together.
  var chunkSize: Int { get }

  /// Pushes at most ``chunkSize`` rows.
  ///
  /// - Parameters:
  ///   - symbols: the symbols of each column.
  ///   - coder: what they are pushed onto.
  /// - Throws: `EntropyCodingError` when the model gives no probabilities, or the coder cannot lend bits.
  func push(_ symbols: [[Int]], onto coder: inout EntropyCoder) throws

  /// Pops rows that were pushed together.
  ///
  /// - Parameters:
  ///   - count: how many were pushed.
  ///   - coder: what they are popped from.
  /// - Returns: the symbols of each column.
  /// - Throws: `EntropyCodingError`.
  func pop(_ count: Int, from coder: inout EntropyCoder) throws -> [[Int]]
}

extension TableCoder {
  /// The numbers that a model sees for symbols, `[rows, columns]`, in 64 bits.
  public func rows(of symbols: [[Int]]) -> Tensor {
    Tensor.stacking(zip(symbols, values).map { column, values in Tensor(column.map { values[$0] }) }, 1)
  }
}
