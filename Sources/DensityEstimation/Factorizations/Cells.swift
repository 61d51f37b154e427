import Foundation
import Torch

/// What a table gives masses to: the values of a finite set, or intervals side by side.
enum Cells {
  /// Values, `[count]`, rising.
  case values(Tensor)
  /// Intervals between neighbouring edges, `[count + 1]`, rising; a value on an edge belongs to the interval above, on
  /// the last edge to the last interval.
  case intervals(edges: Tensor)

  /// The values or the edges.
  var numbers: Tensor {
    switch self {
    case .values(let values): values
    case .intervals(let edges): edges
    }
  }

  /// The number of values or intervals.
  var count: Int {
    switch self {
    case .values(let values): values.elementCount
    case .intervals(let edges): edges.elementCount - 1
    }
  }

  /// The cell of each number; of the nearest one, or any, for numbers in none.
  func indices(of x: Tensor) -> Tensor {
    switch self {
    case .values(let values): limiting(values.searchSorted(x), to: count - 1)
    case .intervals(let edges): limiting(edges.searchSorted(x, right: true) - 1, to: count - 1)
    }
  }

  /// Whether each number lies in the cell of that index, so in any.
  func contain(_ x: Tensor, at indices: Tensor) -> Tensor {
    switch self {
    case .values(let values): taking(values, indices) .== x
    case .intervals(let edges): (x .>= edges[0]) .& (x .<= edges[-1])
    }
  }

  /// The logarithm of each cell's width, `[count]`; 0 for values, whose masses are not spread.
  var logWidths: Tensor {
    switch self {
    case .values(let values): Tensor.zeros(like: values)
    case .intervals(let edges): (edges[.slice(from: 1)] - edges[.slice(to: -1)]).log()
    }
  }

  /// The least and the greatest number of a cell.
  var bounds: (lower: Tensor, upper: Tensor) { (numbers[0], numbers[-1]) }

  /// The middle of each cell and the variance inside, `[count]`.
  var moments: (mean: Tensor, variance: Tensor) {
    switch self {
    case .values(let values): (values, Tensor.zeros(like: values))
    case .intervals(let edges):
      (
        (edges[.slice(from: 1)] + edges[.slice(to: -1)]) * 0.5,
        (edges[.slice(from: 1)] - edges[.slice(to: -1)]).squared() * (1.0 / 12)
      )
    }
  }

  /// Whether numbers from a file can be values or edges: finite, rising, enough of them.
  static func areValid(_ numbers: Tensor, atLeast count: Int) -> Bool {
    numbers.rank == 1 && numbers.elementCount >= count && numbers.isFinite().all()
      && !(numbers[.slice(from: 1)] .<= numbers[.slice(to: -1)]).any()
  }
}

extension Cells {
  /// Intervals that hold about equal weight of a column: its quantiles, equal ones counted once.
  ///
  /// The first and the last edge are the least and the greatest value.
  ///
  /// - Precondition: the column has two different values.
  static func quantiles(of column: Tensor, weights: Tensor, count: Int) -> Cells {
    let (sorted, order) = column.sorted()
    let cumulative = weights[.indices(order)].cumulativeSum(0)
    let shares = Tensor.linear(from: 0, to: 1, count: count + 1, dtype: .float64)[.slice(from: 1, to: -1)]
    let (places, last) = (cumulative.searchSorted(shares * cumulative[-1]), column.elementCount - 1)
    // Between this value and the next greater one, so that no value lies on an inner edge.
    let below = taking(sorted, limiting(places, to: last))
    let above = taking(sorted, limiting(sorted.searchSorted(below, right: true), to: last))
    let inner = (below + above) * 0.5
    let all = Tensor.concatenating([sorted[.slice(to: 1)], inner, sorted[.slice(from: -1)]])
    return .intervals(edges: distinctValues(all))
  }
}

/// The elements of a vector at positions of any shape.
func taking(_ vector: Tensor, _ positions: Tensor) -> Tensor {
  vector.selecting(positions.flattened()).reshaped(positions.shape)
}

/// Positions moved into 0...last.
func limiting(_ positions: Tensor, to last: Int) -> Tensor {
  let (zero, end) = (Tensor(0, dtype: .int64), Tensor(last, dtype: .int64))
  return maximum(minimum(positions, end.to(positions.device)), zero.to(positions.device))
}
