extension Tensor {
  /// Zeros.
  public static func zeros(_ shape: Shape, dtype: DType = .float32, device: Device = .cpu) -> Tensor {
    Operation.zeros(shape.sizes, dtype: dtype, device: device)
  }

  /// Ones.
  public static func ones(_ shape: Shape, dtype: DType = .float32, device: Device = .cpu) -> Tensor {
    Operation.ones(shape.sizes, dtype: dtype, device: device)
  }

  /// One value everywhere.
  public static func full(
    _ shape: Shape, _ value: some ScalarConvertible, dtype: DType = .float32, device: Device = .cpu
  ) -> Tensor {
    Operation.full(shape.sizes, value.scalar, dtype: dtype, device: device)
  }

  /// Zeros of another tensor's shape, type and device.
  public static func zeros(like other: Tensor) -> Tensor { Operation.zeros_like(other) }

  /// Ones of another tensor's shape, type and device.
  public static func ones(like other: Tensor) -> Tensor { Operation.ones_like(other) }

  /// The identity matrix.
  public static func identity(_ size: Int, dtype: DType = .float32, device: Device = .cpu) -> Tensor {
    Operation.eye_m(size, size, dtype: dtype, device: device)
  }

  /// The integers 0, 1, ... as a vector.
  public static func range(_ count: Int, dtype: DType = .int64, device: Device = .cpu) -> Tensor {
    Operation.arange_start_step(0, Scalar(count), 1, dtype: dtype, device: device)
  }

  /// `count` equally spaced values, both ends included.
  public static func linear(
    from start: Double, to end: Double, count: Int, dtype: DType = .float32, device: Device = .cpu
  ) -> Tensor {
    Operation.linspace(start.scalar, end.scalar, count, dtype: dtype, device: device)
  }

  // MARK: Random values

  /// Independent draws from the standard normal; on the processor the same bits for any number of threads.
  public static func normal(
    _ shape: Shape, dtype: DType = .float32, device: Device = .cpu, using rng: inout RandomGenerator
  ) -> Tensor {
    if device == .cpu, dtype == .float32 || dtype == .float64 {
      return NormalKernels.normal(shape, dtype: dtype, seed: rng.next())
    }
    return Operation.randn_generator(shape.sizes, seed: rng.next(), dtype: dtype, device: device)
  }

  /// Independent draws from the uniform distribution on [0, 1).
  public static func uniform(
    _ shape: Shape, dtype: DType = .float32, device: Device = .cpu, using rng: inout RandomGenerator
  ) -> Tensor {
    Operation.rand_generator(shape.sizes, seed: rng.next(), dtype: dtype, device: device)
  }

  /// Independent draws from the integers of a range.
  public static func integers(
    in range: Range<Int>, _ shape: Shape, device: Device = .cpu, using rng: inout RandomGenerator
  ) -> Tensor {
    Operation.randint_low_generator(
      range.lowerBound, range.upperBound, shape.sizes, seed: rng.next(), dtype: .int64, device: device)
  }

  /// The integers 0, 1, ... in random order.
  public static func permutation(_ count: Int, device: Device = .cpu, using rng: inout RandomGenerator) -> Tensor {
    Operation.randperm_generator(count, seed: rng.next(), dtype: .int64, device: device)
  }

  /// Draws of positions in the last dimension with probability proportional to this tensor's elements.
  public func multinomial(_ count: Int, replacing: Bool = true, using rng: inout RandomGenerator) -> Tensor {
    Operation.multinomial(self, count, replacing, seed: rng.next())
  }
}
