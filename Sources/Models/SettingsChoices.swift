import Autoencoders
import Datasets
import DensityEstimation
import Flows
import NeuralNetworks
import Training

/// The settings that are one word of several, for messages and for the comments of a settings file.
enum SettingsChoices {
  /// The words of each type, by its name.
  static let byType: [String: [String]] = Dictionary(
    uniqueKeysWithValues: [
      words(TrainingConfiguration.OptimizerKind.self), words(Activation.self), words(Mixing.self),
      words(Preprocessing.self), words(DataSettings.Missing.self), words(TableOptions.Header.self),
      words(DensityTreeEstimator.Criterion.self),
      words(RowScaling.Kind.self),
    ])

  /// The lines above the settings of any model.
  static let data = [
    "Settings for: pushforward fit MODEL DATA --config FILE. Leave out what stays as it is.",
    "  data.missing: \(list(DataSettings.Missing.self))    data.header: \(list(TableOptions.Header.self))",
  ]

  /// The lines above the settings of a flow.
  static let flows = [
    "  configuration.preprocessing: \(list(Preprocessing.self))",
    "  configuration.ensemble: flows whose densities are averaged; 5 are worth their time on up to some thousand rows",
  ]

  /// The lines above the settings of a flow of couplings.
  static let couplings = [
    "  configuration.couplings.mixing: \(list(Mixing.self))",
    "  configuration.couplings.activation: \(list(Activation.self))",
    "  configuration.couplings.network: {multilayerPerceptron: {hiddenFeatures: [64, 64]}}",
    "                                or {residual: {hiddenFeatures: 64, blocks: 2}}",
  ]

  /// The lines above the settings of a flow of images.
  static let images = [
    "  configuration.height, configuration.width: 0 for a square; columns are channel after channel, row by row",
    "  configuration.activation: \(list(Activation.self))",
  ]

  /// The lines above the settings of an autoregressive flow.
  static let autoregressive = [
    "  configuration.mixing: \(list(Mixing.self))",
    "  configuration.activation: \(list(Activation.self))",
    "  configuration.levels: 0 for one a column, 2 for couplings, 1 for columns that depend on nothing",
    "  configuration.parents: the columns (from 0) that each depends on, as [[], [0], [0, 1]], with mixing: none",
    "  configuration.transform: {affine: {}}, {additive: {}}, {rationalQuadraticSpline: {bins: 8, bound: 5}},",
    "                           {linearRationalSpline: {bins: 8, bound: 5}}, {gaussianMixture: {components: 8}},",
    "                           {sumOfSquares: {polynomials: 3, degree: 4}} or {squashedSpline: {bins: 8, bound: 5}}",
  ]

  /// The lines above the settings of any autoencoder.
  static let codeNetworks = [
    "  configuration.network: {multilayerPerceptron: {hiddenFeatures: [128, 128]}}, {residual: {hiddenFeatures: 128, blocks: 2}}",
    "                         or {convolutional: {channels: [32, 64]}} for images, which halve height and width",
    "  configuration.scaling: \(list(RowScaling.Kind.self))    configuration.activation: \(list(Activation.self))",
    "  configuration.height, configuration.width: 0 for a square image",
  ]

  /// The lines above the settings of a deterministic autoencoder.
  static let autoencoders = [
    "  configuration.reconstruction: {l2: {}}, {l1: {}}, {huber: {delta: 1}}, {binaryCrossEntropy: {}}",
    "                                or {pyramid: {power: 1, levels: 3}} for images",
    "  configuration.corruption: {none: {}}, {gaussian: {standardDeviation: 0.3}}, {masking: {probability: 0.3}}",
    "                            or {saltAndPepper: {probability: 0.3}}",
  ]

  /// The lines above the settings of a variational autoencoder.
  static let variational = [
    "  configuration.likelihood: {gaussian: {standardDeviation: 0.1}}, {sharedGaussian: {}}, {columnGaussian: {}},",
    "                            {decodedGaussian: {}}, {bernoulli: {}}, {discretizedLogistic: {levels: 256}}",
    "                            or {categorical: {levels: 256}}",
    "  configuration.prior: {standardNormal: {}}, {mixture: {components: 20}} or {flow: {layers: 4}}",
    "  configuration.posterior: {gaussian: {}} or {flow: {layers: 2}}",
    "  configuration.trainingSamples: 1 for the evidence lower bound, more for the importance-weighted one",
  ]

  /// The lines above the settings of a model that is trained.
  static let training = [
    "  objective: {forward-kl: {}}, or {reverse-kl: {...}} with a target for DATA (--objective reverse-kl)",
    "  training.optimizer: \(list(TrainingConfiguration.OptimizerKind.self))",
    "  training.schedule: constant, {cosine: {warmUpSteps: 0, finalFraction: 0}}, {step: {every: 1000, factor: 0.5}}",
    "                     or {plateau: {factor: 0.5, patience: 10, minimumFraction: 0.001}}",
    "  training.checkpointInterval is in seconds; 0 turns averagingDecay, gradientClip and weightDecay off.",
  ]

  private static func words<Choice: CaseIterable & RawRepresentable>(
    _ type: Choice.Type
  ) -> (String, [String]) where Choice.RawValue == String {
    ("\(type)", type.allCases.map(\.rawValue))
  }

  static func list<Choice: CaseIterable & RawRepresentable>(
    _ type: Choice.Type
  ) -> String where Choice.RawValue == String {
    words(type).1.joined(separator: ", ")
  }
}

extension CatalogueEntry {
  /// The comment that explains the choices in a settings file.
  public var choicesComment: String {
    let lines = SettingsChoices.data + choices + (trainingDefaults == nil ? [] : SettingsChoices.training)
    return lines.map { "# \($0)\n" }.joined()
  }
}
