import Foundation
import Testing
import Torch

/// The elementary functions of the kernels against the C library, in units of the last place, for each instruction set.
@Suite(.serialized) struct ElementaryKernelTests {
  @Test(arguments: InstructionSet.available) func exponential(_ set: InstructionSet) {
    using(set) {
      let x = stride(from: -110.0, through: 95, by: 0.00137).map { Float($0) } + [0, -0.0, 1e-30, -1e-30]
      #expect(farthest(ElementaryKernels.exp(x), x, Foundation.exp) <= 2)
      let wide = stride(from: -750.0, through: 715, by: 0.0103).map { $0 } + [0, -0.0, 1e-300]
      #expect(farthest(ElementaryKernels.exp(wide), wide, Foundation.exp) <= 2)
    }
  }

  @Test(arguments: InstructionSet.available) func logarithm(_ set: InstructionSet) {
    using(set) {
      let exponents = stride(from: -103.0, through: 88, by: 0.00171)
      let x = exponents.map { Float(Foundation.exp($0)) } + [1, 0.99999994, 1.0000001, Float.leastNonzeroMagnitude]
      #expect(farthest(ElementaryKernels.log(x), x, Foundation.log) <= 2)
      let wide =
        stride(from: -740.0, through: 709, by: 0.0117).map { Foundation.exp($0) } + [1, 1.0.nextUp, 1.0.nextDown]
      #expect(farthest(ElementaryKernels.log(wide), wide, Foundation.log) <= 2)
    }
  }

  @Test(arguments: InstructionSet.available) func edges(_ set: InstructionSet) {
    using(set) {
      #expect(ElementaryKernels.exp([-Float.infinity, .infinity, -200, 200]) == [0, .infinity, 0, .infinity])
      #expect(ElementaryKernels.exp([-Double.infinity, .infinity, -800, 800]) == [0, .infinity, 0, .infinity])
      #expect(ElementaryKernels.log([0, Float.infinity]) == [-.infinity, .infinity])
      #expect(ElementaryKernels.log([0, Double.infinity]) == [-.infinity, .infinity])
      #expect(ElementaryKernels.exp([Float.nan, 1])[0].isNaN && ElementaryKernels.exp([Double.nan])[0].isNaN)
      #expect(ElementaryKernels.log([Float.nan, -1]).allSatisfy { $0.isNaN })
      #expect(ElementaryKernels.log([Double.nan, -1]).allSatisfy { $0.isNaN })
    }
  }

  /// The largest distance from the exact values, in units of their last place.
  private func farthest<Value: BinaryFloatingPoint>(
    _ values: [Value], _ inputs: [Value], _ exact: (Double) -> Double
  ) -> Double {
    zip(values, inputs).reduce(0) { farthest, pair in
      let wanted = exact(Double(pair.1))
      if pair.0 == Value(wanted) { return farthest }
      return max(farthest, abs(Double(pair.0) - wanted) / Double(Value(wanted).ulp))
    }
  }

  private func using(_ set: InstructionSet, _ body: () -> Void) {
    let before = InstructionSet.current
    set.use()
    body()
    before.use()
  }
}
