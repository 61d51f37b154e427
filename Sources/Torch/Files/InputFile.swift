import Foundation

/// A regular file open for reading at any place.
final class InputFile {
  let path: String
  let size: Int
  private let descriptor: Int32

  init(_ url: URL) throws(TensorFileError) {
    path = url.path
    descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: url.path, reason: systemError()) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let reason = systemError()
      close(descriptor)
      throw .unreadable(path: url.path, reason: reason)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .unreadable(path: url.path, reason: "it is not a regular file")
    }
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Fills memory from a place on.
  func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws(TensorFileError) {
    var done = 0
    while done < destination.count {
      let count = pread(
        descriptor, destination.baseAddress.map { $0 + done }, destination.count - done, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw .unreadable(path: path, reason: systemError())
      }
      guard count > 0 else { throw .damaged(path: path, reason: "it ends after \(offset + done) bytes") }
      done += count
    }
  }

  /// Bytes from a place on. The file must hold them: nothing is allocated for a size that it does not have.
  func bytes(at offset: Int, count: Int) throws(TensorFileError) -> [UInt8] {
    guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
      throw .damaged(path: path, reason: "it has \(size) bytes, but \(count) at \(offset) are announced")
    }
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: TensorFileError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(TensorFileError) { try read(at: offset, into: buffer) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// A tensor whose elements lie in the file, row-major and little-endian.
  func tensor(at offset: Int, shape: Shape, dtype: DType, byteCount: Int) throws(TensorFileError) -> Tensor {
    guard offset >= 0, byteCount >= 0, offset <= size, byteCount <= size - offset else {
      throw .damaged(path: path, reason: "it has \(size) bytes, but \(byteCount) at \(offset) are announced")
    }
    let memory = try TensorMemory(byteCount: byteCount, path: path)
    try read(at: offset, into: memory.bytes)
    return try memory.tensor(shape: shape, dtype: dtype)
  }
}

/// Memory that is filled and then becomes a tensor without a copy.
final class TensorMemory {
  let bytes: UnsafeMutableRawBufferPointer
  private let path: String
  private var isOwned = true

  init(byteCount: Int, path: String) throws(TensorFileError) {
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, Swift.max(byteCount, 1)) == 0 else {
      throw .unreadable(path: path, reason: "there is no memory for its \(byteCount) bytes")
    }
    bytes = UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
    self.path = path
  }

  deinit { if isOwned { free(bytes.baseAddress) } }

  /// The tensor that owns the memory from now on.
  func tensor(shape: Shape, dtype: DType) throws(TensorFileError) -> Tensor {
    guard dtype != .bool || bytes.allSatisfy({ $0 < 2 }) else {
      throw .damaged(path: path, reason: "a truth value is neither 0 nor 1")
    }
    guard let address = bytes.baseAddress else { return .zeros(shape, dtype: dtype) }
    isOwned = false
    let number = Int(bitPattern: address)
    do {
      return try Tensor(adopting: address, shape: shape, dtype: dtype) {
        free(UnsafeMutableRawPointer(bitPattern: number))
      }
    } catch {
      throw .unreadable(path: path, reason: error.message)
    }
  }
}

/// What the system's last failed call says.
func systemError() -> String { String(cString: strerror(errno)) }

/// What the system said when Foundation failed, in its own words instead of the number of an error.
///
/// - Parameter error: what Foundation threw.
/// - Returns: such as "Permission denied"; Foundation's description when the system said nothing.
package func systemReason(of error: any Error) -> String {
  if let error = error as? POSIXError { return String(cString: strerror(error.code.rawValue)) }
  if let error = error as? CocoaError, let underlying = error.underlying { return systemReason(of: underlying) }
  return error.localizedDescription
}
