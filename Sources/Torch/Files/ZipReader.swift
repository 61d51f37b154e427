/// The parts of a zip archive, stored or deflated; also those past 4 GB (zip64).
///
/// - Reference: PKWARE, *.ZIP File Format Specification*.
///   https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
struct ZipReader {
  struct Entry {
    let name: String
    let isDeflated: Bool
    let checksum: UInt32
    let compressedSize: Int
    let size: Int
    /// Where the part's own header lies.
    let offset: Int
  }

  let entries: [Entry]

  init(_ file: InputFile) throws(TensorFileError) {
    let directory = try ZipReader.directory(file)
    var entries: [Entry] = []
    var fields = LittleEndianReader(try file.bytes(at: directory.offset, count: directory.size))
    do throws(FormatFailure) {
      while !fields.isAtEnd { entries.append(try Entry(&fields)) }
      guard entries.count == directory.count else {
        throw .damaged("its directory announces \(directory.count) parts and names \(entries.count)")
      }
    } catch { throw error.at(file.path) }
    self.entries = entries
  }

  /// The bytes of a part, as they were before compression.
  static func contents(of entry: Entry, in file: InputFile) throws(TensorFileError) -> [UInt8] {
    var local = LittleEndianReader(try file.bytes(at: entry.offset, count: 30))
    let result: [UInt8]
    do throws(FormatFailure) {
      guard try local.number(4) == 0x0403_4B50 else { throw .damaged("the part '\(entry.name)' has no header") }
      try local.skip(22)
      let start = entry.offset + 30 + (try local.number(2)) + (try local.number(2))
      let stored: [UInt8]
      do throws(TensorFileError) { stored = try file.bytes(at: start, count: entry.compressedSize) } catch {
        throw .damaged("the part '\(entry.name)' goes past the end")
      }
      result = entry.isDeflated ? try Inflate.decompress(stored, size: entry.size) : stored
      guard result.count == entry.size, crc32(result) == entry.checksum else {
        throw .damaged("the part '\(entry.name)' does not match its checksum")
      }
    } catch { throw error.at(file.path) }
    return result
  }

  // MARK: Directory

  private static func directory(_ file: InputFile) throws(TensorFileError) -> (offset: Int, size: Int, count: Int) {
    // The end record is 22 bytes and a comment of up to 65535; before it can lie 20 bytes that point to a longer one.
    let tailSize = Swift.min(file.size, 22 + 65_535 + 20)
    let tail = try file.bytes(at: file.size - tailSize, count: tailSize)
    // The mark can also stand in the comment; its length, the last field, tells which is the record.
    let position = (0..<Swift.max(tail.count - 21, 0)).last {
      tail[$0...].starts(with: [0x50, 0x4B, 5, 6])
        && Int(tail[$0 + 20]) + Int(tail[$0 + 21]) << 8 == tail.count - $0 - 22
    }
    guard let position else { throw .damaged(path: file.path, reason: "it has no end of a zip archive") }
    do throws(FormatFailure) {
      if position >= 20, tail[(position - 20)...].starts(with: [0x50, 0x4B, 6, 7]) {
        var locator = LittleEndianReader(Array(tail[(position - 12)..<(position - 4)]))
        return try longDirectory(file, at: try locator.number(8))
      }
      var record = LittleEndianReader(Array(tail[(position + 10)..<(position + 20)]))
      let count = try record.number(2)
      let size = try record.number(4)
      return (try record.number(4), size, count)
    } catch { throw error.at(file.path) }
  }

  private static func longDirectory(
    _ file: InputFile, at offset: Int
  ) throws(FormatFailure) -> (offset: Int, size: Int, count: Int) {
    let bytes: [UInt8]
    do throws(TensorFileError) { bytes = try file.bytes(at: offset, count: 56) } catch {
      throw .damaged("its long directory goes past the end")
    }
    var record = LittleEndianReader(bytes)
    guard try record.number(4) == 0x0606_4B50 else { throw .damaged("its long directory is missing") }
    try record.skip(28)
    let count = try record.number(8)
    let size = try record.number(8)
    return (try record.number(8), size, count)
  }
}

extension ZipReader.Entry {
  fileprivate init(_ fields: inout LittleEndianReader) throws(FormatFailure) {
    guard try fields.number(4) == 0x0201_4B50 else { throw .damaged("its directory is broken") }
    try fields.skip(4)
    let flags = try fields.number(2)
    let method = try fields.number(2)
    try fields.skip(4)
    checksum = UInt32(truncatingIfNeeded: try fields.number(4))
    var sizes = [try fields.number(4), try fields.number(4)]
    let lengths = [try fields.number(2), try fields.number(2), try fields.number(2)]
    try fields.skip(8)
    sizes.append(try fields.number(4))
    guard let name = String(validating: try fields.bytes(lengths[0]), as: UTF8.self) else {
      throw .damaged("a part's name is not UTF-8")
    }
    var extra = LittleEndianReader(try fields.bytes(lengths[1]))
    try fields.skip(lengths[2])
    // Numbers that do not fit stand in an extra field, in this order: size, compressed size, offset.
    while !extra.isAtEnd {
      let kind = try extra.number(2)
      var content = LittleEndianReader(try extra.bytes(try extra.number(2)))
      guard kind == 1 else { continue }
      for index in [1, 0, 2] where sizes[index] == 0xFFFF_FFFF { sizes[index] = try content.number(8) }
    }
    guard flags & 1 == 0 else { throw .unsupported("the part '\(name)' is encrypted") }
    guard method == 0 || method == 8 else { throw .unsupported("the part '\(name)' has compression \(method)") }
    self.name = name
    isDeflated = method == 8
    compressedSize = sizes[0]
    size = sizes[1]
    offset = sizes[2]
  }
}

/// Numbers of a binary record, the lowest byte first.
struct LittleEndianReader {
  private let content: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { content = bytes }

  var isAtEnd: Bool { position == content.count }

  mutating func skip(_ count: Int) throws(FormatFailure) { _ = try bytes(count) }

  mutating func bytes(_ count: Int) throws(FormatFailure) -> ArraySlice<UInt8> {
    guard count <= content.count - position else { throw .damaged("it ends within a record") }
    position += count
    return content[(position - count)..<position]
  }

  mutating func number(_ byteCount: Int) throws(FormatFailure) -> Int {
    let value = try bytes(byteCount).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let number = Int(exactly: value) else { throw .damaged("it has a size that is too large") }
    return number
  }
}

extension LittleEndianReader {
  init(_ bytes: ArraySlice<UInt8>) { self.init(Array(bytes)) }
}
