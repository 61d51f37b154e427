import Foundation
public import NeuralNetworks
import Probability
public import Torch

/// Two networks: an encoder from rows to short codes, and a decoder back, trained to give rows back.
///
///     let model = try Autoencoder(.init(features: 784, codeFeatures: 16), using: &rng)
///     model.fitScaling(to: rows)
///     let loss = model.loss(rows, context)
///
/// It has no density of rows. With a corruption it is a denoising autoencoder, which ``score(_:)`` turns into an
/// estimate of the gradient of log p; with a discrepancy weight its codes are drawn towards the standard normal
/// distribution, which makes it generate (the MMD-regularized autoencoder of the source, a Wasserstein autoencoder).
///
/// - Reference: Tolstikhin, Bousquet, Gelly, Schölkopf, *Wasserstein auto-encoders*, 2018. https://arxiv.org/abs/1711.01558
/// - Reference: Zhao, Song, Ermon, *InfoVAE*, 2019. https://arxiv.org/abs/1706.02262
public struct Autoencoder: Module {
  /// What made it.
  public let configuration: Configuration
  /// What happens to rows before the encoder.
  public let scaling: RowScaling
  /// The mean of the codes of data, `[codeFeatures]`; 0 before ``fitCodes(to:)``.
  public let codeMean: Buffer
  /// The Cholesky factor of the codes' covariance, `[codeFeatures, codeFeatures]`; the identity before.
  public let codeScale: Buffer
  private let encoder: any ConditionalLayer
  private let decoder: any ConditionalLayer

  /// A model with drawn weights.
  ///
  /// - Throws: `AutoencoderConfigurationError` when a setting makes no sense.
  public init(
    _ configuration: Configuration, using rng: inout RandomGenerator
  ) throws(AutoencoderConfigurationError) {
    try configuration.validate()
    self.configuration = configuration
    scaling = RowScaling(features: configuration.features)
    codeMean = Buffer(Tensor.zeros([configuration.codeFeatures]))
    codeScale = Buffer(Tensor.identity(configuration.codeFeatures))
    let options = CodeNetwork.Options(
      image: configuration.image, activation: configuration.activation, dropout: configuration.dropout)
    encoder = configuration.network.makeEncoder(
      inputFeatures: configuration.features, contextFeatures: 0,
      outputFeatures: configuration.codeFeatures, options, using: &rng)
    decoder = configuration.network.makeDecoder(
      codeFeatures: configuration.codeFeatures, contextFeatures: 0,
      features: configuration.features, outputsPerFeature: 1, options, using: &rng)
  }

  /// Takes the scales of rows from data; before training.
  ///
  /// - Parameters:
  ///   - rows: `[count, features]`.
  ///   - range: where all numbers of rows lie; from the rows when it is not known.
  public func fitScaling(to rows: Tensor, within range: ClosedRange<Double>? = nil) {
    scaling.fit(to: rows, configuration.reconstruction.isOfLogits ? .range : configuration.scaling, within: range)
  }

  /// Takes mean and covariance of the codes of data, from which codes are drawn then; after training.
  ///
  /// - Parameter rows: `[count, features]`.
  public func fitCodes(to rows: Tensor) {
    withoutGradient {
      let codes = encode(rows).to(.float64)
      let centered = codes - codes.mean(0)
      let covariance = centered.transposed().matmul(centered) / Double(max(1, codes.size(0)))
      // A code number that is the same for all rows would leave no Cholesky factor.
      let floor = Tensor.identity(covariance.size(0), dtype: .float64, device: covariance.device) * 1e-9
      codeMean.assign(codes.mean(0))
      let (factor, isDefinite) = (covariance + floor).choleskyWhereDefinite()
      if isDefinite.all() { codeScale.assign(factor) }
    }
  }

  /// The codes of rows, `[rows, codeFeatures]`.
  public func encode(_ rows: Tensor) -> Tensor {
    encode(scaled: scaling.forward(rows), .inference)
  }

  /// The rows of codes, in the units of the data.
  public func decode(_ codes: Tensor) -> Tensor {
    let output = output(codes, .inference)
    return scaling.inverse(configuration.reconstruction.isOfLogits ? output.sigmoid() : output)
  }

  /// Codes as those of data are distributed: normal, of their mean and covariance; standard normal with a discrepancy weight.
  public func sampleCodes(_ count: Int, using rng: inout RandomGenerator) -> Tensor {
    let mean = codeMean.value
    let noise = Tensor.normal([count, mean.size(0)], dtype: mean.dtype, device: mean.device, using: &rng)
    return configuration.discrepancyWeight > 0 ? noise : mean + noise.matmul(codeScale.value.transposed())
  }

  /// An estimate of the gradient of log p of rows with normal noise: (reconstruction - row) / sd^2, in the units of the data.
  ///
  /// The density is that of the data convolved with the noise of training. The estimate holds for a denoiser that was
  /// trained with squared differences on gaussian corruption.
  ///
  /// - Parameter rows: `[rows, features]`.
  /// - Returns: `[rows, features]`; nil when it was not trained so.
  /// - Reference: Alain, Bengio, *What regularized auto-encoders learn from the data-generating distribution*, 2014,
  ///   theorem 1; Vincent, *A connection between score matching and denoising autoencoders*, 2011.
  public func score(_ rows: Tensor) -> Tensor? {
    guard case .gaussian(let deviation) = configuration.corruption, configuration.reconstruction == .l2 else {
      return nil
    }
    let scaled = scaling.forward(rows)
    let difference = output(encode(scaled: scaled, .inference), .inference) - scaled
    return difference / (deviation * deviation) / scaling.scale.value
  }

  /// The loss of training: reconstruction, and the weighted discrepancy of the codes; a scalar.
  ///
  /// - Parameters:
  ///   - rows: `[rows, features]`.
  ///   - layerContext: whether it trains, and the source of noise.
  /// - Returns: a scalar, of scaled rows.
  public func loss(_ rows: Tensor, _ layerContext: LayerContext) -> Tensor {
    let scaled = scaling.forward(rows)
    // Rows that are held out are corrupted, too: undone noise is what the weights are chosen by.
    let seen = configuration.corruption(scaled, using: &layerContext.rng)
    let codes = encode(scaled: seen, layerContext)
    let reconstruction = configuration.reconstruction(
      output(codes, layerContext), scaled, image: configuration.image)
    guard configuration.discrepancyWeight > 0, codes.size(0) > 1 else { return reconstruction }
    let normal = Tensor.normal(codes.shape, dtype: codes.dtype, device: codes.device, using: &layerContext.rng)
    return reconstruction + discrepancy.loss(codes, normal) * configuration.discrepancyWeight
  }

  /// The discrepancy of codes: two standard normal codes of d numbers lie sqrt(2 d) apart.
  var discrepancy: MaximumMeanDiscrepancy {
    let distance = (2 * Double(configuration.codeFeatures)).squareRoot()
    return MaximumMeanDiscrepancy(kernel: .inverseMultiquadric(bandwidth: .fixed(distance)).multiScale())
  }

  private func encode(scaled: Tensor, _ layerContext: LayerContext) -> Tensor {
    encoder(scaled, given: nil, layerContext)
  }

  private func output(_ codes: Tensor, _ layerContext: LayerContext) -> Tensor {
    decoder(codes, given: nil, layerContext)
  }

  /// Visits all parts.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(scaling, named: "scaling")
    visitor.visit(encoder, named: "encoder")
    visitor.visit(decoder, named: "decoder")
    visitor.visit(codeMean, named: "codeMean")
    visitor.visit(codeScale, named: "codeScale")
  }
}
