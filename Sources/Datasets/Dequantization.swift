public import Torch

/// Adds uniform noise on [0, step) to rounded values, which makes their distribution continuous.
///
/// The density of the result, averaged over one step, is the probability of the rounded value divided by the step, so a
/// model of the noisy values gives a lower bound on the log-probability of the rounded ones: log P >= E log p + log step.
///
/// - Shapes: any; the result has the values' shape.
/// - Precondition: `step > 0`, floating-point values.
/// - Reference: Uria, Murray, Larochelle, *RNADE: the real-valued neural autoregressive density-estimator*, 2013.
public func dequantized(_ values: Tensor, step: Double, using rng: inout RandomGenerator) -> Tensor {
  precondition(step > 0, "dequantized: expected a positive step, got \(step)")
  precondition(values.dtype.isFloatingPoint, "dequantized: expected floating-point values, got \(values.dtype)")
  return values + Tensor.uniform(values.shape, dtype: values.dtype, device: values.device, using: &rng) * step
}

extension Table {
  /// This table with noise of one step's width added to some columns; the step is a column's smallest gap.
  ///
  /// - Throws: ``DatasetError``: an unknown column, or a column with one value only.
  public func dequantized(_ names: [String], using rng: inout RandomGenerator) throws(DatasetError) -> Table {
    let indices = try columnIndices(names)
    let chosen = Table(values: try columns(names), columnNames: names, path: path)
    let inspection = try TableInspection(chosen)
    var steps = [Double](repeating: 0, count: columnCount)
    for (index, column) in zip(indices, inspection.columns) {
      guard column.smallestGap > 0 else { throw .constantColumns(path: path, names: [column.name]) }
      steps[index] = column.smallestGap
    }
    let step = Tensor(steps, shape: [columnCount]).to(values.dtype).to(values.device)
    let noise = Tensor.uniform(values.shape, dtype: values.dtype, device: values.device, using: &rng)
    return replacing(values + noise * step)
  }
}
