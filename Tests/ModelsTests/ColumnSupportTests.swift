import Datasets
import Foundation
import Models
import Testing
import Torch
import Training
import _TestSupport

@Suite struct ColumnSupportTests {
  /// Positive numbers, shares, and numbers between 100 and 110.
  private func settings(_ model: String, _ folder: URL, support: [String], edit: (String) -> String = { $0 }) throws
    -> FitSettings
  {
    var rng = RandomGenerator(seed: 1)
    let lines = (0..<100).map { _ -> String in
      let u = (0..<4).map { _ in Double.random(in: 0.01...0.99, using: &rng) }
      return "\(exp(3 * (u[0] + u[1] - 1))),\(u[1]),\(100 + 10 * u[2] * u[3])"
    }
    let path = folder.appending(path: "data.csv")
    try Data(edit("age,share,x\n" + lines.joined(separator: "\n") + "\n").utf8).write(to: path)
    var settings = try FitSettings(model: model, data: DataSettings(path: path.path, support: support))
    settings.training?.maximumEpochs = 3
    return settings
  }

  private func fit(_ settings: FitSettings, _ folder: URL) throws -> (any GenerativeModel, ModelDescription) {
    let run = RunFolder(folder.appending(path: UUID().uuidString).path)
    _ = try ModelFit(settings, into: run).run()
    return try run.loadModel()
  }

  private static let all = ["age=positive", "share=unit", "x=interval(100,110)"]

  /// Draws lie inside, densities are 0 outside, and what is saved says so.
  @Test(arguments: ["nsf", "maf", "gaussian", "gmm"]) func drawsAndDensitiesRespectTheBounds(name: String) throws {
    try withTemporaryFolder { folder in
      let (model, description) = try fit(try settings(name, folder, support: Self.all), folder)
      #expect(description.supports?.count == 3)
      var rng = RandomGenerator(seed: 2)
      let draws = description.dataRows(model.sample(5000, given: nil, using: &rng))
      let (low, high) = (draws.min(0).doubles(), draws.max(0).doubles())
      #expect(low[0] > 0 && low[1] > 0 && low[2] > 100 && high[1] < 1 && high[2] < 110, "\(low) \(high)")
      let density = try #require(model as? any DensityModel)
      let rows = Tensor(rows: [[1, 0.5, 105], [-1, 0.5, 105], [1, 1, 105], [1, 0.5, 100], [0, 0.5, 105]])
      let scores = density.logProb(description.modelRows(rows), given: nil).doubles()
      #expect(scores[0].isFinite && scores.dropFirst().allSatisfy { $0 == -.infinity }, "\(scores)")
    }
  }

  /// In the user's units the density of one bounded column integrates to 1: by midpoints over the whole interval.
  @Test(arguments: [("nsf", "share", 0.0, 1.0, "unit"), ("gaussian", "x", 100, 110, "interval(100,110)")])
  func densitiesIntegrateToOne(name: String, column: String, low: Double, high: Double, support: String) throws {
    try withTemporaryFolder { folder in
      var settings = try settings(name, folder, support: ["\(column)=\(support)"])
      settings.data.columns = [column]
      let (model, description) = try fit(settings, folder)
      let cells = 40_000
      let places = (0..<cells).map { low + (high - low) * (Double($0) + 0.5) / Double(cells) }
      let density = try #require(model as? any DensityModel)
      let scores = density.logProb(description.modelRows(Tensor(places, shape: [cells, 1])), given: nil)
      let integral: Double = scores.to(.float64).exp().mean().item()
      #expect(abs(integral * (high - low) - 1) < 5e-3)
    }
  }

  /// A normal distribution of the logarithm is the log-normal distribution, and so is its density.
  @Test func aPositiveNormalColumnIsLogNormal() throws {
    try withTemporaryFolder { folder in
      var settings = try settings("gaussian", folder, support: ["age=positive"])
      settings.data.columns = ["age"]
      let (model, description) = try fit(settings, folder)
      let location = try #require(model.state()["location"]).doubles()[0]
      let triangle = try #require(model.state()["scaleTriangle"]).doubles()[0]
      let density = try #require(model as? any DensityModel)
      for x in [0.02, 1, 7.5] {
        let z = (log(x) - location) / triangle
        let exact = -z * z / 2 - log(x * triangle * (2 * Double.pi).squareRoot())
        let found = density.logProb(description.modelRows(Tensor([x], shape: [1, 1])), given: nil).doubles()[0]
        #expect(abs(found - exact) < 1e-9)
      }
    }
  }

  @Test func integersComeBackAsIntegers() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "counts.csv")
      let lines = (0..<120).map { "\(($0 * $0) % 97),\(Double(($0 * 31) % 101) / 7)" }
      try Data(("n,y\n" + lines.joined(separator: "\n")).utf8).write(to: path)
      var settings = try FitSettings(model: "real-nvp", data: DataSettings(path: path.path, support: ["n=integer"]))
      settings.training?.maximumEpochs = 2
      let (model, description) = try fit(settings, folder)
      var rng = RandomGenerator(seed: 3)
      let counts = description.dataRows(model.sample(200, given: nil, using: &rng))[.all, .at(0)].doubles()
      #expect(counts.allSatisfy { $0 == $0.rounded() && (0...96).contains($0) })
    }
  }

  @Test(arguments: [
    (["age=negative"], "'age=negative' is no support; expected positive, unit"),
    (["age=interval(3,1)"], "is no support"), (["angle=circle"], "cannot be a circle"),
    (["age"], "'age' declares nothing"), (["age=positive", "age=unit"], "twice"),
    (["ages=positive"], "did you mean 'age'?"), (["x=unit"], "is not between 0.0 and 1.0"),
  ])
  func declarationsThatCannotBeAreRefused(support: [String], words: String) throws {
    try withTemporaryFolder { folder in
      let settings = try settings("real-nvp", folder, support: support)
      var message = "none"
      do { _ = try fit(settings, folder) } catch { message = "\(error)" }
      #expect(message.contains(words), "\(message)")
    }
  }

  @Test func aRowOutsideIsNamed() throws {
    try withTemporaryFolder { folder in
      let settings = try settings("gmm", folder, support: ["age=positive"]) { text in
        var lines = text.split(separator: "\n").map(String.init)
        lines[3] = "-2,0.5,104"
        return lines.joined(separator: "\n")
      }
      var message = "none"
      do { _ = try fit(settings, folder) } catch { message = "\(error)" }
      #expect(message.contains("row 3") && message.contains("column 'age'") && message.contains("-2.0 is not above 0"))
    }
  }

  /// Guesses are told, and not applied.
  @Test func likelySupportsAreToldAndNotApplied() throws {
    try withTemporaryFolder { folder in
      let settings = try settings("gaussian", folder, support: ["share=unit"])
      var warnings: [String] = []
      let run = RunFolder(folder.appending(path: "run").path)
      _ = try ModelFit(settings, into: run).run { if case .warning(let text) = $0 { warnings.append(text) } }
      #expect(warnings.contains { $0.contains("'age' looks positive: consider --support age=positive") }, "\(warnings)")
      #expect(!warnings.contains { $0.contains("'share'") } && !warnings.contains { $0.contains("'x'") })
      #expect(try run.loadModel().description.supports?.map(\.column) == [1])
    }
  }

  /// A column with declared bounds is continuous, however few its values and whatever is dequantized.
  @Test func declaredBoundsKeepAColumnOffGrids() throws {
    try withTemporaryFolder { folder in
      var settings = try settings("gaussian", folder, support: ["age=interval(0,4)"]) { _ in
        "age,share\n" + (0..<60).map { "\(1 + $0 % 3),\($0 % 5)\n" }.joined()
      }
      settings.data.dequantize = ["*"]
      let (_, description) = try fit(settings, folder)
      #expect(description.grids.map(\.column) == [1])
    }
  }

  /// In a build without optimization every layer is slow; bounds hide nothing of it.
  @Test func boundsDoNotHideWhatIsSlow() throws {
    try withTemporaryFolder { folder in
      let parts = try [Self.all, []].map { support in
        let (model, _) = try fit(try settings("nsf", folder, support: support), folder)
        return try #require(model as? any TrainedModel).slowParts
      }
      #expect(parts[0] == parts[1])
    }
  }
}
