import Datasets
import Dynamics
import Models
import Torch

/// The hidden states of the rows of a table, as `decode` writes them.
struct StateDecoder {
  let model: HiddenMarkovTableModel

  /// The likeliest path, states counted from 1, and the probability of each state given the whole series.
  func columns(_ rows: Tensor, names: [String]) -> [OutputColumn] {
    var columns: [OutputColumn] = []
    if let place = model.sequenceColumn {
      columns.append(OutputColumn(names[place], .numbers(rows[.all, .at(place)].to(.float64))))
    }
    let path = model.mapSeries(of: rows) { model.model.likeliestStates($0).path.unsqueezed(1) }
    // -1 stands for a series that no path explains, and stays what it is.
    columns.append(
      OutputColumn("state", .integers(path.flattened().scalars(as: Int.self).map { $0 < 0 ? $0 : $0 + 1 })))
    let posteriors = model.mapSeries(of: rows) { model.model.posteriors($0) }
    for state in 0..<model.model.stateCount {
      columns.append(OutputColumn("probability\(state + 1)", .numbers(posteriors[.all, .at(state)].contiguous())))
    }
    return columns
  }
}
