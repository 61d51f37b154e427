// Draws of libtorch's exact samplers, outside the gradient graph. Distributions give them their public form.

extension Tensor {
  /// A gamma draw of each shape, with rate 1; 64-bit shapes keep small ones from becoming 0.
  package static func standardGamma(_ concentration: Tensor, using rng: inout RandomGenerator) -> Tensor {
    Operation._standard_gamma(concentration.detached(), rng.next())
  }

  /// A Poisson draw of each rate, as numbers of the rate's type.
  package static func poisson(_ rate: Tensor, using rng: inout RandomGenerator) -> Tensor {
    Operation.poisson(rate.detached(), rng.next())
  }

  /// A binomial draw of each number of trials and probability, of one shape and type.
  package static func binomial(
    _ trials: Tensor, _ probability: Tensor, using rng: inout RandomGenerator
  ) -> Tensor {
    Operation.binomial(trials.detached(), probability.detached(), rng.next())
  }

  /// Independent 64-bit draws from the uniform distribution on (0, 1): for quantile functions that are infinite at 0.
  package static func openUniform(_ shape: Shape, device: Device = .cpu, using rng: inout RandomGenerator) -> Tensor {
    // Draws are multiples of 2^-53; 0 becomes half of the smallest.
    uniform(shape, dtype: .float64, device: device, using: &rng).clamped(from: 0x1p-54)
  }
}
