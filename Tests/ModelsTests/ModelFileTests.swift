import Foundation
import Models
import NeuralNetworks
import Testing
import Torch
import Training
import _TestSupport

@Suite struct ModelFileTests {
  private let points = Tensor(rows: [[0.1, 0.4], [1.5, 3.1], [2.9, 6.0]]).to(.float32)

  private func run(in folder: URL, model: String = "nsf") throws -> RunFolder {
    var rng = RandomGenerator(seed: 1)
    let rows = Tensor.uniform([60, 2], using: &rng).scalars(as: Float.self)
    let lines = stride(from: 0, to: rows.count, by: 2).map { "\(rows[$0] * 3),\(rows[$0] * 6 + rows[$0 + 1])" }
    let data = folder.appending(path: "data.csv")
    try Data(("a,b\n" + lines.joined(separator: "\n")).utf8).write(to: data)
    var settings = try FitSettings(model: model, data: DataSettings(path: data.path))
    settings.training?.maximumEpochs = 2
    let small =
      ["nsf", "real-nvp"].contains(model)
      ? ["couplings.layers=2", "couplings.network.multilayerPerceptron.hiddenFeatures=[4]"]
      : ["layers=2", "hiddenFeatures=[4]"]
    for change in small { settings = try settings.setting("configuration." + change) }
    let run = RunFolder(folder.appending(path: "run").path)
    _ = try ModelFit(settings, into: run).run()
    return run
  }

  @Test(arguments: ["nsf", "real-nvp", "maf", "nice", "made-mog"])
  func aLoadedModelGivesTheSameNumbers(model: String) throws {
    try withTemporaryFolder { folder in
      let run = try run(in: folder, model: model)
      let (first, description) = try run.loadModel()
      let copy = folder.appending(path: "copy.safetensors")
      try ModelFile.save(first, description, to: copy)
      let (second, again) = try ModelFile.load(from: copy)
      #expect(description == again)
      let densities = try [first, second].map { try #require($0 as? any DensityModel).logProb(points, given: nil) }
      #expect(densities[0].isEqual(to: densities[1]))
      let draws = [first, second].map { model in
        var rng = RandomGenerator(seed: 5)
        return model.sample(10, given: nil, using: &rng)
      }
      #expect(draws[0].isEqual(to: draws[1]))
    }
  }

  /// Models with codes, with each kind of prior, posterior and second model.
  @Test(arguments: [
    ("vae", ["prior={mixture: {components: 3}}"]),
    ("vae", ["prior={flow: {layers: 2}}", "posterior={flow: {layers: 2}}"]),
    ("iwae", ["trainingSamples=3", "likelihood=decodedGaussian"]), ("ae+nsf", ["codes.couplings.layers=2"]),
    ("ae+gmm", []), ("denoising-ae", ["network={residual: {hiddenFeatures: 8, blocks: 1}}"]),
  ])
  func aLoadedModelWithCodesGivesTheSameNumbers(model: String, changes: [String]) throws {
    try withTemporaryFolder { folder in
      var rng = RandomGenerator(seed: 2)
      let rows = Tensor.normal([80, 2], using: &rng).scalars(as: Float.self)
      let data = folder.appending(path: "data.csv")
      let lines = stride(from: 0, to: rows.count, by: 2).map { "\(rows[$0]),\(rows[$0] + rows[$0 + 1])" }
      try Data(("a,b\n" + lines.joined(separator: "\n")).utf8).write(to: data)
      var settings = try FitSettings(model: model, data: DataSettings(path: data.path))
      settings.training?.maximumEpochs = 2
      for change in ["codeFeatures=2"] + changes { settings = try settings.setting("configuration." + change) }
      let run = RunFolder(folder.appending(path: "run").path)
      _ = try ModelFit(settings, into: run).run()

      let (first, description) = try run.loadModel()
      let copy = folder.appending(path: "copy.safetensors")
      try ModelFile.save(first, description, to: copy)
      let (second, _) = try ModelFile.load(from: copy)
      let results = try [first, second].map { model in
        var rng = RandomGenerator(seed: 5)
        let coder = try #require(model as? any CodeModel)
        let codes = coder.encode(points, given: nil)
        let density = (model as? any DensityModel)?.logProb(points, given: nil).to(.float32).unsqueezed(1)
        return Tensor.concatenating(
          [codes, coder.decode(codes, given: nil), model.sample(3, given: nil, using: &rng)]
            + (density.map { [$0] } ?? []), 1)
      }
      #expect(results[0].isEqual(to: results[1]) && results[0].isFinite().all())
      #expect((first is any DensityModel) == ["vae", "iwae"].contains(model))
    }
  }

  /// A file that version 0.1.0 wrote must load for ever, with the same densities.
  @Test func theFileOfTheFirstFormatStillLoads() throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/nsf-format-1", withExtension: "safetensors"))
    let (model, description) = try ModelFile.load(from: url)
    #expect(description.columns == ["a", "b"] && description.model == "nsf")
    let expected: [Double] = FormatOne.logProb
    let found = try #require(model as? any DensityModel).logProb(points, given: nil).doubles()
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-4 * max(1, abs(b)), "\(found)") }
  }

  @Test func weightsThatDoNotFitAreNamed() throws {
    try withTemporaryFolder { folder in
      let run = try run(in: folder)
      var file = try Safetensors(contentsOf: run.model)
      let name = try #require(file.tensors.keys.sorted().first)
      file.tensors[name] = nil
      try file.write(to: run.model)
      let error = #expect(throws: ModelError.self) { try run.loadModel() }
      #expect(error?.description.contains(name) == true)
    }
  }

  /// What nobody could have fitted is refused in words, at once, whatever it would cost to build.
  @Test(arguments: HostileEdit.all) func hostileFilesAreRefused(_ edit: HostileEdit) throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      var file = try HostileEdit.goodFile()
      try edit.apply(&file)
      try file.write(to: url)
      var found: ModelError?
      let time = ContinuousClock().measure {
        found = #expect(throws: ModelError.self) { try ModelFile.load(from: url) }
      }
      #expect(time < .seconds(2))
      let error = try #require(found)
      #expect(error.description.contains(edit.words), "\(error)")
      switch error {
      case .weights: #expect(edit.isAboutWeights)
      case .notAModel: #expect(!edit.isAboutWeights)
      default: Issue.record("\(error)")
      }
    }
  }

  @Test func anExistingRunIsNotReplacedUnasked() throws {
    try withTemporaryFolder { folder in
      let run = try run(in: folder)
      let before = try Data(contentsOf: run.model)
      let settings = try FitSettings(contentsOf: run.settings)
      #expect(throws: ModelError.runExists(folder: run.path, isUnfinished: false)) {
        try ModelFit(settings, into: run).run()
      }
      #expect(try Data(contentsOf: run.model) == before)
    }
  }

  @Test func unknownModelsAreNamedWithTheNearest() {
    let error = #expect(throws: ModelError.self) { try Catalogue.entry(named: "realnvp") }
    #expect(error?.description.contains("did you mean 'real-nvp'") == true)
  }
}

/// What the fixture gave when it was written.
enum FormatOne {
  static let logProb: [Double] = [-4.497774600982666, -2.428844451904297, -4.469508171081543]
}
