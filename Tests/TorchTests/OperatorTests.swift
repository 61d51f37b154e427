import Testing
import Torch
import _TestSupport

struct OperatorTests {
  private let a = Tensor(rows: [[1.0, 2, 3], [4, 5, 6]])
  private let b = Tensor([10.0, 20, 30])

  @Test func arithmeticBroadcasts() {
    #expect((a + b).doubles() == [11, 22, 33, 14, 25, 36])
    #expect((b - a).doubles() == [9, 18, 27, 6, 15, 24])
    #expect((a * b[.newAxis]).doubles() == [10, 40, 90, 40, 100, 180])
    #expect((b / a).doubles() == [10, 10, 10, 2.5, 4, 5])
    #expect((a[.all, .newAxis] + a[.newAxis]).shape == [2, 2, 3])
  }

  @Test func numbersStandOnBothSides() {
    #expect((b + 1).doubles() == [11, 21, 31] && (1 + b).doubles() == [11, 21, 31])
    #expect((b - 1).doubles() == [9, 19, 29] && (1 - b).doubles() == [-9, -19, -29])
    #expect((b * 2).doubles() == [20, 40, 60] && (2 * b).doubles() == [20, 40, 60])
    #expect((b / 10).doubles() == [1, 2, 3] && (60 / b).doubles() == [6, 3, 2])
    #expect((-b).doubles() == [-10, -20, -30])
  }

  @Test func assignmentRebinds() {
    var x = b
    let before = x
    x += 1 * b
    x *= b
    x -= b
    #expect(x.doubles() == [190, 780, 1770])
    #expect(before.doubles() == [10, 20, 30])
  }

  @Test func comparisonsGiveTruthValues() {
    #expect((a .< 3).scalars(as: Bool.self) == [true, true, false, false, false, false])
    #expect((a .>= Tensor([2.0, 2, 2])).scalars(as: Bool.self) == [false, true, true, true, true, true])
    #expect((a .== a).all() && !(a .!= a).any())
    #expect(((a .> 1) .& (a .<= 3)).scalars(as: Bool.self) == [false, true, true, false, false, false])
    #expect((.!(a .> 1) .| (a .> 5)).scalars(as: Bool.self) == [true, false, false, false, false, true])
  }

  @Test func elementwiseFunctionsAgreeWithFormulas() {
    let x = Tensor([-2.0, -0.5, 0, 0.5, 2])
    expectClose(x.sigmoid(), 1 / (1 + (-x).exp()))
    expectClose(x.softplus(), (1 + x.exp()).log())
    expectClose(x.silu(), x * x.sigmoid())
    expectClose(x.gelu(), x * x.normalCDF())
    expectClose(x.normalCDF(), 0.5 * (1 + (x / 2.0.squareRoot()).erf()))
    expectClose(x.normalCDF().normalQuantile(), x)
    expectClose(x.sinh().asinh(), x)
    expectClose(x.tanh().atanh(), x)
    expectClose(x.sin().squared() + x.cos().squared(), Tensor.ones(like: x))
    expectClose(x.logAddExp(x), x + 2.0.logarithm)
    expectClose(Tensor([1e-20]).logOnePlus(), Tensor([1e-20]), tolerance: 0)
    expectClose(Tensor([1e-20]).expMinusOne(), Tensor([1e-20]), tolerance: 0)
    expectClose(Tensor([-800.0]).logSigmoid(), Tensor([-800.0]))
    expectClose(Tensor([5.0]).logGamma(), Tensor([24.0]).log())
  }

  @Test func clampsAndSelects() {
    let x = Tensor([-2.0, .nan, 3])
    let clamped = x.clamped(from: -1, to: 1).doubles()
    #expect(clamped[0] == -1 && clamped[1].isNaN && clamped[2] == 1)
    #expect(select(x .> 0, x, 0.0).doubles() == [0, 0, 3])
    #expect(maximum(b, Tensor([15.0])).doubles() == [15, 20, 30])
    #expect(minimum(b, Tensor([15.0])).doubles() == [10, 15, 15])
    #expect(b.masked(b .> 15, with: -1.0).doubles() == [10, -1, -1])
  }

  @Test func reductions() {
    #expect(a.sum().item() == 21 && a.mean().item() == 3.5)
    #expect(a.sum(0).doubles() == [5, 7, 9] && a.sum(-1, keepingDimensions: true).shape == [2, 1])
    #expect(a.variance(1).doubles() == [1, 1] && a.standardDeviation(1, correction: 0).shape == [2])
    #expect(a.max(1).doubles() == [3, 6] && a.min().item() == 1)
    #expect(a.argMax(1).scalars(as: Int.self) == [2, 2])
    #expect(a.cumulativeSum(1).doubles() == [1, 3, 6, 4, 9, 15])
    #expect(a.product(1).doubles() == [6, 120])
    #expect(a.norm().item() == 91.0.squareRoot())
    #expect(a.quantile(0.5, 1).doubles() == [2, 5])
    #expect(Tensor([1000.0, 1000]).logSumExp(0).item() == 1000 + 2.0.logarithm)
    #expect(Tensor([3.0, 1, 2]).sorted().indices.scalars(as: Int.self) == [1, 2, 0])
    #expect(Tensor([1.0, 2, 3]).searchSorted(Tensor([2.0]), right: true).integerItem() == 2)
    #expect(a.sumTrailing(2).item() == 21 && a.sumTrailing(0).shape == [2, 3])
  }

  @Test func mistakesStopTheProgram() async {
    await #expect(processExitsWith: .failure) { _ = Tensor([1.0, 2]) + Tensor([1.0, 2, 3]) }
    await #expect(processExitsWith: .failure) { _ = Tensor([1.0, 2], shape: [3]) }
    await #expect(processExitsWith: .failure) { _ = Tensor([1.0]).scalars(as: Int.self) }
    await #expect(processExitsWith: .failure) { _ = Tensor([1.0, 2]).item() }
    await #expect(processExitsWith: .failure) { _ = Tensor([1.0]).size(1) }
  }
}

extension Double {
  fileprivate var logarithm: Double { Tensor([self]).log().item() }
}
