import Foundation
public import Torch

extension KernelDensity {
  /// `rows` (`[count]` for numbers, or `[count, features]`), `weights`, `bandwidth` (the lower triangle) and, where bumps
  /// adapt, `scales`.
  public var tensors: [String: Tensor] {
    var tensors = [
      "rows": eventShape.rank == 0 ? rows.squeezed(-1) : rows, "weights": weights, "bandwidth": bandwidthTriangle,
    ]
    tensors["scales"] = scales
    return tensors
  }

  /// The density that a file holds.
  ///
  /// - Parameters:
  ///   - tensors: what ``tensors`` gives; every number is checked, since the file may be damaged or hostile.
  ///   - estimator: the choices that it was made with.
  /// - Throws: `DensityEstimationError.degenerate` when the tensors do not make a density of these choices.
  public init(tensors: [String: Tensor], estimator: KernelDensityEstimator) throws(DensityEstimationError) {
    let names = ["bandwidth", "rows", "weights"] + (estimator.sensitivity > 0 ? ["scales"] : [])
    guard Set(tensors.keys) == Set(names) else {
      throw .degenerate(reason: "expected the tensors \(names.sorted()), got \(tensors.keys.sorted())")
    }
    func numbers(_ name: String, _ fits: (Shape) -> Bool) throws(DensityEstimationError) -> Tensor {
      guard let tensor = tensors[name], tensor.dtype.isFloatingPoint, tensor.elementCount > 0, fits(tensor.shape),
        tensor.isFinite().all()
      else { throw .degenerate(reason: "the tensor '\(name)' is not that of a kernel density") }
      return tensor.detached().to(.float64).to(.cpu)
    }
    let stored = try numbers("rows") { $0.rank == 1 || $0.rank == 2 && $0[1] <= 4096 }
    let rows = stored.rank == 1 ? stored.unsqueezed(-1) : stored
    let (count, features) = (rows.size(0), rows.size(1))
    let weights = try numbers("weights") { $0 == [count] }
    let triangle = try numbers("bandwidth") { $0 == [features, features] }
    let scales = names.contains("scales") ? try numbers("scales") { $0 == [count] } : nil
    try estimator.checkSettings(features: features)
    let limits = try KernelLimits(estimator.bounds, features: features)
    let isDiagonal = triangle.isEqual(to: triangle.diagonal().diagonalMatrix())
    let isInside = limits.contains(rows).all()
    guard (weights .> 0).all(), abs(weights.sum().item() - 1) < 1e-9, (triangle.diagonal() .> 0).all(),
      triangle.isEqual(to: triangle.lowerTriangle()), isDiagonal || !limits.isBounded, isInside,
      scales.map({ ($0 .> 0).all() }) ?? true
    else {
      throw .degenerate(reason: "the tensors do not make a kernel density: weights, bandwidths, scales or bounds")
    }
    let parts = Parts(rows: rows, weights: weights, triangle: triangle, scales: scales, eventRank: stored.rank - 1)
    try self.init(parts, estimator, limits)
  }
}
