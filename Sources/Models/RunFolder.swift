public import Foundation
import Torch

/// The folder of one run: the model, its settings, the history of its training and, while unfinished, its checkpoint.
public struct RunFolder: Sendable {
  /// The folder.
  public let url: URL

  /// The run in a folder, which need not exist yet.
  public init(_ path: String) { url = URL(filePath: path, directoryHint: .isDirectory) }

  /// The folder as the user wrote it.
  public var path: String {
    let path = url.relativePath
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  /// The fitted model.
  public var model: URL { url.appending(path: "model.safetensors") }
  /// All settings of the run, as `--config` reads them.
  public var settings: URL { url.appending(path: "settings.yaml") }
  /// One line of JSON for each epoch.
  public var metrics: URL { url.appending(path: "metrics.jsonl") }
  /// The report of the run, a page to look at.
  public var report: URL { url.appending(path: "report.html") }
  /// The state of unfinished training.
  public var checkpoint: URL { url.appending(path: "checkpoint.safetensors") }

  /// Whether training has ended and the model is there.
  public var isFinished: Bool { FileManager.default.fileExists(atPath: model.path) && !isUnfinished }

  /// Whether training was stopped and can be resumed.
  public var isUnfinished: Bool { FileManager.default.fileExists(atPath: checkpoint.path) }

  /// Makes the folder ready for a new run.
  ///
  /// - Throws: `ModelError.runExists` when it holds a run and must not be overwritten; `ModelError.inputOutput` when it
  ///   cannot be made or written to.
  public func create(overwriting: Bool) throws(ModelError) {
    let manager = FileManager.default
    func isThere(_ file: URL) -> Bool { manager.fileExists(atPath: file.path) }
    // Of a run that was killed before its first checkpoint only settings and metrics are left: nothing to lose.
    let isUsed = isThere(model) || isThere(checkpoint) || (isThere(settings) && !isThere(metrics))
    if isUsed, !overwriting { throw .runExists(folder: path, isUnfinished: isUnfinished) }
    var isDirectory: ObjCBool = false
    if manager.fileExists(atPath: url.path, isDirectory: &isDirectory), !isDirectory.boolValue {
      throw .inputOutput(path: path, reason: "this is a file, not a folder; choose another with --out")
    }
    do {
      try manager.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw .inputOutput(
        path: path, reason: "the folder cannot be made (\(systemReason(of: error))); choose another with --out")
    }
    guard manager.isWritableFile(atPath: url.path) else {
      throw .inputOutput(path: path, reason: "the folder cannot be written to; choose another with --out")
    }
    // The old model and its settings stay until new ones replace them.
    for file in [checkpoint, metrics, report] where manager.fileExists(atPath: file.path) {
      do { try manager.removeItem(at: file) } catch {
        throw .inputOutput(path: file.path, reason: "cannot be replaced: \(systemReason(of: error))")
      }
    }
  }

  /// Keeps other processes from training in the folder until the lock is released.
  ///
  /// - Throws: `ModelError.inputOutput` when another process holds it.
  func lock() throws(ModelError) -> FolderLock {
    let descriptor = open(url.path, O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { throw .inputOutput(path: path, reason: "the folder cannot be opened") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .inputOutput(path: path, reason: "another fit is running in this folder; choose another with --out")
    }
    return FolderLock(descriptor: descriptor)
  }

  /// Reads the fitted model.
  ///
  /// - Throws: `ModelError.noModel` when there is none; what ``ModelFile/load(from:)`` throws.
  public func loadModel() throws -> (model: any GenerativeModel, description: ModelDescription) {
    guard FileManager.default.fileExists(atPath: model.path) else {
      throw ModelError.noModel(folder: path, isUnfinished: isUnfinished)
    }
    return try ModelFile.load(from: model)
  }
}

/// A lock on a run folder; it ends with the process at the latest.
struct FolderLock {
  fileprivate let descriptor: Int32

  func release() { close(descriptor) }
}
