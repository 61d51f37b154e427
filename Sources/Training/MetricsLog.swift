public import Foundation
import Torch

/// The history of a training run: `metrics.jsonl`, one line of JSON for each epoch.
public struct MetricsLog {
  /// The file.
  public let url: URL

  /// A log at a file, which need not exist yet.
  public init(url: URL) { self.url = url }

  private struct Line: Codable {
    var epoch: Int
    var step: Int
    var trainingLoss: Double
    var validationLoss: Double?
    var learningRate: Double
    var gradientNorm: Double
    var seconds: Double
  }

  /// Adds a line.
  ///
  /// - Throws: `TensorFileError.unwritable`.
  public func append(_ progress: TrainingProgress) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = .sortedKeys
    let line = Line(
      epoch: progress.epoch, step: progress.step, trainingLoss: progress.trainingLoss,
      validationLoss: progress.validationLoss, learningRate: progress.learningRate,
      gradientNorm: progress.gradientNorm, seconds: (progress.seconds * 1000).rounded() / 1000)
    let data = try encoder.encode(line) + Data("\n".utf8)
    do {
      guard FileManager.default.fileExists(atPath: url.path) else { return try data.write(to: url) }
      let handle = try FileHandle(forWritingTo: url)
      defer { try? handle.close() }
      try handle.seekToEnd()
      try handle.write(contentsOf: data)
    } catch {
      throw TensorFileError.unwritable(path: url.path, reason: systemReason(of: error))
    }
  }

  /// Drops the lines of epochs after the given one, which a resumed run will write again.
  ///
  /// - Throws: `TensorFileError.unwritable`.
  public func truncate(afterEpoch epoch: Int) throws {
    guard let text = try? String(contentsOf: url, encoding: .utf8) else { return }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let kept = text.split(separator: "\n").filter { line in
      (try? decoder.decode(Line.self, from: Data(line.utf8))).map { $0.epoch <= epoch } ?? false
    }
    try AtomicFile.write(Data(kept.map { $0 + "\n" }.joined().utf8), to: url)
  }
}
