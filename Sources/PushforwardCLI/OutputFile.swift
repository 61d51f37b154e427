import ArgumentParser
import Foundation
import Models
import Torch

/// Whether files that `-o` names may be replaced.
struct OverwriteOption: ParsableArguments {
  @Flag(name: .long, help: "Replace what is there under the name of the output.")
  var overwrite = false

  /// The file of a name, looked at before the work is done.
  func file(_ path: String) throws -> OutputFile { try OutputFile(path, overwriting: overwrite) }
}

/// A file that a user named, to be written when its content is there.
struct OutputFile {
  let path: String
  private var url: URL { URL(filePath: path) }

  /// Looks whether a file can be written.
  ///
  /// - Throws: `SettingsError.invalid` when it is there and must not be overwritten; `ModelError.inputOutput` when it is a
  ///   folder or its own folder is missing.
  init(_ path: String, overwriting: Bool) throws {
    self.path = path
    let manager = FileManager.default
    var isDirectory: ObjCBool = false
    if manager.fileExists(atPath: path, isDirectory: &isDirectory) {
      guard !isDirectory.boolValue else {
        throw ModelError.inputOutput(path: path, reason: "this is a folder; name a file in it")
      }
      guard overwriting else {
        throw SettingsError.invalid(
          reason: "\(path) is there already; choose another name, or replace it with --overwrite")
      }
    }
    let folder = url.deletingLastPathComponent()
    guard manager.fileExists(atPath: folder.path, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw ModelError.inputOutput(
        path: path, reason: "there is no folder \(folder.relativePath); make it, or choose another place")
    }
    guard manager.isWritableFile(atPath: folder.path) else {
      throw ModelError.inputOutput(
        path: path, reason: "the folder \(folder.relativePath) cannot be written to; choose another place")
    }
  }

  /// Writes the content, whole or not at all.
  ///
  /// - Throws: `TensorFileError.unwritable`.
  func write(_ content: Data) throws { try AtomicFile.write(content, to: url) }
}
