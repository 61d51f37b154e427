/// What the covariances of a Gaussian mixture have in common, from many parameters to few.
public enum CovarianceStructure: String, Hashable, Sendable, Codable, CaseIterable {
  /// Each component has a covariance of its own.
  case full
  /// All components share one covariance.
  case tied
  /// Each component has a variance for each feature; features are independent within a component.
  case diagonal
  /// Each component has one variance for all features.
  case spherical

  /// The number of free numbers in the covariances of `components` components of `features` features.
  public func parameterCount(components: Int, features: Int) -> Int {
    switch self {
    case .full: components * features * (features + 1) / 2
    case .tied: features * (features + 1) / 2
    case .diagonal: components * features
    case .spherical: components
    }
  }

  /// The shape of the covariances of `components` components of `features` features.
  func shape(components: Int, features: Int) -> [Int] {
    switch self {
    case .full: [components, features, features]
    case .tied: [features, features]
    case .diagonal: [components, features]
    case .spherical: [components]
    }
  }
}
