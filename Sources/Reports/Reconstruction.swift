import Autoencoders
import Models
import Torch

/// Rows, as a model gives them back from their codes, and what the codes say.
struct Reconstruction {
  /// The rows from their codes in the user's units, a list for each column.
  let rows: [[Double]]
  /// The root mean squared difference of each column, in units of its standard deviation; NaN for a constant one.
  let errors: [Double]
  /// The codes, a list for each code number.
  let codes: [[Double]]
  /// What each code number does; nil for a deterministic code.
  let statistics: CodeStatistics?

  /// The reconstruction of rows as the model sees them; nil for a model without codes, and for one whose codes are exact.
  init?(of rows: Tensor, given context: Tensor?, _ model: any GenerativeModel, _ description: ModelDescription) {
    guard let model = model as? any CodeModel, !(model is any LatentModel) else { return nil }
    let codes = model.encode(rows, given: context)
    let back = description.dataRows(model.decode(codes, given: context))
    let data = description.dataRows(rows)
    let spread = data.standardDeviation(0, correction: 0)
    let error = (back - data).squared().mean(0).squareRoot()
    self.rows = RunEvidence.columns(back)
    errors = select(spread .> 0, error / spread, Double.nan).doubles()
    self.codes = RunEvidence.columns(codes)
    statistics = model.codeStatistics(of: rows, given: context)
  }

  /// The mean over columns that vary.
  var error: Double {
    let known = errors.filter(\.isFinite)
    return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
  }
}
