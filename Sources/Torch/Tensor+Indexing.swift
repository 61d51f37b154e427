/// One position of a tensor subscript: an integer, a range, or one of the named forms.
public enum TensorIndex: ExpressibleByIntegerLiteral {
  /// One slice; the dimension is removed. Negative counts from the end.
  case at(Int)
  /// The half-open range from `start` (default 0) to `end` (default the size), every `step`-th.
  case slice(from: Int? = nil, to: Int? = nil, step: Int = 1)
  /// The whole dimension.
  case all
  /// All dimensions that the other positions do not name.
  case ellipsis
  /// A new dimension of size 1.
  case newAxis
  /// Slices at the positions in a vector of integers, or where a vector of truth values holds.
  case indices(Tensor)

  /// One slice.
  public init(integerLiteral value: Int) { self = .at(value) }

  /// A half-open range.
  public static func range(_ range: Range<Int>) -> TensorIndex { .slice(from: range.lowerBound, to: range.upperBound) }
}

extension Tensor {
  /// A part of the tensor: `x[0]`, `x[.all, .slice(to: 3)]`, `x[.ellipsis, .at(-1)]`, `x[.newAxis]`.
  ///
  /// Integers and slices share memory and record gradients; tensors of indices copy.
  ///
  /// - Precondition: at most one `.ellipsis`, and no more positions than dimensions.
  public subscript(_ indices: TensorIndex...) -> Tensor {
    var result = self
    var dimension = 0
    for (position, index) in indices.enumerated() {
      switch index {
      case .at(let value): result = Operation.select_int(result, dimension, value)
      case .slice(let start, let end, let step):
        result = Operation.slice_Tensor(result, dimension, start, end, step)
        dimension += 1
      case .all: dimension += 1
      case .newAxis:
        result = result.unsqueezed(dimension)
        dimension += 1
      case .ellipsis:
        dimension = result.rank - consumedDimensions(indices[(position + 1)...])
      case .indices(let tensor):
        let flat = tensor.dtype == .bool ? tensor.nonzero().flattened() : tensor
        result = Operation.index_select(result, dimension, flat)
        dimension += 1
      }
    }
    return result
  }

  private func consumedDimensions(_ indices: ArraySlice<TensorIndex>) -> Int {
    indices.reduce(0) { count, index in
      if case .newAxis = index { return count }
      return count + 1
    }
  }
}
