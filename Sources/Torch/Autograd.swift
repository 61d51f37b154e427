import CTorch

/// The gradients of a scalar with respect to tensors that it was computed from.
///
/// - Parameters:
///   - output: a tensor of one element.
///   - inputs: tensors that require gradients; one that `output` does not depend on gets zeros.
///   - retainingGraph: keeps what is needed to ask again.
///   - creatingGraph: records the computation of the gradients, for higher orders; keeps the graph too.
/// - Returns: one gradient for each input, of its shape.
/// - Precondition: `output` has one element and depends on a tensor that requires gradients.
public func gradients(
  of output: Tensor, withRespectTo inputs: [Tensor], retainingGraph: Bool = false, creatingGraph: Bool = false
) -> [Tensor] {
  precondition(output.elementCount == 1, "gradients: expected a scalar output, got shape \(output.shape)")
  return gradients(
    of: [output], weightedBy: nil, withRespectTo: inputs, retainingGraph: retainingGraph, creatingGraph: creatingGraph)
}

/// The product of a vector with the Jacobian: the gradient of the sum over outputs of `weights * output`.
///
/// - Parameters:
///   - outputs: tensors of any shape.
///   - weights: one tensor for each output, of its shape; nil for scalar outputs.
///   - inputs: tensors that require gradients; one that no output depends on gets zeros.
///   - retainingGraph: keeps what is needed to ask again.
///   - creatingGraph: records the computation of the gradients, for higher orders; keeps the graph too.
/// - Returns: one gradient for each input, of its shape.
public func gradients(
  of outputs: [Tensor], weightedBy weights: [Tensor]?, withRespectTo inputs: [Tensor], retainingGraph: Bool = false,
  creatingGraph: Bool = false
) -> [Tensor] {
  defer {
    withExtendedLifetime(outputs) {}
    withExtendedLifetime(inputs) {}
    withExtendedLifetime(weights) {}
  }
  var results = [CTTensor?](repeating: nil, count: inputs.count)
  runNothing("gradients") { message in
    ct_gradients(
      outputs.map(\.raw), outputs.count, inputs.map(\.raw), inputs.count, weights?.map(\.raw),
      retainingGraph || creatingGraph, creatingGraph, true, &results, message)
  }
  return zip(results, inputs).map { result, input in
    result.map { Tensor(handle: Handle(owning: $0)) } ?? Tensor.zeros(like: input)
  }
}

/// Runs the closure without recording gradients.
///
/// Recording is a property of the thread, so the closure is synchronous: it cannot move to another thread inside.
public func withoutGradient<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
  let before = ct_set_gradient_recording(false)
  defer { _ = ct_set_gradient_recording(before) }
  return try body()
}

/// Whether this thread records gradients.
package func isRecordingGradients() -> Bool { ct_is_recording_gradients() }

/// Runs the closure with gradients recorded, also inside ``withoutGradient(_:)``.
public func withGradient<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
  let before = ct_set_gradient_recording(true)
  defer { _ = ct_set_gradient_recording(before) }
  return try body()
}

/// Runs the closure so that what it computes can be differentiated more than once.
///
/// Kernels with a hand-written backward have first derivatives only; inside, the composed operations that they stand for
/// run instead, several times slower. Gradients with `creatingGraph` need it wherever such a kernel would be used, and
/// say so.
public func withHigherDerivatives<Result, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let before = ct_set_higher_derivatives(true)
  defer { _ = ct_set_higher_derivatives(before) }
  return try body()
}

/// Whether this thread runs inside ``withHigherDerivatives(_:)``.
func needsHigherDerivatives() -> Bool { ct_wants_higher_derivatives() }

extension Tensor {
  /// The same elements outside the gradient graph.
  public func detached() -> Tensor { Operation.detach(self) }

  /// A new leaf with the same elements, with respect to which gradients can be taken.
  ///
  /// - Precondition: the dtype is a floating-point type.
  public func requiringGradient() -> Tensor {
    let leaf = detached()
    runNothing("requires_grad") { ct_set_requires_gradient(leaf.raw, true, $0) }
    return leaf
  }

  /// These values as a function of `input`, of which they have a known derivative: for functions that are computed
  /// outside of libtorch. Gradients that already flow to this tensor stay.
  ///
  /// - Parameters:
  ///   - input: what the values depend on, element by element; its shape broadcasts to this tensor's.
  ///   - derivative: the derivative of each element, of this tensor's shape. Called only when it is needed; when it is
  ///     itself a function of the input, gradients of gradients are right too.
  /// - Returns: the same values.
  package func withDerivative(by input: Tensor, _ derivative: () -> Tensor) -> Tensor {
    guard ct_is_recording_gradients(), input.requiresGradient else { return self }
    let shape = shape
    let (stretched, slope) = (input.broadcasted(to: shape), derivative().broadcasted(to: shape))
    defer { withExtendedLifetime((handle, stretched.handle, slope.handle)) {} }
    return run1("with_derivative") { ct_with_derivative(raw, stretched.raw, slope.raw, $0, $1) }
  }
}
