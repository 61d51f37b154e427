import Autoencoders
import Datasets
import Flows
import NeuralNetworks
import Probability
import Torch
import Training

/// A variational autoencoder as a model of the catalogue. Its densities are estimates by importance sampling, the same in
/// every call with the same rows.
struct VariationalModel: TrainedModel, ImportanceSampledModel, CodeModel {
  let autoencoder: VariationalAutoencoder

  var features: Int { autoencoder.configuration.features }
  var codeFeatures: Int { autoencoder.configuration.codeFeatures }

  func prepare(for data: Batch) { autoencoder.fitScaling(to: data.values, context: data.context) }

  func prepare(for data: Batch, within range: ClosedRange<Double>) {
    autoencoder.fitScaling(to: data.values, context: data.context, within: range)
  }

  func loss(_ batch: Batch, _ context: LayerContext) -> Tensor {
    autoencoder.loss(batch.values, given: batch.context, context)
  }

  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    let batch: Shape = context.map { $0.rank == 1 ? [count] : [count, $0.size(0)] } ?? [count]
    return withoutGradient {
      let codes = autoencoder.prior.distribution.sample(batch, using: &rng)
      return autoencoder.sample(decoding: codes, given: context, using: &rng)
    }
  }

  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor {
    autoencoder.evidence(of: rows, given: context).logProb
  }

  func estimatedLogProb(_ rows: Tensor, given context: Tensor?) -> LogProbEstimate {
    let found = autoencoder.evidence(of: rows, given: context)
    return LogProbEstimate(
      logProb: found.logProb, standardError: found.standardError, effectiveSampleSize: found.effectiveSampleSize,
      samples: autoencoder.configuration.scoringSamples)
  }

  /// Stops when rows are given another meaning than a likelihood of levels has.
  ///
  /// - Throws: `ModelError.configuration`.
  func require(noSupports supports: [ColumnSupport], noGrids grids: [ColumnGrid], _ name: String) throws(ModelError) {
    guard autoencoder.configuration.likelihood.isDiscrete, !supports.isEmpty || !grids.isEmpty else { return }
    throw .configuration(
      model: name, reason: "the likelihood is of whole levels as they are; leave --support and --dequantize out")
  }

  func encode(_ rows: Tensor, given context: Tensor?) -> Tensor {
    withoutGradient { autoencoder.encode(rows, given: each(context, rows.size(0))) }
  }

  func decode(_ codes: Tensor, given context: Tensor?) -> Tensor {
    withoutGradient { autoencoder.decode(codes, given: each(context, codes.size(0))) }
  }

  func codeStatistics(of rows: Tensor, given context: Tensor?) -> CodeStatistics? {
    var rng = RandomGenerator(seed: 0)
    return autoencoder.codeStatistics(of: rows, given: each(context, rows.size(0)), using: &rng)
  }

  /// One condition for each row.
  private func each(_ context: Tensor?, _ rows: Int) -> Tensor? {
    context.map { $0.rank == 1 ? $0.broadcasted(to: [rows, $0.size(0)]) : $0 }
  }

  func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(autoencoder, named: "autoencoder") }
}

/// A flow as the prior of codes.
struct FlowPrior: CodePrior {
  let flow: NormalizingFlow

  var distribution: any Distribution { flow.distribution }

  func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(flow, named: "flow") }
}

/// A flow, given numbers of the encoder, as the posterior of codes: of normal ones, which makes it as good at least.
struct FlowPosterior: CodePosterior {
  let normal: DiagonalGaussianPosterior
  let flow: NormalizingFlow

  /// The numbers of the normal codes, and those that the flow is given.
  var inputFeatures: Int { normal.inputFeatures + flow.contextFeatures }

  private func parts(_ encoded: Tensor) -> (normal: Tensor, context: Tensor) {
    let parts = encoded.split([normal.inputFeatures, flow.contextFeatures], -1)
    return (parts[0], parts[1])
  }

  func codes(from noise: Tensor, given encoded: Tensor) -> (codes: Tensor, logProb: Tensor) {
    let (own, context) = parts(encoded)
    let (codes, logProb) = normal.codes(from: noise, given: own)
    let map = flow.conditioned(on: context).map
    let (moved, logDet) = map.inverseWithLogDet(codes)
    return (moved, logProb - logDet)
  }

  func center(given encoded: Tensor) -> Tensor {
    let (own, context) = parts(encoded)
    return flow.conditioned(on: context).map.inverse(normal.center(given: own))
  }

  func divergenceFromStandardNormal(given encoded: Tensor) -> Tensor? { nil }

  func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(flow, named: "flow") }
}
