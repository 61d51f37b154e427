/// Which remainder a byte leaves, for `crc32`.
private let remainders: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
}

/// The CRC-32 checksum of zip archives; `continuing` takes the checksum of the bytes before.
func crc32(_ bytes: UnsafeRawBufferPointer, continuing start: UInt32 = 0) -> UInt32 {
  remainders.withUnsafeBufferPointer { remainders in
    var value = ~start
    for byte in bytes { value = remainders[Int((value ^ UInt32(byte)) & 0xFF)] ^ (value >> 8) }
    return ~value
  }
}

/// The CRC-32 checksum of zip archives and PNG pictures.
package func crc32(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { crc32($0) } }
