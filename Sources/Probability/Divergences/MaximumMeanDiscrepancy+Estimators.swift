import Torch

extension MaximumMeanDiscrepancy {
  /// The squared discrepancy as a 64-bit scalar with gradients.
  func squared(_ x: Tensor, _ y: Tensor, _ sums: PairwiseKernelSums) -> Tensor {
    switch estimator {
    case .unbiased, .biased:
      let weights = PairWeights(estimator, x.size(0), y.size(0), atZero: sums.atZero)
      return sums.contrast(
        x, y, .init(inside: weights.inside, outside: weights.outside, across: -weights.across)) + weights.constant
    case .block: return Tensor.stacking(blocks(x, y, sums)).mean()
    case .linear: return pairs(x, y, sums).mean()
    }
  }

  /// The squared discrepancy with its standard error.
  func squared(_ samples: ComparedSamples, _ sums: PairwiseKernelSums) -> Estimate {
    switch estimator {
    case .unbiased, .biased:
      let pairs = SamplePairs(samples, sums)
      let weights = PairWeights(estimator, samples.count, samples.otherCount, atZero: sums.atZero)
      return Estimate(
        weights.squared(inside: pairs.first.sum, outside: pairs.second.sum, across: pairs.across.sum),
        standardError: pairs.variance.squareRoot())
    case .block: return Estimate(meanOf: blocks(samples.x, samples.y, sums).map { $0.item() })
    case .linear: return Estimate(meanOf: pairs(samples.x, samples.y, sums).doubles())
    }
  }

  private func blocks(_ x: Tensor, _ y: Tensor, _ sums: PairwiseKernelSums) -> [Tensor] {
    guard case .block(let size) = estimator else { return [] }
    let whole = MaximumMeanDiscrepancy(kernel: kernel)
    return (0..<min(x.size(0), y.size(0)) / size).map { block in
      whole.squared(
        x.narrowed(0, from: block * size, length: size), y.narrowed(0, from: block * size, length: size), sums)
    }
  }

  /// k(x, x') + k(y, y') - k(x, y') - k(x', y) for pairs of rows, `[rows / 2]`, 64-bit.
  private func pairs(_ x: Tensor, _ y: Tensor, _ sums: PairwiseKernelSums) -> Tensor {
    let count = min(x.size(0), y.size(0)) / 2
    func halves(_ sample: Tensor) -> (Tensor, Tensor) {
      let rows = sample.narrowed(0, from: 0, length: 2 * count).reshaped([count, 2, sample.size(1)])
      return (rows[.all, 0], rows[.all, 1])
    }
    func kernel(_ a: Tensor, _ b: Tensor) -> Tensor {
      sums.value(atSquaredDistance: (a - b).squared().sum(-1)).to(.float64)
    }
    let ((x1, x2), (y1, y2)) = (halves(x), halves(y))
    return kernel(x1, x2) + kernel(y1, y2) - kernel(x1, y2) - kernel(x2, y1)
  }
}

/// What the sums over pairs i < j inside the first sample, inside the second, and across are multiplied by.
struct PairWeights {
  let inside, outside, across, constant: Double

  /// - Parameters:
  ///   - estimator: unbiased or biased.
  ///   - count: the rows of the first sample.
  ///   - otherCount: the rows of the second.
  ///   - atZero: the kernel of a row with itself, which only the biased estimator counts.
  init(_ estimator: MaximumMeanDiscrepancy.Estimator, _ count: Int, _ otherCount: Int, atZero: Double) {
    let (n, m) = (Double(count), Double(otherCount))
    across = 2 / (n * m)
    if estimator == .biased {
      (inside, outside, constant) = (2 / (n * n), 2 / (m * m), atZero / n + atZero / m)
    } else {
      (inside, outside, constant) = (2 / (n * (n - 1)), 2 / (m * (m - 1)), 0)
    }
  }

  /// The squared discrepancy.
  func squared(inside: Double, outside: Double, across: Double) -> Double {
    inside * self.inside + outside * self.outside - across * self.across + constant
  }
}
