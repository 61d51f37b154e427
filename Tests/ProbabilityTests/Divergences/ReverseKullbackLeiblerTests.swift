import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct ReverseKullbackLeiblerTests {
  /// A normal distribution without its constant.
  private let target = GibbsDistribution([2], logPartition: log(2 * Double.pi)) { x in 0.5 * x.squared().sum(-1) }

  private func model(_ location: Tensor, _ scale: Tensor) -> Normal {
    Normal(location: location, scale: scale, eventRank: 1)
  }

  @Test func theLossIsTheDivergenceWithoutLogZ() {
    var rng = RandomGenerator(seed: 1)
    let q = model(Tensor([0.5, -1.0]), Tensor([0.7, 1.5]))
    let exact = q.kullbackLeiblerDivergence(from: model(Tensor([0.0, 0.0]), Tensor([1.0, 1.0]))).item()
    let losses = (0..<40).map { _ in
      ReverseKullbackLeibler(to: target).loss(of: q, draws: 500, using: &rng).item() + log(2 * Double.pi)
    }
    let found = Estimate(meanOf: losses)
    // Chance exceeds 5.5 standard errors of 40 means with probability below 1e-6.
    #expect(abs(found.value - exact) < 5.5 * found.standardError, "\(found), exactly \(exact)")
  }

  @Test func gradientsAreThoseOfTheDivergence() {
    var rng = RandomGenerator(seed: 2)
    let leaves = [Tensor([0.5, -1.0]).requiringGradient(), Tensor([0.7, 1.5]).requiringGradient()]
    let objective = ReverseKullbackLeibler(to: target)
    let loss = objective.loss(of: model(leaves[0], leaves[1]), draws: 200_000, using: &rng)
    let found = gradients(of: loss, withRespectTo: leaves)
    // KL = sum -log s + (s^2 + m^2) / 2: by m it is m, by s it is s - 1/s; 200,000 draws give errors of some 0.005.
    expectClose(found[0], Tensor([0.5, -1.0]), tolerance: 0.03)
    expectClose(found[1], Tensor([0.7 - 1 / 0.7, 1.5 - 1 / 1.5]), tolerance: 0.03)
    // At the target the path derivatives are 0 for each draw.
    let exact = [Tensor([0.0, 0.0]).requiringGradient(), Tensor([1.0, 1.0]).requiringGradient()]
    let zero = gradients(
      of: objective.loss(of: model(exact[0], exact[1]), draws: 10, using: &rng), withRespectTo: exact)
    expectClose(zero[0], Tensor([0.0, 0.0]), tolerance: 1e-12)
    expectClose(zero[1], Tensor([0.0, 0.0]), tolerance: 1e-12)
  }

  @Test func temperatureDividesTheEnergy() {
    var (first, second) = (RandomGenerator(seed: 3), RandomGenerator(seed: 3))
    let q = model(Tensor([0.0, 0.0]), Tensor([1.0, 1.0]))
    let objective = ReverseKullbackLeibler(to: target)
    let x = q.sample([50], using: &first)
    let energy = target.energy(x).mean().item()
    let entropy = -q.logProb(x).mean().item()
    let found = objective.loss(of: q, draws: 50, inverseTemperature: 0.25, using: &second).item()
    #expect(abs(found - (0.25 * energy - entropy)) < 1e-12)
  }

  @Test func theRightModelIsFullyEffective() throws {
    var rng = RandomGenerator(seed: 4)
    let q = model(Tensor([0.0, 0.0]), Tensor([1.0, 1.0]))
    let found = ReverseKullbackLeibler(to: target).diagnosis(of: q, draws: 1000, using: &rng)
    #expect(abs(try #require(found.effectiveFraction) - 1) < 1e-9)
    #expect(abs(try #require(found.logPartition).value - log(2 * Double.pi)) < 1e-9)
    #expect(abs(try #require(found.divergence)) < 1e-9)
    #expect(found.modes.count == 1 && found.missedModes.isEmpty && abs(found.coverage - 1) < 1e-9)
    #expect(found.modes[0].location.allSatisfy { abs($0) < 0.01 } && !found.modes[0].isRidge)
    #expect(abs(try #require(found.overlap).value - 1) < 1e-6 && found.isReliable)
    #expect(!found.description.contains("coverage") && !found.description.contains("ridge"))
    // It can be kept in a file.
    let again = try JSONDecoder().decode(
      ReverseKullbackLeibler.Diagnosis.self, from: JSONEncoder().encode(found))
    #expect(again == found)
  }

  /// Two normal peaks of weights 0.3 and 0.7 at -4 and 4, of width 0.5.
  private var twoModes: GibbsDistribution {
    GibbsDistribution([1], scale: Tensor([4.0]), logPartition: 0) { x in
      let gaps = Tensor.stacking([x + 4.0, x - 4.0], -1).squeezed(-2)
      let terms = gaps.squared() * -2.0 + Tensor([log(0.3), log(0.7)]).to(x.dtype)
      return -(terms.logSumExp(-1)) + log(0.5 * (2 * Double.pi).squareRoot())
    }
  }

  @Test func aModeThatTheModelCannotSeeIsFoundAndMissed() throws {
    var rng = RandomGenerator(seed: 5)
    let q = Normal(location: Tensor([4.0]), scale: Tensor([0.5]), eventRank: 1)
    let found = ReverseKullbackLeibler(to: twoModes).diagnosis(of: q, draws: 2000, using: &rng)
    // From inside all looks well but for log Z, which lacks the other mode.
    #expect(try #require(found.effectiveFraction) > 0.99)
    #expect(abs(try #require(found.logPartition).value - log(0.7)) < 0.01)
    #expect(found.modes.count == 2 && found.missedModes.count == 1)
    let missed = try #require(found.missedModes.first)
    #expect(abs(missed.location[0] + 4) < 0.05 && missed.modelShare.value == 0)
    #expect(abs(missed.targetShare.value - 0.3) < 5.2 * missed.targetShare.standardError)
    #expect(missed.targetShare.standardError < 0.03)
    #expect(abs(found.coverage - 0.7) < 0.15)
    // The lesser density is 0.7 of the model's near 4, and nothing elsewhere.
    let overlap = try #require(found.overlap)
    #expect(abs(overlap.value - 0.7) < 5.2 * overlap.standardError && overlap.standardError < 0.03)
    #expect(found.description.contains("1 of 2 modes found") && found.description.contains("MISSED at (-4."))
  }

  @Test func knownModesAreUsed() {
    var rng = RandomGenerator(seed: 6)
    let named = GibbsDistribution(
      [1], scale: Tensor([4.0]), modes: Tensor(rows: [[-4.0], [4.0]]), energy: { twoModes.energy($0) })
    let both = Normal(location: Tensor([0.0]), scale: Tensor([4.0]), eventRank: 1)
    let found = ReverseKullbackLeibler(to: named).diagnosis(of: both, draws: 2000, using: &rng)
    #expect(found.modes.count == 2 && found.missedModes.isEmpty)
    #expect(found.modes.map { $0.location[0].rounded() }.sorted() == [-4, 4])
  }

  @Test func aRingIsOneMode() throws {
    var rng = RandomGenerator(seed: 7)
    let ring = GibbsDistribution([2], scale: Tensor([2.0, 2.0])) { x in
      ((x.squared().sum(-1) + 1e-12).squareRoot() - 3.0).squared() * 8.0
    }
    let q = Normal(location: Tensor([0.0, 0.0]), scale: Tensor([2.0, 2.0]), eventRank: 1)
    let found = ReverseKullbackLeibler(to: ring).diagnosis(of: q, draws: 1000, using: &rng)
    #expect(found.modes.count == 1 && found.modes[0].isRidge, "\(found)")
    #expect(found.description.contains("It is a ridge") && !found.description.contains("coverage"))
    // The integral of the lesser density, by quadrature over the radius.
    let steps = (0..<20_000).map { (Double($0) + 0.5) * 5e-4 }
    let ringMass = steps.reduce(0) { $0 + $1 * exp(-8 * ($1 - 3) * ($1 - 3)) }
    let common = steps.reduce(0) { sum, radius in
      sum + radius
        * min(
          exp(-8 * (radius - 3) * (radius - 3)) / (2 * Double.pi * ringMass * 5e-4),
          exp(-radius * radius / 8) / (8 * Double.pi))
    }
    let overlap = try #require(found.overlap)
    #expect(
      abs(overlap.value - 2 * Double.pi * common * 5e-4) < 5.2 * overlap.standardError && overlap.standardError < 0.03)
  }

  /// A model of half of a ring has half of its mass, though it reaches the only mode.
  @Test func whatAModelMissesOfARingIsSeen() throws {
    var rng = RandomGenerator(seed: 9)
    let ring = GibbsDistribution([2], scale: Tensor([2.5, 2.5])) { x in
      ((x.squared().sum(-1) + 1e-12).squareRoot() - 3.0).squared() * 5.0
    }
    let spread = Tensor([1.2, 0.5])
    let found = ReverseKullbackLeibler(to: ring).diagnosis(
      of: model(Tensor([0.0, 3.0]), spread), draws: 2000, using: &rng)
    #expect(found.modes.count == 1 && found.missedModes.isEmpty && found.coverage > 0.99)
    let overlap = try #require(found.overlap)
    #expect(overlap.value < 0.5 && overlap.value > 0.1 && overlap.standardError < 0.05, "\(found)")
  }

  /// A model that is too narrow has weights without a variance, and everything made of them is called that.
  @Test func unevenWeightsAreCalledUnreliable() {
    var rng = RandomGenerator(seed: 10)
    let found = ReverseKullbackLeibler(to: target)
      .diagnosis(of: model(Tensor([0.0, 0.0]), Tensor([0.3, 0.3])), draws: 4000, using: &rng)
    #expect(!found.isReliable && (found.paretoShape ?? 0) > 0.7)
    #expect(
      found.description.contains("unreliable, as the weights are too uneven")
        && found.description.contains("do not trust it"))
  }

  /// Files of earlier versions say nothing of these.
  @Test func earlierDiagnosesCanBeRead() throws {
    let mode =
      #"{"location":[1],"energy":0,"modelShare":{"value":1,"standardError":0},"targetShare":{"value":1,"standardError":0}}"#
    let text = #"{"draws":9,"effectiveFraction":0.5,"paretoShape":0.1,"modes":[\#(mode)]}"#
    let found = try JSONDecoder().decode(ReverseKullbackLeibler.Diagnosis.self, from: Data(text.utf8))
    #expect(found.overlap == nil && !found.modes[0].isRidge && found.isReliable)
    #expect(found.description.contains("in common with the target: unknown"))
  }

  @Test func anEnergyThatIsNoNumberIsSaid() {
    var rng = RandomGenerator(seed: 8)
    let broken = GibbsDistribution([1]) { x in (x.squeezed(-1) - 1e9).log() }
    let q = Normal(location: Tensor([0.0]), scale: Tensor([1.0]), eventRank: 1)
    let found = ReverseKullbackLeibler(to: broken).diagnosis(of: q, draws: 200, using: &rng)
    #expect(found.effectiveFraction == nil && found.logPartition == nil)
    #expect(found.description.contains("not a number"))
  }

  @Test func roughRowsHaveTheRoughMoments() {
    let target = GibbsDistribution([3], location: Tensor([1.0, 2, 3]), scale: Tensor([1.0, 5, 0.1])) { $0.sum(-1) }
    let rows = target.roughRows
    expectClose(rows.mean(0), Tensor([1.0, 2, 3]))
    expectClose(rows.standardDeviation(0, correction: 0), Tensor([1.0, 5, 0.1]))
    let centred = rows - rows.mean(0)
    expectClose(centred.transposed().matmul(centred) / 6, Tensor([1.0, 25, 0.01]).diagonalMatrix())
  }
}
