import CTorch

/// An array of numbers of any rank, backed by libtorch.
///
/// A tensor is a value: no public operation changes one. Operations broadcast as in the rest of the field: sizes are
/// aligned from the last, and a size of 1 stretches. While gradients are recorded, a result remembers how it came from
/// tensors that require gradients; see ``gradients(of:withRespectTo:retainingGraph:creatingGraph:)``.
///
/// Mistakes of the caller (shapes, dtypes, devices that do not fit) stop the program with a message; failures that data
/// can cause (a matrix that is not positive definite) throw ``TorchError``. A tensor is not `Sendable`.
public struct Tensor {
  let handle: Handle

  init(handle: Handle) { self.handle = handle }

  var raw: CTTensor { handle.raw }

  /// A tensor of the array's elements.
  ///
  /// - Precondition: the number of values is the shape's element count.
  public init<Element: TensorElement>(_ values: [Element], shape: Shape) {
    precondition(
      values.count == shape.elementCount,
      "Tensor: expected \(shape.elementCount) values for \(shape), got \(values.count)")
    self = values.withUnsafeBytes { bytes in
      run1("from_buffer") {
        ct_from_buffer(bytes.baseAddress, shape.sizes, shape.rank, Element.dtype.rawValue, $0, $1)
      }
    }
  }

  /// A vector of the array's elements.
  public init<Element: TensorElement>(_ values: [Element]) { self.init(values, shape: [values.count]) }

  /// A matrix of rows of equal length.
  public init<Element: TensorElement>(rows: [[Element]]) {
    let columns = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == columns }, "Tensor: rows of different lengths")
    self.init(rows.flatMap { $0 }, shape: [rows.count, columns])
  }

  /// A tensor of rank 0.
  public init(_ value: some ScalarConvertible, dtype: DType = .float32, device: Device = .cpu) {
    self = Operation.full([], value.scalar, dtype: dtype, device: device)
  }

  /// A tensor over memory that it takes over without a copy; `release` runs once, when the last view is gone.
  package init(
    adopting data: UnsafeMutableRawPointer, shape: Shape, dtype: DType, release: @escaping @Sendable () -> Void
  ) throws(TorchError) {
    final class Box: Sendable {
      let release: @Sendable () -> Void
      init(_ release: @escaping @Sendable () -> Void) { self.release = release }
    }
    let box = Unmanaged.passRetained(Box(release)).toOpaque()
    self = try attempt1("adopt_buffer") {
      ct_adopt_buffer(
        data, shape.sizes, shape.rank, dtype.rawValue,
        { context in
          guard let context else { return }
          Unmanaged<Box>.fromOpaque(context).takeRetainedValue().release()
        }, box, $0, $1)
    }
  }

  // MARK: Properties

  /// The sizes, outermost first.
  public var shape: Shape {
    defer { withExtendedLifetime(handle) {} }
    return Shape((0..<ct_rank(raw)).map { ct_size(raw, $0) })
  }

  /// The number of dimensions.
  public var rank: Int {
    defer { withExtendedLifetime(handle) {} }
    return ct_rank(raw)
  }

  /// The size of one dimension; negative dimensions count from the last.
  public func size(_ dimension: Int) -> Int {
    defer { withExtendedLifetime(handle) {} }
    let rank = ct_rank(raw)
    precondition((-rank..<rank).contains(dimension), "size: dimension \(dimension) of a tensor of shape \(shape)")
    return ct_size(raw, dimension < 0 ? dimension + rank : dimension)
  }

  /// The number of elements.
  public var elementCount: Int {
    defer { withExtendedLifetime(handle) {} }
    return ct_element_count(raw)
  }

  /// The type of the elements.
  public var dtype: DType {
    defer { withExtendedLifetime(handle) {} }
    guard let dtype = DType(rawValue: ct_dtype(raw)) else {
      preconditionFailure("Tensor: libtorch's element type \(ct_dtype(raw)) is not supported")
    }
    return dtype
  }

  /// Where the elements live.
  public var device: Device {
    defer { withExtendedLifetime(handle) {} }
    return Device(raw: ct_device(raw))
  }

  /// Whether gradients with respect to this tensor, or through it, are recorded.
  public var requiresGradient: Bool {
    defer { withExtendedLifetime(handle) {} }
    return ct_requires_gradient(raw)
  }

  // MARK: Values out

  /// The elements in row-major order.
  ///
  /// - Precondition: the tensor's dtype is the element type's; convert with `to(_:)` first.
  /// - Complexity: copies all elements.
  public func scalars<Element: TensorElement>(as type: Element.Type = Element.self) -> [Element] {
    precondition(dtype == Element.dtype, "scalars: expected a tensor of \(Element.dtype), got \(dtype)")
    let count = elementCount
    defer { withExtendedLifetime(handle) {} }
    return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      runNothing("copy_to_buffer") {
        ct_copy_to_buffer(raw, buffer.baseAddress, count * MemoryLayout<Element>.stride, $0)
      }
      initialized = count
    }
  }

  /// The elements as 64-bit floats in row-major order, converted where necessary.
  public func doubles() -> [Double] { to(.float64).scalars(as: Double.self) }

  /// The one element as a 64-bit float.
  ///
  /// - Precondition: the tensor has exactly one element.
  public func item() -> Double {
    let value = itemScalar()
    return value.kind == 0 ? value.real : Double(value.integer)
  }

  /// The one element as an integer, rounded toward zero.
  ///
  /// - Precondition: the tensor has exactly one element.
  public func integerItem() -> Int {
    let value = itemScalar()
    return value.kind == 0 ? Int(value.real) : Int(value.integer)
  }

  private func itemScalar() -> CTScalar {
    defer { withExtendedLifetime(handle) {} }
    var value = CTScalar()
    runNothing("item") { ct_item(raw, &value, $0) }
    return value
  }

  /// Calls the closure with the elements' memory, row-major; the processor only.
  package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    let source = detached().to(Device.cpu).contiguous()
    defer { withExtendedLifetime(source.handle) {} }
    return try body(
      UnsafeRawBufferPointer(start: ct_data(source.raw), count: source.elementCount * source.dtype.byteCount))
  }
}

extension Tensor: CustomStringConvertible {
  /// Shape and dtype, and the elements of a small tensor on the processor.
  public var description: String {
    let head = "Tensor(\(shape), \(dtype)\(device == .cpu ? "" : ", \(device)"))"
    guard device == .cpu, elementCount <= 64 else { return head }
    return "\(head) \(doubles())"
  }
}
