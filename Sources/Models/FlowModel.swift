import Datasets
import Diagnostics
import Flows
import NeuralNetworks
import Probability
import Torch
import Training

/// A normalizing flow as a model of the catalogue.
struct FlowModel: TrainedModel, DensityModel {
  let flow: NormalizingFlow

  /// Rows scored at a time: bounds the memory whatever the count, also of wide rows, as of images.
  var chunkSize: Int { max(64, min(8192, (1 << 21) / features)) }

  var features: Int { flow.features }

  func prepare(for data: Batch) { flow.standardize(to: data.values, context: data.context) }

  func prepare(for data: Batch, within range: ClosedRange<Double>) {
    flow.standardize(to: data.values, context: data.context, within: range)
  }

  func loss(_ batch: Batch, _ context: LayerContext) -> Tensor {
    -flow.conditioned(on: batch.context, context).logProb(batch.values).mean()
  }

  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    flow.conditioned(on: context).sample([count], using: &rng)
  }

  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor {
    guard let context, context.rank > 1 else {
      return flow.conditioned(on: context).logProb(rows, chunkSize: chunkSize)
    }
    return withoutGradient {
      Tensor.concatenating(
        zip(rows.split(size: chunkSize), context.split(size: chunkSize)).map {
          flow.conditioned(on: $1).logProb($0)
        })
    }
  }

  /// With gradients, and the map to codes.
  func underTest(columns: [String], given context: Tensor?) -> ModelUnderTest {
    var model = ModelUnderTest(flow.conditioned(on: context), columns: columns)
    model.state = state()
    return model
  }

  var slowParts: [String] { flow.composedLayers.map { "flow.\($0)" } }

  var defect: String? { flow.defect.map { "flow.\($0)" } }

  func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(flow, named: "flow") }
}

extension FlowModel: CodeModel {
  var codeFeatures: Int { features }

  func encode(_ rows: Tensor, given context: Tensor?) -> Tensor {
    let parts = rows.split(size: chunkSize)
    let given = context.map { $0.rank == 1 ? $0.broadcasted(to: [rows.size(0), $0.size(0)]) : $0 }
    let contexts = given.map { $0.split(size: chunkSize).map(Optional.some) } ?? parts.map { _ in nil }
    return withoutGradient { Tensor.concatenating(zip(parts, contexts).map { flow.encode($0, given: $1) }) }
  }

  func decode(_ codes: Tensor, given context: Tensor?) -> Tensor {
    withoutGradient { flow.decode(codes, given: context) }
  }
}

extension FlowModel: ReparameterizedModel, DifferentiableModel {
  func reparameterizedDistribution(_ context: LayerContext) -> any ReparameterizedDistribution {
    flow.conditioned(on: nil, context)
  }

  func differentiableLogProb(_ rows: Tensor) -> Tensor { flow.distribution.logProb(rows) }
}

extension Catalogue {
  /// The normalizing flows.
  static let flowEntries: [CatalogueEntry] = [
    flowEntry(
      "nsf", "Neural spline flow: exact densities and samples, sharp; the first choice for tables.",
      NeuralSplineFlow.Configuration(features: 1)),
    flowEntry(
      "real-nvp", "Affine coupling flow: exact densities and samples, smoother and cheaper than nsf.",
      RealNVP.Configuration(features: 1)),
    flowEntry(
      "maf", "Masked autoregressive flow: each column shifted and scaled given those before; draws column by column.",
      AutoregressiveFlow.Configuration(features: 1)),
    flowEntry(
      "iaf", "Inverse autoregressive flow: fast draws, densities column by column; for reverse-kl.",
      AutoregressiveFlow.Configuration(features: 1, isInverse: true)),
    flowEntry(
      "nsf-ar", "Autoregressive neural spline flow: the sharpest flow for tables; draws column by column.",
      AutoregressiveFlow.Configuration(features: 1, transform: .rationalQuadraticSpline(bins: 8, bound: 5))),
    flowEntry(
      "nice", "Additive couplings and a scale for each column: a baseline that keeps volumes.",
      AutoregressiveFlow.Configuration(
        features: 1, transform: .additive, levels: 2, normalizesActivations: true)),
    flowEntry(
      "made", "A Gaussian for each column, its mean and spread given by those before.",
      AutoregressiveFlow.Configuration(features: 1, layers: 1)),
    flowEntry(
      "made-mog", "A Gaussian mixture for each column, given by those before.",
      AutoregressiveFlow.Configuration(features: 1, layers: 1, transform: .gaussianMixture(components: 10))),
    flowEntry(
      "gaussianization", "Columns made normal one by one, with rotations between; no networks.",
      AutoregressiveFlow.Configuration(
        features: 1, layers: 6, transform: .gaussianMixture(components: 8), levels: 1, mixing: .orthogonal,
        normalizesActivations: true)),
    flowEntry(
      "glow", "Convolutional flow of images: levels of couplings and 1x1 convolutions; exact densities and samples.",
      Glow.Configuration(features: 1)),
  ]

  private static func flowEntry<Configuration: FlowConfiguration>(
    _ name: String, _ summary: String, _ configuration: Configuration
  ) -> CatalogueEntry {
    let choices =
      switch configuration {
      case is AutoregressiveFlow.Configuration: SettingsChoices.autoregressive
      case is Glow.Configuration: SettingsChoices.images
      default: SettingsChoices.couplings
      }
    return CatalogueEntry(
      name: name, summary: summary, abilities: [.sample, .score, .condition, .encode],
      defaults: SettingsValue.configuration(configuration).adding(["ensemble": .integer(1)]),
      choices: SettingsChoices.flows + choices,
      method: .training(
        CatalogueEntry.Training(
          defaults: TrainingConfiguration(),
          countWeights: { settings, features, contextFeatures in
            let configuration: Configuration = try sized(settings, features, contextFeatures)
            try explaining(name) { () throws(FlowConfigurationError) in try configuration.validate() }
            return Double(try ensembleSize(settings, name)) * configuration.weightCount
          },
          make: { settings, features, contextFeatures, rng in
            let configuration: Configuration = try sized(settings, features, contextFeatures)
            let members = try (0..<ensembleSize(settings, name)).map { _ in
              try explaining(name) { () throws(FlowConfigurationError) in
                FlowModel(flow: try NormalizingFlow(configuration, using: &rng))
              }
            }
            return members.count == 1 ? members[0] : FlowEnsemble(members: members)
          })))
  }

  private static func sized<Configuration: FlowConfiguration>(
    _ settings: SettingsValue, _ features: Int, _ contextFeatures: Int
  ) throws -> Configuration {
    try settings.adding(["features": .integer(features), "contextFeatures": .integer(contextFeatures)]).decoded()
  }

  /// The number of flows whose densities are averaged.
  private static func ensembleSize(_ settings: SettingsValue, _ name: String) throws -> Int {
    let size = try settings.decoded(as: EnsembleSetting.self).ensemble
    guard (1...100).contains(size) else {
      throw ModelError.configuration(model: name, reason: "ensemble must be from 1 to 100, not \(size)")
    }
    return size
  }

  private struct EnsembleSetting: Codable { var ensemble: Int }

  private static func explaining<Result>(
    _ name: String, _ body: () throws(FlowConfigurationError) -> Result
  ) throws(ModelError) -> Result {
    do { return try body() } catch { throw .configuration(model: name, reason: "\(error)") }
  }
}

extension SettingsValue {
  /// This group with more settings.
  func adding(_ settings: [String: SettingsValue]) -> SettingsValue {
    guard case .object(let own) = self else { return self }
    return .object(own.merging(settings) { _, new in new })
  }

  /// The settings of a model's configuration, without the sizes that the data decide.
  static func configuration(_ configuration: some Encodable) -> SettingsValue {
    guard let tree = try? SettingsValue(encoding: configuration), case .object(var settings) = tree else {
      preconditionFailure("a configuration is a group of settings")
    }
    settings["features"] = nil
    settings["contextFeatures"] = nil
    return .object(settings)
  }
}
