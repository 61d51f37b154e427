public import Torch

/// The Euclidean norm of all gradients together.
///
/// - Complexity: reads every gradient once; waits for the device once.
public func globalNorm(_ gradients: [Tensor]) -> Double {
  guard !gradients.isEmpty else { return 0 }
  return withoutGradient { Tensor.norm(of: gradients) }
}

/// Gradients scaled down together when their common Euclidean norm is above a limit; their direction stays.
///
/// - Parameters:
///   - gradients: one tensor for each parameter; none is changed.
///   - limit: the largest norm to let through.
/// - Returns: the gradients, scaled where necessary, and the norm that they had. When the norm is infinite or NaN the
///   gradients come back as they were: look at the norm before a step.
/// - Precondition: `limit > 0`.
/// - Reference: Pascanu, Mikolov, Bengio, *On the difficulty of training recurrent neural networks*, 2013.
///   https://arxiv.org/abs/1211.5063
public func clipByGlobalNorm(_ gradients: [Tensor], to limit: Double) -> (gradients: [Tensor], norm: Double) {
  precondition(limit > 0, "clipByGlobalNorm: expected a positive limit, got \(limit)")
  let norm = globalNorm(gradients)
  guard norm.isFinite, norm > limit else { return (gradients, norm) }
  // Not in place: gradients can share memory with one another.
  return (withoutGradient { Tensor.products(gradients, with: limit / norm) }, norm)
}
