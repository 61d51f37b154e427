public import Torch

/// The size of an image whose numbers are one event: channel after channel, each row by row from the top.
public struct ImageShape: Hashable, Sendable, Codable, CustomStringConvertible {
  /// Numbers of one pixel.
  public var channels: Int
  /// Rows of pixels.
  public var height: Int
  /// Columns of pixels.
  public var width: Int

  /// The size of an image.
  public init(channels: Int = 1, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// The numbers of an image.
  public var features: Int { channels * height * width }

  /// The numbers of one channel.
  public var pixels: Int { height * width }

  /// The size with each square of four pixels as one.
  ///
  /// - Precondition: height and width are even.
  public var squeezed: ImageShape {
    precondition(height % 2 == 0 && width % 2 == 0, "ImageShape: expected an even height and width, got \(self)")
    return ImageShape(channels: 4 * channels, height: height / 2, width: width / 2)
  }

  /// The size with another number of channels.
  public func with(channels: Int) -> ImageShape { ImageShape(channels: channels, height: height, width: width) }

  /// Such as 1x28x28: channels, height, width.
  public var description: String { "\(channels)x\(height)x\(width)" }

  /// The size of an image of so many numbers; nil when there is none of these channels, height and width.
  ///
  /// - Parameters:
  ///   - features: the numbers of an image.
  ///   - channels: numbers of one pixel.
  ///   - height: rows of pixels; 0 for what `width` leaves, or a square.
  ///   - width: columns of pixels; 0 for what `height` leaves, or a square.
  public init?(features: Int, channels: Int = 1, height: Int = 0, width: Int = 0) {
    guard channels > 0, height >= 0, width >= 0, features > 0, features.isMultiple(of: channels) else { return nil }
    let pixels = features / channels
    let side = Int(Double(pixels).squareRoot().rounded())
    let rows = height > 0 ? height : width > 0 ? pixels / width : side
    let columns = width > 0 ? width : pixels / max(rows, 1)
    let (product, overflows) = rows.multipliedReportingOverflow(by: columns)
    guard !overflows, product == pixels, height > 0 || width > 0 || rows == columns else { return nil }
    self.init(channels: channels, height: rows, width: columns)
  }

  /// Events `[*batch, features]` as images `[*batch, channels, height, width]`.
  public func image(_ x: Tensor) -> Tensor { x.unflattened(-1, [channels, height, width]) }
}

extension Tensor {
  /// Images `[*batch, channels, height, width]` as events `[*batch, features]`.
  public func flatImage() -> Tensor { flattened(from: -3) }
}
