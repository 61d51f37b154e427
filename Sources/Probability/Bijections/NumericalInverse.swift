import Torch

/// The inverse of increasing maps of numbers that have none in closed form.
///
/// - Parameters:
///   - z: values, of the shape of the result.
///   - guess: where the search starts.
///   - map: the map and the logarithm of its slope at numbers; for numbers of 64 bits, in 64 bits.
/// - Returns: the numbers, through which gradients flow to `z` and, by the implicit function theorem, to what the map is
///   made of.
func numericalInverse(
  of z: Tensor, from guess: Tensor, _ map: (Tensor) -> (z: Tensor, logDet: Tensor)
) -> Tensor {
  let unbounded = Tensor(Double.infinity)
  // Rounding of the map itself is larger than a unit in the last place; Newton's last step is far below the tolerance.
  let tolerance = z.dtype == .float64 ? 1e-14 : 1e-9
  let solver = MonotoneSolver(lower: -unbounded, upper: unbounded, tolerance: tolerance)
  let solution = solver.solve(z.to(.float64), from: guess.to(.float64)) {
    let (value, logSlope) = map($0)
    return (value, logSlope.exp())
  }.to(z.dtype)
  guard isRecordingGradients() else { return solution }
  let (value, logSlope) = map(solution)
  let error = (value.to(z.dtype) - z) * (-logSlope.detached()).exp().to(z.dtype)
  return solution - (error - error.detached())
}
