/// A number that was computed from random draws or from a sample of data, with its standard error.
public struct Estimate: Hashable, Sendable, Codable {
  /// The estimated number.
  public var value: Double
  /// One standard deviation of the estimate; NaN when it is not known, such as for the mean of one number.
  public var standardError: Double

  /// An estimate.
  ///
  /// - Parameters:
  ///   - value: the estimated number.
  ///   - standardError: one standard deviation of it.
  public init(_ value: Double, standardError: Double) {
    self.value = value
    self.standardError = standardError
  }

  /// The mean of independent numbers, with the standard error s / sqrt(n), where s^2 divides by n - 1.
  ///
  /// Infinite numbers give an infinite mean without a standard error (NaN); of no numbers, both are NaN.
  ///
  /// - Parameter values: independent numbers of one distribution.
  public init(meanOf values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.init(mean, standardError: values.count > 1 ? (squares / (count - 1) / count).squareRoot() : .nan)
  }
}
