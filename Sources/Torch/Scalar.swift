import CTorch

/// A number that meets a tensor in an operation: real, integer or truth value, so that integers stay integers.
public struct Scalar: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, Sendable {
  let raw: CTScalar

  /// A real number.
  public init(_ value: Double) { raw = CTScalar(real: value, integer: 0, kind: 0) }

  /// An integer.
  public init(_ value: Int) { raw = CTScalar(real: 0, integer: Int64(value), kind: 1) }

  /// A truth value.
  public init(_ value: Bool) { raw = CTScalar(real: 0, integer: value ? 1 : 0, kind: 2) }

  /// An integer literal.
  public init(integerLiteral value: Int) { self.init(value) }

  /// A floating-point literal.
  public init(floatLiteral value: Double) { self.init(value) }
}

/// A Swift number that can stand beside a tensor in an expression.
public protocol ScalarConvertible {
  /// The number as an operand.
  var scalar: Scalar { get }
}

extension Double: ScalarConvertible {
  /// A real operand.
  public var scalar: Scalar { Scalar(self) }
}

extension Float: ScalarConvertible {
  /// A real operand.
  public var scalar: Scalar { Scalar(Double(self)) }
}

extension Int: ScalarConvertible {
  /// An integer operand.
  public var scalar: Scalar { Scalar(self) }
}
