import CKernels
import CTorch

/// A run of couplings or autoregressive steps, and what lies between them, in one call each way, with gradients.
package struct FlowKernel {
  private let steps: [FlowKernelStep]
  private let tensors: [Tensor]

  /// The steps, in the order from data to code.
  package init(_ steps: [FlowKernelStep]) {
    self.steps = steps
    tensors = steps.flatMap(\.tensors)
  }

  /// Runs the closure with the kernel also in builds without optimization, where composed operations are faster.
  package static func usedInAnyBuild<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = ck_flow_want_always(true)
    defer { _ = ck_flow_want_always(before) }
    return try body()
  }

  /// Whether the kernel is used in this build.
  package static var isWanted: Bool { ck_flow_is_wanted() }

  /// Whether calls drop elements, and so need a seed.
  package var isRandom: Bool { steps.contains { $0.settings.dropout > 0 } }

  /// Whether the kernel takes rows: of the steps' floating-point type, on the processor, where first derivatives are
  /// enough, in a build with optimization, and in a direction that has gradients when they are recorded.
  package func supports(_ x: Tensor, context: Tensor?, isInverse: Bool) -> Bool {
    let dtype = x.dtype
    guard dtype == .float32 || dtype == .float64, x.elementCount > 0, ck_flow_is_wanted(), !needsHigherDerivatives()
    else { return false }
    let given = [x] + (context.map { [$0] } ?? []) + tensors
    return given.allSatisfy { ($0.dtype == dtype || $0.dtype == .int64) && $0.device == .cpu }
      && (steps.allSatisfy { $0.hasGradients(isInverse: isInverse) } || !isRecorded(given))
  }

  /// The rows at the other end, and the logarithm of the determinant of the way there.
  ///
  /// - Parameters:
  ///   - x: `[rows, features]`: data, or codes for the inverse.
  ///   - context: `[rows, contextFeatures]`.
  ///   - isInverse: whether to go from code to data.
  ///   - seed: which elements are dropped: the same ones for the same seed and shapes.
  /// - Returns: `[rows, features]` and `[rows]`.
  /// - Precondition: the kernel supports the tensors, and the shapes agree.
  package func callAsFunction(
    _ x: Tensor, context: Tensor?, isInverse: Bool, seed: UInt64
  ) -> (value: Tensor, logDeterminant: Tensor) {
    let value = Tensor.empty(x.shape, dtype: x.dtype)
    return (value, run(x, context: context, isInverse: isInverse, seed: seed, value: value))
  }

  /// The log-densities of rows whose codes are standard normal, `[rows]`.
  ///
  /// - Parameters:
  ///   - x: `[rows, features]`.
  ///   - context: `[rows, contextFeatures]`.
  ///   - seed: which elements are dropped.
  /// - Returns: nats.
  /// - Precondition: the kernel supports the tensors, and the shapes agree.
  package func normalLogProb(_ x: Tensor, context: Tensor?, seed: UInt64) -> Tensor {
    run(x, context: context, isInverse: false, seed: seed, value: nil)
  }

  private func isRecorded(_ inputs: [Tensor]) -> Bool {
    isRecordingGradients() && inputs.contains { $0.requiresGradient }
  }

  /// Fills `value`, or computes a density when there is none; returns the logarithm.
  private func run(_ x: Tensor, context: Tensor?, isInverse: Bool, seed: UInt64, value: Tensor?) -> Tensor {
    precondition(
      x.rank == 2 && steps.allSatisfy { $0.features == x.size(1) },
      "FlowKernel: expected [rows, \(steps.first?.features ?? 0)], got \(x.shape)")
    precondition(
      context.map { $0.rank == 2 && $0.size(0) == x.size(0) } ?? true,
      "FlowKernel: expected as many contexts as rows, got \(context?.shape ?? []) for \(x.size(0))")
    let inputs = ([x] + (context.map { [$0] } ?? []) + tensors).map { ct_is_contiguous($0.raw) ? $0 : $0.contiguous() }
    let logarithm = Tensor.empty([x.size(0)], dtype: x.dtype)
    let isRecorded = isRecorded(inputs)
    let saved = isRecorded ? SavedTensors(inputs) : SavedTensors()
    let flow = CKFlow(
      rows: x.size(0), features: x.size(1), context_features: context?.size(1) ?? 0, step_count: steps.count,
      tape: saved.tensors.count, buffer: saved.buffer, buffer_size: saved.bufferSize, seed: seed,
      is_wide: x.dtype == .float64, is_inverse: isInverse, is_density: value == nil)
    defer { withExtendedLifetime((inputs, value, logarithm)) {} }
    description(flow, saved.sources).withUnsafeBytes { bytes in
      guard let flow = bytes.baseAddress?.assumingMemoryBound(to: CKFlow.self) else { return }
      let tape = isRecorded ? Tensor.empty([ck_flow_tape_size(flow)], dtype: x.dtype) : nil
      defer { withExtendedLifetime(tape) {} }
      let status = ck_flow(
        flow, inputs.map { UnsafeRawPointer(ct_data($0.raw)) }, value.map { ct_data($0.raw) } ?? nil,
        ct_data(logarithm.raw), tape.map { ct_data($0.raw) } ?? nil)
      precondition(status != CK_FLOW_BAD_ORDER.rawValue, "FlowKernel: an order of features names one that is not there")
      requireMemory(status, "FlowKernel")
      guard let tape else { return }
      Tensor.recordKernel(
        (value.map { [$0] } ?? []) + [logarithm], from: saved.tensors, saving: [tape], ck_flow_backward,
        settings: bytes)
    }
    return logarithm
  }

  /// The flow and, behind it, its steps and the sources of its tensors.
  private func description(_ flow: CKFlow, _ sources: [CKFlowSource]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(
      MemoryLayout<CKFlow>.stride + steps.count * MemoryLayout<CKFlowStep>.stride
        + sources.count * MemoryLayout<CKFlowSource>.stride)
    func append<Value: BitwiseCopyable>(_ value: Value) {
      withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
      bytes.append(contentsOf: repeatElement(0, count: MemoryLayout<Value>.stride - MemoryLayout<Value>.size))
    }
    append(flow)
    for step in steps { append(step.settings) }
    for source in sources { append(source) }
    return bytes
  }
}

/// What the graph holds of a kernel's inputs: each of them, or in the place of those that lie in the parameter buffer that
/// gradients are taken by, the buffer.
private struct SavedTensors {
  var tensors: [Tensor] = []
  var sources: [CKFlowSource] = []
  var buffer = -1
  var bufferSize = 0

  init() {}

  init(_ inputs: [Tensor]) {
    let whole = ParameterBuffer.current?.whole.value
    let places = inputs.map { input in whole.flatMap { ParameterBuffer.place(of: input, in: $0) } }
    // A parameter that is used twice has two gradients to add: that is the graph's work.
    let inBuffer = places.compactMap(\.self)
    let usesBuffer = Set(inBuffer).count == inBuffer.count
    for (input, place) in zip(inputs, places) {
      guard let whole, let place, usesBuffer else {
        sources.append(CKFlowSource(saved: tensors.count, offset: 0))
        tensors.append(input)
        continue
      }
      if buffer < 0 {
        (buffer, bufferSize) = (tensors.count, whole.elementCount)
        tensors.append(whole)
      }
      sources.append(CKFlowSource(saved: buffer, offset: place))
    }
  }
}
