import Autoencoders
import Datasets
import Diagnostics
import NeuralNetworks
import Torch
import Training

/// Two models: an autoencoder, and a second one of its codes. A draw is the row of a code that the second one draws.
///
/// A row that is drawn lies on the surface that the decoder makes of all codes, so there is no density of rows.
struct CodedModel: CodeModel {
  let autoencoder: AutoencoderModel
  let codes: any DensityModel

  /// What the names of the second model's tensors start with.
  static let prefix = "codes."

  var features: Int { autoencoder.features }
  var codeFeatures: Int { autoencoder.codeFeatures }

  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    let drawn = codes.sample(count, given: nil, using: &rng)
    let like = autoencoder.autoencoder.codeMean.value
    return autoencoder.decode(drawn.to(like.dtype, like.device), given: nil)
  }

  func encode(_ rows: Tensor, given context: Tensor?) -> Tensor { autoencoder.encode(rows, given: nil) }

  func decode(_ codes: Tensor, given context: Tensor?) -> Tensor { autoencoder.decode(codes, given: nil) }

  func state() -> [String: Tensor] {
    let second = codes.state().map { (Self.prefix + $0.key, $0.value) }
    return autoencoder.state().merging(second) { own, _ in own }
  }

  func move(to device: Device) throws(ModelError) {
    if codes is any TrainedModel { try codes.move(to: device) }
    autoencoder.move(to: device)
  }
}

/// The fit of a model to the codes that an autoencoder gives to rows.
struct CodeFit {
  let entry: CatalogueEntry
  let configuration: SettingsValue
  let seed: UInt64

  /// Fits the model: an estimated one from all codes, a trained one with its own defaults.
  ///
  /// - Parameters:
  ///   - codes: `[rows, codeFeatures]`.
  ///   - stop: a request to stop, heeded after each step of training.
  ///   - onEvent: told what happens.
  /// - Returns: the model; nil when it was interrupted.
  /// - Throws: errors of its configuration and of its fit.
  func run(
    _ codes: Tensor, stop: StopRequest?, onEvent: (ModelFit.Event) -> Void
  ) throws -> (any DensityModel)? {
    // A stream of its own, so that it does not matter how far training has drawn from the other.
    var streams = RandomGenerator(seed: seed)
    _ = streams.split()
    var rng = streams.split()
    let names = (1...codes.size(1)).map { "code\($0)" }
    switch entry.method {
    case .estimation(let method):
      onEvent(.computing(rows: codes.size(0), columns: codes.size(1)))
      let wide = codes.to(.float64, Device.cpu)
      let inspection = try TableInspection(Table(values: wide, columnNames: names, path: "the codes"))
      let data = EstimationData(path: "the codes", rows: wide, columns: inspection.columns, weights: nil)
      return try method.fit(configuration, data, &rng).model
    case .training(let method):
      let model = try method.make(configuration, codes.size(1), 0, &rng)
      let batch = Batch(values: codes)
      model.prepare(for: batch)
      try model.move(to: codes.device)
      onEvent(.slowParts(model.slowParts))
      guard try train(model, method.defaults, batch, stop, onEvent, &rng) else { return nil }
      return model as? any DensityModel
    }
  }

  private func train(
    _ model: some TrainedModel, _ configuration: TrainingConfiguration, _ codes: Batch, _ stop: StopRequest?,
    _ onEvent: (ModelFit.Event) -> Void, _ rng: inout RandomGenerator
  ) throws -> Bool {
    let report = try Trainer(configuration).fit(
      model, to: codes, objective: { model.loss($0, $1) }, using: &rng, stop: stop,
      onProgress: { onEvent(.progress($0)) })
    return report.stopReason != .interrupted
  }
}
