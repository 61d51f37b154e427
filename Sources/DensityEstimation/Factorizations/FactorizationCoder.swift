public import Probability
import Torch

/// Codes rows of a ``Factorization`` of discrete columns: each column by its probabilities given its parents.
public struct FactorizationCoder: TableCoder {
  /// The values of the columns.
  public let values: [[Double]]
  /// Rows whose probabilities are computed together.
  public let chunkSize = 1024
  private let factorization: Factorization

  /// A coder; nil when a column is continuous.
  public init?(_ factorization: Factorization) {
    guard factorization.columns.allSatisfy(\.isDiscrete) else { return nil }
    self.factorization = factorization
    values = factorization.columns.map(\.values)
  }

  /// Pushes rows, the last column first.
  public func push(_ symbols: [[Int]], onto coder: inout EntropyCoder) throws {
    let columns = zip(symbols, values).map { column, values in Tensor(column.map { values[$0] }) }
    // A stack gives the last one back first.
    for factor in factorization.factors.reversed() {
      let tables = try tables(of: factor, givenColumns: columns)
      let column = symbols[factor.column]
      for row in column.indices.reversed() { tables[tables.count == 1 ? 0 : row].push(column[row], onto: &coder) }
    }
  }

  /// Pops rows, column after column.
  public func pop(_ count: Int, from coder: inout EntropyCoder) throws -> [[Int]] {
    var columns = [Tensor?](repeating: nil, count: values.count)
    var symbols = [[Int]](repeating: [], count: values.count)
    for factor in factorization.factors {
      let tables = try tables(of: factor, givenColumns: columns)
      let column = try (0..<count).map { try tables[tables.count == 1 ? 0 : $0].pop(from: &coder) }
      symbols[factor.column] = column
      columns[factor.column] = Tensor(column.map { values[factor.column][$0] })
    }
    return symbols
  }

  /// The frequencies of a column's values in each row; one table when they are the same in all.
  private func tables(of factor: Factorization.Factor, givenColumns columns: [Tensor?]) throws -> [FrequencyTable] {
    let distribution = factor.distribution(givenColumns: columns)
    let shape = distribution.batchShape
    let masses = withoutGradient {
      values[factor.column].map {
        distribution.logProb(Tensor.full(shape, $0, dtype: .float64)).exp().reshaped([-1]).doubles()
      }
    }
    return try (0..<shape.elementCount).map { row in try FrequencyTable(masses: masses.map { $0[row] }) }
  }
}
