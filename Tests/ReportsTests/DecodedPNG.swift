import Foundation

@testable import Torch

/// The pixels of a PNG file of 8 bits a channel.
struct DecodedPNG {
  let width: Int
  let height: Int
  let channels: Int
  /// Channel by channel, pixel by pixel, from the top left.
  let bytes: [UInt8]

  struct Damaged: Error {}

  /// Reads a file, checksums included.
  init(_ png: Data) throws {
    let file = Array(png)
    guard Array(file.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] else { throw Damaged() }
    func number(_ place: Int) -> Int { file[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) } }
    var place = 8
    var chunks: [String: [UInt8]] = [:]
    while place < file.count {
      let length = number(place)
      let body = Array(file[(place + 4)..<(place + 8 + length)])
      guard Int(crc32(body)) == number(place + 8 + length) else { throw Damaged() }
      chunks[String(decoding: body.prefix(4), as: UTF8.self)] = Array(body.dropFirst(4))
      place += length + 12
    }
    guard let head = chunks["IHDR"], let data = chunks["IDAT"], chunks["IEND"] == [] else { throw Damaged() }
    width = head[0..<4].reduce(0) { $0 << 8 | Int($1) }
    height = head[4..<8].reduce(0) { $0 << 8 | Int($1) }
    channels = head[9] == 2 ? 3 : 1
    let row = width * channels
    let packed = Array(data.dropFirst(2).dropLast(4))
    let rows = try Inflate.decompress(packed, size: (row + 1) * height)
    bytes = try Self.unfiltered(rows, row: row, height: height, channels: channels)
  }

  private static func unfiltered(_ rows: [UInt8], row: Int, height: Int, channels: Int) throws -> [UInt8] {
    var result: [UInt8] = []
    for y in 0..<height {
      let filter = rows[y * (row + 1)]
      guard filter <= 2 else { throw Damaged() }
      for x in 0..<row {
        let left = x >= channels ? result[y * row + x - channels] : 0
        let above = y > 0 ? result[(y - 1) * row + x] : 0
        result.append(rows[y * (row + 1) + 1 + x] &+ (filter == 1 ? left : filter == 2 ? above : 0))
      }
    }
    return result
  }
}
