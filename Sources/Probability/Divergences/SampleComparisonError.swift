import Torch

/// Why samples cannot be compared.
public enum SampleComparisonError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A sample has fewer rows than the comparison needs.
  case tooFewRows(sample: String, count: Int, needed: Int)
  /// A number of a sample is missing or infinite.
  case notFinite(sample: String, row: Int, column: Int)
  /// A row has so many others at the same place that the distance to a neighbour is 0.
  case coincidentRows(sample: String, row: Int, neighbours: Int)

  /// What is wrong with the samples, and what to do.
  public var description: String {
    switch self {
    case .tooFewRows(let sample, let count, let needed):
      "\(sample) has \(count) rows, and at least \(needed) are needed: give more rows, or compare fewer at a time"
    case .notFinite(let sample, let row, let column):
      "\(sample) is not finite in row \(row), column \(column) (counted from 0): drop the row, or fill it"
    case .coincidentRows(let sample, let row, let neighbours):
      "row \(row) (counted from 0) of the first sample has \(neighbours) rows of \(sample) at the same place, so a "
        + "distance of 0 has no logarithm: drop repeated rows, add noise of the size of their rounding, or ask for more "
        + "neighbours"
    }
  }
}

/// Two samples of rows of one type, finite, on the processor.
struct ComparedSamples {
  let x, y: Tensor

  var count: Int { x.size(0) }
  var otherCount: Int { y.size(0) }
  /// The rows of both, the first sample's first.
  var pooled: Tensor { Tensor.concatenating([x, y]) }

  /// - Precondition: both are `[rows, features]` or `[rows]`, floats of one type, with the same features.
  /// - Throws: `SampleComparisonError` when there are too few rows or a number is not finite.
  init(
    _ first: Tensor, _ second: Tensor, minimum: Int, names: (String, String) = ("the first sample", "the second sample")
  ) throws(SampleComparisonError) {
    (x, y) = Self.rows(first.detached(), second.detached()).onProcessor
    for (sample, name) in [(x, names.0), (y, names.1)] {
      guard sample.size(0) >= minimum else {
        throw .tooFewRows(sample: name, count: sample.size(0), needed: minimum)
      }
      if let place = sample.firstNotFinite { throw .notFinite(sample: name, row: place.row, column: place.column) }
    }
  }

  /// Both as rows of features, with gradients: numbers become rows of one feature.
  static func rows(_ first: Tensor, _ second: Tensor) -> (x: Tensor, y: Tensor, onProcessor: (Tensor, Tensor)) {
    let (x, y) = (first.asRows, second.asRows)
    precondition(
      x.rank == 2 && y.rank == 2 && x.size(1) == y.size(1) && x.size(1) > 0 && x.dtype == y.dtype
        && x.dtype.isFloatingPoint,
      "expected samples [rows, features] of floats of one type, got \(first.shape) of \(first.dtype) and "
        + "\(second.shape) of \(second.dtype)")
    let dtype: DType = x.dtype == .float64 ? .float64 : .float32
    return (x, y, (x.to(Device.cpu).to(dtype), y.to(Device.cpu).to(dtype)))
  }
}

extension Tensor {
  /// A vector as rows of one feature, anything else as it is.
  var asRows: Tensor { rank == 1 ? unsqueezed(1) : self }

  /// The place of the first number of a matrix that is not finite.
  var firstNotFinite: (row: Int, column: Int)? {
    let bad = .!isFinite()
    guard bad.any() else { return nil }
    let place = bad.nonzero().doubles()
    return (Int(place[0]), Int(place[1]))
  }
}
