public import Torch

/// What makes one vector of the elements of a set, in whatever order they come.
public enum SetPooling: String, Hashable, Sendable, Codable, CaseIterable {
  /// The mean of each feature.
  case mean
  /// The sum of each feature.
  case sum
  /// The largest of each feature.
  case max

  /// The pooled elements; 0 for a set without elements.
  ///
  /// - Parameters:
  ///   - elements: `[*batch, count, features]`.
  ///   - mask: which elements count, `[*batch, count]`; nil for all.
  /// - Returns: `[*batch, features]`.
  public func callAsFunction(_ elements: Tensor, mask: Tensor? = nil) -> Tensor {
    let count = elements.size(-2)
    guard count > 0 else {
      return .zeros(
        elements.shape.droppingTrailing(2) + [elements.size(-1)], dtype: elements.dtype, device: elements.device)
    }
    guard let mask else {
      switch self {
      case .mean: return elements.mean(-2)
      case .sum: return elements.sum(-2)
      case .max: return elements.max(-2)
      }
    }
    let isThere = mask.unsqueezed(-1)
    switch self {
    case .mean:
      return select(isThere, elements, 0).sum(-2) / isThere.to(elements.dtype).sum(-2).clamped(from: 1)
    case .sum: return select(isThere, elements, 0).sum(-2)
    case .max: return select(isThere.any(-2), select(isThere, elements, -Double.infinity).max(-2), 0)
    }
  }
}

extension Observations {
  /// log(1 + n) of the n elements of each set, `[*batch, 1]`: what pooling by means does not tell, defined for none too.
  var logCounts: Tensor { counts.to(values.dtype).unsqueezed(-1).logOnePlus() }
}
