public import Torch

/// A coupling: the first features stay as they are, and decide how the others are transformed.
///
/// The Jacobian is triangular in blocks, so the log-determinant is that of the inner bijection, and the inverse needs
/// the same single call of the conditioner as the forward direction.
///
/// - Shapes: events `[features]`; the conditioner sees `[*batch, kept]` and returns a bijection of
///   `[*batch, features - kept]`.
/// - Complexity: one conditioner call in each direction.
/// - Reference: Dinh, Sohl-Dickstein, Bengio, *Density estimation using Real NVP*, 2017.
///   https://arxiv.org/abs/1605.08803 (section 3.2)
public struct Coupling: Bijection {
  /// The number of features.
  public let features: Int
  /// The number of leading features that stay; may be 0.
  public let kept: Int
  private let conditioner: (Tensor) -> any Bijection

  /// A coupling of a number of features.
  ///
  /// - Parameters:
  ///   - features: the size of an event.
  ///   - kept: the number of leading features that stay.
  ///   - conditioner: from the kept features to the bijection of the others, of event rank 0 or 1.
  /// - Precondition: `0 <= kept < features`.
  public init(features: Int, kept: Int, conditioner: @escaping (Tensor) -> any Bijection) {
    precondition((0..<features).contains(kept), "Coupling: expected 0 <= kept < \(features), got \(kept)")
    self.features = features
    self.kept = kept
    self.conditioner = conditioner
  }

  /// All real vectors.
  public var domain: Support { .real(eventRank: 1) }
  /// All real vectors.
  public var codomain: Support { .real(eventRank: 1) }

  /// The code, and the log-determinant of the inner bijection.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let (condition, moved) = parts(x)
    let inner = conditioner(condition)
    let (z, logDet) = inner.forwardWithLogDet(moved)
    return (joined(condition, z), logDet.sumTrailing(1 - inner.eventRank))
  }

  /// The data, and the log-determinant of the inner bijection's inverse.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let (condition, moved) = parts(z)
    let inner = conditioner(condition)
    let (x, logDet) = inner.inverseWithLogDet(moved)
    return (joined(condition, x), logDet.sumTrailing(1 - inner.eventRank))
  }

  /// The code.
  public func forward(_ x: Tensor) -> Tensor {
    let (condition, moved) = parts(x)
    return joined(condition, conditioner(condition).forward(moved))
  }

  /// The data.
  public func inverse(_ z: Tensor) -> Tensor {
    let (condition, moved) = parts(z)
    return joined(condition, conditioner(condition).inverse(moved))
  }

  private func parts(_ x: Tensor) -> (condition: Tensor, moved: Tensor) {
    let parts = x.split([kept, features - kept], -1)
    return (parts[0], parts[1])
  }

  private func joined(_ condition: Tensor, _ moved: Tensor) -> Tensor {
    guard kept > 0 else { return moved }
    let batch = moved.shape.droppingTrailing(1)
    // Fewer events than contexts: the kept features are the same for several.
    let isComplete = condition.shape.droppingTrailing(1) == batch
    return .concatenating([isComplete ? condition : condition.broadcasted(to: batch + [kept]), moved], -1)
  }
}
