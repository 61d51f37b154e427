import Foundation
public import Torch

/// The Wasserstein distance of two samples of numbers: W_p^p is the least mean of |x - y|^p over all ways to pair them.
///
/// In one dimension the best way pairs equal quantiles, so it is exact at the cost of sorting.
///
/// - Reference: Peyre and Cuturi, *Computational optimal transport*, 2019, remark 2.30.
public enum Wasserstein {
  /// W_p^p of two samples, through which gradients flow to the numbers (not to the weights).
  ///
  /// - Parameters:
  ///   - x: a sample, `[count]`.
  ///   - y: another one, `[other count]`.
  ///   - order: p, at least 1.
  ///   - xWeights: how much each number of `x` counts, `[count]`; nil for equal weights. They are divided by their sum.
  ///   - yWeights: the same for `y`.
  /// - Returns: a tensor of one element; NaN when a number is NaN.
  /// - Precondition: there are numbers in both samples; weights are 0 or above with a positive sum.
  /// - Complexity: O(n log(n)).
  public static func power(
    _ x: Tensor, _ y: Tensor, order: Double = 2, xWeights: Tensor? = nil, yWeights: Tensor? = nil
  ) -> Tensor {
    checkOrder(order)
    precondition(
      x.rank == 1 && y.rank == 1 && x.elementCount > 0 && y.elementCount > 0,
      "Wasserstein: expected two samples of numbers, got shapes \(x.shape) and \(y.shape)")
    let (first, firstOrder) = x.sorted()
    let (second, secondOrder) = y.sorted()
    let pairs = QuantilePairs(
      weights(xWeights, x.elementCount, firstOrder), weights(yWeights, y.elementCount, secondOrder))
    return pairs.meanPower(first, second, order)
  }

  /// W_p of two samples: the root of order p of ``power(_:_:order:xWeights:yWeights:)``.
  public static func distance(
    _ x: Tensor, _ y: Tensor, order: Double = 2, xWeights: Tensor? = nil, yWeights: Tensor? = nil
  ) -> Double {
    let power = power(
      x.detached().to(.float64), y.detached().to(.float64), order: order, xWeights: xWeights, yWeights: yWeights)
    return Foundation.pow(power.item(), 1 / order)
  }

  static func checkOrder(_ order: Double) {
    precondition(order >= 1 && order.isFinite, "Wasserstein: expected a finite order of 1 or above, got \(order)")
  }

  /// Weights in the order of the sorted numbers; nil for equal ones.
  private static func weights(_ weights: Tensor?, _ count: Int, _ order: Tensor) -> QuantilePairs.Weights {
    guard let weights else { return .equal(count) }
    precondition(weights.shape == [count], "Wasserstein: expected \(count) weights, got shape \(weights.shape)")
    let values = weights.to(.float64).selecting(order).doubles()
    precondition(
      values.allSatisfy { $0 >= 0 && $0.isFinite } && values.contains { $0 > 0 },
      "Wasserstein: expected finite weights of 0 or above with a positive sum")
    return .given(values)
  }
}

/// Which numbers of two sorted samples are paired, and how much each pair counts.
struct QuantilePairs {
  /// How much the numbers of a sorted sample count.
  enum Weights {
    case equal(Int)
    case given([Double])

    var count: Int {
      switch self {
      case .equal(let count): count
      case .given(let values): values.count
      }
    }
  }

  private let first: Tensor
  private let second: Tensor
  private let shares: Tensor

  init(_ x: Weights, _ y: Weights) {
    if case .equal(let n) = x, case .equal(let m) = y {
      // Multiples of 1 / (n m), so that nothing is rounded.
      self.init(
        (1...n).map { Double($0) * Double(m) }, (1...m).map { Double($0) * Double(n) }, total: Double(n) * Double(m))
    } else {
      self.init(Self.sums(x), Self.sums(y), total: 1)
    }
  }

  /// Running sums that end in 1.
  private static func sums(_ weights: Weights) -> [Double] {
    switch weights {
    case .equal(let count): return (1...count).map { Double($0) / Double(count) }
    case .given(let values):
      let total = values.reduce(0, +)
      var sum = 0.0
      var sums = values.map { value in
        sum += value
        return sum / total
      }
      sums[sums.count - 1] = 1
      return sums
    }
  }

  private init(_ x: [Double], _ y: [Double], total: Double) {
    var (i, j, level) = (0, 0, 0.0)
    var (first, second, shares): ([Int], [Int], [Double]) = ([], [], [])
    while i < x.count && j < y.count {
      let next = min(x[i], y[j])
      if next > level {
        first.append(i)
        second.append(j)
        shares.append((next - level) / total)
        level = next
      }
      let (endsX, endsY) = (x[i] <= next, y[j] <= next)
      if endsX { i += 1 }
      if endsY { j += 1 }
    }
    self.first = Tensor(first)
    self.second = Tensor(second)
    self.shares = Tensor(shares)
  }

  /// The mean of |x - y|^p over the pairs of sorted samples, `[*batch, count]`.
  func meanPower(_ x: Tensor, _ y: Tensor, _ order: Double) -> Tensor {
    let device = x.device
    let gaps = x.selecting(first.to(device), x.rank - 1) - y.selecting(second.to(device), y.rank - 1)
    let powers =
      order == 2 ? gaps.squared() : order == 1 ? gaps.absolute() : gaps.absolute().pow(order)
    return (powers * shares.to(powers.dtype, device)).sum(-1)
  }
}
