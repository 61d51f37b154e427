public import Torch

/// How the elements of a new weight are drawn.
///
/// A weight has shape `[output, input]`, as ``Linear`` keeps it; `input` is its fan-in, `output` its fan-out. Further
/// dimensions, those of a convolution's window, multiply both.
///
///     let weight = Initializer.orthogonal(gain: 1).tensor([64, 32], using: &rng)
///
/// - Reference: He, Zhang, Ren, Sun, *Delving Deep into Rectifiers*, 2015. https://arxiv.org/abs/1502.01852 (Kaiming)
/// - Reference: Glorot, Bengio, *Understanding the difficulty of training deep feedforward neural networks*, 2010.
///   https://proceedings.mlr.press/v9/glorot10a.html (Xavier)
/// - Reference: Saxe, McClelland, Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep linear neural
///   networks*, 2013. https://arxiv.org/abs/1312.6120 (orthogonal)
public enum Initializer: Hashable, Sendable, Codable {
  /// 0 everywhere.
  case zeros
  /// One value everywhere.
  case constant(Double)
  /// Uniform between two values.
  case uniform(from: Double, to: Double)
  /// Normal with a mean and a standard deviation.
  case normal(mean: Double, standardDeviation: Double)
  /// Uniform on ±gain √(3 / fan-in), gain = √(2 / (1 + slope²)): keeps the variance through leaky rectifiers.
  case kaimingUniform(slope: Double)
  /// Normal with standard deviation gain / √fan-in, gain = √(2 / (1 + slope²)).
  case kaimingNormal(slope: Double)
  /// Uniform on ±gain √(6 / (fan-in + fan-out)).
  case xavierUniform(gain: Double)
  /// Normal with standard deviation gain √(2 / (fan-in + fan-out)).
  case xavierNormal(gain: Double)
  /// A matrix with orthonormal rows or columns, whichever are fewer, times the gain; uniform among these.
  case orthogonal(gain: Double)

  /// The weights of a linear layer as PyTorch starts them: uniform on ±1 / √fan-in.
  public static var linearDefault: Initializer { .kaimingUniform(slope: 5.0.squareRoot()) }

  /// A new tensor of a shape; moves the generator by one draw, or by none when nothing is random.
  ///
  /// - Precondition: the rank is at least 2 for the forms that use a fan or are orthogonal.
  public func tensor(_ shape: Shape, dtype: DType = .float32, using rng: inout RandomGenerator) -> Tensor {
    switch self {
    case .zeros: return .zeros(shape, dtype: dtype)
    case .constant(let value): return .full(shape, value, dtype: dtype)
    case .uniform(let low, let high):
      return Tensor.uniform(shape, dtype: dtype, using: &rng) * (high - low) + low
    case .normal(let mean, let standardDeviation):
      return Tensor.normal(shape, dtype: dtype, using: &rng) * standardDeviation + mean
    case .kaimingUniform(let slope):
      return uniform(shape, bound: (6 / (1 + slope * slope) / fans(shape).input).squareRoot(), dtype, &rng)
    case .kaimingNormal(let slope):
      let deviation = (2 / (1 + slope * slope) / fans(shape).input).squareRoot()
      return Tensor.normal(shape, dtype: dtype, using: &rng) * deviation
    case .xavierUniform(let gain):
      let fans = fans(shape)
      return uniform(shape, bound: gain * (6 / (fans.input + fans.output)).squareRoot(), dtype, &rng)
    case .xavierNormal(let gain):
      let fans = fans(shape)
      return Tensor.normal(shape, dtype: dtype, using: &rng) * (gain * (2 / (fans.input + fans.output)).squareRoot())
    case .orthogonal(let gain): return orthogonal(shape, dtype, &rng) * gain
    }
  }

  private func fans(_ shape: Shape) -> (input: Double, output: Double) {
    precondition(shape.rank >= 2, "Initializer: expected a rank of at least 2, got shape \(shape)")
    let window = shape.sizes.dropFirst(2).reduce(1, *)
    return (Double(Swift.max(shape[1] * window, 1)), Double(Swift.max(shape[0] * window, 1)))
  }

  private func uniform(_ shape: Shape, bound: Double, _ dtype: DType, _ rng: inout RandomGenerator) -> Tensor {
    Tensor.uniform(shape, dtype: dtype, using: &rng) * (2 * bound) - bound
  }

  private func orthogonal(_ shape: Shape, _ dtype: DType, _ rng: inout RandomGenerator) -> Tensor {
    precondition(shape.rank >= 2, "Initializer.orthogonal: expected a rank of at least 2, got shape \(shape)")
    let rows = shape[0]
    let columns = shape.sizes.dropFirst().reduce(1, *)
    let tall: Shape = [Swift.max(rows, columns), Swift.min(rows, columns)]
    let draw = Tensor.normal(tall, dtype: .float64, using: &rng)
    do {
      let (q, r) = try draw.qr()
      // The signs make the distribution uniform; without them it depends on the factorization's convention.
      let matrix = q * select(r.diagonal() .< 0, -1.0, Tensor.ones([tall[1]], dtype: .float64))
      return (rows < columns ? matrix.transposed() : matrix).reshaped(shape).to(dtype).contiguous()
    } catch {
      preconditionFailure("Initializer.orthogonal: \(error)")
    }
  }
}
