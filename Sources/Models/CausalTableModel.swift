import DensityEstimation
import Diagnostics
import Torch

/// A model in which columns can be set from outside, as in an experiment.
public protocol InterventionModel: GenerativeModel {
  /// The model in which columns have given values whatever their causes, and cause what they cause.
  ///
  /// - Throws: `DensityEstimationError.unknownColumn`, or others for a value that the column cannot have.
  func intervening(_ values: [String: Double]) throws -> any GenerativeModel
}

/// A causal model of rows.
struct CausalTableModel: DensityModel, InterventionModel {
  let causes: CausalModel

  private var model: EstimatedModel { EstimatedModel(distribution: causes) }

  var features: Int { model.features }

  func intervening(_ values: [String: Double]) throws -> any GenerativeModel {
    CausalTableModel(causes: try causes.intervening(values))
  }

  func sample(_ count: Int, given context: Tensor?, using rng: inout RandomGenerator) -> Tensor {
    model.sample(count, given: context, using: &rng)
  }

  func logProb(_ rows: Tensor, given context: Tensor?) -> Tensor { model.logProb(rows, given: context) }

  func state() -> [String: Tensor] { model.state() }

  func underTest(columns: [String], given context: Tensor?) -> ModelUnderTest {
    model.underTest(columns: columns, given: context)
  }

  func move(to device: Device) throws(ModelError) { try model.move(to: device) }
}
