public import Foundation

/// Several named arrays in one file of NumPy, `.npz`: a zip archive of `.npy` files.
///
///     let x = try NumPyArchive(contentsOf: url).tensors["x"]
///     try NumPyArchive(tensors: ["x": x, "y": y]).write(to: url)
///
/// Files of `numpy.savez` and `numpy.savez_compressed` are read; what is written is not compressed.
///
/// - Reference: https://numpy.org/doc/stable/reference/generated/numpy.savez.html
public struct NumPyArchive {
  /// The arrays by name, without `.npy`.
  public var tensors: [String: Tensor]

  /// What a file is to hold.
  public init(tensors: [String: Tensor]) { self.tensors = tensors }

  /// Reads all arrays of a file.
  ///
  /// - Throws: `TensorFileError` when the file cannot be read, breaks the format, or holds big-endian numbers, Python
  ///   objects, fields, or element types that tensors do not have.
  public init(contentsOf url: URL) throws(TensorFileError) {
    let file = try InputFile(url)
    tensors = [:]
    for entry in try ZipReader(file).entries {
      guard entry.name.hasSuffix(".npy") else {
        throw .unsupported(path: file.path, reason: "its part '\(entry.name)' is no array")
      }
      let name = String(entry.name.dropLast(4))
      guard tensors[name] == nil else {
        throw .damaged(path: file.path, reason: "it has two arrays named '\(name)'")
      }
      tensors[name] = try NumPyFile.read(
        try ZipReader.contents(of: entry, in: file), path: "\(file.path), array '\(name)'")
    }
  }

  /// Writes a file, which replaces another of this name whole or not at all. Equal contents give equal files.
  ///
  /// - Throws: `TensorFileError` when the file cannot be written, or for bfloat16, which NumPy does not have.
  public func write(to url: URL) throws(TensorFileError) {
    let file = try AtomicFile(replacing: url)
    var zip = ZipWriter(file)
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      let head: [UInt8]
      do throws(FormatFailure) { head = try NumPyHeader.bytes(of: tensor) } catch { throw error.at(url.path) }
      try zip.add("\(name).npy", head, tensor)
    }
    try zip.finish()
    try file.commit()
  }
}
