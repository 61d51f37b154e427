import Probability
import Testing
import Torch
import _TestSupport

/// The kernel against the composed operations that it stands for: values and gradients, for each instruction set.
@Suite(.serialized) struct SplineKernelTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let instructions: InstructionSet
    let dtype: DType
    let isInverse: Bool
    var testDescription: String { "\(instructions) \(dtype) \(isInverse ? "inverse" : "forward")" }

    static let all = InstructionSet.available.flatMap { set in
      [DType.float32, .float64].flatMap { dtype in
        [false, true].map { Case(instructions: set, dtype: dtype, isInverse: $0) }
      }
    }
  }

  /// Value, logarithm of the slope, and the gradients of a weighted sum of both.
  private func results(
    _ x: Tensor, _ groups: [Tensor], _ form: RationalQuadraticSpline.Form, _ row: Case, weights: [Tensor]
  ) -> [Tensor] {
    let inputs = ([x] + groups).map { $0.requiringGradient() }
    let spline = RationalQuadraticSpline(joining: Array(inputs.dropFirst()), form: form)
    let (value, logSlope) =
      row.isInverse ? spline.inverseWithLogDet(inputs[0]) : spline.forwardWithLogDet(inputs[0])
    return [value.detached(), logSlope.detached()]
      + gradients(of: [value, logSlope], weightedBy: weights, withRespectTo: inputs)
  }

  private func check(_ x: Tensor, _ groups: [Tensor], _ form: RationalQuadraticSpline.Form, _ row: Case) {
    var rng = RandomGenerator(seed: 2)
    let weights = (0..<2).map { _ in Tensor.normal(x.shape, dtype: row.dtype, using: &rng) }
    let fused = results(x, groups, form, row, weights: weights)
    let composed = withHigherDerivatives { results(x, groups, form, row, weights: weights) }
    let exact = withHigherDerivatives {
      results(
        x.to(.float64), groups.map { $0.to(.float64) }, form, row, weights: weights.map { $0.to(.float64) })
    }
    for (index, (a, b)) in zip(fused, composed).enumerated() where b.elementCount > 0 {
      let size: Double = max(b.absolute().max().item(), 1)
      // Where a bin is nearly flat 32 bits lose digits, the composed operations too: one more than they may the kernel.
      let rounding: Double = (b.to(.float64) - exact[index]).absolute().max().item() / size
      let tolerance = row.dtype == .float64 ? 1e-10 : max(2e-4, 10 * rounding)
      expectClose(a.to(.float64) / size, exact[index] / size, tolerance: tolerance, "result \(index)")
    }
  }

  private func using(_ set: InstructionSet, _ body: () -> Void) {
    let before = InstructionSet.current
    set.use()
    body()
    before.use()
  }

  @Test(arguments: Case.all) func agreesWithTheComposedOperations(_ row: Case) {
    using(row.instructions) {
      var rng = RandomGenerator(seed: 1)
      for (bins, kept, moved, batch) in [(8, 3, 3, 40), (1, 2, 2, 3), (5, 0, 4, 7), (16, 5, 1, 9), (11, 1, 2, 300)] {
        let form = RationalQuadraticSpline.Form(bins: bins, bound: 3)
        let x = Tensor.normal([batch, kept + moved], dtype: row.dtype, using: &rng) * 2
        let groups = [
          Tensor.normal([kept, form.parameterCount], dtype: row.dtype, using: &rng),
          Tensor.normal([batch, moved, form.parameterCount], dtype: row.dtype, using: &rng) * 1.5,
        ]
        check(x, groups, form, row)
      }
    }
  }

  @Test func theLastBitsDoNotDependOnTheNumberOfThreads() {
    var rng = RandomGenerator(seed: 3)
    let form = RationalQuadraticSpline.Form()
    let row = Case(instructions: .current, dtype: .float32, isInverse: false)
    let x = Tensor.normal([3000, 4], using: &rng)
    let groups = [Tensor.normal([2, 23], using: &rng), Tensor.normal([3000, 2, 23], using: &rng)]
    let weights = [Tensor.normal([3000, 4], using: &rng), Tensor.normal([3000, 4], using: &rng)]
    let before = threadCount()
    defer { setThreadCount(before) }
    let all = [1, 2, 3].map { threads in
      setThreadCount(threads)
      return results(x, groups, form, row, weights: weights)
    }
    for other in all.dropFirst() {
      for (a, b) in zip(all[0], other) { #expect(a.isEqual(to: b)) }
    }
  }

  @Test func secondDerivativesAreRightWhereTheyAreAskedFor() {
    let parameters = Tensor.linear(from: -1, to: 1, count: 23, dtype: .float64)
    let x = Tensor([0.7], shape: [1]).to(.float64).requiringGradient()
    let (first, second) = withHigherDerivatives {
      let z = RationalQuadraticSpline(parameters: parameters, form: .init()).forward(x)
      let first = gradients(of: z.sum(), withRespectTo: [x], creatingGraph: true)[0]
      return (first, gradients(of: first.sum(), withRespectTo: [x])[0])
    }
    func slope(_ x: Double) -> Double {
      RationalQuadraticSpline(parameters: parameters, form: .init()).forwardWithLogDet(Tensor([x])).logDet.exp().item()
    }
    expectClose([first.item()], [slope(0.7)], tolerance: 1e-12)
    expectClose([second.item()], [(slope(0.7 + 1e-5) - slope(0.7 - 1e-5)) / 2e-5], tolerance: 1e-7)
  }

  @Test func secondDerivativesOfTheKernelAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let x = Tensor([0.7]).requiringGradient()
      let z = RationalQuadraticSpline(parameters: Tensor.zeros([23]).to(x.dtype), form: .init()).forward(x)
      _ = gradients(of: z.sum(), withRespectTo: [x], creatingGraph: true)
    }
  }
}
