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
  let solution = MonotoneSolver(lower: -unbounded, upper: unbounded).solve(z.to(.float64), from: guess.to(.float64)) {
    let (value, logSlope) = map($0)
    return (value, logSlope.exp())
  }.to(z.dtype)
  guard isRecordingGradients() else { return solution }
  let (value, logSlope) = map(solution)
  let error = (value.to(z.dtype) - z) * (-logSlope.detached()).exp().to(z.dtype)
  return solution - (error - error.detached())
}
