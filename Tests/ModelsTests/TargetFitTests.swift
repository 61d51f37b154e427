import Foundation
import Models
import Probability
import Testing
import Torch
import Training
import _TestSupport

@Suite struct TargetFitTests {
  private func fit(_ target: String, in folder: URL, _ assignments: [String]) throws -> RunFolder {
    var settings = try FitSettings(model: "nsf", data: DataSettings(path: target), objective: .reverse)
    let small = [
      "configuration.couplings.layers=3", "configuration.couplings.network.multilayerPerceptron.hiddenFeatures=[32,32]",
      "training.batchSize=128", "training.learningRate=5e-3", "training.maximumEpochs=6",
      "objective.reverse-kl.stepsPerEpoch=50", "objective.reverse-kl.annealingSteps=100",
      "objective.reverse-kl.diagnosisDraws=2000",
    ]
    for assignment in small + assignments { settings = try settings.setting(assignment) }
    let run = RunFolder(folder.appending(path: "run").path)
    _ = try ModelFit(settings, into: run).run()
    return run
  }

  /// A small flow in 300 steps; the shipped settings reach 99 %.
  @Test func theRingIsLearned() throws {
    try withTemporaryFolder { folder in
      let run = try fit("ring", in: folder, [])
      let (model, description) = try run.loadModel()
      let diagnosis = try #require(description.diagnosis)
      #expect(try #require(diagnosis.effectiveFraction) > 0.5, "\(diagnosis)")
      #expect(diagnosis.modes.count == 1 && diagnosis.missedModes.isEmpty)
      #expect(description.columns == ["x1", "x2"])
      // log Z of the ring is 2.651.
      let logPartition = try #require(diagnosis.logPartition)
      #expect(abs(logPartition.value - 2.651) < max(5.2 * logPartition.standardError, 0.02), "\(logPartition)")
      var rng = RandomGenerator(seed: 1)
      let radii = model.sample(500, given: nil, using: &rng).to(.float64).norm(1)
      #expect(abs(radii.mean().item() - 3.03) < 0.15)
    }
  }

  @Test(arguments: Targets.entries.map(\.name)) func targetsAreNormalized(name: String) throws {
    // By importance sampling from a wide t distribution; the funnel is a product and is checked at a point.
    let target = try #require(Targets.entries.first { $0.name == name }).target
    if name == "funnel" {
      let x = Tensor([1.0] + [Double](repeating: 0.5, count: 9))
      let neck = Normal(location: Tensor([0.0]), scale: Tensor([3.0])).logProb(Tensor([1.0])).item()
      let rest = Normal(location: Tensor([0.0]), scale: Tensor([exp(0.5)])).logProb(Tensor([0.5])).item()
      return #expect(abs(target.energy(x).item() + neck + 9 * rest) < 1e-12)
    }
    let grid = Grid(bound: 40, cells: 1600, dimensions: 2)
    let mass = grid.integral(logProb: -target.energy(grid.points))
    #expect(abs(log(mass) - (try #require(target.logPartition))) < 1e-3, "\(name): \(log(mass))")
  }

  @Test func settingsOfEarlierVersionsHaveNoObjective() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "settings.yaml")
      let settings = try FitSettings(model: "nsf", data: DataSettings(path: "a.csv"))
      try settings.write(to: url)
      let text = try String(contentsOf: url, encoding: .utf8)
      let old = text.replacing("objective:\n  forward-kl: {}\n", with: "")
      #expect(old != text)
      try Data(old.utf8).write(to: url)
      #expect(try FitSettings(contentsOf: url).objective == nil)
    }
  }

  @Test func objectivesAreReadFromSettings() throws {
    let settings = try FitSettings(model: "nsf", data: DataSettings(path: "ring"))
    #expect(settings.objective == .forwardKullbackLeibler)
    let reverse = try settings.setting("objective={reverse-kl: {stepsPerEpoch: 7}}")
    #expect(reverse.objective == .reverseKullbackLeibler(ReverseKullbackLeiblerSettings(stepsPerEpoch: 7)))
    #expect(try settings.setting("objective=reverse-kl").objective == Objective(.reverse))
    let error = #expect(throws: SettingsError.self) { try settings.setting("objective=reverse") }
    #expect(error?.description.contains("forward-kl, reverse-kl") == true, "\(String(describing: error))")
    #expect(throws: SettingsError.self) { try reverse.setting("objective.reverse-kl.stepsPerEpochs=7") }
  }

  /// A density without a gradient cannot be followed.
  @Test func aHistogramIsNoTarget() throws {
    try withTemporaryFolder { folder in
      let data = folder.appending(path: "data.csv")
      let lines = (0..<60).map { "\($0 % 7).\($0),\($0 * 13 % 29)" }
      try Data(("a,b\n" + lines.joined(separator: "\n")).utf8).write(to: data)
      let run = RunFolder(folder.appending(path: "histogram").path)
      _ = try ModelFit(try FitSettings(model: "histogram", data: DataSettings(path: data.path)), into: run).run()
      let error = #expect(throws: ModelError.self) { try fit(run.path, in: folder, []) }
      #expect(error?.description.contains("no gradient") == true)
    }
  }
}
