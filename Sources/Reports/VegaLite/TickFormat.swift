import Foundation

/// How the numbers of an axis are written.
enum TickFormat {
  /// The format for numbers that would be long as decimals, such as 5e+12, with as many digits as tell neighbours apart; nil
  /// for Vega's own.
  static func of(_ range: ClosedRange<Double>) -> String? {
    let size = max(abs(range.lowerBound), abs(range.upperBound))
    let step = (range.upperBound - range.lowerBound) / 6
    guard size >= 1e6 || size < 1e-3, size.isFinite, step > 0 else { return nil }
    let digits = log10(size / step).rounded(.up) + 1
    return digits <= 5 ? ".\(Int(digits))~g" : nil
  }

  /// The format for numbers that are all at the axis: 1 and not 1.0.
  static func ofEach(_ values: [Double]) -> String { of(values) ?? "~g" }

  /// The format for numbers.
  static func of(_ values: some Sequence<Double>) -> String? {
    let values = values.filter(\.isDrawable)
    guard let low = values.min(), let high = values.max() else { return nil }
    return of(low...high)
  }
}
