import Foundation
import Torch

/// The nodes and weights of Gauss and Legendre's quadrature on [-1, 1].
struct GaussLegendre {
  let nodes: [Double]
  let weights: [Double]

  /// The rule with a number of nodes, by Newton's method from Tricomi's approximation of the roots.
  init(count: Int) {
    var (nodes, weights) = ([Double](), [Double]())
    for i in 0..<count {
      var x = -cos(Double.pi * (Double(i) + 0.75) / (Double(count) + 0.5))
      var slope = 0.0
      for _ in 0..<10 {
        // Legendre's polynomials by their three-term recurrence.
        var (before, value) = (1.0, x)
        for n in 2...count {
          (before, value) = (value, (Double(2 * n - 1) * x * value - Double(n - 1) * before) / Double(n))
        }
        slope = Double(count) * (x * value - before) / (x * x - 1)
        x -= value / slope
      }
      nodes.append(x)
      weights.append(2 / ((1 - x * x) * slope * slope))
    }
    (self.nodes, self.weights) = (nodes, weights)
  }

  static let eight = GaussLegendre(count: 8)
  static let thirty = GaussLegendre(count: 30)

  /// The integral of f from `start` to `end`, cut into equal panels: through which gradients flow.
  ///
  /// The function gives values at points, of which both have a last dimension for the points.
  func integral(from start: Tensor, to end: Tensor, panels: Int, _ f: (Tensor) -> Tensor) -> Tensor {
    let share = 1 / Double(panels)
    let places = (0..<panels).flatMap { panel in nodes.map { (Double(panel) + ($0 + 1) / 2) * share } }
    let factors = (0..<panels).flatMap { _ in weights.map { $0 / 2 * share } }
    let width = (end - start).unsqueezed(-1)
    let points = start.unsqueezed(-1) + width * Tensor(places).to(start.device).to(start.dtype)
    return (f(points) * width * Tensor(factors).to(start.device).to(start.dtype)).sum(-1)
  }
}
