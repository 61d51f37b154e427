public import Foundation
public import Torch

/// Boxes in the plane, coloured by a number: the leaves of a density tree, or the cells of a histogram.
///
///     PartitionPicture(lower: tree.leafLower, upper: tree.leafUpper, values: tree.leafLogDensities).png()
///
/// Colours go from dark for the least number to yellow for the greatest; places without a box, and boxes whose number is
/// not finite, are white. Thin lines part boxes that are larger than a few points. The second column grows upward.
public struct PartitionPicture {
  private let boxes: [(lower: (Double, Double), upper: (Double, Double), value: Double)]
  private let range: ClosedRange<Double>
  private let bounds: (lower: (Double, Double), upper: (Double, Double))

  /// Boxes with their numbers.
  ///
  /// - Parameters:
  ///   - lower: the lower corners, `[boxes, 2]`.
  ///   - upper: the upper corners, `[boxes, 2]`.
  ///   - values: a number for each box, `[boxes]`.
  ///   - range: the numbers of the darkest and the lightest colour; by default the least and greatest of them.
  /// - Precondition: there is a box, corners are finite, and each upper corner is above its lower one.
  public init(lower: Tensor, upper: Tensor, values: Tensor, range: ClosedRange<Double>? = nil) {
    precondition(
      lower.rank == 2 && lower.size(0) > 0 && lower.size(1) == 2 && upper.shape == lower.shape
        && values.shape == [lower.size(0)],
      "PartitionPicture: expected corners [boxes, 2] and values [boxes], got \(lower.shape), \(upper.shape), \(values.shape)"
    )
    precondition(
      ((lower .< upper) .& lower.isFinite() .& upper.isFinite()).all(),
      "PartitionPicture: expected finite corners, the upper above the lower")
    let (lower, upper, values) = (lower.doubles(), upper.doubles(), values.doubles())
    boxes = values.indices.map {
      ((lower[2 * $0], lower[2 * $0 + 1]), (upper[2 * $0], upper[2 * $0 + 1]), values[$0])
    }
    let finite = values.filter(\.isFinite)
    self.range = range ?? (finite.min() ?? 0)...(finite.max() ?? 1)
    func least(_ values: [Double]) -> Double { values.min() ?? 0 }
    func greatest(_ values: [Double]) -> Double { values.max() ?? 1 }
    bounds = (
      (least(boxes.map(\.lower.0)), least(boxes.map(\.lower.1))),
      (greatest(boxes.map(\.upper.0)), greatest(boxes.map(\.upper.1)))
    )
  }

  /// The picture.
  ///
  /// - Parameters:
  ///   - width: points in a row.
  ///   - height: rows of points.
  /// - Returns: a PNG file.
  /// - Precondition: both are positive.
  public func png(width: Int = 640, height: Int = 640) -> Data {
    precondition(width > 0 && height > 0, "PartitionPicture: expected a positive size, got \(width) x \(height)")
    var pixels = [UInt8](repeating: 255, count: 3 * width * height)
    let scale = (
      Double(width) / (bounds.upper.0 - bounds.lower.0), Double(height) / (bounds.upper.1 - bounds.lower.1)
    )
    let span = range.upperBound - range.lowerBound
    for box in boxes where box.value.isFinite {
      let (red, green, blue) = ColorScale.color(span > 0 ? (box.value - range.lowerBound) / span : 0.5)
      let columns = points(box.lower.0, box.upper.0, from: bounds.lower.0, scale.0, width)
      let rows = points(box.lower.1, box.upper.1, from: bounds.lower.1, scale.1, height)
      let hasLines = columns.count > 3 && rows.count > 3
      for row in rows {
        for column in columns {
          let place = 3 * ((height - 1 - row) * width + column)
          // Lines along the lower faces, but not around the whole.
          let isLine = hasLines && ((row == rows.lowerBound && row > 0) || (column == columns.lowerBound && column > 0))
          (pixels[place], pixels[place + 1], pixels[place + 2]) =
            isLine ? (red / 2, green / 2, blue / 2) : (red, green, blue)
        }
      }
    }
    return PNGImage.encode(rgb: pixels, width: width)
  }

  /// The points between two numbers, so that neighbouring boxes share none.
  private func points(_ low: Double, _ high: Double, from start: Double, _ scale: Double, _ count: Int) -> Range<Int> {
    let first = min(max(Int(((low - start) * scale).rounded()), 0), count)
    return first..<max(first, min(Int(((high - start) * scale).rounded()), count))
  }
}
