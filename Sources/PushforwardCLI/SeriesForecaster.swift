import Datasets
import Dynamics
import Models
import Torch

/// The steps after each series of a table, as `predict --steps` writes them.
struct SeriesForecaster {
  let model: HiddenMarkovTableModel
  let steps: Int
  let interval: Double
  let draws: Int

  /// For each step mean, median and an interval of each column, and the states' probabilities.
  func columns(_ rows: Tensor, names: [String], using rng: inout RandomGenerator) -> [OutputColumn] {
    var parts: [Tensor] = []
    for series in model.series(of: rows) {
      let forecast = model.model.forecast(after: series.rows, steps: steps)
      let draws = forecast.sample(draws, using: &rng)
      let levels = [0.5, (1 - interval) / 2, (1 + interval) / 2].map { draws.quantile($0, 0) }
      let figures = Tensor.stacking([forecast.means] + levels, 2).flattened(from: 1)
      let step = Tensor.range(steps, dtype: .float64).unsqueezed(1) + 1.0
      let name = series.name.map { Tensor.full([steps, 1], $0, dtype: .float64) }
      parts.append(Tensor.concatenating([name, step, figures, forecast.states].compactMap { $0 }, 1))
    }
    let table = Tensor.concatenating(parts)
    return zip(titles(names), table.unbound(1)).map { OutputColumn($0, .numbers($1.contiguous())) }
  }

  private func titles(_ names: [String]) -> [String] {
    let series = model.sequenceColumn.map { [names[$0]] } ?? []
    let modelled = names.enumerated().filter { $0.offset != model.sequenceColumn }.map(\.element)
    let figures = modelled.flatMap { ["\($0)_mean", "\($0)_median", "\($0)_lower", "\($0)_upper"] }
    return series + ["step"] + figures + (1...model.model.stateCount).map { "probability\($0)" }
  }
}
