import Foundation
public import NeuralNetworks
public import Torch

/// The distribution p_E(Z | X) of codes that an encoder's numbers stand for.
public protocol CodePosterior: Module {
  /// The numbers that the encoder gives.
  var inputFeatures: Int { get }

  /// Codes that standard normal numbers become for each row, with gradients, and their log-densities.
  ///
  /// - Parameters:
  ///   - noise: `[count, rows, codeFeatures]`.
  ///   - encoded: the encoder's numbers, `[rows, inputFeatures]`.
  /// - Returns: `[count, rows, codeFeatures]` and `[count, rows]`.
  func codes(from noise: Tensor, given encoded: Tensor) -> (codes: Tensor, logProb: Tensor)

  /// One code for each row, `[rows, codeFeatures]`: a mean, or what stands in the middle.
  func center(given encoded: Tensor) -> Tensor

  /// The Kullback-Leibler divergence of each code number from the standard normal distribution, in nats, `[rows, codeFeatures]`;
  /// nil when there is no closed form.
  func divergenceFromStandardNormal(given encoded: Tensor) -> Tensor?
}

/// Normal code numbers that are independent given the row: the encoder gives means, then log standard deviations.
public struct DiagonalGaussianPosterior: CodePosterior {
  /// The size of a code.
  public let codeFeatures: Int

  /// A posterior of codes of a size.
  public init(codeFeatures: Int) { self.codeFeatures = codeFeatures }

  /// Twice the size of a code.
  public var inputFeatures: Int { 2 * codeFeatures }

  /// mean + scale * noise.
  public func codes(from noise: Tensor, given encoded: Tensor) -> (codes: Tensor, logProb: Tensor) {
    let (mean, logScale) = parameters(encoded)
    let codes = mean.addingProduct(logScale.exp(), noise)
    let logProb = (noise.squared() * -0.5 - logScale).sum(-1) - 0.5 * log(2 * Double.pi) * Double(codeFeatures)
    return (codes, logProb)
  }

  /// The means.
  public func center(given encoded: Tensor) -> Tensor { parameters(encoded).mean }

  /// (mean^2 + scale^2 - 1) / 2 - log scale.
  public func divergenceFromStandardNormal(given encoded: Tensor) -> Tensor? {
    let (mean, logScale) = parameters(encoded)
    return (mean.squared() + (logScale * 2).exp() - 1) * 0.5 - logScale
  }

  func parameters(_ encoded: Tensor) -> (mean: Tensor, logScale: Tensor) {
    let parts = encoded.chunks(2, -1)
    return (parts[0], (parts[1] / 7).tanh() * 7)
  }

  /// There is nothing to visit.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {}
}
