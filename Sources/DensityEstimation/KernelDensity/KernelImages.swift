import Torch

/// The rows of a kernel density with their mirror images at bounds, in bandwidths around the mean of the rows.
struct KernelImages {
  /// `[count, features]`.
  let points: Tensor
  /// The logarithms of the weights, `[count]`.
  let logWeights: Tensor
  /// The factors of the bandwidth, `[count]`; nil where all are 1.
  let scales: Tensor?
  /// The row of which each point is, or is an image of.
  let origins: Tensor
  private let center, inverse: Tensor

  init(_ parts: KernelDensity.Parts, limits: KernelLimits, reach: Double) throws(DensityEstimationError) {
    var rows = parts.rows
    var origins = Tensor.range(rows.size(0))
    if limits.isBounded {
      let widths = parts.triangle.squared().sum(-1).squareRoot() * reach
      let reaches = (parts.scales ?? Tensor.ones([rows.size(0)], dtype: .float64)).unsqueezed(-1) * widths
      (rows, origins) = try limits.imaging(rows, reach: reaches)
    }
    center = (parts.rows * parts.weights.unsqueezed(-1)).sum(0)
    inverse = parts.triangle.solvingTriangular(Tensor.identity(rows.size(1), dtype: .float64))
    self.origins = origins
    points = (rows - center).matmul(inverse.transposed())
    logWeights = parts.weights.log().selecting(origins)
    scales = parts.scales?.selecting(origins)
  }

  /// The logarithms of the scales, or 0.
  var logScales: Tensor { scales?.log() ?? Tensor.zeros([1], dtype: .float64) }

  /// Rows `[count, features]` in bandwidths around the mean.
  func coordinates(_ x: Tensor) -> Tensor { (x - center).matmul(inverse.transposed()) }

  /// The logarithm of the term of each point at each place, `[places, features]` to `[places, points]`, with its weight but
  /// without constants.
  func logTerms(at places: Tensor, _ kernel: SmoothingKernel, _ form: KernelForm) -> Tensor {
    var differences = places.unsqueezed(1) - points
    if let scales { differences = differences / scales.unsqueezed(-1) }
    return kernel.logValue(differences, form) + logWeights - Double(points.size(1)) * logScales
  }
}
