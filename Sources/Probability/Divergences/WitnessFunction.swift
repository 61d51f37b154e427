public import Torch

/// The witness function of two samples: the mean kernel of a point to the first minus that to the second.
///
/// It is positive where the first sample has too much mass and negative where it has too little, and of all functions of
/// its size the one whose means over the samples differ most.
///
///     let witness = try MaximumMeanDiscrepancy().witness(generated, data)
///     let values = witness(points)                 // [count]
///     let map = witness.map()                      // a grid, for samples of two features
///
/// - Reference: Gretton et al., *A kernel two-sample test*, 2012, section 2.3.
public struct WitnessFunction {
  /// The kernel, its bandwidth fixed.
  public let kernel: DiscrepancyKernel
  private let samples: ComparedSamples

  init(_ samples: ComparedSamples, kernel: DiscrepancyKernel) { (self.samples, self.kernel) = (samples, kernel) }

  /// The values at points.
  ///
  /// - Parameter points: `[count, features]` or `[count]`, of the samples' features.
  /// - Returns: `[count]`, 64-bit; NaN everywhere when a point is not finite.
  /// - Precondition: the points have the samples' features.
  /// - Complexity: O(points * rows * features) time, O(points + rows) memory.
  public func callAsFunction(_ points: Tensor) -> Tensor {
    let places = points.detached().asRows.to(Device.cpu).to(samples.x.dtype)
    precondition(
      places.rank == 2 && places.size(1) == samples.x.size(1),
      "WitnessFunction: expected points of \(samples.x.size(1)) features, got \(points.shape)")
    let sums = kernel.sums
    return sums.rowSums(places, samples.x).x / Double(samples.count)
      - sums.rowSums(places, samples.y).x / Double(samples.otherCount)
  }

  /// Values on a grid.
  public struct Map: Hashable, Sendable, Codable {
    /// The places along the first feature.
    public var horizontal: [Double]
    /// The places along the second feature.
    public var vertical: [Double]
    /// The values, one row for each place along the second feature.
    public var values: [[Double]]
  }

  /// The values on a grid over two features, for a picture.
  ///
  /// - Parameters:
  ///   - horizontal: the range of the first feature; nil for that of both samples and a twentieth on either side.
  ///   - vertical: the range of the second feature, likewise.
  ///   - resolution: how many places along each.
  /// - Returns: the places and the values.
  /// - Precondition: the samples have two features, and there are at least two places.
  public func map(
    horizontal: ClosedRange<Double>? = nil, vertical: ClosedRange<Double>? = nil, resolution: Int = 64
  ) -> Map {
    precondition(
      samples.x.size(1) == 2 && resolution >= 2,
      "WitnessFunction: expected samples of 2 features and a resolution of at least 2, got \(samples.x.size(1)) and "
        + "\(resolution)")
    let ranges = [horizontal ?? self.range(of: 0), vertical ?? self.range(of: 1)]
    let places = ranges.map { range in
      (0..<resolution).map {
        range.lowerBound + (range.upperBound - range.lowerBound) * Double($0) / Double(resolution - 1)
      }
    }
    let points = places[1].flatMap { y in places[0].flatMap { [$0, y] } }
    let values = self(Tensor(points, shape: [resolution * resolution, 2])).doubles()
    return Map(
      horizontal: places[0], vertical: places[1],
      values: (0..<resolution).map { Array(values[$0 * resolution..<($0 + 1) * resolution]) })
  }

  private func range(of feature: Int) -> ClosedRange<Double> {
    let numbers = samples.pooled[.all, .at(feature)]
    let (least, greatest) = (numbers.min().item(), numbers.max().item())
    let margin = (greatest - least) / 20
    return (least - margin)...(greatest + margin)
  }
}

extension MaximumMeanDiscrepancy {
  /// The witness function of two samples.
  ///
  /// - Parameters:
  ///   - x: the first sample, `[rows, features]` or `[rows]`.
  ///   - y: the second, of the same type and features.
  /// - Returns: a function of points, positive where x has more mass than y.
  /// - Precondition: the shapes and types agree.
  /// - Throws: `SampleComparisonError` when a sample is empty or has numbers that are not finite.
  public func witness(_ x: Tensor, _ y: Tensor) throws(SampleComparisonError) -> WitnessFunction {
    let samples = try ComparedSamples(x, y, minimum: 1)
    return WitnessFunction(samples, kernel: kernel.fixed(by: samples.pooled))
  }
}
