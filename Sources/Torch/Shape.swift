/// The sizes of a tensor, outermost first; the shape of a single number is empty.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, RandomAccessCollection, CustomStringConvertible {
  /// The sizes.
  public let sizes: [Int]

  /// A shape of these sizes.
  public init(_ sizes: [Int]) { self.sizes = sizes }

  /// A shape of these sizes.
  public init(arrayLiteral elements: Int...) { sizes = elements }

  /// The shape of a single number.
  public static var scalar: Shape { [] }

  /// The number of dimensions.
  public var rank: Int { sizes.count }

  /// The number of elements: the product of the sizes.
  public var elementCount: Int { sizes.reduce(1, *) }

  /// The position of the first size.
  public var startIndex: Int { 0 }

  /// The position past the last size.
  public var endIndex: Int { sizes.count }

  /// The size at a dimension.
  public subscript(position: Int) -> Int { sizes[position] }

  /// The first `count` dimensions.
  public func leading(_ count: Int) -> Shape { Shape(Array(sizes.prefix(count))) }

  /// The last `count` dimensions.
  public func trailing(_ count: Int) -> Shape { Shape(Array(sizes.suffix(count))) }

  /// This shape without its last `count` dimensions.
  public func droppingTrailing(_ count: Int) -> Shape { Shape(Array(sizes.dropLast(count))) }

  /// The dimensions of both, left first.
  public static func + (left: Shape, right: Shape) -> Shape { Shape(left.sizes + right.sizes) }

  /// The shape that both broadcast to, or nil: sizes are aligned from the last and must agree or be 1.
  public static func broadcasting(_ left: Shape, _ right: Shape) -> Shape? {
    var result = Array(repeating: 1, count: Swift.max(left.rank, right.rank))
    for offset in 1...Swift.max(result.count, 1) where offset <= result.count {
      let a = offset <= left.rank ? left.sizes[left.rank - offset] : 1
      let b = offset <= right.rank ? right.sizes[right.rank - offset] : 1
      guard a == b || a == 1 || b == 1 else { return nil }
      result[result.count - offset] = a == 1 ? b : a
    }
    return Shape(result)
  }

  /// `[2, 3]`.
  public var description: String { sizes.description }
}
