package import Foundation

/// A file that replaces another whole or not at all.
///
/// Bytes go to a temporary file in the same folder; ``commit()`` brings them to the disk and renames. A file that goes
/// out of scope before leaves what was there.
package final class AtomicFile {
  private let path: String
  private let temporaryPath: String
  private let descriptor: Int32
  private var isOpen = true

  /// Starts to write what will be at `url`.
  package init(replacing url: URL) throws(TensorFileError) {
    path = url.path
    let folder = url.deletingLastPathComponent()
    let mark = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    temporaryPath = folder.appendingPathComponent(".\(url.lastPathComponent).\(mark)").path
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw .unwritable(path: path, reason: "it is a folder")
    }
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: systemError()) }
  }

  deinit {
    guard isOpen else { return }
    close(descriptor)
    unlink(temporaryPath)
  }

  /// Writes a whole file, which replaces another of this name whole or not at all.
  package static func write(_ data: Data, to url: URL) throws(TensorFileError) {
    let file = try AtomicFile(replacing: url)
    try file.write([UInt8](data))
    try file.commit()
  }

  /// Adds bytes at the end.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(TensorFileError) {
    var done = 0
    while done < bytes.count {
      let count = Foundation.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if count < 0 {
        if errno == EINTR { continue }
        throw .unwritable(path: path, reason: systemError())
      }
      done += count
    }
  }

  /// Adds bytes at the end.
  package func write(_ bytes: [UInt8]) throws(TensorFileError) {
    var failure: TensorFileError?
    bytes.withUnsafeBytes { buffer in
      do throws(TensorFileError) { try write(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Adds a tensor's elements at the end, row-major and little-endian.
  func write(_ tensor: Tensor) throws(TensorFileError) {
    var failure: TensorFileError?
    tensor.withUnsafeBytes { buffer in
      do throws(TensorFileError) { try write(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Puts the file in its place.
  package func commit() throws(TensorFileError) {
    guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
      throw .unwritable(path: path, reason: systemError())
    }
    isOpen = false
    close(descriptor)
    // The rename itself is on the disk once the folder is; not every file system can be asked.
    let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }
}
