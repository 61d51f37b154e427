import Torch

/// Rows of given columns as numbers that a linear model can weigh: a continuous column as it is, a discrete one as an
/// indicator of each value but its first.
struct DesignMatrix {
  /// The kinds of the columns of a row.
  let kinds: [ColumnKind]

  /// The number of numbers that a row becomes.
  var width: Int { kinds.reduce(0) { $0 + ($1.isDiscrete ? $1.values.count - 1 : 1) } }

  /// Rows `[*batch, columns]` as numbers `[*batch, width]`.
  func encode(_ rows: Tensor) -> Tensor {
    let rows = rows.to(.float64)
    let parts = zip(0..., kinds).map { index, kind in
      let column = rows.narrowed(-1, from: index, length: 1)
      guard kind.isDiscrete else { return column }
      return (column .== Tensor(Array(kind.values.dropFirst())).to(rows.device)).to(.float64)
    }
    return parts.isEmpty ? rows : Tensor.concatenating(parts, -1)
  }
}

extension ConditionalData {
  /// A mean over rows by their weights, `[count]` to one number or `[count, width]` to `[width]`.
  func mean(_ values: Tensor) -> Tensor { weights.matmul(values) / weights.sum() }

  /// The given columns as numbers, moved to mean 0 and scaled to standard deviation 1 (constant ones are left at 0).
  func standardizedDesign() -> (design: Tensor, center: Tensor, scale: Tensor) {
    let design = DesignMatrix(kinds: givenKinds).encode(given)
    let center = mean(design)
    let centered = design - center
    let spread = mean(centered.squared()).squareRoot()
    let scale = select(spread .> 0, spread, 1.0)
    return (centered / scale, center, scale)
  }
}
