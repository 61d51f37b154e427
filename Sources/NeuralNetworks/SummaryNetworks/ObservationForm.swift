public import Torch

/// What one observation is.
public enum ObservationForm: Hashable, Sendable {
  /// A vector, `[features]`.
  case vector(features: Int)
  /// An image of any size, `[channels, height, width]`.
  case image(channels: Int)
  /// A set or a series of any size, `[count, features]`.
  case elements(features: Int)

  /// The number of quantities that are measured, each in its own units: features, or channels of an image.
  public var features: Int {
    switch self {
    case .vector(let features), .image(let features), .elements(let features): features
    }
  }

  /// The number of dimensions of one observation.
  public var eventRank: Int {
    switch self {
    case .vector: 1
    case .image: 3
    case .elements: 2
    }
  }

  /// The dimension of ``features``, counted from the last.
  public var featureDimension: Int { if case .image = self { -3 } else { -1 } }

  /// Observations of this form from a single tensor.
  ///
  /// - Parameter tensor: `[*batch, *event]`; for elements with one feature more, the mask (``Observations/packed``).
  /// - Returns: the observations.
  /// - Precondition: the tensor has this form.
  public func observations(from tensor: Tensor) -> Observations {
    if case .elements(let features) = self, tensor.rank >= 2, tensor.size(-1) == features + 1 {
      return Observations(packed: tensor)
    }
    let observations = Observations(tensor)
    check(observations, "ObservationForm")
    return observations
  }

  /// Stops at observations of another form.
  func check(_ observations: Observations, _ place: String) {
    let values = observations.values
    precondition(
      values.rank >= eventRank && values.size(featureDimension) == features,
      "\(place): expected \(self) after the batch's dimensions, got shape \(values.shape)")
    if case .elements = self { return }
    precondition(observations.mask == nil, "\(place): expected no mask beside \(self)")
  }
}
