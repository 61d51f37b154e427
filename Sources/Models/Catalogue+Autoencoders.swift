import Autoencoders
import Flows
import NeuralNetworks
import Torch
import Training

extension Catalogue {
  /// Autoencoders, deterministic and variational ones.
  static let autoencoderEntries: [CatalogueEntry] = [
    autoencoderEntry(
      "ae", "Autoencoder: short codes, and rows from them; draws from normal codes, or from a model of codes (ae+nsf).",
      Autoencoder.Configuration(features: 1)),
    autoencoderEntry(
      "denoising-ae", "Autoencoder that takes noise off rows; its residual estimates the gradient of log p.",
      Autoencoder.Configuration(features: 1, corruption: .gaussian(standardDeviation: 0.3))),
    autoencoderEntry(
      "wae", "Autoencoder whose codes are drawn to the standard normal distribution by their discrepancy (MMD).",
      Autoencoder.Configuration(features: 1, discrepancyWeight: 10)),
    variationalEntry(
      "vae", "Variational autoencoder: codes with a prior; densities by importance sampling.",
      VariationalAutoencoder.Configuration(features: 1)),
    variationalEntry(
      "iwae", "Variational autoencoder trained by the importance-weighted bound: closer to log p, slower.",
      VariationalAutoencoder.Configuration(features: 1, trainingSamples: 20)),
    variationalEntry(
      "cvae", "Variational autoencoder of columns given others, --given label: conditional draws and densities.",
      VariationalAutoencoder.Configuration(features: 1), needsConditions: true),
  ]

  /// The names of autoencoders that take a second model for their codes, as in ae+nsf.
  private static let codedNames = ["ae", "denoising-ae"]

  /// The entry of an autoencoder with a second model for its codes; nil for another name.
  static func codedEntry(named name: String) throws(ModelError) -> CatalogueEntry? {
    let parts = name.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, codedNames.contains(parts[0]) else { return nil }
    let (first, second) = (try entry(named: parts[0]), try entry(named: parts[1]))
    guard case .training(var training) = first.method, second.abilities.contains(.score), !parts[1].contains("+") else {
      throw .configuration(
        model: name, reason: "\(parts[1]) is no density; a density of codes is one such as nsf or gmm")
    }
    training.codeModel = second.name
    return CatalogueEntry(
      name: name, summary: "An autoencoder, and \(second.name) for its codes.", abilities: first.abilities,
      defaults: first.defaults.adding(["codes": second.defaults]), choices: first.choices + second.choices,
      method: .training(training))
  }

  private static func autoencoderEntry(
    _ name: String, _ summary: String, _ configuration: Autoencoder.Configuration
  ) -> CatalogueEntry {
    CatalogueEntry(
      name: name, summary: summary, abilities: [.sample, .encode], defaults: .configuration(configuration),
      choices: SettingsChoices.codeNetworks + SettingsChoices.autoencoders,
      method: .training(
        CatalogueEntry.Training(
          defaults: TrainingConfiguration(), accepts: [.discreteColumns, .constantColumns],
          countWeights: { settings, features, _ in
            let configuration = try autoencoder(settings, features)
            try explaining(name) { () throws(AutoencoderConfigurationError) in try configuration.validate() }
            return configuration.weightCount
          },
          make: { settings, features, _, rng in
            let configuration = try autoencoder(settings, features)
            return try explaining(name) { () throws(AutoencoderConfigurationError) in
              AutoencoderModel(autoencoder: try Autoencoder(configuration, using: &rng))
            }
          })))
  }

  private static func autoencoder(_ settings: SettingsValue, _ features: Int) throws -> Autoencoder.Configuration {
    try settings.adding(["features": .integer(features)]).decoded()
  }

  private static func variationalEntry(
    _ name: String, _ summary: String, _ configuration: VariationalAutoencoder.Configuration,
    needsConditions: Bool = false
  ) -> CatalogueEntry {
    CatalogueEntry(
      name: name, summary: summary, abilities: [.sample, .score, .condition, .encode],
      defaults: .configuration(configuration), choices: SettingsChoices.codeNetworks + SettingsChoices.variational,
      method: .training(
        CatalogueEntry.Training(
          defaults: TrainingConfiguration(), accepts: [.discreteColumns, .constantColumns],
          countWeights: { settings, features, contextFeatures in
            let configuration = try variational(settings, features, contextFeatures)
            try explaining(name) { () throws(AutoencoderConfigurationError) in try configuration.validate() }
            return configuration.weightCount + (priorFlow(configuration)?.weightCount ?? 0)
              + (posteriorFlow(configuration)?.weightCount ?? 0)
          },
          make: { settings, features, contextFeatures, rng in
            if needsConditions, contextFeatures == 0 {
              throw ModelError.configuration(
                model: name, reason: "it needs conditions: --given label; without, fit vae")
            }
            let configuration = try variational(settings, features, contextFeatures)
            return try explaining(name) { () throws(AutoencoderConfigurationError) in
              VariationalModel(
                autoencoder: try VariationalAutoencoder(
                  configuration, prior: prior(configuration, &rng), posterior: posterior(configuration, &rng),
                  using: &rng))
            }
          })))
  }

  private static func variational(
    _ settings: SettingsValue, _ features: Int, _ contextFeatures: Int
  ) throws -> VariationalAutoencoder.Configuration {
    try settings.adding(["features": .integer(features), "contextFeatures": .integer(contextFeatures)]).decoded()
  }

  private static func priorFlow(
    _ configuration: VariationalAutoencoder.Configuration
  ) -> NeuralSplineFlow.Configuration? {
    guard case .flow(let layers) = configuration.prior else { return nil }
    return NeuralSplineFlow.Configuration(
      features: configuration.codeFeatures, couplings: CouplingOptions(layers: layers))
  }

  private static func posteriorFlow(
    _ configuration: VariationalAutoencoder.Configuration
  ) -> AutoregressiveFlow.Configuration? {
    guard case .flow(let layers) = configuration.posterior else { return nil }
    return AutoregressiveFlow.Configuration(
      features: configuration.codeFeatures, contextFeatures: 2 * configuration.codeFeatures, layers: layers,
      isInverse: true)
  }

  private static func prior(
    _ configuration: VariationalAutoencoder.Configuration, _ rng: inout RandomGenerator
  ) throws(AutoencoderConfigurationError) -> FlowPrior? {
    guard let made = priorFlow(configuration) else { return nil }
    return FlowPrior(flow: try flow(made, "prior", &rng))
  }

  private static func posterior(
    _ configuration: VariationalAutoencoder.Configuration, _ rng: inout RandomGenerator
  ) throws(AutoencoderConfigurationError) -> FlowPosterior? {
    guard let made = posteriorFlow(configuration) else { return nil }
    return FlowPosterior(
      normal: DiagonalGaussianPosterior(codeFeatures: configuration.codeFeatures),
      flow: try flow(made, "posterior", &rng))
  }

  private static func flow(
    _ configuration: some FlowConfiguration, _ field: String, _ rng: inout RandomGenerator
  ) throws(AutoencoderConfigurationError) -> NormalizingFlow {
    do {
      return try NormalizingFlow(configuration, using: &rng)
    } catch {
      throw .outOfRange(field: field, expected: "a flow that can be made (\(error))", actual: "this one")
    }
  }

  private static func explaining<Result>(
    _ name: String, _ body: () throws(AutoencoderConfigurationError) -> Result
  ) throws(ModelError) -> Result {
    do { return try body() } catch { throw .configuration(model: name, reason: "\(error)") }
  }
}
