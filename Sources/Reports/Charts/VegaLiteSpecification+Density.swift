import DensityEstimation
import Probability
import Torch

extension VegaLiteSpecification {
  /// Smooth densities of samples: Gaussian kernels, bandwidths by Silverman's rule, at 256 places.
  ///
  /// A sample without two different numbers is left out.
  ///
  /// - Parameters:
  ///   - samples: the samples; the names of more than one are in the legend.
  ///   - title: the words at the axis.
  ///   - height: the height in pixels.
  /// - Returns: the chart.
  public static func smoothed(
    _ samples: [NamedSample], title: String, height: Double = 320
  ) -> VegaLiteSpecification {
    let lines = samples.compactMap { sample -> NamedLine? in
      let values = sample.values.filter(\.isDrawable)
      guard let low = values.min(), let high = values.max(), low < high,
        let density = try? KernelDensityEstimator(bandwidth: .silverman).fit(Tensor(values, shape: [values.count, 1])),
        let bandwidth = density.bandwidths.first
      else { return nil }
      let (start, end) = (low - 3 * bandwidth, high + 3 * bandwidth)
      let places = (0..<256).map { start + (end - start) * Double($0) / 255 }
      return NamedLine(
        sample.name, x: places, y: density.logProb(Tensor(places, shape: [256, 1])).exp().doubles())
    }
    return .lines(lines, x: title, y: "density", height: height)
  }

  /// The shares of points in 40 x 40 cells, by colour.
  ///
  /// - Parameters:
  ///   - points: the points; those that are not finite are left out.
  ///   - x: the words at the lower axis.
  ///   - y: the words at the left axis.
  /// - Returns: the chart.
  public static func counts(_ points: NamedPoints, x: String, y: String) -> VegaLiteSpecification {
    let count = 40
    let pairs = zip(points.x, points.y).filter { $0.0.isDrawable && $0.1.isDrawable }
    func range(_ values: [Double]) -> (low: Double, width: Double) {
      let (low, high) = (values.min() ?? 0, values.max() ?? 1)
      return high > low ? (low, (high - low) / Double(count)) : (low - 0.5, 1 / Double(count))
    }
    let (horizontal, vertical) = (range(pairs.map(\.0)), range(pairs.map(\.1)))
    func cell(_ value: Double, _ range: (low: Double, width: Double)) -> Int {
      min(max(Int((value - range.low) / range.width), 0), count - 1)
    }
    var counts: [Int: Int] = [:]
    for pair in pairs { counts[cell(pair.1, vertical) * count + cell(pair.0, horizontal), default: 0] += 1 }
    let boxes = counts.sorted { $0.key < $1.key }.map { place, number in
      let (left, bottom) = (
        horizontal.low + Double(place % count) * horizontal.width, vertical.low + Double(place / count) * vertical.width
      )
      return PlaneBox(
        x: left...(left + horizontal.width), y: bottom...(bottom + vertical.width), value: Double(number))
    }
    return .boxes(boxes, points: nil, x: x, y: y, value: "rows")
  }
}
