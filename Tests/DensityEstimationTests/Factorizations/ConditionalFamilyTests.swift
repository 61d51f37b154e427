import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Columns of every kind that depend on each other: a number, a value of three, a number that bends and spreads with both,
/// and a value that depends on all.
func mixedRows(_ count: Int, seed: UInt64) -> Tensor {
  var rng = RandomGenerator(seed: seed)
  let noise = Tensor.normal([3, count], dtype: .float64, using: &rng)
  let chance = Tensor.uniform([2, count], dtype: .float64, using: &rng)
  let first = noise[0]
  let second = (chance[0] * 3).floor() * 2
  let third = (first * 2).sin() + second * 0.5 + noise[1] * (first * 0.5).exp() * 0.3
  let fourth = (chance[1] .< (third - first).sigmoid()).to(.float64)
  return Tensor.stacking([first, second, third, fourth], 1)
}

let mixedKinds: [ColumnKind] = [
  .continuous, .discrete(values: [0, 2, 4]), .continuous, .discrete(values: [0, 1]),
]

@Suite struct ConditionalFamilyTests {
  static let families: [(String, ConditionalFamily)] = [
    ("linear", .linear()), ("table", .table()), ("tree", .tree()),
    ("mixture", .mixture(ConditionalMixtureEstimator(components: [2], starts: 1))),
    ("kernel", .kernel(ConditionalKernelEstimator(searchRows: 150))),
  ]

  /// Every family in every place: a continuous and a discrete column given nothing, one or several of both kinds.
  @Test(
    arguments: families.map(\.1), [(2, [0, 1, 3]), (2, []), (2, [1]), (0, [2]), (3, [0, 1, 2]), (1, []), (3, [1])])
  func keepsItsPromises(_ family: ConditionalFamily, _ place: (target: Int, given: [Int])) throws {
    var rng = RandomGenerator(seed: 41)
    let x = mixedRows(300, seed: 42)
    let data = try ConditionalData(
      target: x[.all, .at(place.target)], targetKind: mixedKinds[place.target],
      given: x[.all, .indices(Tensor(place.given))], givenKinds: place.given.map { mixedKinds[$0] })
    let fitted = try fit(family.estimator(for: data), data, using: &rng)
    let density = try #require(fitted as? any StoredConditionalDensity)
    let rows = mixedRows(4, seed: 43)[.all, .indices(Tensor(place.given))]
    // A step function is summed with an error of a cell for each of its steps.
    try checkConditionalDensity(
      density, at: rows, cells: family.isSmooth ? 20_000 : 40_000, tolerance: family.isSmooth ? 1e-5 : 4e-3)
  }

  private func fit(
    _ estimator: some ConditionalDensityEstimator, _ data: ConditionalData, using rng: inout RandomGenerator
  ) throws -> any ConditionalDensity { try estimator.fit(data, using: &rng) }

  /// A weight of 2 is a row that is there twice.
  @Test(arguments: families.map(\.1)) func weightsAreRepetitions(_ family: ConditionalFamily) throws {
    var rng = RandomGenerator(seed: 44)
    let x = mixedRows(100, seed: 45)
    let counts = Tensor.integers(in: 0..<3, [100], using: &rng)
    let repeated = Tensor.concatenating([x[.indices(counts .>= 1)], x[.indices(counts .>= 2)]])
    var (first, second) = (RandomGenerator(seed: 46), RandomGenerator(seed: 46))
    let estimator = AutoregressiveEstimator(conditional: family.withFixedChoices, columns: mixedKinds)
    let weighted = try estimator.fit(x, weights: counts.to(.float64), using: &first)
    let plain = try estimator.fit(repeated, using: &second)
    let y = x[.indices(counts .>= 1)]
    expectClose(weighted.logProb(y), plain.logProb(y), tolerance: 1e-9)
  }

  @Test(arguments: families.map(\.1)) func settingsAreReadAndWritten(_ family: ConditionalFamily) throws {
    let text = try JSONEncoder().encode(family)
    #expect(try JSONDecoder().decode(ConditionalFamily.self, from: text) == family)
    let name = try #require(String(data: text, encoding: .utf8)?.split(separator: "\"")[1])
    let bare = try JSONDecoder().decode(ConditionalFamily.self, from: Data("{\"\(name)\": {}}".utf8))
    #expect([.linear(), .table(), .tree(), .mixture(), .kernel()].contains(bare))
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(ConditionalFamily.self, from: Data("{\"lines\": {}}".utf8))
    }
  }
}

extension ConditionalFamily {
  var isSmooth: Bool {
    switch self {
    case .linear, .mixture, .kernel: true
    case .table, .tree: false
    }
  }

  /// Numbers of bins and components that do not depend on the rows.
  fileprivate var withFixedChoices: ConditionalFamily {
    switch self {
    case .linear, .kernel: self
    case .mixture: .mixture(ConditionalMixtureEstimator(components: [1]))
    case .table: .table(ConditionalTableEstimator(bins: 6, givenBins: 3))
    case .tree: .tree(ConditionalTreeEstimator(bins: 6))
    }
  }
}
