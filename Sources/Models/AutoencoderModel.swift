import Autoencoders
import Datasets
import NeuralNetworks
import Torch
import Training

/// An autoencoder as a model of the catalogue. It has no density; its draws are the rows of codes that are drawn as those of
/// the data are distributed.
struct AutoencoderModel: TrainedModel, CodeModel {
  let autoencoder: Autoencoder

  var features: Int { autoencoder.configuration.features }
  var codeFeatures: Int { autoencoder.configuration.codeFeatures }

  func prepare(for data: Batch) { autoencoder.fitScaling(to: data.values) }

  func prepare(for data: Batch, within range: ClosedRange<Double>) {
    autoencoder.fitScaling(to: data.values, within: range)
  }

  func loss(_ batch: Batch, _ context: LayerContext) -> Tensor { autoencoder.loss(batch.values, context) }

  func finish(for data: Batch) { autoencoder.fitCodes(to: data.values) }

  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient { autoencoder.decode(autoencoder.sampleCodes(count, using: &rng)) }
  }

  func encode(_ rows: Tensor, given context: Tensor?) -> Tensor { withoutGradient { autoencoder.encode(rows) } }

  func decode(_ codes: Tensor, given context: Tensor?) -> Tensor { withoutGradient { autoencoder.decode(codes) } }

  func visitParameters(_ visitor: inout some ParameterVisitor) { visitor.visit(autoencoder, named: "autoencoder") }
}
