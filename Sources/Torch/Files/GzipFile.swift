package import Foundation

/// Files compressed by gzip.
///
/// - Reference: Deutsch, *GZIP file format specification*, RFC 1952. https://www.rfc-editor.org/rfc/rfc1952
package enum GzipFile {
  /// The bytes of a file, decompressed when it is one of gzip, as they are when it is not.
  ///
  /// - Throws: `TensorFileError` when the file cannot be read or is damaged.
  package static func contents(of url: URL) throws(TensorFileError) -> [UInt8] {
    let file = try InputFile(url)
    let bytes = try file.bytes(at: 0, count: file.size)
    guard bytes.starts(with: [0x1F, 0x8B]) else { return bytes }
    do throws(FormatFailure) { return try decompress(bytes) } catch { throw error.at(url.path) }
  }

  private static func decompress(_ bytes: [UInt8]) throws(FormatFailure) -> [UInt8] {
    guard bytes.count >= 18, bytes[2] == 8 else { throw .damaged("it has no complete gzip header") }
    let start = try dataStart(bytes)
    let end = bytes.count - 8
    guard start < end else { throw .damaged("it ends in its header") }
    let result = try Inflate.decompress(Array(bytes[start..<end]), size: Int(littleEndian(bytes, at: end + 4)))
    guard crc32(result) == littleEndian(bytes, at: end) else { throw .damaged("its checksum does not fit") }
    return result
  }

  /// Where the header with its optional parts ends.
  private static func dataStart(_ bytes: [UInt8]) throws(FormatFailure) -> Int {
    let flags = bytes[3]
    var place = 10
    if flags & 4 != 0 { place += 2 + Int(bytes[10]) + Int(bytes[11]) << 8 }
    for flag: UInt8 in [8, 16] where flags & flag != 0 {
      // A name, or a comment, that ends with 0.
      guard place < bytes.count, let end = bytes[place...].firstIndex(of: 0) else {
        throw .damaged("it ends in its header")
      }
      place = end + 1
    }
    return flags & 2 != 0 ? place + 2 : place
  }

  private static func littleEndian(_ bytes: [UInt8], at place: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) }
  }
}
