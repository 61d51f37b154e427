/// Shares of a whole that sum to exactly 1, in whatever order they are added.
///
/// Every share is a multiple of 2^-53, so no partial sum is ever rounded. A share differs from the quotient that it
/// stands for by less than 2^-53, and a positive weight never becomes 0.
enum ExactMasses {
  private static let unit = 0x1p-53

  /// The shares of weights that are not negative and not all 0.
  static func shares(of weights: [Double]) -> [Double] {
    let total = weights.reduce(0, +)
    var sum = 0.0
    var before = 0.0
    var units = weights.map { weight in
      sum += weight
      // Differences of rounded running sums: errors do not pile up.
      let boundary = min((sum / total / unit).rounded(), 1 / unit)
      defer { before = boundary }
      return boundary - before
    }
    let largest = units.indices.max { units[$0] < units[$1] } ?? 0
    units[largest] += 1 / unit - before
    for index in units.indices where units[index] == 0 && weights[index] > 0 {
      units[index] = 1
      units[largest] -= 1
    }
    return units.map { $0 * unit }
  }
}
