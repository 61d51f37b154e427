import Foundation
import Probability
import Torch

/// Between the values of a table and the symbols of its columns.
public struct ColumnSymbols {
  /// A value of the table that stands for a symbol, in place of the model's own, from which it differs by rounding.
  public struct Correction: Codable, Hashable, Sendable {
    /// The column.
    public var column: Int
    /// The symbol.
    public var symbol: Int
    /// The value in the table.
    public var value: Double
  }

  /// The values of the symbols of each column, in the user's units.
  private(set) var values: [[Double]]
  /// What was found to differ.
  private(set) var corrections: [Correction] = []
  private let names: [String]

  /// Values this close to the model's, in shares of the distance to the next one, are taken for the same.
  private static let tolerance = 1e-3

  init(_ coder: any TableCoder, _ description: ModelDescription) {
    let offsets = description.offsets ?? []
    values = coder.values.enumerated().map { column, values in
      values.map { $0 + (column < offsets.count ? offsets[column] : 0) }
    }
    names = description.columns
  }

  /// The symbols of each column of a table, `[rows, columns]`.
  ///
  /// - Throws: `CompressionError.unknownValue` for the first value that has none.
  mutating func symbols(of table: Tensor, path: String) throws(CompressionError) -> [[Int]] {
    var result: [[Int]] = []
    for (column, cells) in table.to(.float64, Device.cpu).unbound(1).enumerated() {
      var (known, used): ([UInt64: Int], [Int: Double]) = ([:], [:])
      var symbols: [Int] = []
      for (row, value) in cells.contiguous().doubles().enumerated() {
        if let symbol = known[value.bitPattern] {
          symbols.append(symbol)
          continue
        }
        // Two values of one symbol would become one.
        guard let symbol = nearest(to: value, in: values[column]), used.updateValue(value, forKey: symbol) == nil else {
          throw .unknownValue(path: path, row: row + 1, column: names[column], value: value, known: values[column])
        }
        known[value.bitPattern] = symbol
        symbols.append(symbol)
      }
      for (symbol, value) in used.sorted(by: { $0.key < $1.key })
      where value.bitPattern != values[column][symbol].bitPattern {
        corrections.append(Correction(column: column, symbol: symbol, value: value))
      }
      result.append(symbols)
    }
    return result
  }

  /// Puts corrections of a file in place.
  ///
  /// - Returns: false when one is of no symbol.
  mutating func correct(_ corrections: [Correction]) -> Bool {
    for correction in corrections {
      guard values.indices.contains(correction.column), values[correction.column].indices.contains(correction.symbol)
      else { return false }
      values[correction.column][correction.symbol] = correction.value
    }
    return true
  }

  private func nearest(to value: Double, in values: [Double]) -> Int? {
    var (low, high) = (0, values.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if values[middle] <= value { low = middle } else { high = middle }
    }
    let above = min(low + 1, values.count - 1)
    let best = abs(values[above] - value) < abs(values[low] - value) ? above : low
    let step = values.count > 1 ? values[above == low ? low : above] - values[above == low ? low - 1 : low] : 0
    return values[best] == value || abs(values[best] - value) <= Self.tolerance * step ? best : nil
  }
}
