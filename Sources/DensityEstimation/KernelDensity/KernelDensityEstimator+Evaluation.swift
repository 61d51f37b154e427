import Torch

extension KernelDensityEstimator {
  /// How sums over all rows are taken.
  ///
  /// In a settings file: `exact`, `{tree: {relativeTolerance: 1.0e-4}}`, `{fft: {step: 0.05}}`.
  public enum Evaluation: Hashable, Sendable {
    /// ``tree(relativeTolerance:absoluteTolerance:)`` with the tolerance 1e-9 for many rows of up to three columns, or of
    /// up to six with a kernel that ends (where it is exact); ``exact`` otherwise.
    case automatic
    /// All rows at each place, O(rows) time for each, in memory for rows and places only. For 32-bit places the error is
    /// below 1e-6 of the density, for 64-bit ones it is rounding.
    case exact
    /// Sums over the nodes of a k-d tree: each density is off by no more than the relative tolerance times itself plus the
    /// absolute tolerance, besides rounding as in ``exact``.
    case tree(relativeTolerance: Double = 1e-4, absoluteTolerance: Double = 0)
    /// A grid of so many bandwidths a step, for one or two columns: rows are shared by the grid's points, convolved by
    /// Fourier transforms, and interpolated. With a step of 0.1 the error is below 2e-5 of the greatest density for the
    /// Gaussian kernel (it falls with the fourth power of the step), 0.5 percent for kernels with a kink, and 5 percent
    /// for the uniform. Off the grid, and where the density is below a hundredth of its greatest, sums are those of the
    /// tree with tolerance 1e-9 (or exact ones).
    case fft(step: Double = 0.1)
  }
}

extension KernelDensityEstimator.Evaluation {
  func check(features: Int, isAdaptive: Bool) throws(DensityEstimationError) {
    func isTolerance(_ value: Double) -> Bool { value >= 0 && value.isFinite }
    switch self {
    case .automatic, .exact: return
    case .tree(let relative, let absolute):
      guard isTolerance(relative), isTolerance(absolute) else {
        throw .invalidSetting(
          name: "evaluation.tree", value: "\(relative), \(absolute)", rule: "two tolerances of 0 or more")
      }
    case .fft(let step):
      guard step > 0, step <= 1 else {
        throw .invalidSetting(name: "evaluation.fft.step", value: "\(step)", rule: "above 0 and at most 1")
      }
      guard features <= 2 else {
        throw .invalidSetting(name: "evaluation", value: "fft", rule: "exact or tree for more than two columns")
      }
      guard !isAdaptive else {
        throw .invalidSetting(name: "evaluation", value: "fft", rule: "exact or tree where the sensitivity is not 0")
      }
    }
  }

  /// The tolerance of sums by the tree, or nil for sums over all rows.
  func tolerance(rows: Int, features: Int, kernel: SmoothingKernel) -> KernelRows.Tolerance? {
    switch self {
    case .exact: return nil
    case .tree(let relative, let absolute): return .init(relative: relative, absolute: absolute)
    case .automatic, .fft:
      let isWorthIt = rows >= 2000 && features <= (kernel.isCompact ? 6 : 3)
      return isWorthIt ? .init(relative: kernel.isCompact ? 0 : 1e-9, absolute: 0) : nil
    }
  }
}

// A file may leave out what has a default, so decoding is written by hand.
extension KernelDensityEstimator.Evaluation: Codable {
  private enum Kind: String, CodingKey, CaseIterable { case automatic, exact, tree, fft }
  private enum Setting: String, CodingKey { case relativeTolerance, absoluteTolerance, step }

  /// Reads a way of evaluation by its name, or its name with settings; those that are left out have their defaults.
  public init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      switch Kind(rawValue: name) {
      case .automatic: self = .automatic
      case .exact: self = .exact
      case .tree: self = .tree()
      case .fft: self = .fft()
      case nil: throw DecodingError.unknownChoice(name, Kind.allCases.map(\.rawValue), decoder)
      }
      return
    }
    let (kind, settings) = try decoder.choice(Kind.self, Setting.self)
    func number(_ key: Setting, _ value: Double) throws -> Double {
      try settings.decodeIfPresent(Double.self, forKey: key) ?? value
    }
    switch kind {
    case .automatic: self = .automatic
    case .exact: self = .exact
    case .tree:
      self = .tree(
        relativeTolerance: try number(.relativeTolerance, 1e-4), absoluteTolerance: try number(.absoluteTolerance, 0))
    case .fft: self = .fft(step: try number(.step, 0.1))
    }
  }

  /// Writes the way of evaluation with all its settings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Kind.self)
    switch self {
    case .automatic: _ = container.nestedContainer(keyedBy: Setting.self, forKey: .automatic)
    case .exact: _ = container.nestedContainer(keyedBy: Setting.self, forKey: .exact)
    case .tree(let relative, let absolute):
      var settings = container.nestedContainer(keyedBy: Setting.self, forKey: .tree)
      try settings.encode(relative, forKey: .relativeTolerance)
      try settings.encode(absolute, forKey: .absoluteTolerance)
    case .fft(let step):
      var settings = container.nestedContainer(keyedBy: Setting.self, forKey: .fft)
      try settings.encode(step, forKey: .step)
    }
  }
}

extension Decoder {
  /// The one choice of `{name: {settings}}`.
  func choice<Kind: CodingKey & CaseIterable, Setting: CodingKey>(
    _ kind: Kind.Type, _ setting: Setting.Type
  ) throws -> (Kind, KeyedDecodingContainer<Setting>) {
    let container = try container(keyedBy: Kind.self)
    guard container.allKeys.count == 1, let kind = container.allKeys.first else {
      throw DecodingError.unknownChoice("not one choice", Kind.allCases.map(\.stringValue), self)
    }
    return (kind, try container.nestedContainer(keyedBy: Setting.self, forKey: kind))
  }
}

extension DecodingError {
  static func unknownChoice(_ name: String, _ choices: [String], _ decoder: any Decoder) -> DecodingError {
    .dataCorrupted(
      .init(
        codingPath: decoder.codingPath,
        debugDescription: "'\(name)': expected one of \(choices.joined(separator: ", "))"))
  }
}
