import ArgumentParser
import Datasets
import Foundation
import Models
import Torch

struct CompressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compress",
    abstract: "Write a table or images without loss, in about as many bits as the model gives them.",
    discussion: """
      Codes rows by asymmetric numeral systems under the model's probabilities: independent, autoregressive, chow-liu and \
      causal with discrete columns, and vae or iwae with a discrete likelihood (bernoulli, discretizedLogistic, categorical) by \
      bits-back coding. Prints the size, the bits of each cell, and those of the model: -log2 of its probability, for an \
      autoencoder minus the evidence lower bound. decompress needs the same model, machine, build and version of libtorch.

      EXAMPLES
        pushforward compress runs/votes votes.csv -o votes.pf
        pushforward decompress votes.pf -o votes-again.csv
      """)

  @Argument(help: "The folder of the run.", completion: .directory)
  var folder: String

  @Argument(help: "The table or images, with the columns that the model was fitted to.", completion: .file())
  var data: String

  @Option(name: .shortAndLong, help: "The file to write, such as data.pf.", completion: .file())
  var output: String

  @OptionGroup var overwriting: OverwriteOption
  @OptionGroup var machine: MachineOptions
  @OptionGroup var reporting: OutputOptions

  func run() throws {
    try Failure.handling {
      // One thread unless told otherwise: the file remembers how many, and rows are coded one after the other.
      setThreadCount(machine.threads ?? 1)
      if URL(filePath: output).standardizedFileURL == URL(filePath: data).standardizedFileURL {
        throw SettingsError.invalid(reason: "-o \(output) would replace the data; name another file")
      }
      let file = try overwriting.file(output)
      let (model, description) = try RunFolder(folder).loadModel()
      let loaded = try LoadedData(scoring: data, with: description)
      let table = try CompressedTable(
        loaded.table.values, with: model, description, folder: RunFolder(folder).url.standardizedFileURL.path,
        path: data)
      let content = try table.data()
      try file.write(content)
      let cells = loaded.table.values.elementCount
      let modelBits = (model as? any CompressingModel).map { model -> Double in
        -(model.codingLogProb(loaded.rows).to(.float64).sum().item() as Double) / log(2)
      }
      try report(
        Compression(bytes: content.count, cells: cells, rows: loaded.table.rowCount, modelBits: modelBits ?? 0))
    }
  }

  private func report(_ found: Compression) throws {
    if reporting.json { return try Console.result(Console.json(found)) }
    try Console.result("\(output): \(found.bytes) bytes of \(found.rows) rows")
    guard !reporting.quiet, let bits = found.bitsPerDimension, let model = found.modelBitsPerDimension else { return }
    let ratio = found.ratio.map { ", \(Console.fixed($0, 4)) times that" } ?? ""
    Console.note("\(Console.fixed(bits, 4)) bits/dim; the model's own are \(Console.fixed(model, 4))\(ratio)")
  }
}

/// What `compress` reports; fields that would divide by 0 are left out.
private struct Compression: Encodable {
  let bytes: Int
  let rows: Int
  let bitsPerDimension: Double?
  let modelBitsPerDimension: Double?
  /// The size over that of the model.
  let ratio: Double?

  init(bytes: Int, cells: Int, rows: Int, modelBits: Double) {
    (self.bytes, self.rows) = (bytes, rows)
    bitsPerDimension = cells > 0 ? Double(8 * bytes) / Double(cells) : nil
    modelBitsPerDimension = cells > 0 && modelBits.isFinite ? modelBits / Double(cells) : nil
    ratio = modelBits > 0 && modelBits.isFinite ? Double(8 * bytes) / modelBits : nil
  }
}

struct DecompressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decompress",
    abstract: "Give back the table that was compressed.",
    discussion: """
      Finds the model where it was when the file was written; --model names another place. A name that ends in idx3-ubyte \
      gets images in the format of MNIST.

      EXAMPLES
        pushforward decompress votes.pf -o votes.csv
        pushforward decompress digits.pf --model moved/digits -o digits-idx3-ubyte
      """)

  @Argument(help: "The file that compress wrote.", completion: .file())
  var file: String

  @Option(name: .long, help: "The folder of the model (default: the one in the file).", completion: .directory)
  var model: String?

  @Option(name: .shortAndLong, help: "Where to write; without it, CSV on standard output.", completion: .file())
  var output: String?

  @OptionGroup var overwriting: OverwriteOption

  func run() throws {
    try Failure.handling {
      if let output, URL(filePath: output).standardizedFileURL == URL(filePath: file).standardizedFileURL {
        throw SettingsError.invalid(reason: "-o \(output) would replace the file; name another one")
      }
      let target = try output.map(overwriting.file)
      let table = try CompressedTable(contentsOf: file)
      setThreadCount(table.header.threads)
      let (model, description) = try RunFolder(self.model ?? table.header.folder).loadModel()
      let values = try table.values(with: model, description, path: file)
      guard let target else { return try StandardOutputTable.write(description.tableColumns(values), isNamed: true) }
      if target.path.hasSuffix("idx3-ubyte") {
        return try target.write(try images(values, description.imageSize, target.path))
      }
      try TableWriter.write(description.tableColumns(values), to: target.path)
    }
  }

  /// Images in the format of MNIST.
  private func images(_ values: Tensor, _ size: [Int]?, _ path: String) throws -> Data {
    let isByte = (values .>= 0) .& (values .<= 255) .& (values.rounded() .== values)
    guard let size, size.count == 2, isByte.all() else {
      throw SettingsError.invalid(reason: "\(path): the rows are no images of bytes; write a table, such as rows.csv")
    }
    var result = Data([0, 0, 8, 3])
    for number in [values.size(0)] + size {
      withUnsafeBytes(of: UInt32(number).bigEndian) { result.append(contentsOf: $0) }
    }
    result.append(contentsOf: values.flattened().doubles().map { UInt8($0) })
    return result
  }
}
