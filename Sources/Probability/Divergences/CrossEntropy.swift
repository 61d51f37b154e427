import Foundation
public import Torch

/// The cross-entropy E[-log q(x)] of a sample under a model q: the negative log-likelihood of an event.
///
/// It is the forward Kullback-Leibler divergence plus the entropy of the sample's unknown distribution, so models of the
/// same data are ordered as by that divergence, but the number itself may be negative and its zero means nothing.
public struct CrossEntropy: Hashable, Sendable, Codable {
  /// In nats for each event; infinite when q is 0 at one of them.
  public var nats: Estimate
  /// In bits for each number of an event: nats / (log(2) D).
  public var bitsPerDimension: Estimate

  /// The cross-entropy of a sample.
  ///
  /// - Parameters:
  ///   - sample: independent draws of the true distribution, `[count, *event]`.
  ///   - model: q, one distribution and not a batch.
  ///   - chunkSize: the most events at a time, which bounds the memory.
  /// - Precondition: there is at least one event, of the model's shape.
  public init(of sample: Tensor, under model: some Distribution, chunkSize: Int = 8192) {
    precondition(
      sample.rank == 1 + model.eventShape.rank && sample.size(0) > 0 && model.batchShape.elementCount == 1,
      "CrossEntropy: expected [count] + \(model.eventShape) and one model, got \(sample.shape), \(model.batchShape)")
    let each = withoutGradient {
      sample.split(size: chunkSize).flatMap { (-model.logProb($0)).doubles() }
    }
    self.init(each, dimensions: max(model.eventShape.elementCount, 1))
  }

  /// The cross-entropy from minus the log-density of each event.
  ///
  /// - Parameters:
  ///   - negativeLogProb: minus the log-density of each event, in nats.
  ///   - dimensions: the count of numbers of an event.
  public init(_ negativeLogProb: [Double], dimensions: Int) {
    precondition(dimensions > 0, "CrossEntropy: expected a positive number of dimensions, got \(dimensions)")
    nats = Estimate(meanOf: negativeLogProb)
    let unit = Foundation.log(2) * Double(dimensions)
    bitsPerDimension = Estimate(nats.value / unit, standardError: nats.standardError / unit)
  }
}
