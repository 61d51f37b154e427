import Datasets
import Foundation
import Models
import Testing
import Torch
import Training
import _TestSupport

@Suite struct ConditionalModelTests {
  /// Rows of a number y around twice the dose, more for the kind b, and a second number.
  private func table(_ rows: Int, seed: UInt64 = 1) -> String {
    var rng = RandomGenerator(seed: seed)
    let lines = (0..<rows).map { row -> String in
      let dose = Double.random(in: -1...1, using: &rng)
      let noise = (0..<4).map { _ in Double.random(in: -0.5...0.5, using: &rng) }.reduce(0, +)
      let y = 2 * dose + (row % 2 == 0 ? 0 : 1) + 0.5 * noise
      return "\(dose),\(row % 2 == 0 ? "a" : "b"),\(y),\(y + Double.random(in: 0...1, using: &rng))"
    }
    return "dose,kind,y,w\n" + lines.joined(separator: "\n") + "\n"
  }

  private func settings(
    _ model: String, _ folder: URL, given: [String], columns: [String] = [], exclude: [String] = [], rows: Int = 80
  ) throws -> FitSettings {
    let path = folder.appending(path: "data.csv").path
    try Data(table(rows).utf8).write(to: URL(filePath: path))
    var settings = try FitSettings(
      model: model, data: DataSettings(path: path, columns: columns, exclude: exclude, given: given))
    settings.training?.maximumEpochs = 3
    settings.training?.batchSize = 32
    return settings
  }

  private func fit(_ settings: FitSettings, _ folder: URL, _ name: String = "run") throws -> RunFolder {
    let run = RunFolder(folder.appending(path: name).path)
    _ = try ModelFit(settings, into: run).run()
    return run
  }

  /// Without glow, whose rows are images.
  private static let flows = Catalogue.entries.filter {
    $0.abilities.contains(.condition) && $0.trainingDefaults != nil && $0.name != "glow"
  }
  .map(\.name)

  /// Every flow of the catalogue depends on its conditions, and is the same after loading.
  @Test(arguments: flows) func flowsDependOnTheirConditions(name: String) throws {
    try withTemporaryFolder { folder in
      let run = try fit(try settings(name, folder, given: ["dose", "kind"]), folder)
      let (model, description) = try run.loadModel()
      let conditions = try #require(description.conditions)
      #expect(description.columns == ["y", "w"] && conditions.columns == ["dose", "kind=a", "kind=b"])
      #expect(conditions.categories == ["kind": ["a", "b"]])
      let density = try #require(model as? any DensityModel)
      let rows = description.modelRows(Tensor(rows: [[0.5, 1], [0.5, 1]]))
      let contexts = try ["dose=0.9,kind=b", "kind=a,dose=-0.9"].map { try conditions.values(of: $0) }
      let context = try #require(description.modelContext(Tensor.stacking(contexts)))
      let scores = density.logProb(rows, given: context).doubles()
      #expect(scores.allSatisfy(\.isFinite) && abs(scores[0] - scores[1]) > 1e-3, "\(scores)")
      for (index, score) in scores.enumerated() {
        let alone = density.logProb(rows[.slice(to: 1)], given: context[.at(index)]).doubles()[0]
        #expect(abs(alone - score) < 1e-4)
      }
      var rng = RandomGenerator(seed: 2)
      #expect(model.sample(5, given: context, using: &rng).shape == [5, 2, 2])
      #expect(model.sample(5, given: context[.at(0)], using: &rng).shape == [5, 2])
      let copy = folder.appending(path: "copy.safetensors")
      try ModelFile.save(model, description, to: copy)
      let (again, same) = try ModelFile.load(from: copy)
      #expect(same == description)
      let loaded = try #require(again as? any DensityModel).logProb(rows, given: context)
      #expect(loaded.isEqual(to: density.logProb(rows, given: context)))
    }
  }

  @Test func theDensityOfAFlowIntegratesToOneUnderEachCondition() throws {
    try withTemporaryFolder { folder in
      let run = try fit(try settings("nsf", folder, given: ["dose"], columns: ["y"]), folder)
      let (model, description) = try run.loadModel()
      let density = try #require(model as? any DensityModel)
      let grid = Grid(bound: 20, cells: 8000, dimensions: 1)
      for dose: Double in [-1, 0, 0.7] {
        let context = description.modelContext(Tensor([dose]))
        let scores = density.logProb(description.modelRows(grid.points.unsqueezed(1)), given: context)
        #expect(abs(grid.integral(logProb: scores.to(.float64)) - 1) < 2e-3)
      }
    }
  }

  /// The conditional normal distribution is linear regression: the slope is the covariance over the variance.
  @Test func theNormalDistributionIsLinearRegression() throws {
    try withTemporaryFolder { folder in
      let run = try fit(try settings("gaussian", folder, given: ["dose"], columns: ["y"]), folder)
      let (model, description) = try run.loadModel()
      let values = try Table(
        contentsOf: folder.appending(path: "data.csv").path,
        options: TableOptions(columns: ["dose", "y"], dtype: .float64)
      ).values
      let centred = values - values.mean(0)
      let covariance = centred.transposed().matmul(centred).doubles()
      let slope = covariance[1] / covariance[0]
      let means = values.mean(0).doubles()
      var rng = RandomGenerator(seed: 3)
      let predictions = try Predictor(draws: 10).predict(
        model, description, conditions: Tensor([0.3, -0.8], shape: [2, 1]), using: &rng)
      #expect(predictions.isExact && predictions.scores == nil)
      for (dose, median) in zip([0.3, -0.8], predictions.median.doubles()) {
        #expect(abs(median - (means[1] + slope * (dose - means[0]))) < 1e-9)
      }
      // The density of a row is the normal one around the line.
      let density = try #require(model as? any DensityModel)
      let widths = zip(predictions.upper.doubles(), predictions.median.doubles()).map { ($0 - $1) / 1.6448536269514722 }
      #expect(abs(widths[0] - widths[1]) < 1e-9)
      let score = density.logProb(predictions.median[.slice(to: 1)], given: Tensor([0.3], shape: [1, 1]))
      #expect(abs(score.doubles()[0] + log(widths[0] * (2 * Double.pi).squareRoot())) < 1e-9)
    }
  }

  /// A cell that is missing is integrated out: the rest has its own conditional density.
  @Test func aMixtureIntegratesMissingCellsOut() throws {
    try withTemporaryFolder { folder in
      var settings = try settings("gmm", folder, given: ["dose"], exclude: ["kind"])
      settings = try settings.setting("configuration.components=2")
      let (model, _) = try fit(settings, folder).loadModel()
      let density = try #require(model as? any DensityModel)
      let grid = Grid(bound: 30, cells: 6000, dimensions: 1)
      let context = Tensor([0.4])
      let rows = Tensor.stacking([Tensor.full([6000], 0.6, dtype: .float64), grid.points], 1)
      let exact = log(grid.integral(logProb: density.logProb(rows, given: context)))
      let partial = density.logProb(Tensor(rows: [[0.6, .nan]]), given: Tensor([0.4], shape: [1, 1])).doubles()[0]
      #expect(abs(partial - exact) < 1e-6)
    }
  }

  @Test func stoppedTrainingGoesOnToTheSameWeights() throws {
    try withTemporaryFolder { folder in
      var settings = try settings("real-nvp", folder, given: ["kind"])
      settings.training?.maximumEpochs = 6
      let whole = try fit(settings, folder, "whole")
      let parts = RunFolder(folder.appending(path: "parts").path)
      let stop = StopRequest()
      _ = try ModelFit(settings, into: parts).run(stop: stop) { if case .progress = $0 { stop.request() } }
      #expect(parts.isUnfinished)
      // Other conditions are other data.
      let path = folder.appending(path: "data.csv")
      let text = try String(contentsOf: path, encoding: .utf8)
      try Data(text.replacing(",a,", with: ",c,").replacing(",b,", with: ",a,").utf8).write(to: path)
      #expect(throws: TrainingError.self) { try ModelFit(settings, into: parts).run(resuming: true) }
      try Data(text.utf8).write(to: path)
      _ = try ModelFit(settings, into: parts).run(resuming: true)
      let states = try [whole, parts].map { try $0.loadModel().model.state() }
      #expect(states[0].keys == states[1].keys)
      for (name, tensor) in states[0] { #expect(states[1][name].map(tensor.isEqual) == true, "\(name)") }
    }
  }

  /// Distribution function and quantiles are each other's inverse, and draws agree with both: of 4000 draws the share below
  /// a quantile is off by 0.04 with probability below 1e-6.
  @Test(arguments: ["nsf", "maf", "gmm"]) func intervalsOfOneColumnAreExact(name: String) throws {
    try withTemporaryFolder { folder in
      let run = try fit(try settings(name, folder, given: ["dose"], columns: ["y"]), folder)
      let (model, description) = try run.loadModel()
      let conditions = Tensor([-0.9, 0.1, 0.8], shape: [3, 1])
      var rng = RandomGenerator(seed: 4)
      let first = try Predictor(draws: 50, level: 0.6).predict(model, description, conditions: conditions, using: &rng)
      for (ends, probability) in [(first.lower, 0.2), (first.median, 0.5), (first.upper, 0.8)] {
        let scored = try Predictor(draws: 50).predict(
          model, description, conditions: conditions, truth: ends, using: &rng)
        for integral in try #require(scored.integrals).doubles() { #expect(abs(integral - probability) < 1e-3) }
        let context = try #require(description.modelContext(conditions))
        let draws = description.dataRows(model.sample(4000, given: context, using: &rng).flattened(to: 1))
        let below = (draws.reshaped([4000, 3]) .< ends.squeezed(1)).to(.float64).mean(0).doubles()
        for share in below { #expect(abs(share - probability) < 0.04) }
      }
    }
  }

  @Test(arguments: [
    ("dose=1", "no value is given for 'kind': expected dose=NUMBER,kind=a"),
    ("dose=1,kind=c", "'c' is no category of 'kind' that the model has seen"),
    ("dose=x,kind=a", "'x' is no number, which the condition 'dose' must be"),
    ("dose=inf,kind=a", "'inf' is no number"), ("doses=1,kind=a", "did you mean 'dose'?"),
    ("dose=1,dose=2,kind=a", "the condition 'dose' is given twice"), ("dose", "'dose' gives no condition"),
  ])
  func conditionsThatCannotBeAreNamed(text: String, words: String) throws {
    try withTemporaryFolder { folder in
      var settings = try settings("real-nvp", folder, given: ["dose", "kind"])
      settings.training?.maximumEpochs = 1
      let conditions = try #require(try fit(settings, folder).loadModel().description.conditions)
      let error = #expect(throws: SettingsError.self) { try conditions.values(of: text) }
      #expect(error?.description.contains(words) == true, "\(String(describing: error))")
      #expect(try conditions.values(of: " kind=b , dose=-1e-1").doubles() == [-0.1, 0, 1])
      #expect(conditions.words(Tensor([-0.25, 0, 1])) == "dose = -0.25, kind = b")
    }
  }

  @Test func fitsThatCannotBeAreRefused() throws {
    try withTemporaryFolder { folder in
      func message(_ settings: FitSettings) -> String {
        do { _ = try fit(settings, folder, UUID().uuidString) } catch { return "\(error)" }
        return "none"
      }
      let kde = message(try settings("kde", folder, given: ["dose"], exclude: ["kind"]))
      #expect(kde.contains("cannot be conditioned") && kde.contains("nsf") && kde.contains("gmm"))
      #expect(message(try settings("gaussian", folder, given: ["kind"])).contains("on text, such as 'kind'"))
      #expect(message(try settings("nsf", folder, given: ["dos"], exclude: ["kind"])).contains("did you mean 'dose'?"))
      #expect(message(try settings("nsf", folder, given: ["y", "y"])).contains("twice"))
      #expect(
        message(try settings("nsf", folder, given: ["y"], exclude: ["y", "kind"])).contains("given and left out"))
      #expect(message(try settings("nsf", folder, given: ["y"], columns: ["y"])).contains("none is left to model"))
    }
  }
}
