extension Tensor {
  /// The last dimensions brought to mean 0 and variance 1, then scaled and shifted.
  public func layerNormalized(_ weight: Tensor, _ bias: Tensor, epsilon: Double = 1e-5) -> Tensor {
    Operation.layer_norm(self, weight.shape.sizes, weight, bias, epsilon)
  }
}

// A window's stride and padding are one number for each of its dimensions.

extension Tensor {
  /// The correlation of signals `[batch, channels, length]` with kernels `[output, channels, size]`.
  public func convolved1D(_ weight: Tensor, _ bias: Tensor? = nil, stride: Int = 1, padding: Int = 0) -> Tensor {
    Operation.conv1d(self, weight, bias, [stride], [padding])
  }

  /// The correlation of images `[batch, channels, height, width]` with kernels `[output, channels, height, width]`.
  public func convolved2D(
    _ weight: Tensor, _ bias: Tensor? = nil, stride: [Int] = [1, 1], padding: [Int] = [0, 0]
  ) -> Tensor {
    Operation.conv2d(self, weight, bias, stride, padding)
  }

  /// The means of `count` stretches of the last dimension, which cover it whatever its size.
  public func adaptiveMeanPooled1D(_ count: Int) -> Tensor { Operation.adaptive_avg_pool1d(self, [count]) }

  /// The means of a grid of rectangles of the last two dimensions, which cover them whatever their size.
  public func adaptiveMeanPooled2D(_ counts: [Int]) -> Tensor { Operation.adaptive_avg_pool2d(self, counts) }

  /// The rows of this table `[count, features]` at positions (64-bit integers): `[*positions, features]`.
  public func embedding(_ indices: Tensor) -> Tensor { Operation.embedding(self, indices) }

  /// One layer, in one direction, of a gated recurrent unit over series `[batch, length, features]`.
  ///
  /// - Parameters:
  ///   - initial: the state before the first step, `[batch, hidden]`.
  ///   - weights: input weight, state weight, input bias, state bias, as `torch.nn.GRU` keeps them.
  /// - Returns: the state after each step, `[batch, length, hidden]`.
  public func gatedRecurrentUnit(from initial: Tensor, weights: [Tensor]) -> Tensor {
    Operation.gru_input(self, initial.unsqueezed(0), weights, true, 1, 0, false, false, true).0
  }
}
