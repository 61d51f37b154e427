public import Foundation
import NeuralNetworks
import Torch

/// Everything about a training run that is not a tensor. Together with the tensors of a ``Checkpoint`` it continues the
/// run with the same bits.
struct TrainingState: Codable, Equatable {
  var epoch = 0
  /// Steps done in the current epoch.
  var stepInEpoch = 0
  var step = 0
  /// Gives the order of rows of the current epoch.
  var shuffling: RandomGenerator
  /// Gives the random numbers of layers and objectives.
  var layers: RandomGenerator
  var lossSum = 0.0
  var lastEpochLoss = 0.0
  var scheduler: LearningRateScheduler
  var validationLoss: Double?
  var bestValidationLoss: Double?
  var bestEpoch = 0
  var epochsSinceBest = 0
  var learningRate = 0.0
  var gradientNorm = 0.0
  var seconds = 0.0
}

/// A point of a training run from which it can go on.
struct Checkpoint {
  var state: TrainingState
  var tensors: [String: Tensor]
}

/// Where a training run keeps its checkpoint: one file, replaced as a whole.
public struct CheckpointStore {
  /// The file.
  public let url: URL
  /// Text that must be the same when the run is resumed: what identifies data, model and settings.
  public let fingerprint: String

  /// A store at a file.
  public init(url: URL, fingerprint: String) {
    self.url = url
    self.fingerprint = fingerprint
  }

  /// Whether there is a checkpoint.
  public var exists: Bool { FileManager.default.fileExists(atPath: url.path) }

  /// Removes the checkpoint, when the run has ended.
  public func remove() { try? FileManager.default.removeItem(at: url) }

  private static let stateKey = "pushforward.training"
  private static let fingerprintKey = "pushforward.fingerprint"

  func save(_ checkpoint: Checkpoint) throws {
    let state = try JSONEncoder().encode(checkpoint.state)
    try Safetensors(
      tensors: checkpoint.tensors,
      metadata: [Self.stateKey: String(decoding: state, as: UTF8.self), Self.fingerprintKey: fingerprint]
    ).write(to: url)
  }

  func load() throws -> Checkpoint {
    let file = try Safetensors(contentsOf: url)
    guard let text = file.metadata[Self.stateKey],
      let state = try? JSONDecoder().decode(TrainingState.self, from: Data(text.utf8))
    else {
      throw TrainingError.checkpointMismatch(path: url.path, reason: "it holds no training state of this version")
    }
    guard file.metadata[Self.fingerprintKey] == fingerprint else {
      throw TrainingError.checkpointMismatch(
        path: url.path, reason: "the data or the settings have changed since; train anew into another folder")
    }
    return Checkpoint(state: state, tensors: file.tensors)
  }
}
