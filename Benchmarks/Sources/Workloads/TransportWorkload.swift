import Foundation
import Pushforward

/// The Sinkhorn divergence of two samples.
func transportWorkload(_ arguments: [String]) throws -> Served {
  let x = try NumPyFile.read(URL(fileURLWithPath: arguments[0]))
  let y = try NumPyFile.read(URL(fileURLWithPath: arguments[1]))
  let sinkhorn = SinkhornDivergence(
    epsilon: try number(arguments[2]), tolerance: try number(arguments[3]),
    maximumIterations: try integer(arguments[4]))
  var figures: [String: Any] = [:]
  return Served(
    measures: [
      "divergence": {
        try seconds {
          let result = try sinkhorn(x, y)
          figures = [
            "value": result.value, "iterations": result.iterations, "marginal_error": result.marginalError,
            "converged": result.isConverged,
          ]
        }
      }
    ],
    result: { figures })
}
