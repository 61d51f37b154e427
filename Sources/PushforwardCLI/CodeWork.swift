import ArgumentParser
import Datasets
import Foundation
import Models
import NeuralNetworks
import Torch

/// What commands are given that ask a model about a table: encode, decode, classify and the like.
struct CodeArguments: ParsableArguments {
  @Argument(help: "The folder of the run.", completion: .directory)
  var folder: String

  @Argument(help: "The table.", completion: .file())
  var data: String

  @Option(name: .shortAndLong, help: "Where to write; without it, CSV on standard output.", completion: .file())
  var output: String?

  @OptionGroup var overwriting: OverwriteOption

  @Option(name: .long, help: "auto, cpu, cuda or cuda:INDEX.")
  var device = "cpu"

  @OptionGroup var machine: MachineOptions

  /// The output, looked at before the work is done; nil for standard output.
  func outputFile() throws -> OutputFile? {
    if let output, URL(filePath: output).standardizedFileURL == URL(filePath: data).standardizedFileURL {
      throw SettingsError.invalid(reason: "-o \(output) would replace the data; name another file")
    }
    return try output.map(overwriting.file)
  }
}

/// A model, with the table and the output that a command was given.
struct CodeWork<Model> {
  let model: Model
  let description: ModelDescription
  let device: Device
  let data: String
  private let file: OutputFile?

  /// The rows of the table, all of them without missing cells.
  func rows() throws -> LoadedData {
    let loaded = try LoadedData(scoring: data, with: description)
    try loaded.table.requireFinite()
    try loaded.conditions?.requireFinite("a condition")
    return loaded
  }

  /// Writes columns to the output, or to standard output.
  func write(_ columns: [OutputColumn]) throws { try columns.write(to: file) }

  /// The same work with the model as what it can do.
  func of<Other>(_ model: Other) -> CodeWork<Other> {
    CodeWork<Other>(model: model, description: description, device: device, data: data, file: file)
  }
}

extension CodeWork where Model == any GenerativeModel {
  /// Loads the model and looks at the output before the work is done.
  init(_ arguments: CodeArguments) throws {
    arguments.machine.apply()
    file = try arguments.outputFile()
    data = arguments.data
    (model, description) = try RunFolder(arguments.folder).loadModel()
    device = try Device(named: arguments.device)
    try model.move(to: device)
  }

  /// The work of a model with codes.
  ///
  /// - Parameter action: what another model cannot do, for the message.
  /// - Returns: the same work.
  /// - Throws: `ModelError.cannot` for a model without codes.
  func coding(_ action: String) throws -> CodeWork<any CodeModel> {
    guard let model = model as? any CodeModel else {
      throw ModelError.cannot(
        model: description.model, action: action, instead: "fit a flow, such as nsf, or an autoencoder, such as vae")
    }
    return of(model)
  }
}

extension CodeWork where Model == any CodeModel {
  /// The codes of the table, and the conditions beside them.
  func codes() throws -> (codes: Tensor, context: Tensor?) {
    let names = (1...model.codeFeatures).map { "code\($0)" }
    var options = TableOptions()
    options.columns = names
    let table = try Table(contentsOf: data, options: options)
    let context = try description.conditions.map { _ in try LoadedData.conditions(in: data, of: description) }
    return (table.values.to(.float32), context.flatMap { description.modelContext($0.values) })
  }

  /// Writes rows as the model sees them; as a picture when the output's name ends in .png.
  func write(rows: Tensor) throws {
    let rows = rows.to(Device.cpu)
    if let file, file.isPicture { return try file.write(images: rows, description) }
    try write(description.outputColumns(rows))
  }
}

extension Tensor {
  /// Codes as columns of a table.
  func codeColumns() -> [OutputColumn] {
    (0..<size(1)).map {
      OutputColumn("code\($0 + 1)", .numbers(narrowed(1, from: $0, length: 1).squeezed(1).to(.float64)))
    }
  }
}
