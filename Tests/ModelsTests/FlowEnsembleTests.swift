import Datasets
import Foundation
import Models
import Testing
import Torch
import Training
import _TestSupport

@Suite struct FlowEnsembleTests {
  /// Three flows of y given x. Each starts from its own weights; the second sees rows that lie `apart` higher.
  private func ensemble(
    in folder: URL, apart: Float = 0
  ) throws -> (model: any DensityModel, members: [any DensityModel], description: ModelDescription) {
    var rng = RandomGenerator(seed: 1)
    let lines = (0..<120).map { _ -> String in
      let x = Double.random(in: -1...1, using: &rng)
      return "\(x),\(x + Double.random(in: -1...1, using: &rng))"
    }
    let data = folder.appending(path: "data.csv")
    try Data(("x,y\n" + lines.joined(separator: "\n")).utf8).write(to: data)
    var settings = try FitSettings(model: "nsf", data: DataSettings(path: data.path, given: ["x"]))
    for change in [
      "configuration.ensemble=3", "configuration.couplings.layers=2", "training.maximumEpochs=20",
      "configuration.couplings.network.multilayerPerceptron.hiddenFeatures=[8]", "training.batchSize=32",
      "training.learningRate=0.01",
    ] { settings = try settings.setting(change) }
    let run = RunFolder(folder.appending(path: "run").path)
    _ = try ModelFit(settings, into: run).run()

    var file = try Safetensors(contentsOf: run.model)
    let mean = try #require(file.tensors["members.1.flow.preprocessing.mean"])
    file.tensors["members.1.flow.preprocessing.mean"] = mean + Double(apart)
    let place = folder.appending(path: "moved.safetensors")
    try file.write(to: place)
    let (model, description) = try ModelFile.load(from: place)
    let members = try (0..<3).map { try member($0, of: file, in: folder) }
    return (try #require(model as? any DensityModel), members, description)
  }

  /// One flow of an ensemble's file, as a model of its own.
  private func member(_ index: Int, of file: Safetensors, in folder: URL) throws -> any DensityModel {
    let prefix = "members.\(index)."
    let own = file.tensors.filter { $0.key.hasPrefix(prefix) }
    var single = file
    single.tensors = Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    let text = try #require(file.metadata["pushforward.model"])
    single.metadata["pushforward.model"] = text.replacing("\"ensemble\":3", with: "\"ensemble\":1")
    let place = folder.appending(path: "member-\(index).safetensors")
    try single.write(to: place)
    return try #require(try ModelFile.load(from: place).model as? any DensityModel)
  }

  @Test func theDensityIsTheMeanOfThoseOfFlowsThatDiffer() throws {
    try withTemporaryFolder { folder in
      let (model, members, _) = try ensemble(in: folder)
      let rows = Tensor(rows: [[-1.2], [0.1], [0.9], [40]]).to(.float32)
      let context = Tensor(rows: [[-0.5], [0.1], [0.9], [0.2]]).to(.float32)
      let scores = members.map { $0.logProb(rows, given: context).doubles() }
      #expect(abs(scores[0][1] - scores[1][1]) > 1e-3 && abs(scores[1][1] - scores[2][1]) > 1e-3)
      for (row, found) in model.logProb(rows, given: context).doubles().enumerated() {
        let most = scores.map { $0[row] }.max() ?? 0
        let mean = most + log(scores.reduce(0) { $0 + exp($1[row] - most) } / 3)
        #expect(abs(found - mean) < 1e-4 * max(1, abs(mean)))
      }
    }
  }

  /// Of flows that lie far apart each gives a third of the draws, of each row for itself: a share of 6000 draws is off by
  /// 0.035, 5.7 standard errors, with a probability of 1e-8.
  @Test func eachDrawIsOfAFlowOfItsOwn() throws {
    try withTemporaryFolder { folder in
      let (model, _, _) = try ensemble(in: folder, apart: 100)
      var rng = RandomGenerator(seed: 4)
      let contexts = Tensor([-0.5, 0.5], shape: [2, 1]).to(.float32)
      let draws = model.sample(6000, given: contexts, using: &rng)
      #expect(draws.shape == [6000, 2, 1])
      let isHigh = (draws .> 50).to(.float64)
      let (first, second) = (isHigh.narrowed(1, from: 0, length: 1), isHigh.narrowed(1, from: 1, length: 1))
      #expect(abs(first.mean().item() - 1.0 / 3) < 0.035 && abs(second.mean().item() - 1.0 / 3) < 0.035)
      #expect(abs((first * second).mean().item() - 1.0 / 9) < 0.023)
      #expect(model.sample(7, given: contexts[.at(0)], using: &rng).shape == [7, 1])
    }
  }

  /// Also where the flows disagree, and the quantile lies in the gap between them.
  @Test(arguments: [0, 30] as [Float]) func quantilesAreThoseOfTheAverage(apart: Float) throws {
    try withTemporaryFolder { folder in
      let (model, _, description) = try ensemble(in: folder, apart: apart)
      var rng = RandomGenerator(seed: 5)
      let conditions = Tensor([0.4], shape: [1, 1])
      let predictions = try Predictor(draws: 10, level: 0.9).predict(
        model, description, conditions: conditions, using: &rng)
      #expect(predictions.isExact)
      let grid = Grid(bound: 50, cells: 100_000, dimensions: 1)
      let context = try #require(description.modelContext(conditions))[.at(0)]
      let scores = model.logProb(description.modelRows(grid.points.unsqueezed(1)), given: context).to(.float64)
      for (place, probability) in [(predictions.lower, 0.05), (predictions.median, 0.5), (predictions.upper, 0.95)] {
        let below = select(grid.points .<= place.doubles()[0], scores, -Double.infinity)
        #expect(abs(grid.integral(logProb: below) - probability) < 2e-3)
      }
    }
  }

  @Test(arguments: ["0", "101"]) func sizesOutOfRangeAreRefused(size: String) throws {
    try withTemporaryFolder { folder in
      let data = folder.appending(path: "data.csv")
      try Data(("x,y\n" + (0..<40).map { "\($0),\($0 * $0)" }.joined(separator: "\n")).utf8).write(to: data)
      let settings = try FitSettings(model: "maf", data: DataSettings(path: data.path))
        .setting("configuration.ensemble=\(size)")
      let error = #expect(throws: ModelError.self) {
        try ModelFit(settings, into: RunFolder(folder.appending(path: "run").path)).run()
      }
      #expect("\(String(describing: error))".contains("ensemble must be from 1 to 100, not \(size)"))
    }
  }
}
