public import Datasets
public import Diagnostics
public import NeuralNetworks
public import Torch

/// A model of rows that can be asked for new ones.
///
/// What else a model can be asked for is a type: a density is a ``DensityModel``. So is how it comes from data: a
/// ``TrainedModel`` minimizes a loss step by step, an `EstimatedModel` is computed from all rows at once.
public protocol GenerativeModel {
  /// The number of columns of a row.
  var features: Int { get }

  /// New rows, without gradient.
  ///
  /// - Parameters:
  ///   - count: how many, of each condition.
  ///   - context: what they are conditioned on, `[conditions]` or `[rows, conditions]`; nil for a model without.
  ///   - rng: the source of random numbers.
  /// - Returns: `[count, features]`, or `[count, rows, features]`.
  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor

  /// All that a file keeps, by name; the tensors are copies.
  func state() -> [String: Tensor]

  /// Moves the model to a device.
  ///
  /// - Throws: `ModelError.cannot` when the model cannot be used there.
  func move(to device: Device) throws(ModelError)

  /// What the model can be asked when it checks itself, or is laid beside others.
  ///
  /// - Parameters:
  ///   - columns: the names of the columns of a row.
  ///   - context: one condition, `[conditions]`; nil for a model without.
  /// - Returns: its draws, densities, map to codes and numbers, as far as it has them.
  func underTest(columns: [String], given context: Tensor?) -> ModelUnderTest

  /// What a model with conditions can be asked when it checks itself.
  ///
  /// - Parameter columns: the names of the columns of a row.
  /// - Returns: the model at one condition, and what it says of rows that each have their own.
  func conditionalUnderTest(columns: [String]) -> ConditionalModelUnderTest

  /// Rows of a table as ``underTest(columns:given:)`` takes them.
  ///
  /// - Parameters:
  ///   - rows: `[rows, columns]`, as ``LoadedData/rows``.
  ///   - rng: the source of noise for discrete columns.
  /// - Returns: `[count, columns]` of what is under test.
  func rowsUnderTest(_ rows: Tensor, using rng: inout RandomGenerator) -> Tensor
}

extension GenerativeModel {
  /// Draws, and densities where the model has them.
  public func underTest(columns: [String], given context: Tensor?) -> ModelUnderTest {
    let density = self as? any DensityModel
    return ModelUnderTest(
      columns: columns, sample: { sample($0, given: context, using: &$1) },
      logProb: density.map { density in { density.logProb($0, given: context) } }, state: state())
  }

  /// Draws, and densities and codes where the model has them.
  public func conditionalUnderTest(columns: [String]) -> ConditionalModelUnderTest {
    let density = self as? any DensityModel
    let latent = self as? any LatentModel
    return ConditionalModelUnderTest(
      given: { underTest(columns: columns, given: $0) }, sample: { sample($0, given: $1, using: &$2) },
      logProb: density.map { density in { density.logProb($0, given: $1) } },
      codes: latent.map { latent in { latent.encode($0, given: $1) } })
  }

  /// The rows as they are.
  public func rowsUnderTest(_ rows: Tensor, using rng: inout RandomGenerator) -> Tensor { rows }
}

/// A generative model with a density.
public protocol DensityModel: GenerativeModel {
  /// The log-density of each row in nats, in the units of the data; [rows, features] -> [rows], without gradient.
  ///
  /// - Parameters:
  ///   - rows: `[rows, features]`.
  ///   - context: one condition of all rows, `[conditions]`, or one for each, `[rows, conditions]`; nil for a model without.
  /// - Returns: `[rows]`.
  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor
}

/// A generative model whose rows are the steps of a series: draws follow one another, and the density of a row is that
/// given the rows before it.
public protocol SeriesModel: GenerativeModel {}

/// A generative model that is trained by gradients of a loss.
public protocol TrainedModel: GenerativeModel, Module {
  /// Sets what is computed from the training rows directly, such as their mean and scale, before training.
  func prepare(for data: Batch)

  /// The same, knowing where all numbers lie, those of other rows too; a model to which that matters implements it.
  func prepare(for data: Batch, within range: ClosedRange<Double>)

  /// The mean loss of a batch of rows.
  func loss(_ batch: Batch, _ context: LayerContext) -> Tensor

  /// Computes from the training rows, after training, what is not trained; a model that wraps another forwards it.
  func finish(for data: Batch)

  /// What is wrong with loaded weights that have the right shapes, starting with the name of a tensor; nil when the
  /// model can be used. A model that wraps another forwards it.
  var defect: String? { get }

  /// What slows training down: a line for each part of the model that has no fused kernel, with the reason.
  var slowParts: [String] { get }
}

extension TrainedModel {
  /// Nothing.
  public var slowParts: [String] { [] }

  /// Nothing.
  public var defect: String? { nil }

  /// Nothing.
  public func finish(for data: Batch) {}

  /// As if the range were not known.
  public func prepare(for data: Batch, within range: ClosedRange<Double>) { prepare(for: data) }

  /// Moves all parameters and buffers.
  public func move(to device: Device) { convert(device: device) }
}
