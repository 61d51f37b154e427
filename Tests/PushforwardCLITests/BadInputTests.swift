import Foundation
import Testing

/// One thing that a user can get wrong: what they type, the exit code, and words that the message must hold.
struct BadInput: CustomTestStringConvertible, Sendable {
  let name: String
  let arguments: [String]
  let code: Int32
  let words: [String]
  var file: (name: String, content: String)?

  var testDescription: String { name }

  init(_ name: String, _ arguments: [String], _ code: Int32, _ words: [String], file: (String, String)? = nil) {
    self.name = name
    self.arguments = arguments
    self.code = code
    self.words = words
    self.file = file.map { (name: $0.0, content: $0.1) }
  }

  /// A table that cannot be fitted.
  static func table(_ name: String, _ content: String, _ code: Int32, _ words: [String], as path: String = "bad.csv")
    -> BadInput
  {
    BadInput(name, ["fit", "nsf", path, "--out", "new"], code, words, file: (path, content))
  }

  static let rows = (1...40).map { "\($0),\(Double($0 * $0 % 37) + Double($0) / 8)" }

  static let all: [BadInput] = [
    // Usage
    BadInput("no such command", ["train"], 64, ["train"]),
    BadInput("no output folder", ["fit", "nsf", "good.csv"], 64, ["--out"]),
    BadInput("misspelled model", ["fit", "nfs", "good.csv", "--out", "new"], 64, ["nfs", "did you mean 'nsf'"]),
    BadInput("unknown option", ["fit", "nsf", "good.csv", "--out", "new", "--epochs", "3"], 64, ["--epochs"]),
    BadInput("count of 0", ["sample", "run", "-n", "0"], 64, ["-n must be at least 1"]),
    BadInput("count that is no number", ["sample", "run", "-n", "many"], 64, ["many"]),
    BadInput("no such device", ["fit", "nsf", "good.csv", "--out", "new", "--device", "tpu"], 64, ["tpu", "cuda"]),
    BadInput("threads of 0", ["fit", "nsf", "good.csv", "--out", "new", "--threads", "0"], 64, ["--threads"]),
    // Targets
    BadInput(
      "target without its objective", ["fit", "nsf", "ring", "--out", "new"], 64, ["ring", "--objective reverse-kl"]),
    BadInput(
      "misspelled objective", ["fit", "nsf", "ring", "--objective", "kl", "--out", "new"], 64,
      ["forward-kl or reverse-kl", "'kl'"]),
    BadInput(
      "misspelled target", ["fit", "nsf", "funel", "--objective", "reverse-kl", "--out", "new"], 64,
      ["'funel'", "did you mean 'funnel'"]),
    BadInput(
      "a table as a target", ["fit", "nsf", "good.csv", "--objective", "reverse-kl", "--out", "new"], 64,
      ["good.csv", "Targets: four-modes"]),
    BadInput(
      "columns of a target",
      ["fit", "nsf", "ring", "--objective", "reverse-kl", "--columns", "x1", "--out", "new"], 64,
      ["a target has no table"]),
    BadInput(
      "reverse-kl of a model that is not trained", ["fit", "gmm", "ring", "--objective", "reverse-kl", "--out", "new"],
      64, ["gmm", "use nsf or real-nvp"]),
    BadInput(
      "settings of a target out of range",
      [
        "fit", "nsf", "ring", "--objective", "reverse-kl", "--set", "objective.reverse-kl.startTemperature=0.5",
        "--out", "new",
      ],
      64, ["startTemperature", "1 (none) or above"]),
    BadInput(
      "settings of another objective",
      ["fit", "nsf", "ring", "--objective", "reverse-kl", "--set", "objective=forward-kl", "--out", "new"], 64,
      ["contradicts"]),
    // Settings
    BadInput(
      "misspelled setting", ["fit", "nsf", "good.csv", "--out", "new", "--set", "training.batchsize=3"], 64,
      ["training.batchsize", "did you mean 'batchSize'"]),
    BadInput(
      "setting of the wrong kind", ["fit", "nsf", "good.csv", "--out", "new", "--set", "training.batchSize=big"], 64,
      ["training.batchSize", "a number"]),
    BadInput(
      "setting without a value", ["fit", "nsf", "good.csv", "--out", "new", "--set", "training.batchSize"], 64,
      ["NAME=VALUE"]),
    BadInput(
      "setting out of range", ["fit", "nsf", "good.csv", "--out", "new", "--set", "training.learningRate=-1"], 64,
      ["learningRate", "-1"]),
    BadInput(
      "flow that cannot be", ["fit", "nsf", "good.csv", "--out", "new", "--set", "configuration.bins=0"], 64,
      ["bins", "at least 1"]),
    BadInput(
      "unknown choice", ["fit", "nsf", "good.csv", "--out", "new", "--set", "training.optimizer=lbfgs"], 64,
      ["training.optimizer"]),
    BadInput(
      "misspelled part of a choice",
      ["fit", "nsf", "good.csv", "--out", "new", "--set", "training.schedule={cosine: {warmup: 3}}"], 64, ["warmup"]),
    BadInput(
      "settings file that is no YAML", ["fit", "nsf", "good.csv", "--out", "new", "--config", "bad.yaml"], 64,
      ["bad.yaml", "YAML"], file: ("bad.yaml", "training: [unclosed\n")),
    BadInput(
      "settings file with an unknown name", ["fit", "nsf", "good.csv", "--out", "new", "--config", "bad.yaml"], 64,
      ["traning", "did you mean 'training'"], file: ("bad.yaml", "traning:\n  batchSize: 3\n")),
    BadInput(
      "settings file that is missing", ["fit", "nsf", "good.csv", "--out", "new", "--config", "no.yaml"], 74,
      ["no.yaml"]),
    // Data
    BadInput("missing file", ["fit", "nsf", "nowhere.csv", "--out", "new"], 74, ["nowhere.csv"]),
    BadInput("folder instead of a file", ["fit", "nsf", "run", "--out", "new"], 74, ["run"]),
    BadInput(
      "unknown extension", ["fit", "nsf", "notes.txt", "--out", "new"], 65, ["notes.txt", ".csv"],
      file: ("notes.txt", "1,2\n")),
    .table("zero bytes", "", 65, ["bad.csv", "empty"]),
    .table("header only", "a,b\n", 65, ["bad.csv", "row"]),
    .table("one row", "a,b\n1,2\n", 65, ["bad.csv", "row"]),
    .table("empty cell", "a,b\n" + (rows + ["41,"]).joined(separator: "\n"), 65, ["row 41", "'b'", "--drop-missing"]),
    .table("NaN", "a,b\n" + (["nan,1"] + rows).joined(separator: "\n"), 65, ["row 1", "'a'"]),
    .table("infinity", "a,b\n" + (["1,inf"] + rows).joined(separator: "\n"), 65, ["row 1", "'b'"]),
    .table("column of text", "a,b\n" + rows.map { $0 + "x" }.joined(separator: "\n"), 65, ["'b'", "--one-hot"]),
    .table("text among numbers", "a,b\n" + (rows + ["7,oops"]).joined(separator: "\n"), 65, ["'b'", "oops"]),
    .table(
      "constant column", "a,b\n" + rows.map { "5,\($0.split(separator: ",")[1])" }.joined(separator: "\n"), 65,
      ["'a'", "--exclude"]),
    .table("ragged row", "a,b\n" + (rows + ["1,2,3"]).joined(separator: "\n"), 65, ["bad.csv", "41"]),
    .table("two columns of one name", "a,a\n" + rows.joined(separator: "\n"), 65, ["'a'"]),
    .table(
      "column of dates", "a,b\n" + rows.indices.map { "\($0),2024-01-\(10 + $0 % 20)" }.joined(separator: "\n"), 65,
      ["'b'"]),
    .table("Parquet that is none", "PAR1 but not really", 65, ["bad.parquet"], as: "bad.parquet"),
    .table("gzip that is none", "a,b\n1,2\n", 65, ["bad.csv.gz"], as: "bad.csv.gz"),
    .table("JSON that is broken", "{\"a\": 1, \"b\": 2}\n{\"a\": ", 65, ["bad.jsonl"], as: "bad.jsonl"),
    BadInput(
      "misspelled column", ["fit", "nsf", "good.csv", "--out", "new", "--columns", "heigth,weight"], 65,
      ["heigth", "height"]),
    BadInput(
      "excluded column that is not there", ["fit", "nsf", "good.csv", "--out", "new", "--exclude", "age"], 65, ["age"]),
    // Runs and model files
    BadInput("run that exists", ["fit", "nsf", "good.csv", "--out", "run"], 64, ["run", "--overwrite"]),
    BadInput(
      "output folder that is a file", ["fit", "nsf", "good.csv", "--out", "good.csv"], 74, ["good.csv", "file"]),
    BadInput(
      "output folder that cannot be made", ["fit", "nsf", "good.csv", "--out", "/proc/new"], 74,
      ["/proc/new", "No such file", "choose another with --out"]),
    BadInput(
      "intervention without a number", ["sample", "causal", "--do", "rain=yes"], 64,
      ["'rain=yes'", "COLUMN=NUMBER", "rain, wet"]),
    BadInput(
      "intervention with a value that is none", ["sample", "causal", "--do", "rain=2"], 64,
      ["column 'rain'", "to 2", "its values are 0, 1"]),
    BadInput("intervention on no column", ["sample", "causal", "--do", "rian=1"], 64, ["'rian'", "rain, wet"]),
    BadInput("intervention on a flow", ["sample", "run", "--do", "height=1"], 64, ["nsf", "causal"]),
    BadInput("no run", ["sample", "nowhere"], 74, ["nowhere", "pushforward fit"]),
    BadInput("nothing to resume", ["resume", "run"], 74, ["run", "finished"]),
    BadInput("truncated model", ["sample", "cut"], 65, ["cut/model.safetensors"]),
    BadInput("model file with a huge header", ["sample", "huge"], 65, ["huge/model.safetensors"]),
    BadInput(
      "model file of another program", ["sample", "other"], 65, ["other/model.safetensors", "no model of Pushforward"]),
    BadInput(
      "model file of a newer format", ["sample", "newer"], 65, ["newer/model.safetensors", "Update Pushforward"]),
    BadInput(
      "table without the model's columns", ["score", "run", "bad.csv"], 65, ["bad.csv", "weight"],
      file: ("bad.csv", "height\n1\n2\n")),
    BadInput("output of an unknown kind", ["sample", "run", "-o", "out.xyz"], 65, ["out.xyz"]),
    BadInput("output in a folder that is not there", ["sample", "run", "-o", "no/out.csv"], 74, ["no/out.csv"]),
    BadInput("picture of rows that are no images", ["sample", "run", "-o", "out.png"], 64, ["out.png", "no images"]),
    BadInput("full disk", ["sample", "run", "-n", "5000", "-o", "full.csv", "--overwrite"], 74, ["full.csv"]),
    BadInput(
      "array in a folder that is not there", ["sample", "run", "-o", "no/out.npy"], 74, ["no/out.npy", "no folder"]),
    BadInput("samples over a file", ["sample", "run", "-o", "good.csv"], 64, ["good.csv", "--overwrite"]),
    BadInput("samples over a folder", ["sample", "run", "-o", "run", "--overwrite"], 74, ["run", "a folder"]),
    BadInput(
      "scores over a file", ["score", "run", "good.csv", "-o", "settled/settings.yaml"], 64,
      ["settled/settings.yaml", "--overwrite"]),
    BadInput(
      "report in a folder that is not there", ["report", "run", "-o", "no/r.html"], 74,
      ["no/r.html", "there is no folder"]),
    BadInput("report over a file", ["report", "run", "-o", "good.csv"], 64, ["good.csv", "--overwrite"]),
    BadInput(
      "charts in a place that is none", ["report", "run", "--format", "vl.json", "-o", "/proc/new"], 74,
      ["/proc/new", "No such file", "-o"]),
    BadInput(
      "plot in a folder that is not there", ["plot", "good.csv", "--x", "height", "-o", "no/p.html"], 74,
      ["no/p.html", "there is no folder"]),
    BadInput(
      "plot where nothing can be written", ["plot", "good.csv", "--x", "height", "-o", "/proc/p.html"], 74,
      ["/proc/p.html", "cannot"]),
    BadInput(
      "several columns of text and dates", ["fit", "nsf", "bad.csv", "--out", "new"], 65,
      ["'kind', 'colour' hold text", "'day' holds dates", "--one-hot kind,colour", "--exclude kind,colour,day"],
      file: (
        "bad.csv",
        "kind,a,colour,day\n"
          + (0..<40).map { "k\($0 % 3),\($0),c\($0 % 2),2024-01-\(10 + $0 % 20)" }.joined(separator: "\n")
      )),
    BadInput(
      "column of one text", ["fit", "nsf", "bad.csv", "--out", "new", "--one-hot", "country"], 65,
      ["column 'country' holds one value only", "--exclude country)"],
      file: ("bad.csv", "a,b,country\n" + rows.map { $0 + ",UK" }.joined(separator: "\n"))),
    BadInput("empty output folder", ["fit", "nsf", "good.csv", "--out", ""], 64, ["--out"]),
    BadInput("too many threads", ["fit", "nsf", "good.csv", "--out", "new", "--threads", "100000"], 64, ["--threads"]),
    BadInput(
      "seed that cannot be kept", ["fit", "nsf", "good.csv", "--out", "new", "--seed", "18446744073709551615"], 64,
      ["seed", "too large"]),
    BadInput(
      "endless training",
      ["fit", "nsf", "good.csv", "--out", "new", "--set", "training.maximumEpochs=9223372036854775807"],
      64, ["maximumEpochs", "a billion"]),
    BadInput(
      "model as a setting", ["fit", "nsf", "good.csv", "--out", "new", "--set", "model=real-nvp"], 64,
      ["arguments of fit"]),
    BadInput(
      "uneven values to dequantize", ["fit", "nsf", "bad.csv", "--out", "new", "--dequantize", "a"], 65,
      ["'a'", "evenly spaced"],
      file: ("bad.csv", "a,b\n" + (1...60).map { "\([0, 0.3, 1][$0 % 3]),\($0)" }.joined(separator: "\n"))),
    BadInput(
      "settings that another run left", ["fit", "nsf", "good.csv", "--out", "settled"], 64, ["settled", "--overwrite"]),
  ]
}

/// Fits one good run, then tries every bad input beside it.
@Suite struct BadInputTests {
  @Test func everyBadInputHasAMessageAndACodeAndLosesNothing() throws {
    try withProgram { program in
      try prepare(program)
      let before = try snapshot(program.folder)
      for input in BadInput.all {
        if let file = input.file { try program.file(file.name, file.content) }
        let outcome = try program.run(input.arguments)
        #expect(outcome.code == input.code, "\(input.name): exit code \(outcome.code)\n\(outcome.errors)")
        for word in input.words {
          #expect(outcome.errors.contains(word), "\(input.name): '\(word)' is not in: \(outcome.errors)")
        }
        #expect(!outcome.errors.contains("Fatal error"), "\(input.name)")
        #expect(outcome.output.isEmpty, "\(input.name): printed \(outcome.output)")
        if let file = input.file { try FileManager.default.removeItem(at: program.folder.appending(path: file.name)) }
        #expect(try snapshot(program.folder) == before, "\(input.name): files changed")
      }
    }
  }

  private func prepare(_ program: Program) throws {
    try program.file("good.csv", correlatedTable(rows: 100))
    let fit = try program.run(["fit", "nsf", "good.csv", "--out", "run"] + quickFit)
    #expect(fit.code == 0, "\(fit.errors)")
    try program.file(
      "rain.csv",
      "rain,wet\n" + (0..<60).map { "\($0 % 2),\($0 % 2 == 1 || $0 % 6 == 0 ? 1 : 0)" }.joined(separator: "\n"))
    #expect(try program.run("fit", "causal", "rain.csv", "--dag", "rain->wet", "--out", "causal").code == 0)
    let model = try Data(contentsOf: program.folder.appending(path: "run/model.safetensors"))
    func place(_ data: Data, in run: String) throws {
      try program.file("\(run)/model.safetensors", "")
      try data.write(to: program.folder.appending(path: "\(run)/model.safetensors"))
    }
    try program.file("settled/settings.yaml", "# mine\n")
    try FileManager.default.createSymbolicLink(
      atPath: program.folder.appending(path: "full.csv").path, withDestinationPath: "/dev/full")
    try place(model.prefix(model.count / 2), in: "cut")
    try place(Data([0, 0, 0, 0, 0, 0, 0, 1]) + model.dropFirst(8), in: "huge")
    try place(replacing("pushforward.format", with: "pushforwerd.format", in: model), in: "other")
    try place(replacing("\"pushforward.format\":\"1\"", with: "\"pushforward.format\":\"9\"", in: model), in: "newer")
  }

  private func replacing(_ old: String, with new: String, in data: Data) throws -> Data {
    var copy = data
    copy.replaceSubrange(try #require(data.range(of: Data(old.utf8))), with: Data(new.utf8))
    return copy
  }

  /// Every file with its content.
  private func snapshot(_ folder: URL) throws -> [String: Data] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    let pairs = try paths.compactMap { path -> (String, Data)? in
      let url = folder.appending(path: path)
      var isDirectory: ObjCBool = false
      guard path != "full.csv", FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory),
        !isDirectory.boolValue
      else {
        return (path, Data())
      }
      return (path, try Data(contentsOf: url))
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}
