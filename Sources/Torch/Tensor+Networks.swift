extension Tensor {
  /// The last dimensions brought to mean 0 and variance 1, then scaled and shifted.
  public func layerNormalized(_ weight: Tensor, _ bias: Tensor, epsilon: Double = 1e-5) -> Tensor {
    Operation.layer_norm(self, weight.shape.sizes, weight, bias, epsilon)
  }
}
