public import Foundation
import Torch

/// Draws charts as SVG or PNG files by `vl-convert`, which has to be installed: the command, or the Python module.
public struct ChartConverter: Sendable {
  /// The kinds of pictures.
  public enum Format: String, Sendable, CaseIterable {
    /// Lines and letters that stay sharp at any size.
    case svg
    /// Points.
    case png
  }

  private enum Tool {
    case command(path: String)
    case python(path: String)
  }

  private let tool: Tool

  /// The converter that a search path leads to: `vl-convert`, else a `python3` that has the module `vl_convert`.
  ///
  /// - Parameters:
  ///   - format: what is wanted of it, for the message.
  ///   - searchPath: folders, parted by colons, as in `PATH`.
  /// - Throws: `ReportError.noConverter` when there is none.
  public init(for format: Format, searchPath: String) throws(ReportError) {
    func find(_ name: String) -> String? {
      searchPath.split(separator: ":").map { "\($0)/\(name)" }.first {
        FileManager.default.isExecutableFile(atPath: $0)
      }
    }
    if let command = find("vl-convert") {
      tool = .command(path: command)
    } else if let python = find("python3"), (try? Self.run(python, ["-c", "import vl_convert"], input: Data())) != nil {
      tool = .python(path: python)
    } else {
      throw .noConverter(format: format.rawValue)
    }
  }

  /// Draws a chart.
  ///
  /// - Parameters:
  ///   - specification: the chart; see ``VegaLiteSpecification/standalone(_:width:)`` for its look and width.
  ///   - format: the kind of picture; a PNG has twice as many points as the chart has pixels, each way.
  /// - Returns: the picture's file.
  /// - Throws: `ReportError.conversionFailed` with what the tool said.
  public func picture(of specification: VegaLiteSpecification, as format: Format) throws -> Data {
    let json = try specification.json()
    switch tool {
    case .command(let path): return try convert(json, format, by: path)
    case .python(let path):
      let options = format == .png ? ", scale=2" : ""
      let write = format == .png ? "buffer.write(picture)" : "buffer.write(picture.encode())"
      let program = """
        import sys, vl_convert
        picture = vl_convert.vegalite_to_\(format.rawValue)(sys.stdin.buffer.read().decode()\(options))
        buffer = sys.stdout.buffer
        \(write)
        """
      return try Self.run(path, ["-c", program], input: json)
    }
  }

  /// The command reads and writes files.
  private func convert(_ json: Data, _ format: Format, by path: String) throws -> Data {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString, directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (input, output) = (folder.appending(path: "chart.vl.json"), folder.appending(path: "chart.\(format.rawValue)"))
    try json.write(to: input)
    let scale = format == .png ? ["--scale", "2"] : []
    _ = try Self.run(
      path, ["vl2\(format.rawValue)", "--input", input.path, "--output", output.path] + scale, input: Data())
    guard let picture = try? Data(contentsOf: output) else {
      throw ReportError.conversionFailed(reason: "it wrote no file")
    }
    return picture
  }

  /// Runs a program to its end and returns what it wrote.
  private static func run(_ path: String, _ arguments: [String], input: Data) throws -> Data {
    // Files, not pipes: a full pipe would block the program.
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString, directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["in", "out", "err"].map { folder.appending(path: $0) }
    for (file, content) in zip(files, [input, Data(), Data()]) { try content.write(to: file) }
    let handles = [
      try FileHandle(forReadingFrom: files[0]), try FileHandle(forWritingTo: files[1]),
      try FileHandle(forWritingTo: files[2]),
    ]
    defer { handles.forEach { try? $0.close() } }
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    (process.standardInput, process.standardOutput, process.standardError) = (handles[0], handles[1], handles[2])
    do { try process.run() } catch {
      throw ReportError.conversionFailed(reason: "\(path) cannot be run: \(systemReason(of: error))")
    }
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let words = (try? String(contentsOf: files[2], encoding: .utf8)) ?? ""
      let last = words.split(separator: "\n").last.map(String.init) ?? "it ended with \(process.terminationStatus)"
      throw ReportError.conversionFailed(reason: last)
    }
    return try Data(contentsOf: files[1])
  }
}
