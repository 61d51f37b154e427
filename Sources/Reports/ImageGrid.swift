public import Foundation
public import Torch

/// Grey images side by side in one picture.
public struct ImageGrid {
  /// Height and width of one image.
  public let height: Int
  /// The width of one image.
  public let width: Int
  private let images: [[UInt8]]

  /// Images from rows of pixels.
  ///
  /// - Parameters:
  ///   - rows: one image each, [count, height * width].
  ///   - height: the height of one image.
  ///   - width: the width of one image.
  ///   - range: the values of black and white; by default the 1st and 99th percentile of all pixels.
  /// - Precondition: rows have height * width columns.
  public init(_ rows: Tensor, height: Int, width: Int, range: ClosedRange<Double>? = nil) {
    precondition(
      rows.rank == 2 && rows.size(1) == height * width,
      "ImageGrid: expected [count, \(height * width)], got \(rows.shape)")
    self.height = height
    self.width = width
    let range = range ?? Self.percentiles(rows)
    let span = max(range.upperBound - range.lowerBound, .leastNormalMagnitude)
    let levels = ((rows.to(.float64) - range.lowerBound) * (255 / span)).clamped(from: 0, to: 255).rounded()
    let bytes = levels.to(.uint8).scalars(as: UInt8.self)
    images = (0..<rows.size(0)).map { Array(bytes[($0 * height * width)..<(($0 + 1) * height * width)]) }
  }

  /// The picture: about as many images in a row as in a column, one grey line between them.
  ///
  /// - Parameter scale: picture points a pixel.
  /// - Returns: a PNG file.
  public func png(scale: Int = 4) -> Data {
    let columns = Int(Double(images.count).squareRoot().rounded(.up))
    let rows = (images.count + columns - 1) / columns
    let pictureWidth = columns * (width * scale + 1) + 1
    var picture = [UInt8](repeating: 128, count: pictureWidth * (rows * (height * scale + 1) + 1))
    for (index, image) in images.enumerated() {
      let top = index / columns * (height * scale + 1) + 1
      let left = index % columns * (width * scale + 1) + 1
      for y in 0..<(height * scale) {
        for x in 0..<(width * scale) {
          picture[(top + y) * pictureWidth + left + x] = image[y / scale * width + x / scale]
        }
      }
    }
    return PNGImage.encode(grey: picture, width: pictureWidth)
  }

  private static func percentiles(_ rows: Tensor) -> ClosedRange<Double> {
    let sorted = rows.doubles().filter(\.isFinite).sorted()
    guard let first = sorted.first else { return 0...1 }
    let low = sorted[Int(Double(sorted.count - 1) * 0.01)]
    let high = sorted[Int(Double(sorted.count - 1) * 0.99)]
    return low < high ? low...high : first...(first + 1)
  }
}
