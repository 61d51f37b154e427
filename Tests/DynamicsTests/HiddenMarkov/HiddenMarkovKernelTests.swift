import Foundation
import Testing
import _TestSupport

@testable import Torch

/// The recursions as formulas, in logarithms, one step and one state at a time.
private struct Reference {
  let initial: [Double]
  let transition: [[Double]]
  /// `[steps][states]`
  let logs: [[Double]]

  var states: Int { initial.count }

  static func logSum(_ terms: [Double]) -> Double {
    let largest = terms.max() ?? -.infinity
    guard largest > -.infinity else { return -.infinity }
    return largest + log(terms.reduce(0) { $0 + exp($1 - largest) })
  }

  var forward: [[Double]] {
    var rows = [(0..<states).map { log(initial[$0]) + logs[0][$0] }]
    for row in logs.dropFirst() {
      let last = rows[rows.count - 1]
      rows.append(
        (0..<states).map { j in Self.logSum((0..<states).map { last[$0] + log(transition[$0][j]) }) + row[j] })
    }
    return rows
  }

  var backward: [[Double]] {
    var rows = [[Double](repeating: 0, count: states)]
    for row in logs.dropFirst().reversed() {
      let next = rows[rows.count - 1]
      rows.append(
        (0..<states).map { i in Self.logSum((0..<states).map { log(transition[i][$0]) + row[$0] + next[$0] }) })
    }
    return rows.reversed()
  }

  var logLikelihood: Double { Self.logSum(forward[logs.count - 1]) }

  var posteriors: [Double] {
    let sum = logLikelihood
    return zip(forward, backward).flatMap { a, b in zip(a, b).map { exp($0 + $1 - sum) } }
  }

  var filtered: [Double] { forward.flatMap { row in row.map { exp($0 - Self.logSum(row)) } } }

  var predictive: [Double] {
    let sums = forward.map(Self.logSum)
    return zip(sums, [0] + sums.dropLast()).map { $0 - $1 }
  }

  var transitions: [Double] {
    let (a, b, sum) = (forward, backward, logLikelihood)
    return (0..<states * states).map { cell in
      let (i, j) = (cell / states, cell % states)
      return (0..<max(0, logs.count - 1)).reduce(0) {
        $0 + exp(a[$1][i] + log(transition[i][j]) + logs[$1 + 1][j] + b[$1 + 1][j] - sum)
      }
    }
  }

  /// Every path with its log-probability, lower states first.
  var paths: [(path: [Int], logProb: Double)] {
    let count = Int(pow(Double(states), Double(logs.count)))
    return (0..<count).map { number in
      var rest = number
      var path = [Int](repeating: 0, count: logs.count)
      for step in path.indices.reversed() {
        path[step] = rest % states
        rest /= states
      }
      var sum = log(initial[path[0]]) + logs[0][path[0]]
      for step in path.indices.dropFirst() {
        sum += log(transition[path[step - 1]][path[step]]) + logs[step][path[step]]
      }
      return (path, sum)
    }
  }
}

/// A random chain; with `hasZeros` one in three transitions is impossible.
private func randomChain(_ states: Int, _ steps: Int, hasZeros: Bool, scale: Double, seed: UInt64) -> Reference {
  var rng = RandomGenerator(seed: seed)
  func row(_ keeping: Int?) -> [Double] {
    let raw = (0..<states).map { place in
      hasZeros && place != keeping && Int.random(in: 0..<3, using: &rng) == 0
        ? 0 : Double.random(in: 0.05..<1, using: &rng)
    }
    let sum = raw.reduce(0, +)
    return raw.map { $0 / sum }
  }
  return Reference(
    initial: row(0), transition: (0..<states).map { row($0) },
    logs: (0..<steps).map { _ in (0..<states).map { _ in scale * Double.random(in: -1..<1, using: &rng) } })
}

private func kernel(_ one: Reference) -> HiddenMarkovKernel {
  HiddenMarkovKernel(initial: one.initial, transition: one.transition)
}

@Suite struct HiddenMarkovKernelTests {
  private static let everything: HiddenMarkovKernel.Wanted = [.transitions, .filtered, .predictive]

  struct Case: Sendable, CustomTestStringConvertible {
    let instructions: InstructionSet
    let states: Int
    let hasZeros: Bool
    let scale: Double
    var testDescription: String { "\(instructions), \(states) states, zeros \(hasZeros), scale \(scale)" }

    static let all = InstructionSet.available.flatMap { set in
      [1, 3, 8, 9].flatMap { states in
        [false, true].flatMap { zeros in
          [1.0, 30, 900].map { Case(instructions: set, states: states, hasZeros: zeros, scale: $0) }
        }
      }
    }
  }

  @Test(arguments: Case.all) func agreesWithTheFormulas(_ one: Case) throws {
    let before = InstructionSet.current
    one.instructions.use()
    defer { before.use() }
    let lengths = [1, 7, 2, 13]
    let parts = lengths.enumerated().map { place, steps in
      randomChain(one.states, steps, hasZeros: one.hasZeros, scale: one.scale, seed: UInt64(100 + place))
    }
    // All series under the first chain.
    let series = parts.map { Reference(initial: parts[0].initial, transition: parts[0].transition, logs: $0.logs) }
    let logs = Tensor(rows: series.flatMap(\.logs))
    let pass = kernel(series[0]).pass(logs, lengths: lengths, Self.everything)
    for (mine, formula) in zip(pass.logLikelihoods, series) {
      #expect(abs(mine - formula.logLikelihood) <= 1e-11 * max(1, abs(mine)))
    }
    expectClose(try #require(pass.posteriors).flattened().doubles(), series.flatMap(\.posteriors), tolerance: 1e-10)
    expectClose(try #require(pass.filtered).flattened().doubles(), series.flatMap(\.filtered), tolerance: 1e-10)
    expectClose(try #require(pass.predictive).doubles(), series.flatMap(\.predictive), tolerance: 1e-10)
    let sums = series.map(\.transitions)
    let total = sums[0].indices.map { cell in sums.reduce(0) { $0 + $1[cell] } }
    expectClose(try #require(pass.transitions).flattened().doubles(), total, tolerance: 1e-9)
  }

  @Test(arguments: InstructionSet.available) func agreesWithEveryPath(_ set: InstructionSet) {
    let before = InstructionSet.current
    set.use()
    defer { before.use() }
    for (states, steps) in [(1, 4), (2, 9), (3, 7), (4, 5)] {
      for zeros in [false, true] {
        let one = randomChain(states, steps, hasZeros: zeros, scale: 3, seed: UInt64(states * 10 + steps))
        let paths = one.paths
        let logs = Tensor(rows: one.logs)
        let sum = Reference.logSum(paths.map(\.logProb))
        let pass = kernel(one).pass(logs, lengths: [steps], .posteriors)
        #expect(abs(pass.logLikelihoods[0] - sum) < 1e-10)
        let posteriors = (0..<steps * states).map { cell in
          paths.reduce(0) { $1.path[cell / states] == cell % states ? $0 + exp($1.logProb - sum) : $0 }
        }
        expectClose(pass.posteriors?.flattened().doubles() ?? [], posteriors, tolerance: 1e-10)
        let best = paths.max { $0.logProb < $1.logProb }
        let found = kernel(one).likeliestPath(logs, lengths: [steps])
        #expect(found.path.scalars(as: Int.self) == best?.path)
        #expect(abs(found.logProbs[0] - (best?.logProb ?? 0)) < 1e-10)
      }
    }
  }

  /// A state that seems lost for a thousand steps, at weights far below the smallest number, is the only one in the end.
  @Test func keepsWhatUnderflows() {
    var logs = (0..<1000).map { _ in [0.0, -20] }
    logs[999] = [-.infinity, 0]
    let one = Reference(initial: [0.5, 0.5], transition: [[1, 0], [0, 1]], logs: logs)
    let pass = kernel(one).pass(Tensor(rows: logs), lengths: [1000], Self.everything)
    #expect(abs(pass.logLikelihoods[0] - (log(0.5) - 20 * 999)) < 1e-8)
    #expect(pass.posteriors?.doubles() == (0..<1000).flatMap { _ in [0.0, 1] })
    let found = kernel(one).likeliestPath(Tensor(rows: logs), lengths: [1000])
    #expect(found.path.scalars(as: Int.self).allSatisfy { $0 == 1 })
  }

  @Test func impossibleSeriesAreThoseAlone() throws {
    let one = randomChain(3, 4, hasZeros: false, scale: 1, seed: 5)
    let nothing: [[Double]] = [[0.0, 0, 0], [-.infinity, -.infinity, -.infinity]]
    let logs = Tensor(rows: one.logs + nothing)
    let pass = kernel(one).pass(logs, lengths: [4, 2], Self.everything)
    #expect(abs(pass.logLikelihoods[0] - one.logLikelihood) < 1e-12 && pass.logLikelihoods[1] == -.infinity)
    let posteriors = try #require(pass.posteriors).doubles()
    #expect(posteriors[..<12].allSatisfy(\.isFinite) && posteriors[12...].allSatisfy(\.isNaN))
    expectClose(try #require(pass.transitions).flattened().doubles(), one.transitions, tolerance: 1e-12)
    let (path, logProbs) = kernel(one).likeliestPath(logs, lengths: [4, 2])
    #expect(path.scalars(as: Int.self)[4...] == [-1, -1] && logProbs[1] == -.infinity)
    let broken = kernel(one).pass(Tensor(rows: [[0, Double.nan, -.infinity]]), lengths: [1], [])
    #expect(broken.logLikelihoods[0].isNaN)
  }
}
