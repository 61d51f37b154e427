import Foundation
import Synchronization

/// Where a training run stands.
public struct TrainingProgress: Codable, Hashable, Sendable {
  /// Passes over the data that are complete.
  public var epoch: Int
  /// The epoch after which training ends in any case.
  public var maximumEpochs: Int
  /// Steps of the optimizer so far.
  public var step: Int
  /// Steps of one epoch.
  public var stepsPerEpoch: Int
  /// The mean training loss over the steps of the current or just finished epoch; nats where the loss is a likelihood.
  public var trainingLoss: Double
  /// The validation loss after the last complete epoch, if rows are held out.
  public var validationLoss: Double?
  /// The best validation loss so far.
  public var bestValidationLoss: Double?
  /// Epochs since the best validation loss.
  public var epochsSinceBest: Int
  /// The learning rate of the last step.
  public var learningRate: Double
  /// The norm of the last gradient, before it was clipped.
  public var gradientNorm: Double
  /// Seconds of training so far, earlier sessions included.
  public var seconds: Double
  /// Training rows handled in a second of this session.
  public var rowsPerSecond: Double

  /// Whether the value was reported at the end of an epoch.
  public var isEndOfEpoch: Bool { step == epoch * stepsPerEpoch }

  /// The seconds left if training goes on to the last epoch.
  public var secondsLeft: Double {
    step == 0 ? 0 : seconds / Double(step) * Double(maximumEpochs * stepsPerEpoch - step)
  }
}

/// A request to stop that any thread may make; training heeds it after the step at hand.
public final class StopRequest: Sendable {
  private let requested = Atomic<Bool>(false)

  /// No request yet.
  public init() {}

  /// Asks training to stop.
  public func request() { requested.store(true, ordering: .releasing) }

  /// Whether a stop was asked for.
  public var isRequested: Bool { requested.load(ordering: .acquiring) }
}

/// Runs synchronous training on a thread of its own and gives its progress as values to await.
///
/// Dropping the stream, as at the end of a loop over it, or cancelling the task that awaits it asks the training to stop.
///
///     for try await progress in trainingProgress({ report, stop in
///       let flow = ...
///       return try Trainer(configuration).fit(flow, ..., stop: stop, onProgress: report)
///     }) { print(progress.step, progress.trainingLoss) }
public func trainingProgress(
  _ body: sending @escaping (_ report: (TrainingProgress) -> Void, _ stop: StopRequest) throws -> Void
) -> AsyncThrowingStream<TrainingProgress, any Error> {
  let stop = StopRequest()
  let (stream, continuation) = AsyncThrowingStream.makeStream(
    of: TrainingProgress.self, bufferingPolicy: .bufferingNewest(64))
  continuation.onTermination = { _ in stop.request() }
  let handover = Handover(body)
  let thread = Thread {
    do {
      try handover.take()?({ continuation.yield($0) }, stop)
      continuation.finish()
    } catch {
      continuation.finish(throwing: error)
    }
  }
  thread.stackSize = 8 << 20
  thread.start()
  return stream
}

/// Carries a closure to the one thread that runs it.
private final class Handover: Sendable {
  typealias Body = (_ report: (TrainingProgress) -> Void, _ stop: StopRequest) throws -> Void
  private let body: Mutex<Body?>

  init(_ body: sending @escaping Body) { self.body = Mutex(body) }

  func take() -> sending Body? {
    body.withLock { body in
      let taken = body
      body = nil
      return taken
    }
  }
}
