import Probability
import Testing
import Torch
import _TestSupport

/// One row of the table: a bijection of 64-bit numbers that is not the identity, and data for it.
struct BijectionCase: Sendable, CustomTestStringConvertible {
  let name: String
  var keepsVolume = false
  let make: @Sendable (inout RandomGenerator, DType) -> (any Bijection, Tensor)
  var testDescription: String { name }

  static let all: [BijectionCase] = [
    BijectionCase(name: "affine, elementwise") { rng, dtype in
      (Affine(location: tensor(dtype, 0.3), scale: tensor(dtype, -2.5)), .normal([7], dtype: dtype, using: &rng))
    },
    BijectionCase(name: "affine, of vectors") { rng, dtype in
      let scale = tensor(dtype, 0.5, -2, 3)
      return (
        Affine(location: tensor(dtype, 1, 2, 3), scale: scale, eventRank: 1),
        .normal([7, 3], dtype: dtype, using: &rng)
      )
    },
    BijectionCase(name: "standardization") { rng, dtype in
      (
        Standardization(mean: tensor(dtype, 5, -1), scale: tensor(dtype, 3, 0.2)),
        .normal([7, 2], dtype: dtype, using: &rng)
      )
    },
    BijectionCase(name: "whitening") { rng, dtype in
      let matrix = Tensor(rows: [[2.0, 0.5], [-1, 1]])
      let inverse = Tensor(rows: [[0.4, -0.2], [0.4, 0.8]])
      let whitening = Whitening(
        mean: tensor(dtype, 5, -1), matrix: matrix.to(dtype), inverseMatrix: inverse.to(dtype),
        logDeterminant: tensor(dtype, 2.5).log())
      return (whitening, .normal([7, 2], dtype: dtype, using: &rng))
    },
    BijectionCase(name: "permutation", keepsVolume: true) { rng, dtype in
      (Permutation(order: Tensor([2, 0, 3, 1])), .normal([7, 4], dtype: dtype, using: &rng))
    },
    BijectionCase(name: "orthogonal", keepsVolume: true) { rng, dtype in
      (Orthogonal.random(5, dtype: dtype, using: &rng), .normal([7, 5], dtype: dtype, using: &rng))
    },
    BijectionCase(name: "bounded affine") { rng, dtype in
      let bijection = BoundedAffine(
        shift: tensor(dtype, 1, -2), unboundedLogScale: tensor(dtype, 0.7, -30), range: tensor(dtype, 1.5, 2))
      return (Chain([bijection, Affine.double(dtype)]), .normal([7, 2], dtype: dtype, using: &rng))
    },
    BijectionCase(name: "inverse") { rng, dtype in
      (
        Affine(location: tensor(dtype, 1), scale: tensor(dtype, 4)).inverted,
        .normal([7], dtype: dtype, using: &rng)
      )
    },
    BijectionCase(name: "spline") { rng, dtype in
      let raw = Tensor.normal([23], dtype: dtype, using: &rng) * 2
      return (
        RationalQuadraticSpline(parameters: raw, form: .init()), .normal([50], dtype: dtype, using: &rng) * 3
      )
    },
    BijectionCase(name: "spline of one bin and two") { rng, dtype in
      let one = RationalQuadraticSpline(
        parameters: Tensor.normal([2], dtype: dtype, using: &rng), form: .init(bins: 1, bound: 2))
      let two = RationalQuadraticSpline(
        parameters: Tensor.normal([5], dtype: dtype, using: &rng), form: .init(bins: 2, bound: 3))
      return (Chain([one, two]), .normal([50], dtype: dtype, using: &rng) * 2)
    },
    BijectionCase(name: "inverse spline") { rng, dtype in
      let raw = Tensor.normal([23], dtype: dtype, using: &rng)
      let spline = RationalQuadraticSpline(parameters: raw, form: .init(bound: 3))
      return (spline.inverted, .normal([50], dtype: dtype, using: &rng) * 2)
    },
    BijectionCase(name: "affine coupling") { rng, dtype in
      let weight = Tensor.normal([6, 2], dtype: dtype, using: &rng)
      let coupling = Coupling(features: 5, kept: 2) { kept in
        let parts = kept.linear(weight).split([3, 3], -1)
        return BoundedAffine(shift: parts[0], unboundedLogScale: parts[1], range: tensor(dtype, 1))
      }
      return (coupling, .normal([7, 5], dtype: dtype, using: &rng))
    },
    BijectionCase(name: "spline coupling") { rng, dtype in
      let weight = Tensor.normal([22, 1], dtype: dtype, using: &rng) * 0.3
      let coupling = Coupling(features: 3, kept: 1) { kept in
        RationalQuadraticSpline(
          parameters: kept.linear(weight).unflattened(-1, [2, 11]), form: .init(bins: 4, bound: 3))
      }
      return (coupling, .normal([40, 3], dtype: dtype, using: &rng) * 2)
    },
    BijectionCase(name: "coupling that keeps nothing") { rng, dtype in
      let coupling = Coupling(features: 2, kept: 0) { _ in
        Affine(location: tensor(dtype, 1), scale: tensor(dtype, 2, 3))
      }
      return (coupling, .normal([7, 2], dtype: dtype, using: &rng))
    },
    BijectionCase(name: "chain of ranks 0 and 1") { rng, dtype in
      (
        Chain([Affine.double(dtype), Orthogonal.random(3, dtype: dtype, using: &rng), Affine.double(dtype)]),
        .normal([7, 3], dtype: dtype, using: &rng)
      )
    },
  ]
}

extension Affine {
  static func double(_ dtype: DType) -> Affine { Affine(location: tensor(dtype, 1), scale: tensor(dtype, 2)) }
}

func tensor(_ dtype: DType, _ values: Double...) -> Tensor {
  (values.count == 1 ? Tensor(values, shape: []) : Tensor(values)).to(dtype)
}

@Suite struct BijectionTests {
  @Test(arguments: BijectionCase.all) func keepsItsPromisesIn64Bits(_ row: BijectionCase) {
    var rng = RandomGenerator(seed: 3)
    let (bijection, x) = row.make(&rng, .float64)
    checkBijection(bijection, on: x, keepsVolume: row.keepsVolume, tolerance: 1e-9)
  }

  @Test(arguments: BijectionCase.all) func roundTripsIn32Bits(_ row: BijectionCase) {
    var rng = RandomGenerator(seed: 3)
    let (bijection, x) = row.make(&rng, .float32)
    let (z, logDet) = bijection.forwardWithLogDet(x)
    let (back, inverseLogDet) = bijection.inverseWithLogDet(z)
    expectClose(back, x, tolerance: 1e-5)
    expectClose(inverseLogDet, -logDet, tolerance: 1e-4)
  }

  @Test func aRandomOrthogonalMatrixIsOrthogonal() {
    var rng = RandomGenerator(seed: 1)
    let matrix = Orthogonal.random(6, dtype: .float64, using: &rng).matrix
    expectClose(matrix.matmul(matrix.transposed()), .identity(6, dtype: .float64), tolerance: 1e-14)
    let rounded = Orthogonal(refining: matrix.to(.float32).to(.float64)).matrix
    expectClose(rounded.matmul(rounded.transposed()), .identity(6, dtype: .float64), tolerance: 1e-13)
  }

  @Test func orthogonalMatricesHaveBothOrientations() {
    var rng = RandomGenerator(seed: 1)
    let signs = (0..<64).map { _ in
      Orthogonal.random(3, dtype: .float64, using: &rng).matrix.signLogDeterminant().sign.item()
    }
    // Fails by chance with probability 2^-63.
    #expect(signs.contains { $0 > 0 } && signs.contains { $0 < 0 })
  }

  @Test func wrongArgumentsStop() async {
    await #expect(processExitsWith: .failure) { _ = Coupling(features: 2, kept: 2) { _ in Affine.double(.float32) } }
    await #expect(processExitsWith: .failure) { _ = Orthogonal(matrix: Tensor.zeros([2, 3])) }
    await #expect(processExitsWith: .failure) { _ = RationalQuadraticSpline(parameters: .zeros([22]), form: .init()) }
    await #expect(processExitsWith: .failure) { _ = RationalQuadraticSpline.Form(bins: 1000, minimumBinSize: 1e-3) }
  }
}
