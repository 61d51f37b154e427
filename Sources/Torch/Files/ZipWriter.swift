/// Writes a zip archive of parts that are not compressed: what Python's `zipfile` writes for `numpy.savez`.
struct ZipWriter {
  private let file: AtomicFile
  private var position = 0
  private var directory: [UInt8] = []
  private var count = 0

  init(_ file: AtomicFile) { self.file = file }

  /// Adds a part: a head, then a tensor's elements.
  mutating func add(_ name: String, _ head: [UInt8], _ tensor: Tensor) throws(TensorFileError) {
    let checksum = tensor.withUnsafeBytes { crc32($0, continuing: crc32(head)) }
    let size = head.count + tensor.elementCount * tensor.dtype.byteCount
    let name = Array(name.utf8)
    let offset = position
    // Version 4.5, which has 64-bit sizes; bit 11 says that the name is UTF-8; the date is 1 January 1980.
    let isASCII = name.allSatisfy { $0 < 0x80 }
    let common = fields16([45, isASCII ? 0 : 0x800, 0, 0, 0x21]) + littleEndianBytes(checksum)
    let sizes = littleEndianBytes(UInt64(size))
    try write([0x50, 0x4B, 3, 4] + common + Array(repeating: 0xFF, count: 8) + fields16([name.count, 20]) + name)
    try write(fields16([1, 16]) + sizes + sizes)
    try write(head)
    try file.write(tensor)
    position += size - head.count
    let isLong = size > 0x7FFF_FFFF || offset > 0x7FFF_FFFF
    let extra = isLong ? fields16([1, 24]) + sizes + sizes + littleEndianBytes(UInt64(offset)) : []
    let short = isLong ? Array(repeating: 0xFF, count: 8) : Array(sizes[..<4] + sizes[..<4])
    directory += [0x50, 0x4B, 1, 2, 45, 3] + common + short + fields16([name.count, extra.count, 0, 0, 0])
    directory += littleEndianBytes(UInt32(0o600 << 16))
    directory += isLong ? [0xFF, 0xFF, 0xFF, 0xFF] : littleEndianBytes(UInt32(offset))
    directory += name + extra
    count += 1
  }

  /// Adds the directory.
  mutating func finish() throws(TensorFileError) {
    let start = position
    let size = directory.count
    try write(directory)
    let isLong = start > 0x7FFF_FFFF || size > 0x7FFF_FFFF || count >= 0xFFFF
    if isLong {
      let end = position
      try write([0x50, 0x4B, 6, 6] + littleEndianBytes(UInt64(44)) + fields16([45, 45, 0, 0, 0, 0]))
      try write([count, count, size, start].flatMap { littleEndianBytes(UInt64($0)) })
      try write([0x50, 0x4B, 6, 7, 0, 0, 0, 0] + littleEndianBytes(UInt64(end)) + [1, 0, 0, 0])
    }
    let shown = Swift.min(count, 0xFFFF)
    try write([0x50, 0x4B, 5, 6] + fields16([0, 0, shown, shown]))
    try write([size, start].flatMap { littleEndianBytes(UInt32(clamping: isLong ? Int.max : $0)) } + [0, 0])
  }

  private mutating func write(_ bytes: [UInt8]) throws(TensorFileError) {
    try file.write(bytes)
    position += bytes.count
  }

  private func fields16(_ values: [Int]) -> [UInt8] { values.flatMap { littleEndianBytes(UInt16($0)) } }
}
