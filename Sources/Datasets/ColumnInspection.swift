/// What one column of a table looks like.
public struct ColumnInspection: Hashable, Sendable {
  /// The column's name.
  public let name: String
  /// The name of the column in the file; another one than ``name`` for a column that was encoded.
  public let source: String
  /// The smallest finite value.
  public let minimum: Double
  /// The largest finite value.
  public let maximum: Double
  /// The mean of the finite values.
  public let mean: Double
  /// The standard deviation of the finite values (divisor n - 1).
  public let standardDeviation: Double
  /// NaN and infinite values; the other figures leave them out.
  public let notFiniteCount: Int
  /// Whether every value is an integer.
  public let isInteger: Bool
  /// Whether every value is the one above it plus 1, as in a column of row numbers.
  public let isRowNumber: Bool
  /// Different values among the examined rows.
  public let distinctCount: Int
  /// Rows in which different values were counted: all, or an even sample of a long table.
  public let examinedRowCount: Int
  /// The value that occurs most often among the examined rows.
  public let mostRepeatedValue: Double
  /// Its share of them.
  public let mostRepeatedShare: Double
  /// The smallest difference between two different values among the examined rows; 0 when there is one value only.
  public let smallestGap: Double

  /// Whether it is one of the columns of 0 and 1 that stand for a column of text.
  public var isEncoded: Bool { name != source }

  /// Whether the column holds one value only.
  public var isConstant: Bool { distinctCount == 1 && minimum == maximum }

  /// Whether few values stand for many rows, so that a density model would put spikes on them.
  public var isDiscrete: Bool {
    !isConstant && examinedRowCount >= 20 && distinctCount * 20 <= max(examinedRowCount, 100)
  }

  /// Whether one value among many stands for a tenth of the rows or more, as zeros often do.
  public var hasSpike: Bool { !isConstant && !isDiscrete && examinedRowCount >= 20 && mostRepeatedShare >= 0.1 }
}
