/// A cell of a chart's data: a number, a text, or nothing.
public enum VegaLiteValue: Codable, Hashable, Sendable, ExpressibleByFloatLiteral, ExpressibleByStringLiteral {
  /// A number; one that is not finite is written as nothing.
  case number(Double)
  /// A text.
  case text(String)
  /// Nothing: marks that need it are left out.
  case missing

  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }

  /// A text.
  public init(stringLiteral value: String) { self = .text(value) }

  /// A number with `digits` significant digits, which keeps pages small.
  public init(_ value: Double, digits: Int = 5) { self = .number(value.rounded(digits: digits)) }

  /// Reads a number, a text, or null.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .missing
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  /// Writes a number, a text, or null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let value) where value.isFinite: try container.encode(value)
    case .text(let text): try container.encode(text)
    case .number, .missing: try container.encodeNil()
    }
  }
}

extension Double {
  /// The number with so many significant digits; itself when it is 0 or not finite.
  func rounded(digits: Int) -> Double {
    guard isFinite, self != 0 else { return self }
    return Double(FormattedNumber.general(self, digits: digits)) ?? self
  }
}
