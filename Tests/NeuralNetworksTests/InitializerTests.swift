import NeuralNetworks
import Testing
import Torch
import _TestSupport

struct InitializerTests {
  private func draw(_ initializer: Initializer, _ shape: Shape = [200, 300]) -> Tensor {
    var rng = RandomGenerator(seed: 21)
    return initializer.tensor(shape, dtype: .float64, using: &rng)
  }

  @Test func constants() {
    #expect(draw(.zeros).nonzeroCount() == 0 && (draw(.constant(2.5)) .== 2.5).all())
  }

  /// Standard deviations of 60 000 draws lie within 2 %, more than 6 standard errors.
  @Test(
    arguments: [
      (.normal(mean: 0, standardDeviation: 0.3), 0.3), (.uniform(from: -1, to: 1), (1.0 / 3).squareRoot()),
      (.kaimingNormal(slope: 0), (2.0 / 300).squareRoot()), (.kaimingUniform(slope: 0), (2.0 / 300).squareRoot()),
      (.xavierNormal(gain: 2), 2 * (2.0 / 500).squareRoot()), (.xavierUniform(gain: 1), (2.0 / 500).squareRoot()),
      (.linearDefault, (1.0 / 900).squareRoot()),
    ] as [(Initializer, Double)])
  func spreads(_ initializer: Initializer, _ expected: Double) {
    let weights = draw(initializer)
    let deviation = (weights - weights.mean()).norm().item() / Double(weights.elementCount).squareRoot()
    #expect(abs(deviation / expected - 1) < 0.02)
    #expect(abs(weights.mean().item()) < 6 * expected / Double(weights.elementCount).squareRoot())
  }

  @Test func uniformsStayInTheirBounds() {
    #expect(draw(.linearDefault).absolute().max().item() <= 1 / 300.0.squareRoot())
    let shifted = draw(.uniform(from: 2, to: 5))
    #expect(shifted.min().item() >= 2 && shifted.max().item() <= 5)
  }

  @Test(arguments: [[4, 4], [3, 5], [5, 3], [6, 2, 2]] as [Shape])
  func orthogonalMatricesAreOrthogonal(_ shape: Shape) {
    let matrix = draw(.orthogonal(gain: 2), shape).flattened(from: 1)
    let product =
      matrix.size(0) <= matrix.size(1)
      ? matrix.matmul(matrix.transposed()) : matrix.transposed().matmul(matrix)
    expectClose(product, 4 * Tensor.identity(product.size(0), dtype: .float64))
  }

  @Test func linearLayersStartAsInPyTorch() {
    var rng = RandomGenerator(seed: 1)
    let layer = Linear(inputFeatures: 100, outputFeatures: 400, using: &rng)
    for parameter in layer.trainableParameters {
      let largest = parameter.value.absolute().max().item()
      #expect(largest < 0.100_001 && largest > 0.098)
    }
  }
}
