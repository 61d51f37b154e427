infix operator .== : ComparisonPrecedence
infix operator .!= : ComparisonPrecedence
infix operator .< : ComparisonPrecedence
infix operator .<= : ComparisonPrecedence
infix operator .> : ComparisonPrecedence
infix operator .>= : ComparisonPrecedence
infix operator .& : LogicalConjunctionPrecedence
infix operator .| : LogicalDisjunctionPrecedence
prefix operator .!

// Operators broadcast. A number beside a tensor takes the tensor's dtype, except that a real number beside an integer
// tensor gives a real one.

extension Tensor {
  /// The sum, element by element.
  public static func + (left: Tensor, right: Tensor) -> Tensor { Operation.add_Tensor(left, right) }

  /// The sum with a number on the right.
  public static func + (left: Tensor, right: some ScalarConvertible) -> Tensor {
    Operation.add_Scalar(left, right.scalar)
  }

  /// The difference, element by element.
  public static func - (left: Tensor, right: Tensor) -> Tensor { Operation.sub_Tensor(left, right) }

  /// The difference with a number on the right.
  public static func - (left: Tensor, right: some ScalarConvertible) -> Tensor {
    Operation.sub_Scalar(left, right.scalar)
  }

  /// The product, element by element.
  public static func * (left: Tensor, right: Tensor) -> Tensor { Operation.mul_Tensor(left, right) }

  /// The product with a number on the right.
  public static func * (left: Tensor, right: some ScalarConvertible) -> Tensor {
    Operation.mul_Scalar(left, right.scalar)
  }

  /// The quotient, element by element.
  public static func / (left: Tensor, right: Tensor) -> Tensor { Operation.div_Tensor(left, right) }

  /// The quotient with a number on the right.
  public static func / (left: Tensor, right: some ScalarConvertible) -> Tensor {
    Operation.div_Scalar(left, right.scalar)
  }

  /// The sum with a number on the left.
  public static func + (left: some ScalarConvertible, right: Tensor) -> Tensor { right + left }

  /// The difference with a number on the left.
  public static func - (left: some ScalarConvertible, right: Tensor) -> Tensor {
    Operation.rsub_Scalar(right, left.scalar)
  }

  /// The product with a number on the left.
  public static func * (left: some ScalarConvertible, right: Tensor) -> Tensor { right * left }

  /// The quotient with a number on the left.
  public static func / (left: some ScalarConvertible, right: Tensor) -> Tensor { right.reciprocal() * left }

  /// Each element with its sign changed.
  public static prefix func - (operand: Tensor) -> Tensor { Operation.neg(operand) }

  /// This plus a multiple of the other, in one operation.
  public func adding(_ other: Tensor, times factor: some ScalarConvertible) -> Tensor {
    Operation.add_Tensor(self, other, alpha: factor.scalar)
  }

  /// This plus the product of the others, element by element, in one operation.
  public func addingProduct(_ left: Tensor, _ right: Tensor) -> Tensor { Operation.addcmul(self, left, right) }

  /// Rebinds the left side to the sum; no tensor changes.
  public static func += (left: inout Tensor, right: Tensor) { left = left + right }

  /// Rebinds the left side to the difference; no tensor changes.
  public static func -= (left: inout Tensor, right: Tensor) { left = left - right }

  /// Rebinds the left side to the product; no tensor changes.
  public static func *= (left: inout Tensor, right: Tensor) { left = left * right }

  /// Whether elements on the left are equal.
  public static func .== (left: Tensor, right: Tensor) -> Tensor { Operation.eq_Tensor(left, right) }

  /// Whether elements are equal to a number; for orders, compared with it.
  public static func .== (left: Tensor, right: some ScalarConvertible) -> Tensor {
    Operation.eq_Scalar(left, right.scalar)
  }

  /// Whether elements on the left are not equal.
  public static func .!= (left: Tensor, right: Tensor) -> Tensor { Operation.ne_Tensor(left, right) }

  /// Whether elements are not equal to a number; for orders, compared with it.
  public static func .!= (left: Tensor, right: some ScalarConvertible) -> Tensor {
    Operation.ne_Scalar(left, right.scalar)
  }

  /// Whether elements on the left are less.
  public static func .< (left: Tensor, right: Tensor) -> Tensor { Operation.lt_Tensor(left, right) }

  /// Whether elements are less to a number; for orders, compared with it.
  public static func .< (left: Tensor, right: some ScalarConvertible) -> Tensor {
    Operation.lt_Scalar(left, right.scalar)
  }

  /// Whether elements on the left are less or equal.
  public static func .<= (left: Tensor, right: Tensor) -> Tensor { Operation.le_Tensor(left, right) }

  /// Whether elements are less or equal to a number; for orders, compared with it.
  public static func .<= (left: Tensor, right: some ScalarConvertible) -> Tensor {
    Operation.le_Scalar(left, right.scalar)
  }

  /// Whether elements on the left are greater.
  public static func .> (left: Tensor, right: Tensor) -> Tensor { Operation.gt_Tensor(left, right) }

  /// Whether elements are greater to a number; for orders, compared with it.
  public static func .> (left: Tensor, right: some ScalarConvertible) -> Tensor {
    Operation.gt_Scalar(left, right.scalar)
  }

  /// Whether elements on the left are greater or equal.
  public static func .>= (left: Tensor, right: Tensor) -> Tensor { Operation.ge_Tensor(left, right) }

  /// Whether elements are greater or equal to a number; for orders, compared with it.
  public static func .>= (left: Tensor, right: some ScalarConvertible) -> Tensor {
    Operation.ge_Scalar(left, right.scalar)
  }

  /// Whether both hold.
  public static func .& (left: Tensor, right: Tensor) -> Tensor { Operation.logical_and(left, right) }

  /// Whether one or both hold.
  public static func .| (left: Tensor, right: Tensor) -> Tensor { Operation.logical_or(left, right) }

  /// Whether an element is false or 0.
  public static prefix func .! (operand: Tensor) -> Tensor { Operation.logical_not(operand) }

  /// Whether shapes and all elements are equal; NaN equals nothing.
  public func isEqual(to other: Tensor) -> Bool { Operation.equal(self, other) }

  /// Whether all elements differ by no more than `absolute + relative * |other|`.
  public func isClose(
    to other: Tensor, relative: Double = 1e-5, absolute: Double = 1e-8, equalNaN: Bool = false
  ) -> Bool {
    Operation.allclose(self, other, relative, absolute, equalNaN)
  }
}
