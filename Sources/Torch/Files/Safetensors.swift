public import Foundation

/// A safetensors file: named tensors and texts, and no code that could run.
///
///     try Safetensors(tensors: model.state(), metadata: ["configuration": json]).write(to: url)
///     try model.load(Safetensors(contentsOf: url).tensors)
///
/// A file is checked in full before anything is allocated for it: sizes, offsets and names of a damaged or hostile file
/// end in an error that says which.
///
/// - Reference: the format, https://github.com/huggingface/safetensors
public struct Safetensors {
  /// The tensors by name.
  public var tensors: [String: Tensor]
  /// Texts that belong to the file: a configuration, a version.
  public var metadata: [String: String]

  /// What a file is to hold.
  ///
  /// - Precondition: no tensor is named `__metadata__`, which the format keeps for the texts.
  public init(tensors: [String: Tensor], metadata: [String: String] = [:]) {
    precondition(tensors["__metadata__"] == nil, "Safetensors: no tensor may be named __metadata__")
    self.tensors = tensors
    self.metadata = metadata
  }

  /// Reads a file, its tensors to the processor.
  ///
  /// - Throws: `TensorFileError` when the file cannot be read, breaks the format or holds an unknown element type.
  public init(contentsOf url: URL) throws(TensorFileError) {
    let file = try InputFile(url)
    let (header, start) = try Safetensors.header(of: file)
    metadata = header.metadata
    tensors = [:]
    for entry in header.entries {
      tensors[entry.name] = try file.tensor(
        at: start + entry.byteRange.lowerBound, shape: entry.shape, dtype: entry.dtype,
        byteCount: entry.byteRange.count)
    }
  }

  /// Reads and checks what a file says of itself, without its tensors.
  ///
  /// - Throws: `TensorFileError` when the file cannot be read, breaks the format or holds an unknown element type.
  public static func header(of url: URL) throws(TensorFileError) -> Header { try header(of: InputFile(url)).header }

  /// Writes a file, which replaces another of this name whole or not at all. Equal contents give equal files.
  ///
  /// - Throws: `TensorFileError` when the file cannot be written.
  public func write(to url: URL) throws(TensorFileError) {
    let header = Header(of: tensors, metadata: metadata)
    let file = try AtomicFile(replacing: url)
    try file.write(header.bytes)
    for entry in header.entries {
      if let tensor = tensors[entry.name] { try file.write(tensor) }
    }
    try file.commit()
  }

  /// The longest header that is read; that of the format's reference implementation.
  static let headerLimit = 100_000_000

  private static func header(of file: InputFile) throws(TensorFileError) -> (header: Header, start: Int) {
    guard file.size >= 8 else {
      throw .damaged(path: file.path, reason: "it has \(file.size) bytes, fewer than the length of a header needs")
    }
    let length = try file.bytes(at: 0, count: 8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= headerLimit else {
      throw .damaged(path: file.path, reason: "it announces a header of \(length) bytes; \(headerLimit) are the limit")
    }
    guard length <= file.size - 8 else {
      throw .damaged(
        path: file.path, reason: "it announces a header of \(length) bytes, but has \(file.size - 8) after the length")
    }
    let text = try file.bytes(at: 8, count: Int(length))
    let header: Header
    do throws(FormatFailure) { header = try Header(parsing: text) } catch { throw error.at(file.path) }
    let start = 8 + Int(length)
    guard header.byteCount == file.size - start else {
      throw .damaged(
        path: file.path,
        reason: "its tensors take \(header.byteCount) bytes, but \(file.size - start) follow the header")
    }
    return (header, start)
  }
}
