import Foundation
import Torch

/// A short text that differs when data or settings differ: 64-bit FNV-1a over words.
struct Fingerprint {
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    while offset + 8 <= bytes.count {
      hash = (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x0000_0100_0000_01b3
      hash ^= hash >> 29
      offset += 8
    }
    for byte in bytes[offset...] { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
  }

  mutating func add(_ tensor: Tensor) { tensor.withUnsafeBytes { add($0) } }

  mutating func add(_ text: String) { Array(text.utf8).withUnsafeBytes { add($0) } }

  var value: UInt64 { hash }

  var text: String { String(hash, radix: 16) }
}
