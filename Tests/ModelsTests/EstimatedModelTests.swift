import Diagnostics
import Foundation
import Models
import Testing
import Torch
import _TestSupport

/// One row of the table: an estimated model of the catalogue with the settings that it needs for two columns.
struct EstimatedCase: Sendable, CustomTestStringConvertible {
  let name: String
  var settings: [String] = []
  var testDescription: String { ([name] + settings).joined(separator: " ") }

  static let all: [EstimatedCase] = Catalogue.entries.filter { $0.trainingDefaults == nil }.map {
    EstimatedCase(name: $0.name, settings: $0.name == "causal" ? ["configuration.dag=a->b"] : [])
  }
}

/// What holds for every model that is computed from all rows at once: fitted by name, kept in a file, found again.
@Suite struct EstimatedModelTests {
  private func fit(_ row: EstimatedCase, in folder: URL, changing: (inout DataSettings) -> Void = { _ in }) throws
    -> RunFolder
  {
    var rng = RandomGenerator(seed: 1)
    let x = Tensor.normal([200], dtype: .float64, using: &rng)
    let y = x * 0.5 + Tensor.normal([200], dtype: .float64, using: &rng) + 3
    let lines = zip(x.doubles(), y.doubles()).map { "\($0),\($1),1" }
    let data = folder.appending(path: "data.csv")
    try Data(("a,b,w\n" + lines.joined(separator: "\n")).utf8).write(to: data)
    var chosen = DataSettings(path: data.path, columns: ["a", "b"])
    changing(&chosen)
    var settings = try FitSettings(model: row.name, data: chosen)
    for assignment in row.settings { settings = try settings.setting(assignment) }
    let run = RunFolder(folder.appending(path: "run").path)
    let report = try ModelFit(settings, into: run).run(overwriting: true)
    guard case .estimation(let estimation) = report else {
      Issue.record("\(row.name) reports a training")
      return run
    }
    #expect(estimation.rows == 200)
    return run
  }

  @Test(arguments: EstimatedCase.all) func aLoadedModelGivesTheSameNumbers(_ row: EstimatedCase) throws {
    try withTemporaryFolder { folder in
      let (first, description) = try fit(row, in: folder).loadModel()
      let copy = folder.appending(path: "copy.safetensors")
      try ModelFile.save(first, description, to: copy)
      let (second, again) = try ModelFile.load(from: copy)
      #expect(description == again && description.columns == ["a", "b"])
      var rng = RandomGenerator(seed: 3)
      let draws = first.sample(50, given: nil, using: &rng)
      #expect(draws.shape == [50, 2] && draws.dtype == .float64)
      let densities = try [first, second].map { try #require($0 as? any DensityModel).logProb(draws, given: nil) }
      #expect(densities[0].isEqual(to: densities[1]) && densities[0].isFinite().all())
      rng = RandomGenerator(seed: 3)
      #expect(second.sample(50, given: nil, using: &rng).isEqual(to: draws))
    }
  }

  @Test(arguments: EstimatedCase.all) func everyModelPassesItsOwnChecks(_ row: EstimatedCase) throws {
    try withTemporaryFolder { folder in
      let run = try fit(row, in: folder)
      let (model, description) = try run.loadModel()
      var rng = RandomGenerator(seed: 5)
      let rows = try RunRows(of: run)
      #expect(rows.training.shape == [200, 2] && rows.heldOut == nil)
      let verification = Verifier(draws: 2000).verify(
        model.underTest(columns: description.columns, given: nil),
        training: model.rowsUnderTest(rows.training, using: &rng),
        using: &rng)
      #expect(verification.checks.filter { $0.outcome == .failed } == [])
      #expect(verification.checks.count { $0.outcome == .passed } >= 8)
    }
  }

  @Test(arguments: EstimatedCase.all) func aFileWithoutATensorIsRefused(_ row: EstimatedCase) throws {
    try withTemporaryFolder { folder in
      let run = try fit(row, in: folder)
      let whole = try Safetensors(contentsOf: run.model)
      for name in whole.tensors.keys {
        var file = whole
        file.tensors[name] = nil
        try file.write(to: run.model)
        #expect(throws: ModelError.self, "without \(name)") { try run.loadModel() }
        file = whole
        file.tensors[name] = Tensor.full([1, 1, 1], Double.nan, dtype: .float64)
        try file.write(to: run.model)
        #expect(throws: ModelError.self, "with a strange \(name)") { try run.loadModel() }
      }
    }
  }

  @Test(arguments: EstimatedCase.all) func equalWeightsChangeNothing(_ row: EstimatedCase) throws {
    guard try Catalogue.entry(named: row.name).takesWeights else { return }
    let points = Tensor(rows: [[0.1, 3.0], [-1, 2.5]])
    let scores = try [false, true].map { isWeighted in
      try withTemporaryFolder { folder in
        let (model, _) = try fit(row, in: folder) { $0.weights = isWeighted ? "w" : "" }.loadModel()
        return try #require(model as? any DensityModel).logProb(points, given: nil)
      }
    }
    expectClose(scores[0], scores[1], tolerance: 1e-9, "weights of 1")
  }

  @Test func anEstimatedModelHasNoTrainingSettings() throws {
    let settings = try FitSettings(model: "gaussian", data: DataSettings(path: "a.csv"))
    let error = #expect(throws: SettingsError.self) { try settings.setting("training.batchSize=3") }
    #expect(error?.description.contains("there is no setting 'training'") == true)
  }
}
