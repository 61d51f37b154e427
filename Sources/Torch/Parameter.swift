import CTorch

/// A number array that training moves: a leaf of the gradient graph.
///
/// `Parameter` and ``Buffer`` are the only mutable identities of the package. A layer that is copied shares them.
public final class Parameter {
  /// The current value. Operations on it are recorded while ``isTrainable``.
  public private(set) var value: Tensor

  /// Whether gradients are recorded for it and optimizers move it.
  public var isTrainable: Bool {
    didSet { value = Parameter.leaf(value, isTrainable) }
  }

  /// A parameter that starts at a value, which is copied into row-major memory.
  public init(_ value: Tensor, isTrainable: Bool = true) {
    self.isTrainable = isTrainable
    self.value = Parameter.leaf(value.detached().contiguous().cloned(), isTrainable)
  }

  /// The number of elements.
  public var elementCount: Int { value.elementCount }

  /// Takes new elements; the shape stays.
  ///
  /// - Precondition: the shapes are equal.
  public func assign(_ new: Tensor) {
    precondition(new.shape == value.shape, "Parameter.assign: expected \(value.shape), got \(new.shape)")
    withoutGradient { value.copyInPlace(from: new) }
  }

  /// Takes another memory of the same shape, and copies the elements there.
  func move(to memory: Tensor) {
    withoutGradient { memory.copyInPlace(from: value) }
    value = Parameter.leaf(memory, isTrainable)
  }

  /// Moves to another device or type, as a new leaf.
  public func convert(to dtype: DType? = nil, device: Device? = nil) {
    value = Parameter.leaf(value.detached().to(dtype ?? value.dtype, device ?? value.device), isTrainable)
  }

  private static func leaf(_ value: Tensor, _ isTrainable: Bool) -> Tensor {
    let leaf = value.detached()
    runNothing("requires_grad") { ct_set_requires_gradient(leaf.raw, isTrainable, $0) }
    return leaf
  }
}

/// A number array that belongs to a model but is not moved by gradients: a mean and scale of the data, a permutation.
public final class Buffer {
  /// The current value.
  public private(set) var value: Tensor

  /// A buffer that starts at a value, which is copied.
  public init(_ value: Tensor) { self.value = value.detached().cloned() }

  /// Takes a new value; the shape stays.
  ///
  /// - Precondition: the shapes are equal.
  public func assign(_ new: Tensor) {
    precondition(new.shape == value.shape, "Buffer.assign: expected \(value.shape), got \(new.shape)")
    value = new.detached().to(value.dtype, value.device).cloned()
  }

  /// Moves to another device; floating-point buffers also to another type.
  public func convert(to dtype: DType? = nil, device: Device? = nil) {
    value = value.to(value.dtype.isFloatingPoint ? dtype ?? value.dtype : value.dtype, device ?? value.device)
  }
}
