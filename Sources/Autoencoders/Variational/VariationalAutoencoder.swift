import Foundation
public import NeuralNetworks
import Probability
public import Torch

/// Two networks and two distributions: codes Z ~ q(Z), rows X ~ p_D(X | Z), and an encoder p_E(Z | X) that goes back.
///
///     let model = try VariationalAutoencoder(.init(features: 6, codeFeatures: 2), using: &rng)
///     model.fitScaling(to: rows)
///     let loss = model.loss(rows, given: nil, context)           // minus the evidence lower bound, mean nats a row
///     let found = model.evidence(of: rows, samples: 500)   // log p with its error, by importance sampling
///
/// All figures are in nats a row and in the units of the data: log p of a row, never a mean over its columns.
///
/// - Reference: Kingma, Welling, *Auto-encoding variational Bayes*, 2014. https://arxiv.org/abs/1312.6114
/// - Reference: Burda, Grosse, Salakhutdinov, *Importance weighted autoencoders*, 2016. https://arxiv.org/abs/1509.00519
public struct VariationalAutoencoder: Module {
  /// What made it.
  public let configuration: Configuration
  /// What happens to rows before the encoder.
  public let scaling: RowScaling
  /// The distribution of codes before anything is known.
  public let prior: any CodePrior
  /// The distribution of the code of a row.
  public let posterior: any CodePosterior
  let contextScaling: RowScaling
  let encoder: any ConditionalLayer
  let decoder: any ConditionalLayer
  let decoded: DecodedRows

  /// A model with drawn weights.
  ///
  /// - Parameters:
  ///   - configuration: the sizes; its `prior` and `posterior` say what the next two parameters are.
  ///   - prior: a prior of its own; from the configuration when nil.
  ///   - posterior: a posterior of its own; from the configuration when nil.
  ///   - rng: the source of random weights.
  /// - Precondition: a prior or posterior that is a flow is given.
  /// - Throws: `AutoencoderConfigurationError` when a setting makes no sense.
  public init(
    _ configuration: Configuration, prior: (any CodePrior)? = nil, posterior: (any CodePosterior)? = nil,
    using rng: inout RandomGenerator
  ) throws(AutoencoderConfigurationError) {
    try configuration.validate()
    self.configuration = configuration
    let posterior = posterior ?? DiagonalGaussianPosterior(codeFeatures: configuration.codeFeatures)
    self.posterior = posterior
    if let prior {
      self.prior = prior
    } else if case .mixture(let components) = configuration.prior {
      self.prior = MixturePrior(codeFeatures: configuration.codeFeatures, components: components, using: &rng)
    } else {
      precondition(configuration.prior == .standardNormal, "VariationalAutoencoder: expected the flow of the prior")
      self.prior = StandardNormalPrior(codeFeatures: configuration.codeFeatures)
    }
    scaling = RowScaling(features: configuration.features)
    contextScaling = RowScaling(features: configuration.contextFeatures)
    let options = CodeNetwork.Options(
      image: configuration.image, activation: configuration.activation, dropout: configuration.dropout)
    encoder = configuration.network.makeEncoder(
      inputFeatures: configuration.features, contextFeatures: configuration.contextFeatures,
      outputFeatures: posterior.inputFeatures, options, using: &rng)
    decoder = configuration.network.makeDecoder(
      codeFeatures: configuration.codeFeatures, contextFeatures: configuration.contextFeatures,
      features: configuration.features, outputsPerFeature: configuration.likelihood.outputsPerFeature, options,
      using: &rng)
    decoded = DecodedRows(configuration.likelihood, features: configuration.features)
  }

  /// Takes the scales of rows and contexts from data, and the first standard deviations of decoded rows; before training.
  ///
  /// - Parameters:
  ///   - rows: `[count, features]`.
  ///   - context: `[count, contextFeatures]`; nil for a model without.
  ///   - range: where all numbers of rows lie; from the rows when it is not known.
  public func fitScaling(to rows: Tensor, context: Tensor? = nil, within range: ClosedRange<Double>? = nil) {
    let isDiscrete = configuration.likelihood.isDiscrete
    scaling.fit(to: rows, isDiscrete ? .range : configuration.scaling, within: range)
    decoded.fit(to: scaling.forward(rows))
    if let context { contextScaling.fit(to: context, .standardize) }
  }

  // MARK: Codes and rows

  /// The code in the middle of what the encoder says of each row, `[rows, codeFeatures]`.
  public func encode(_ rows: Tensor, given context: Tensor? = nil) -> Tensor {
    posterior.center(given: encoded(scaling.forward(rows), given: context, .inference))
  }

  /// The mean of rows with codes `[rows, codeFeatures]`, in the units of the data.
  public func decode(_ codes: Tensor, given context: Tensor? = nil) -> Tensor {
    scaling.inverse(decoded.mean(of: output(codes, given: context, .inference)))
  }

  /// Rows drawn from p_D(X | Z) for codes `[*batch, codeFeatures]`.
  public func sample(decoding codes: Tensor, given context: Tensor? = nil, using rng: inout RandomGenerator) -> Tensor {
    scaling.inverse(decoded.sample(given: output(codes, given: context, .inference), using: &rng))
  }

  func encoded(_ scaled: Tensor, given context: Tensor?, _ layerContext: LayerContext) -> Tensor {
    encoder(scaled, given: context.map { contextScaling.forward($0) }, layerContext)
  }

  /// The decoder's output for codes `[*batch, codeFeatures]`, contexts being those of the last batch dimension.
  func output(_ codes: Tensor, given context: Tensor?, _ layerContext: LayerContext) -> Tensor {
    let scaled = context.map { contextScaling.forward($0) }
    let batch = codes.shape.droppingTrailing(1)
    return decoder(codes, given: scaled.map { $0.broadcasted(to: batch + $0.shape.trailing(1)) }, layerContext)
  }

  /// What densities of scaled rows are multiplied by, as a logarithm; probabilities of levels are what they are.
  var logVolume: Tensor? { configuration.likelihood.isDiscrete ? nil : scaling.logDeterminant }

  // MARK: Training

  /// Minus the bound that training raises, the mean over rows in nats: the evidence lower bound with one sample, beta and
  /// free nats counted in; the importance-weighted bound with more.
  ///
  /// - Parameters:
  ///   - rows: `[rows, features]`.
  ///   - context: `[rows, contextFeatures]`; nil for a model without.
  ///   - layerContext: whether it trains, and the source of codes.
  /// - Returns: a scalar.
  public func loss(_ rows: Tensor, given context: Tensor?, _ layerContext: LayerContext) -> Tensor {
    let terms = terms(of: rows, given: context, samples: configuration.trainingSamples, layerContext)
    let bound: Tensor
    if configuration.trainingSamples > 1 {
      bound = (terms.logWeights.logSumExp(0) - log(Double(configuration.trainingSamples))).mean()
    } else {
      bound = terms.reconstruction.mean() - divergence(terms) * beta(layerContext)
    }
    return -(logVolume.map { bound + $0 } ?? bound)
  }

  private func beta(_ context: LayerContext) -> Double {
    guard context.isTraining, configuration.warmUpSteps > 0 else { return configuration.beta }
    return configuration.beta * min(1, Double(context.step) / Double(configuration.warmUpSteps))
  }

  /// The mean divergence of the codes' distribution from the prior, in closed form where there is one.
  private func divergence(_ terms: Terms) -> Tensor {
    guard configuration.prior == .standardNormal,
      let each = posterior.divergenceFromStandardNormal(given: terms.encoded)
    else { return (terms.logPosterior - terms.logPrior).mean() }
    let mean = each.mean(0)
    return (configuration.freeNats > 0 ? mean.clamped(from: configuration.freeNats) : mean).sum()
  }

  /// What bounds and densities are made of; sums over columns, `[samples, rows]`.
  struct Terms {
    let encoded: Tensor
    let codes: Tensor
    let reconstruction: Tensor
    let logPrior: Tensor
    let logPosterior: Tensor
    var logWeights: Tensor { reconstruction + logPrior - logPosterior }
  }

  func terms(of rows: Tensor, given context: Tensor?, samples: Int, _ layerContext: LayerContext) -> Terms {
    let scaled = scaling.forward(rows)
    func uniform() -> Tensor {
      Tensor.uniform(scaled.shape, dtype: scaled.dtype, device: scaled.device, using: &layerContext.rng)
    }
    let target = decoded.target(scaled, uniform: configuration.likelihood == .bernoulli ? uniform() : nil)
    let noise = Tensor.normal(
      [samples, rows.size(0), configuration.codeFeatures], dtype: scaled.dtype, device: scaled.device,
      using: &layerContext.rng)
    return terms(ofTarget: target, noise: noise, given: context, layerContext)
  }

  /// The terms for codes from standard normal numbers, `[samples, rows, codeFeatures]`.
  func terms(ofTarget target: Tensor, noise: Tensor, given context: Tensor?, _ layerContext: LayerContext) -> Terms {
    let seen = configuration.likelihood.levels.map { target / Double($0 - 1) } ?? target
    let encoded = encoded(seen, given: context, layerContext)
    let (codes, logPosterior) = posterior.codes(from: noise, given: encoded)
    let reconstruction = decoded.logProb(target, given: output(codes, given: context, layerContext))
    return Terms(
      encoded: encoded, codes: codes, reconstruction: reconstruction, logPrior: prior.distribution.logProb(codes),
      logPosterior: logPosterior)
  }

  /// Visits all parts.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(scaling, named: "scaling")
    visitor.visit(contextScaling, named: "contextScaling")
    visitor.visit(encoder, named: "encoder")
    visitor.visit(decoder, named: "decoder")
    visitor.visit(decoded, named: "likelihood")
    visitor.visit(posterior, named: "posterior")
    visitor.visit(prior, named: "prior")
  }
}

extension DecoderLikelihood {
  /// The number of levels of rows that have them; nil for rows of numbers and of bits.
  var levels: Int? {
    switch self {
    case .discretizedLogistic(let levels), .categorical(let levels): levels
    default: nil
    }
  }
}
