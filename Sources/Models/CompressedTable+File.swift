public import Foundation
import Probability
import Torch

/// The file: magic, the header's length, the header as JSON, the coder's state, its words, a checksum of all before.
/// Numbers are little-endian.
extension CompressedTable {
  private static let magic = Array("PFTABLE\u{1}".utf8)
  private static let largestHeader = 1 << 24

  /// The content of the file.
  ///
  /// - Throws: `EncodingError`.
  public func data() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = try encoder.encode(header)
    var result = Data(Self.magic)
    result.append(littleEndian: UInt32(text.count))
    result.append(text)
    result.append(littleEndian: coder.state)
    for word in coder.words { result.append(littleEndian: word) }
    result.append(littleEndian: Self.checksum(result))
    return result
  }

  /// Reads a file.
  ///
  /// - Throws: `ModelError.inputOutput` when it cannot be read, `CompressionError.damaged` when it is not what it should be.
  public init(contentsOf path: String) throws {
    let data: Data
    do { data = try Data(contentsOf: URL(filePath: path)) } catch {
      throw ModelError.inputOutput(path: path, reason: "cannot be read: \(systemReason(of: error))")
    }
    try self.init(Array(data), path: path)
  }

  init(_ bytes: [UInt8], path: String) throws {
    func check(_ condition: Bool, _ reason: String) throws(CompressionError) {
      if !condition { throw .damaged(path: path, reason: reason) }
    }
    let start = Self.magic.count + 4
    try check(bytes.count >= Self.magic.count && bytes.starts(with: Self.magic), "it does not start as one")
    try check(bytes.count >= start + 16, "it is cut off")
    let length = Int(bytes.number(at: Self.magic.count, as: UInt32.self))
    let (first, last) = (start + length + 8, bytes.count - 8)
    try check(length <= Self.largestHeader && first <= last && (last - first).isMultiple(of: 4), "it is cut off")
    try check(
      Self.checksum(Data(bytes[..<last])) == bytes.number(at: last, as: UInt64.self),
      "its checksum is wrong: it was changed or cut off")
    let header: Header
    do { header = try JSONDecoder().decode(Header.self, from: Data(bytes[start..<(start + length)])) } catch {
      throw CompressionError.damaged(path: path, reason: "its header cannot be read")
    }
    let (cells, overflow) = header.rows.multipliedReportingOverflow(by: header.columns)
    try check(
      header.rows >= 0 && header.columns > 0 && !overflow && cells <= Self.mostCells && header.threads > 0
        && header.threads <= 256 && header.borrowed >= 0,
      "its header says \(header.rows) rows of \(header.columns) columns with \(header.threads) threads")
    let words = stride(from: first, to: last, by: 4).map { bytes.number(at: $0, as: UInt32.self) }
    let coder = EntropyCoder(state: bytes.number(at: start + length, as: UInt64.self), words: words)
    guard let coder else { throw CompressionError.damaged(path: path, reason: "its first number is none of a coder") }
    (self.header, self.coder) = (header, coder)
  }

  private static func checksum(_ data: Data) -> UInt64 {
    var found = Fingerprint()
    data.withUnsafeBytes { found.add($0) }
    return found.value
  }
}

extension Data {
  fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}

extension [UInt8] {
  fileprivate func number<Number: FixedWidthInteger>(at place: Int, as type: Number.Type) -> Number {
    withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Number.self)) }
  }
}
