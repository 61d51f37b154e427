public import Foundation
import Torch

/// Encodes grey or coloured pixels as a PNG file.
///
/// - Reference: W3C, *Portable Network Graphics (PNG) Specification (Third Edition)*, 2025; RFC 1950, RFC 1951.
public enum PNGImage {
  /// The file's bytes.
  ///
  /// - Parameters:
  ///   - pixels: grey levels, row by row from the top; 0 is black.
  ///   - width: pixels in a row.
  /// - Returns: a PNG file with 8 bits a pixel.
  /// - Precondition: the number of pixels is a positive multiple of the width.
  public static func encode(grey pixels: [UInt8], width: Int) -> Data {
    encode(pixels, width: width, bytesPerPixel: 1, colorType: 0)
  }

  /// The file's bytes.
  ///
  /// - Parameters:
  ///   - pixels: red, green and blue of each pixel, row by row from the top.
  ///   - width: pixels in a row.
  /// - Returns: a PNG file with 24 bits a pixel.
  /// - Precondition: the number of pixels is a positive multiple of the width.
  public static func encode(rgb pixels: [UInt8], width: Int) -> Data {
    encode(pixels, width: width, bytesPerPixel: 3, colorType: 2)
  }

  private static func encode(_ pixels: [UInt8], width: Int, bytesPerPixel: Int, colorType: UInt8) -> Data {
    let rowBytes = width * bytesPerPixel
    precondition(
      width > 0 && !pixels.isEmpty && pixels.count % rowBytes == 0, "PNGImage: expected whole rows of \(width)")
    let height = pixels.count / rowBytes
    var rows: [UInt8] = []
    rows.reserveCapacity(pixels.count + height)
    var above = [UInt8](repeating: 0, count: rowBytes)
    for row in 0..<height {
      let bytes = Array(pixels[(row * rowBytes)..<((row + 1) * rowBytes)])
      rows += filtered(bytes, above: above, bytesPerPixel: bytesPerPixel)
      above = bytes
    }
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += chunk("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, colorType, 0, 0, 0])
    file += chunk("IDAT", zlib(rows))
    file += chunk("IEND", [])
    return Data(file)
  }

  private static func chunk(_ kind: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(kind.utf8) + content
    return bigEndian(UInt32(content.count)) + body + bigEndian(crc32(body))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }

  /// A row after the filter that leaves the smallest numbers: none, what is on the left taken off, or what is above.
  private static func filtered(_ row: [UInt8], above: [UInt8], bytesPerPixel: Int) -> [UInt8] {
    let left = [UInt8](repeating: 0, count: bytesPerPixel) + row.dropLast(bytesPerPixel)
    let choices = [[0] + row, [1] + zip(row, left).map { $0 &- $1 }, [2] + zip(row, above).map { $0 &- $1 }]
    func size(_ row: [UInt8]) -> Int { row.dropFirst().reduce(0) { $0 + Int(Int8(bitPattern: $1).magnitude) } }
    return choices.min { size($0) < size($1) } ?? choices[0]
  }

  /// A zlib stream.
  private static func zlib(_ bytes: [UInt8]) -> [UInt8] {
    [0x78, 0x01] + Deflate.compress(bytes) + bigEndian(adler32(bytes))
  }

  private static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var low: UInt32 = 1
    var high: UInt32 = 0
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    return high << 16 | low
  }
}
