import Foundation
public import Torch

/// The normal score of a Gaussian mixture, z = Phi^-1(sum of w Phi((x - m) / s)), whose parameters are any real numbers.
///
/// Codes are standard normal exactly when the numbers have the mixture as their distribution, so that a layer of such maps
/// on standard normal codes is an autoregressive mixture. Parameters of 0 make a mixture so close to the standard normal
/// distribution that the map is the identity to some digits; its components differ, so that they can be learned.
///
/// - Shapes: numbers `[*batch]`; parameters `[*batch, 3 * components]`: logits, locations, log-scales,
///   these softly kept within ±log 1000.
/// - Complexity: O(components) a number; the inverse searches, with about ten evaluations.
/// - Reference: Germain, Gregor, Murray, Larochelle, *MADE: Masked Autoencoder for Distribution Estimation*, 2015, with
///   mixtures as in Uria, Murray, Larochelle, *RNADE*, 2013. https://arxiv.org/abs/1306.0186
public struct GaussianMixtureScore: Bijection {
  private let logWeights: Tensor
  private let locations: Tensor
  private let logScales: Tensor

  /// The scores of mixtures with packed parameters.
  ///
  /// - Precondition: the last dimension is a multiple of 3.
  public init(parameters: Tensor) {
    let components = parameters.size(-1) / 3
    precondition(
      components > 0 && parameters.size(-1) == 3 * components,
      "GaussianMixtureScore: expected parameters [*batch, 3 * components], got shape \(parameters.shape)")
    let start = Start(components: components)
    let parts = parameters.chunks(3, -1)
    func constant(_ values: [Double]) -> Tensor { Tensor(values).to(parameters.dtype, parameters.device) }
    logWeights = (parts[0] + constant(start.logWeights)).logSoftmax(-1)
    locations = parts[1] + constant(start.locations)
    // Within a factor of 1000, so that no component shrinks to a point.
    let range = Foundation.log(1000.0)
    logScales = parts[2] / (1 + (parts[2] / range).absolute()) + start.logScale
  }

  private init(_ logWeights: Tensor, _ locations: Tensor, _ logScales: Tensor) {
    (self.logWeights, self.locations, self.logScales) = (logWeights, locations, logScales)
  }

  /// All real numbers.
  public var domain: Support { .real(eventRank: 0) }
  /// All real numbers.
  public var codomain: Support { .real(eventRank: 0) }

  /// The score and the logarithm of its slope.
  ///
  /// Both come from the nearer tail, and the slope from hazards (density over tail) of the components and of the score:
  /// these stay moderate where densities are far too small for a floating-point number.
  public func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    let standard = (x.unsqueezed(-1) - locations) * (-logScales).exp()
    let isLow = withoutGradient {
      (logWeights + standard.normalLogCDF()).logSumExp(-1) .< (logWeights + (-standard).normalLogCDF()).logSumExp(-1)
    }
    let inward = select(isLow.unsqueezed(-1), standard, -standard)
    let tails = logWeights + inward.normalLogTail()
    let tail = tails.logSumExp(-1)
    let score = score(ofLogTail: tail)
    let logHazard = (tails - tail.unsqueezed(-1) + inward.normalLogHazard() - logScales).logSumExp(-1)
    return (select(isLow, score, -score), logHazard - score.normalLogHazard())
  }

  /// The number with a score, and minus the logarithm of the slope there.
  public func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    let x = inverse(z)
    return (x, -forwardWithLogDet(x).logDet)
  }

  /// The number with a score.
  public func inverse(_ z: Tensor) -> Tensor {
    guard let batch = Shape.broadcasting(z.shape, locations.shape.droppingTrailing(1)) else {
      preconditionFailure("GaussianMixtureScore: expected numbers that broadcast, got \(z.shape), \(locations.shape)")
    }
    let z = z.broadcasted(to: batch)
    let wide = GaussianMixtureScore(logWeights.to(.float64), locations.to(.float64), logScales.to(.float64))
    return numericalInverse(of: z, from: z) { x in wide.forwardWithLogDet(x.to(.float64)) }
  }

  /// Phi^-1 of a probability of at most one half, given its logarithm.
  private func score(ofLogTail tail: Tensor) -> Tensor {
    let value = SpecialFunctions.normalQuantile(ofLog: tail.detached())
    return value + (tail - tail.detached()) * (-value.normalLogHazard()).exp()
  }
}

extension Tensor {
  /// log Phi(s) of the standard normal distribution with a gradient that is finite however far out: libtorch's divides 0
  /// by 0 there.
  fileprivate func normalLogTail() -> Tensor {
    let below = clamped(to: 0)
    let left = -(below.squared() * 0.5 + 0.5 * Foundation.log(2 * Double.pi)) - below.normalLogHazard()
    return select(self .> 0, clamped(from: 0).normalLogCDF(), left)
  }

  /// log(phi(s) / Phi(s)) of the standard normal distribution, accurate in both tails, with its gradient.
  fileprivate func normalLogHazard() -> Tensor {
    let half = 0.5 * Foundation.log(2 * Double.pi)
    let above = clamped(from: 0)
    let right = -(above.squared() * 0.5 + half) - above.normalLogCDF()
    let near = clamped(from: -50, to: 0)
    let middle = -(near * -0.5.squareRoot()).scaledErfc().log() - 0.5 * Foundation.log(Double.pi / 2)
    // Mills's ratio as an asymptotic series; the next term is below 3e-12.
    let far = clamped(to: -50)
    let u = far.squared().reciprocal()
    let left = (-far).log() - (1 - u * (1 - u * (3 - u * 15))).log()
    return select(self .> 0, right, select(self .>= -50, middle, left))
  }
}

/// Parameters of a mixture close to the standard normal distribution: Gauss and Hermite's rule for the convolution of a
/// wider and a narrower normal distribution.
private struct Start {
  let logWeights: [Double]
  let locations: [Double]
  let logScale: Double

  init(components: Int) {
    // With few components, they must be wide for the mixture to be smooth.
    let variance = components == 1 ? 1 : 0.5
    logScale = 0.5 * Foundation.log(variance)
    let offDiagonal = (1..<max(components, 2)).map { Double($0).squareRoot() }
    var matrix = Array(repeating: 0.0, count: components * components)
    for index in 1..<max(components, 1) {
      matrix[index * components + index - 1] = offDiagonal[index - 1]
      matrix[(index - 1) * components + index] = offDiagonal[index - 1]
    }
    // Golub and Welsch: nodes are eigenvalues, weights the squared first elements of the eigenvectors.
    guard let (values, vectors) = try? Tensor(matrix, shape: [components, components]).symmetricEigen() else {
      preconditionFailure("GaussianMixtureScore: the eigenvalues of a finite matrix")
    }
    locations = values.doubles().map { $0 * (1 - variance).squareRoot() }
    logWeights = vectors[0].doubles().map { 2 * Foundation.log(abs($0)) }
  }
}
