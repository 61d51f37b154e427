import Foundation
import Models
import Testing
import Training
import _TestSupport

@Suite struct SettingsTests {
  private func settings() throws -> FitSettings { try FitSettings(model: "nsf", data: DataSettings(path: "a.csv")) }

  @Test func aSettingIsReplacedAndTheRestStays() throws {
    let changed = try settings().setting("training.batchSize=7")
    #expect(changed.training?.batchSize == 7)
    var expected = try settings()
    expected.training?.batchSize = 7
    #expect(changed == expected)
  }

  @Test(arguments: [
    ("training.learningRate=1", "learningRate"), ("training.learningRate=2.5e-4", "learningRate"),
    ("training.schedule=cosine", "schedule"), ("training.schedule={step: {every: 10}}", "schedule"),
    ("configuration.couplings.network={residual: {hiddenFeatures: 8, blocks: 2}}", "network"),
    ("configuration.couplings.network.multilayerPerceptron.hiddenFeatures=[8]", "network"),
    ("configuration.couplings.mixing=orthogonal", "mixing"), ("data.exclude=a,b", "exclude"),
    ("data.exclude=[a, b]", "exclude"), ("seed=12", "seed"), ("data.columns=7", "columns"),
  ])
  func valuesOfEveryKindAreRead(assignment: String, name: String) throws {
    #expect(try settings().setting(assignment) != settings(), "\(name)")
  }

  @Test(arguments: [
    ("training.batchsize=3", "did you mean 'batchSize'"), ("trainin.batchSize=3", "did you mean 'training'"),
    ("configuration.couplings.layer=3", "did you mean 'layers'"), ("training.batchSize=x", "must be a number"),
    ("training=3", "must be a group of settings"), ("seed=yes", "must be a number"),
    ("training.schedule={cosine: {warmup: 1}}", "warmup"), ("training.schedule=cosin", "constant, cosine, step"),
    ("=3", "NAME=VALUE"), ("training.batchSize=[1", "YAML"),
  ])
  func mistakesAreNamed(assignment: String, words: String) throws {
    let error = #expect(throws: SettingsError.self) { try settings().setting(assignment) }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  @Test func settingsSurviveYAML() throws {
    var settings = try settings().setting("training.schedule={plateau: {patience: 3}}")
    settings.data.exclude = ["yes", "1", "a: b", "", "tab\there"]
    settings.data.path = "folder with spaces/#data.csv"
    settings.seed = .max / 2
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "settings.yaml")
      try settings.write(to: url)
      #expect(try FitSettings(contentsOf: url) == settings)
    }
  }

  @Test(arguments: ["nsf", "real-nvp", "maf", "nice", "made-mog"])
  func everySettingOfAModelIsInItsFile(model: String) throws {
    let tree = try SettingsValue(encoding: try FitSettings(model: model, data: DataSettings(path: "")))
    let again = try SettingsValue(yaml: try tree.yaml(), path: "test")
    // Whole numbers come back as integers, so the typed values are compared.
    #expect(try again.decoded(as: FitSettings.self) == tree.decoded(as: FitSettings.self))
  }
}
