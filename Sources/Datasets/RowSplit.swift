public import Torch

/// How much of the rows is set aside.
public struct SplitFractions: Hashable, Sendable, Codable {
  /// The share that chooses when to stop and which model to keep.
  public var validation: Double
  /// The share that nothing but the last figure sees.
  public var test: Double

  /// Shares of the rows; what is left is for training.
  ///
  /// - Precondition: neither is negative and their sum is below 1.
  public init(validation: Double = 0.1, test: Double = 0) {
    precondition(
      validation >= 0 && test >= 0 && validation + test < 1,
      "SplitFractions: expected shares from 0 with a sum below 1, got \(validation) and \(test)")
    self.validation = validation
    self.test = test
  }
}

/// Rows divided at random into three parts without a common row, by their positions.
public struct RowSplit {
  /// Positions for training (64-bit integers).
  public let train: Tensor
  /// Positions for validation.
  public let validation: Tensor
  /// Positions for the test.
  public let test: Tensor

  /// Divides rows; the same generator state gives the same parts. A share above 0 gets a row at least, and training too.
  ///
  /// - Throws: `DatasetError.tooFewRows` if there are fewer rows than parts.
  public init(
    rowCount: Int, fractions: SplitFractions, path: String = "the table", using rng: inout RandomGenerator
  ) throws(DatasetError) {
    let shares = [fractions.validation, fractions.test]
    let required = 1 + shares.count { $0 > 0 }
    guard rowCount >= required else { throw .tooFewRows(path: path, count: rowCount, required: required) }
    var counts = shares.map { $0 > 0 ? max(1, Int(($0 * Double(rowCount)).rounded())) : 0 }
    while counts[0] + counts[1] >= rowCount { counts[counts[0] >= counts[1] ? 0 : 1] -= 1 }
    let order = Tensor.permutation(rowCount, using: &rng)
    validation = order.narrowed(0, from: 0, length: counts[0])
    test = order.narrowed(0, from: counts[0], length: counts[1])
    train = order.narrowed(0, from: counts[0] + counts[1], length: rowCount - counts[0] - counts[1])
  }
}

extension Table {
  /// Divides the rows at random into training, validation and test.
  ///
  /// - Throws: `DatasetError.tooFewRows` if there are fewer rows than parts.
  public func split(
    fractions: SplitFractions, using rng: inout RandomGenerator
  ) throws(DatasetError) -> (train: Table, validation: Table, test: Table) {
    let split = try RowSplit(rowCount: rowCount, fractions: fractions, path: path, using: &rng)
    return (rows(split.train), rows(split.validation), rows(split.test))
  }
}
