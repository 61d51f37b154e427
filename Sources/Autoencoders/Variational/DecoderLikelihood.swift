/// The distribution p_D(X | Z) of a row around what a decoder makes of a code: numbers independent of one another.
public enum DecoderLikelihood: Hashable, Sendable, Codable {
  /// Normal numbers with a standard deviation, beta of the source, in units of the scaled rows.
  case gaussian(standardDeviation: Double)
  /// Normal numbers with one standard deviation that is learned: at its best it is the root mean squared error, the
  /// "optimal sigma" of Rybkin, Daniilidis, Levine, *Simple and effective VAE training with calibrated decoders*, 2021.
  case sharedGaussian
  /// Normal numbers with a learned standard deviation for each column.
  case columnGaussian
  /// Normal numbers whose standard deviations the decoder gives with their means.
  case decodedGaussian
  /// 0 or 1. Numbers between, such as grey levels, are the probability of 1, and drawn anew whenever a row is looked at.
  case bernoulli
  /// Whole levels, equally spaced over the range of the data: the mass of a logistic distribution between the middles of
  /// neighbouring levels, the outer ones with all beyond.
  ///
  /// - Reference: Salimans, Karpathy, Chen, Kingma, *PixelCNN++*, 2017, equation 2 with one component.
  case discretizedLogistic(levels: Int)
  /// Whole levels, equally spaced over the range of the data, with a probability for each.
  case categorical(levels: Int)

  /// Whether rows have a probability instead of a density.
  public var isDiscrete: Bool {
    switch self {
    case .bernoulli, .discretizedLogistic, .categorical: true
    default: false
    }
  }

  /// The numbers that a decoder gives for each number of a row.
  var outputsPerFeature: Int {
    switch self {
    case .gaussian, .sharedGaussian, .columnGaussian, .bernoulli: 1
    case .decodedGaussian, .discretizedLogistic: 2
    case .categorical(let levels): levels
    }
  }

  func validate() throws(AutoencoderConfigurationError) {
    switch self {
    case .gaussian(let scale):
      try require(scale >= 1e-4 && scale <= 1e4, "likelihood.gaussian.standardDeviation", scale, "from 1e-4 to 1e4")
    case .discretizedLogistic(let levels), .categorical(let levels):
      try require(levels, in: 2...Limit.levels, "likelihood's levels")
    case .sharedGaussian, .columnGaussian, .decodedGaussian, .bernoulli: return
    }
  }
}
