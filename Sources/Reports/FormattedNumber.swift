import Foundation

/// Numbers as a reader wants them.
enum FormattedNumber {
  /// A number with so many significant digits, as C's `%g` writes it; whole numbers below ten millions are written out.
  static func general(_ value: Double, digits: Int = 4) -> String {
    let isWritten = abs(value) >= pow(10, Double(digits)) - 0.5 && abs(value) < 1e7
    return isWritten ? fixed(value, 0) : String(format: "%.\(digits)g", value)
  }

  /// A number with so many digits after the point.
  static func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

  /// A count with its thousands parted: 12,345.
  static func count(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    let parted = digits.indices.map { place in
      place > 0 && (digits.count - place).isMultiple(of: 3) ? ",\(digits[place])" : "\(digits[place])"
    }
    return (value < 0 ? "-" : "") + parted.joined()
  }

  /// A count with the word it counts: `1 row`, `2 rows`, `3 boxes`.
  static func count(_ value: Int, _ word: String, plural: String = "s") -> String {
    "\(count(value)) \(word)\(value == 1 ? "" : plural)"
  }
}
