public import Foundation

/// Single arrays in NumPy's format, `.npy`. For several in one file see ``NumPyArchive``.
///
///     let x = try NumPyFile.read(url)
///     try NumPyFile.write(x, to: url)
///
/// - Reference: the format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
public enum NumPyFile {
  /// Reads an array, in row-major or Fortran order, versions 1 to 3 of the format.
  ///
  /// - Throws: `TensorFileError` when the file cannot be read, breaks the format, or holds big-endian numbers, Python
  ///   objects, fields, or element types that tensors do not have.
  public static func read(_ url: URL) throws(TensorFileError) -> Tensor {
    let file = try InputFile(url)
    return try read(file, at: 0, byteCount: file.size)
  }

  /// Writes an array, which replaces another of this name whole or not at all.
  ///
  /// - Throws: `TensorFileError` when the file cannot be written, or for bfloat16, which NumPy does not have.
  public static func write(_ tensor: Tensor, to url: URL) throws(TensorFileError) {
    let head: [UInt8]
    do throws(FormatFailure) { head = try NumPyHeader.bytes(of: tensor) } catch { throw error.at(url.path) }
    let file = try AtomicFile(replacing: url)
    try file.write(head)
    try file.write(tensor)
    try file.commit()
  }

  /// Reads an array that lies within a file.
  static func read(_ file: InputFile, at offset: Int, byteCount: Int) throws(TensorFileError) -> Tensor {
    let header = try header(file, at: offset, byteCount: byteCount)
    return try finish(header) { (shape) throws(TensorFileError) in
      try file.tensor(
        at: offset + header.dataOffset, shape: shape, dtype: header.dtype, byteCount: header.byteCount)
    }
  }

  /// Reads an array from memory; `path` is for messages.
  static func read(_ bytes: [UInt8], path: String) throws(TensorFileError) -> Tensor {
    let header: NumPyHeader
    do throws(FormatFailure) {
      let offset = try NumPyHeader.dataOffset(Array(bytes.prefix(NumPyHeader.prefixByteCount)))
      guard offset <= bytes.count else { throw .damaged("it ends within its header") }
      header = try NumPyHeader(parsing: Array(bytes[..<offset]))
      try check(header, byteCount: bytes.count)
    } catch { throw error.at(path) }
    return try finish(header) { (shape) throws(TensorFileError) in
      let memory = try TensorMemory(byteCount: header.byteCount, path: path)
      memory.bytes.copyBytes(from: bytes[header.dataOffset...])
      return try memory.tensor(shape: shape, dtype: header.dtype)
    }
  }

  private static func header(_ file: InputFile, at offset: Int, byteCount: Int) throws(TensorFileError) -> NumPyHeader {
    let prefix = try file.bytes(at: offset, count: Swift.min(byteCount, NumPyHeader.prefixByteCount))
    do throws(FormatFailure) {
      let dataOffset = try NumPyHeader.dataOffset(prefix)
      guard dataOffset <= byteCount else { throw .damaged("it ends within its header") }
      let bytes: [UInt8]
      do throws(TensorFileError) { bytes = try file.bytes(at: offset, count: dataOffset) } catch {
        throw .damaged("\(error)")
      }
      let header = try NumPyHeader(parsing: bytes)
      try check(header, byteCount: byteCount)
      return header
    } catch { throw error.at(file.path) }
  }

  private static func check(_ header: NumPyHeader, byteCount: Int) throws(FormatFailure) {
    guard header.byteCount == byteCount - header.dataOffset else {
      throw .damaged(
        "its shape \(header.shape) needs \(header.byteCount) bytes, but \(byteCount - header.dataOffset) follow the header"
      )
    }
  }

  /// A Fortran-ordered array is the transpose of a row-major one of the reversed shape.
  private static func finish(
    _ header: NumPyHeader, _ load: (Shape) throws(TensorFileError) -> Tensor
  ) throws(TensorFileError) -> Tensor {
    guard header.isFortranOrder, header.shape.rank > 1 else { return try load(header.shape) }
    let reversed = try load(Shape(header.shape.sizes.reversed()))
    return reversed.permuted((0..<header.shape.rank).reversed()).contiguous()
  }
}
