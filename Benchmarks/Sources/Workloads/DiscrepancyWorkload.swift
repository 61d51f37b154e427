import Foundation
import Pushforward

/// The unbiased squared MMD of two samples, Gaussian kernel, and its gradient with respect to the first if wanted.
func discrepancyWorkload(_ arguments: [String]) throws -> Served {
  let x = try NumPyFile.read(URL(fileURLWithPath: arguments[0]))
  let y = try NumPyFile.read(URL(fileURLWithPath: arguments[1]))
  let mmd = MaximumMeanDiscrepancy(kernel: .squaredExponential(bandwidth: .fixed(try number(arguments[2]))))
  var (value, slope): (Double, Tensor?) = (0, nil)
  func withGradient() {
    slope = nil
    let leaf = x.requiringGradient()
    let loss = mmd.loss(leaf, y)
    slope = gradients(of: loss, withRespectTo: [leaf])[0]
    value = loss.item()
  }
  let measure: () -> Double =
    arguments[3] == "gradient"
    ? { secondsPerCall(withGradient) } : { secondsPerCall { value = mmd.loss(x, y).item() } }
  return Served(
    measures: ["mmd": measure],
    result: {
      if let slope { try NumPyFile.write(slope, to: URL(fileURLWithPath: arguments[4])) }
      return ["value": value]
    })
}
