import Torch

extension KernelDensityEstimator {
  /// How wide the bumps of a density are.
  ///
  /// In a settings file: a name, `{sheatherJones: {numerics: r}}`, or `{fixed: [0.3, 2]}`.
  public enum Bandwidth: Hashable, Sendable {
    /// n^(-1 / (D + 4)) standard deviations: the normal reference rule as in SciPy.
    ///
    /// Reference: Scott, *Multivariate Density Estimation*, 1992, equation 6.42.
    case scott
    /// (4 / ((D + 2) n))^(1 / (D + 4)) times the lesser of the standard deviation and the interquartile range / 1.34, of
    /// one column 0.9 n^(-1/5) times: R's `nrd0`.
    ///
    /// Reference: Silverman, 1986, equations 3.31 and 4.14.
    case silverman
    /// Silverman's with 1.06 instead of 0.9 for one column: R's `nrd`; from two columns on the two are the same.
    case normalReference
    /// Botev's diffusion plug-in rule, which does not suppose a normal density anywhere.
    ///
    /// Reference: Botev, Grotowski, Kroese, *Kernel density estimation via diffusion*, 2010, algorithm 1.
    case improvedSheatherJones
    /// Sheather and Jones' rule that solves an equation: R's `SJ-ste`.
    ///
    /// Reference: Sheather, Jones, *A reliable data-based bandwidth selection method*, 1991, equation 12.
    case sheatherJones(Numerics = .converged)
    /// Sheather and Jones' rule that plugs in: R's `SJ-dpi`.
    case sheatherJonesPlugIn(Numerics = .converged)
    /// The least unbiased estimate of the integrated squared error: R's `ucv`.
    ///
    /// Reference: Scott, Terrell, *Biased and unbiased cross-validation in density estimation*, 1987, equation 3.8.
    case unbiasedCrossValidation(Numerics = .converged)
    /// The least biased estimate of the integrated squared error, up to the largest bandwidth that can be best: R's `bcv`.
    ///
    /// Reference: Scott, Terrell, 1987, equation 3.16.
    case biasedCrossValidation(Numerics = .converged)
    /// The greatest likelihood of the rows, each under the density of all others, with this kernel.
    case leaveOneOutLikelihood
    /// These, in the units of the data: one for all columns, or one a column.
    case fixed([Double])
    /// The covariance matrix of the Gaussian kernel; the square of the bandwidth, for any kernel.
    case covariance([[Double]])

    /// How rules that look at all pairs of rows are computed.
    public enum Numerics: String, Codable, Hashable, Sendable, CaseIterable {
      /// Pairs in bins much finer than the bandwidth, and a search to the end: the bandwidth moves and stretches with the
      /// data.
      case converged
      /// R's 1000 bins, counted from 0, and its coarse search: the digits that R prints. Moved data may change the third.
      case r
    }
  }
}

extension KernelDensityEstimator.Bandwidth {
  /// A bandwidth for all columns.
  public static func fixed(_ value: Double) -> Self { .fixed([value]) }

  /// The name in settings files.
  var name: String { kind.rawValue }

  fileprivate enum Kind: String, CodingKey, CaseIterable {
    case scott, silverman, normalReference, improvedSheatherJones, sheatherJones, sheatherJonesPlugIn
    case unbiasedCrossValidation, biasedCrossValidation, leaveOneOutLikelihood, fixed, covariance
  }

  fileprivate enum Setting: String, CodingKey { case numerics, values, matrix }

  fileprivate var kind: Kind {
    switch self {
    case .scott: .scott
    case .silverman: .silverman
    case .normalReference: .normalReference
    case .improvedSheatherJones: .improvedSheatherJones
    case .sheatherJones: .sheatherJones
    case .sheatherJonesPlugIn: .sheatherJonesPlugIn
    case .unbiasedCrossValidation: .unbiasedCrossValidation
    case .biasedCrossValidation: .biasedCrossValidation
    case .leaveOneOutLikelihood: .leaveOneOutLikelihood
    case .fixed: .fixed
    case .covariance: .covariance
    }
  }

  /// The rule of a kind, nil where it needs numbers.
  fileprivate init?(_ kind: Kind, _ numerics: Numerics) {
    switch kind {
    case .scott: self = .scott
    case .silverman: self = .silverman
    case .normalReference: self = .normalReference
    case .improvedSheatherJones: self = .improvedSheatherJones
    case .sheatherJones: self = .sheatherJones(numerics)
    case .sheatherJonesPlugIn: self = .sheatherJonesPlugIn(numerics)
    case .unbiasedCrossValidation: self = .unbiasedCrossValidation(numerics)
    case .biasedCrossValidation: self = .biasedCrossValidation(numerics)
    case .leaveOneOutLikelihood: self = .leaveOneOutLikelihood
    case .fixed, .covariance: return nil
    }
  }

  fileprivate var numerics: Numerics? {
    switch self {
    case .sheatherJones(let numerics), .sheatherJonesPlugIn(let numerics), .unbiasedCrossValidation(let numerics),
      .biasedCrossValidation(let numerics):
      numerics
    default: nil
    }
  }
}

// A file may leave out what has a default, so decoding is written by hand.
extension KernelDensityEstimator.Bandwidth: Codable {
  /// Reads a rule by its name or its name with settings, or numbers.
  public init(from decoder: any Decoder) throws {
    let single = try? decoder.singleValueContainer()
    if let value = try? single?.decode(Double.self) {
      self = .fixed([value])
    } else if let values = try? single?.decode([Double].self) {
      self = .fixed(values)
    } else if let name = try? single?.decode(String.self) {
      guard let kind = Kind(rawValue: name), let rule = Self(kind, .converged) else {
        throw DecodingError.unknownChoice(name, Kind.allCases.map(\.rawValue), decoder)
      }
      self = rule
    } else {
      try self.init(choiceFrom: decoder)
    }
  }

  private init(choiceFrom decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Kind.self)
    if let value = try? container.decode(Double.self, forKey: .fixed) {
      self = .fixed([value])
    } else if let values = try? container.decode([Double].self, forKey: .fixed) {
      self = .fixed(values)
    } else if let matrix = try? container.decode([[Double]].self, forKey: .covariance) {
      self = .covariance(matrix)
    } else {
      let (kind, settings) = try decoder.choice(Kind.self, Setting.self)
      try self.init(kind, settings, decoder)
    }
  }

  private init(_ kind: Kind, _ settings: KeyedDecodingContainer<Setting>, _ decoder: any Decoder) throws {
    switch kind {
    case .fixed:
      let one = (try? settings.decode(Double.self, forKey: .values)).map { [$0] }
      self = .fixed(try one ?? settings.decode([Double].self, forKey: .values))
    case .covariance: self = .covariance(try settings.decode([[Double]].self, forKey: .matrix))
    default:
      let numerics = try settings.decodeIfPresent(Numerics.self, forKey: .numerics) ?? .converged
      guard let rule = Self(kind, numerics) else {
        throw DecodingError.unknownChoice(kind.rawValue, Kind.allCases.map(\.rawValue), decoder)
      }
      self = rule
    }
  }

  /// Writes the rule with all its settings.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Kind.self)
    var settings = container.nestedContainer(keyedBy: Setting.self, forKey: kind)
    switch self {
    case .fixed(let values): try settings.encode(values, forKey: .values)
    case .covariance(let matrix): try settings.encode(matrix, forKey: .matrix)
    default: try settings.encodeIfPresent(numerics, forKey: .numerics)
    }
  }
}
