// A reduction over given dimensions removes them, or keeps them with size 1 when `keepingDimensions` is set. Negative
// dimensions count from the last.

extension Tensor {
  /// The sum of all elements.
  public func sum() -> Tensor { Operation.sum(self) }

  /// The sum along dimensions.
  public func sum(_ dimensions: Int..., keepingDimensions: Bool = false) -> Tensor {
    sum(along: dimensions, keepingDimensions: keepingDimensions)
  }

  /// The sum along dimensions; none leaves the tensor as it is.
  public func sum(along dimensions: [Int], keepingDimensions: Bool = false) -> Tensor {
    dimensions.isEmpty ? self : Operation.sum_dim_IntList(self, dimensions, keepingDimensions)
  }

  /// The sum over the last `count` dimensions: from event shape to one number an event.
  public func sumTrailing(_ count: Int) -> Tensor {
    count == 0 ? self : sum(along: (1...count).map { -$0 })
  }

  /// The mean of all elements.
  public func mean() -> Tensor { Operation.mean(self) }

  /// The mean along dimensions.
  public func mean(_ dimensions: Int..., keepingDimensions: Bool = false) -> Tensor {
    Operation.mean_dim(self, dimensions, keepingDimensions)
  }

  /// The variance along dimensions; `correction` 1 divides by N - 1.
  public func variance(_ dimensions: Int..., correction: Int = 1, keepingDimensions: Bool = false) -> Tensor {
    Operation.var_correction(self, dimensions, correction: Scalar(correction), keepdim: keepingDimensions)
  }

  /// The standard deviation along dimensions; `correction` 1 divides by N - 1.
  public func standardDeviation(_ dimensions: Int..., correction: Int = 1, keepingDimensions: Bool = false) -> Tensor {
    Operation.std_correction(self, dimensions, correction: Scalar(correction), keepdim: keepingDimensions)
  }

  /// The product along a dimension.
  public func product(_ dimension: Int, keepingDimensions: Bool = false) -> Tensor {
    Operation.prod_dim_int(self, dimension, keepingDimensions)
  }

  /// The largest of all elements.
  public func max() -> Tensor { Operation.amax(self, []) }

  /// The smallest of all elements.
  public func min() -> Tensor { Operation.amin(self, []) }

  /// The largest elements along dimensions.
  public func max(_ dimensions: Int..., keepingDimensions: Bool = false) -> Tensor {
    Operation.amax(self, dimensions, keepingDimensions)
  }

  /// The smallest elements along dimensions.
  public func min(_ dimensions: Int..., keepingDimensions: Bool = false) -> Tensor {
    Operation.amin(self, dimensions, keepingDimensions)
  }

  /// The positions of the largest elements along a dimension.
  public func argMax(_ dimension: Int, keepingDimensions: Bool = false) -> Tensor {
    Operation.argmax(self, dimension, keepingDimensions)
  }

  /// The positions of the smallest elements along a dimension.
  public func argMin(_ dimension: Int, keepingDimensions: Bool = false) -> Tensor {
    Operation.argmin(self, dimension, keepingDimensions)
  }

  /// Whether all elements are true or not 0.
  public func all() -> Bool { Operation.all(self).integerItem() != 0 }

  /// Whether any element is true or not 0.
  public func any() -> Bool { Operation.any(self).integerItem() != 0 }

  /// Whether all elements along a dimension are true or not 0.
  public func all(_ dimension: Int, keepingDimensions: Bool = false) -> Tensor {
    Operation.all_dim(self, dimension, keepingDimensions)
  }

  /// Whether any element along a dimension is true or not 0.
  public func any(_ dimension: Int, keepingDimensions: Bool = false) -> Tensor {
    Operation.any_dim(self, dimension, keepingDimensions)
  }

  /// The number of elements that are not 0.
  public func nonzeroCount() -> Int { Operation.count_nonzero(self).integerItem() }

  /// `log(sum(exp(x)))` along dimensions, without overflow.
  public func logSumExp(_ dimensions: Int..., keepingDimensions: Bool = false) -> Tensor {
    Operation.logsumexp(self, dimensions, keepingDimensions)
  }

  /// Running sums along a dimension.
  public func cumulativeSum(_ dimension: Int) -> Tensor { Operation.cumsum(self, dimension) }

  /// Running products along a dimension.
  public func cumulativeProduct(_ dimension: Int) -> Tensor { Operation.cumprod(self, dimension) }

  /// The Euclidean norm along dimensions; over all elements when none is given.
  public func norm(_ dimensions: Int..., keepingDimensions: Bool = false) -> Tensor {
    Operation.linalg_vector_norm(self, 2, dimensions.isEmpty ? nil : dimensions, keepingDimensions)
  }

  /// Values in order along a dimension, and the positions that they had; equal values keep their order.
  public func sorted(_ dimension: Int = -1, descending: Bool = false) -> (values: Tensor, indices: Tensor) {
    Operation.sort_stable(self, stable: true, dim: dimension, descending: descending)
  }

  /// The `count` largest values along a dimension in falling order, and their positions.
  public func topK(_ count: Int, _ dimension: Int = -1, largest: Bool = true) -> (values: Tensor, indices: Tensor) {
    Operation.topk(self, count, dimension, largest)
  }

  /// Quantiles along a dimension, linearly interpolated.
  public func quantile(_ probability: Double, _ dimension: Int, keepingDimensions: Bool = false) -> Tensor {
    Operation.quantile_scalar(self, probability, dimension, keepingDimensions)
  }

  /// For each value, the position in the sorted last dimension of this tensor where it would be inserted;
  /// `right` puts a value after equal ones.
  public func searchSorted(_ values: Tensor, right: Bool = false) -> Tensor {
    Operation.searchsorted_Tensor(contiguous(), values.contiguous(), right: right)
  }
}
