import CTorch

/// Parameters side by side in one memory, so that one pass over it clips, decays, moves and averages all of them.
///
///     let buffer = ParameterBuffer(model.trainableParameters)
///     let optimizer = Adam([buffer.whole])
///     let (loss, gradient) = try buffer.gradient(of: { -model.distribution.logProb(x).mean() })
///     optimizer.step(gradients: [gradient], learningRate: 1e-3)
///
/// From then on each parameter's value is a part of the whole: what moves one moves the other. A parameter that is
/// converted to another type or device leaves the buffer.
public final class ParameterBuffer {
  /// The parameters, in order, each once.
  public let parameters: [Parameter]
  /// All elements as one parameter, `[count]`. Each parameter's begin at a multiple of 16; what lies between is 0.
  public let whole: Parameter

  /// The last gradient, whose memory is used again when nobody else has it.
  private var spare: CTTensor?

  /// The size of a vector of the widest instruction set: so aligned, kernels read whole lines of memory.
  private static let alignment = 16

  /// Moves parameters into a new memory.
  ///
  /// - Precondition: there is at least one parameter, and all are of one type on one device.
  public init(_ parameters: [Parameter]) {
    var seen: Set<ObjectIdentifier> = []
    let parameters = parameters.filter { seen.insert(ObjectIdentifier($0)).inserted }
    guard let first = parameters.first?.value else {
      preconditionFailure("ParameterBuffer: expected at least one parameter, got none")
    }
    precondition(
      parameters.allSatisfy { $0.value.dtype == first.dtype && $0.value.device == first.device },
      "ParameterBuffer: expected parameters of one type on one device")
    self.parameters = parameters
    let alignment = Self.alignment
    let sizes = parameters.map { ($0.elementCount + alignment - 1) / alignment * alignment }
    whole = Parameter(Tensor.zeros([sizes.reduce(0, +)], dtype: first.dtype, device: first.device))
    let memory = whole.value.detached()
    var start = 0
    for (parameter, size) in zip(parameters, sizes) {
      let part = memory.narrowed(0, from: start, length: parameter.elementCount)
      parameter.move(to: part.reshaped(parameter.value.shape))
      start += size
    }
  }

  deinit { spare.map { ct_release($0) } }

  /// A loss and its gradient by all parameters, of the shape of ``whole``.
  ///
  /// Inside the closure, kernels refer to the whole: gradients by single parameters are not to be taken there.
  ///
  /// - Parameter loss: computes one element, which depends on a parameter.
  /// - Returns: the loss, outside the gradient graph, and its gradient; it is 0 where the loss does not depend on a parameter.
  /// - Throws: `TorchError` when the gradient cannot be computed, as without memory.
  public func gradient(of loss: () -> Tensor) throws(TorchError) -> (loss: Tensor, gradient: Tensor) {
    let before = ct_exchange_parameter_buffer(Unmanaged.passUnretained(self).toOpaque())
    defer { _ = ct_exchange_parameter_buffer(before) }
    let value = loss()
    precondition(value.elementCount == 1, "ParameterBuffer.gradient: expected a scalar loss, got shape \(value.shape)")
    let leaves = parameters.map(\.value)
    defer { withExtendedLifetime((value, leaves, whole)) {} }
    let gradient = try attempt1("gradient") { out, message in
      ct_gradient_with_parts(value.raw, whole.value.raw, leaves.map(\.raw), leaves.count, &spare, out, message)
    }
    return (value.detached(), gradient)
  }

  /// The buffer whose ``gradient(of:)`` runs on this thread.
  static var current: ParameterBuffer? {
    let pointer = ct_exchange_parameter_buffer(nil)
    _ = ct_exchange_parameter_buffer(pointer)
    return pointer.map { Unmanaged<ParameterBuffer>.fromOpaque($0).takeUnretainedValue() }
  }

  /// At which element of a buffer's memory a parameter's value begins; nil when it lies elsewhere.
  static func place(of value: Tensor, in whole: Tensor) -> Int? {
    guard value.requiresGradient, value.dtype == whole.dtype, let data = ct_data(value.raw),
      let start = ct_data(whole.raw)
    else { return nil }
    let (place, rest) = (data - start).quotientAndRemainder(dividingBy: whole.dtype.byteCount)
    return rest == 0 && place >= 0 && place < whole.elementCount ? place : nil
  }
}
