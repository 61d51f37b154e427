import Datasets
import Foundation
import Probability
import Torch

/// The fit of a model that is computed from all rows at once.
struct EstimationFit {
  let settings: FitSettings
  let configuration: SettingsValue
  let folder: RunFolder

  func run(
    _ method: CatalogueEntry.Estimation, of entry: CatalogueEntry, overwriting: Bool,
    onEvent: (ModelFit.Event) -> Void
  ) throws -> EstimationReport {
    let clock = ContinuousClock.now
    var rng = RandomGenerator(seed: settings.seed)
    let data = try LoadedData(fitting: settings.data, for: entry)
    data.warnings.forEach { onEvent(.warning($0)) }
    try folder.create(overwriting: overwriting)
    let lock = try folder.lock()
    defer { lock.release() }
    onEvent(.computing(rows: data.table.rowCount, columns: data.table.columnCount))
    let grids = data.units.shiftedGrids
    let dequantization = Dequantization(grids, features: data.table.columnCount)
    let rows = grids.isEmpty ? data.rows : dequantization.noisy(data.rows, using: &rng)
    let map = SupportBijection(data.supports, features: rows.size(1))
    let free = data.supports.isEmpty ? rows : map.forward(rows)
    let joint = data.context.map { Tensor.concatenating([free, $0], 1) } ?? free
    let result = try method.fit(
      configuration, EstimationData(path: data.table.path, rows: joint, columns: data.columns, weights: data.weights),
      &rng)
    let features = data.context == nil ? result.model.features : rows.size(1)
    let model = try result.model.conditioned(features: features, of: entry).supporting(data.supports)
    let report = EstimationReport(
      rows: data.table.rowCount, completeRows: joint.isFinite().all(1).sum().integerItem(),
      meanLogProb: meanLogProb(model, rows, data.context, data.weights), details: result.details,
      seconds: (ContinuousClock.now - clock) / .seconds(1))
    onEvent(.saving)
    try settings.write(to: folder.settings)
    try ModelFile.save(model.dequantizing(grids), data.description(settings, .estimation(report)), to: folder.model)
    return report
  }

  /// The mean over rows without missing cells.
  private func meanLogProb(_ model: any DensityModel, _ rows: Tensor, _ context: Tensor?, _ weights: Tensor?) -> Double?
  {
    var isComplete = rows.isFinite().all(1)
    if let context { isComplete = isComplete .& context.isFinite().all(1) }
    let scores = model.logProb(rows, given: context).selecting(where: isComplete)
    let weights = weights?.selecting(where: isComplete)
    let mean = weights.map { (scores * $0).sum().item() / $0.sum().item() } ?? scores.mean().item()
    return mean.isFinite ? mean : nil
  }
}
