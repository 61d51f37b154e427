import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct NearestNeighbourTests {
  private func normals(_ shape: Shape, _ seed: UInt64, dtype: DType = .float64) -> Tensor {
    var rng = RandomGenerator(seed: seed)
    return Tensor.normal(shape, dtype: dtype, using: &rng)
  }

  @Test func neighboursAreThoseOfTheSortedDistances() throws {
    let (x, y) = (normals([20, 3], 1), normals([30, 3], 2))
    let found = try NearestNeighbours(of: x, among: y, count: 4)
    let (values, indices) = x.distances(to: y).topK(4, -1, largest: false)
    expectClose(found.distances, values, tolerance: 1e-12)
    #expect(found.positions.isEqual(to: indices))
    let own = try NearestNeighbours(within: y, count: 2)
    let others = y.distances(to: y) + Tensor.identity(30, dtype: .float64) * 1e9
    expectClose(own.distances, others.topK(2, -1, largest: false).values, tolerance: 1e-12)
  }

  @Test func aTwinIsANeighbour() throws {
    let twins = Tensor(rows: [[1.0, 2], [5, 5], [1, 2]])
    let found = try NearestNeighbours(within: twins, count: 1)
    #expect(found.distances.doubles() == [0, 5, 0] && found.positions.doubles() == [2, 0, 0])
    #expect(throws: SampleComparisonError.tooFewRows(sample: "the sample", count: 3, needed: 4)) {
      try NearestNeighbours(within: twins, count: 3)
    }
    #expect(throws: SampleComparisonError.tooFewRows(sample: "the references", count: 3, needed: 4)) {
      try NearestNeighbours(of: twins, among: twins, count: 4)
    }
  }

  /// The four figures as they are written in the papers.
  private func figures(_ draws: Tensor, _ data: Tensor, _ k: Int, _ l: Int) -> [Double] {
    func radii(_ sample: Tensor, _ k: Int) -> Tensor { sample.distances(to: sample).sorted(-1).values[.all, .at(k)] }
    let across = draws.distances(to: data)
    let inData = across .<= radii(data, k).unsqueezed(0)
    let inDraws = across .<= radii(draws, k).unsqueezed(1)
    let dense = across .<= radii(data, l).unsqueezed(0)
    func share(_ hits: Tensor) -> Double { hits.to(.float64).mean().item() }
    return [
      share(inData.any(1)), share(inDraws.any(0)), share(dense) * Double(data.size(0)) / Double(l), share(dense.any(0)),
    ]
  }

  @Test func fidelityAndDiversityAreTheirFormulas() throws {
    for (k, l) in [(3, 5), (2, 1)] {
      let (draws, data) = (normals([40, 2], 3) * 0.7, normals([55, 2], 4))
      let found = try FidelityAndDiversity(
        generated: draws, real: data, manifoldNeighbours: k, densityNeighbours: l)
      let estimates = [found.precision, found.recall, found.density, found.coverage]
      expectClose(estimates.map(\.value), figures(draws, data, k, l), tolerance: 1e-12)
      let share = found.recall.value
      expectClose([found.recall.standardError], [(share * (1 - share) / 54).squareRoot()], tolerance: 1e-12)
    }
  }

  /// The convention: what is drawn is good, and little of what there is is drawn.
  @Test func aCollapsedModelHasPrecisionAndNoRecall() throws {
    let data = normals([400, 2], 5)
    let collapsed = try FidelityAndDiversity(generated: normals([300, 2], 6) * 0.05 + 0.5, real: data)
    #expect(collapsed.precision.value > 0.8 && collapsed.recall.value < 0.3, "\(collapsed)")
    #expect(collapsed.coverage.value < 0.3)
    let right = try FidelityAndDiversity(generated: normals([400, 2], 7), real: data)
    #expect(right.precision.value > 0.8 && right.recall.value > 0.8 && right.coverage.value > 0.8, "\(right)")
    #expect(abs(right.density.value - 1) < 0.15)
    let wide = try FidelityAndDiversity(generated: normals([400, 2], 8) * 5, real: data)
    #expect(wide.precision.value < 0.4 && wide.recall.value > 0.8, "\(wide)")
  }

  /// KL of two normals with independent coordinates.
  private func exact(_ d: Int, shift: Double, scale: Double) -> Double {
    Double(d) * (log(scale) + (1 + shift * shift) / (2 * scale * scale) - 0.5)
  }

  @Test func divergencesOfNormalsAreTheClosedForm() throws {
    for (d, shift, scale, bias) in [(1, 1.0, 1.0, 0.02), (2, 0.5, 1.5, 0.05), (4, 0.3, 1.2, 0.12), (2, 0, 1, 0.03)] {
      let (p, q) = (normals([1500, d], 9), normals([1200, d], 10) * scale + shift)
      for k in [1, 5] {
        let found = try NearestNeighbourKullbackLeibler(neighbours: k).estimate(p, q)
        let expected = exact(d, shift: shift, scale: scale)
        // The standard error leaves out what rows share and the bias: 5 of them, and an allowance.
        #expect(
          abs(found.value - expected) < 5 * found.standardError + bias, "d \(d), k \(k): \(found), expected \(expected)"
        )
        #expect(found.standardError < 0.1)
      }
    }
  }

  @Test func theDivergenceIsItsFormula() throws {
    let (p, q) = (normals([12, 2], 11), normals([17, 2], 12))
    let own = p.distances(to: p).sorted(-1).values[.all, 2], other = p.distances(to: q).sorted(-1).values[.all, 1]
    let expected = 2 * (other.log() - own.log()).mean().item() + log(17.0 / 11)
    expectClose(
      [try NearestNeighbourKullbackLeibler(neighbours: 2).estimate(p, q).value], [expected], tolerance: 1e-12)
  }

  @Test func repeatedRowsAreRefusedWithAdvice() {
    let p = Tensor(rows: [[0.0], [1], [1], [4]])
    #expect(throws: SampleComparisonError.coincidentRows(sample: "itself", row: 1, neighbours: 1)) {
      try NearestNeighbourKullbackLeibler(neighbours: 1).estimate(p, Tensor(rows: [[0.5], [7.0]]))
    }
    #expect(throws: SampleComparisonError.coincidentRows(sample: "the second sample", row: 1, neighbours: 1)) {
      try NearestNeighbourKullbackLeibler(neighbours: 1).estimate(Tensor(rows: [[9.0], [4]]), p)
    }
    let message = SampleComparisonError.coincidentRows(sample: "itself", row: 1, neighbours: 1).description
    #expect(message.contains("add noise"))
  }
}
