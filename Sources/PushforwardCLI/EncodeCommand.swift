import ArgumentParser
import Datasets
import Foundation
import Models
import NeuralNetworks
import Torch

struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Give each row its code.",
    discussion: """
      Writes the columns code1, code2, ..., of a flow as many as rows have, of an autoencoder as few as it was told to. Of a \
      variational autoencoder they are the means of the codes. Where rows have conditions, they are read from the same table.

      EXAMPLES
        pushforward encode runs/mine data.csv -o codes.csv
        pushforward decode runs/mine codes.csv -o rows.csv
      """)

  @OptionGroup var arguments: CodeArguments

  func run() throws {
    try Failure.handling {
      let work = try CodeWork(arguments).coding("give codes")
      let loaded = try work.rows()
      let codes = work.model.encode(loaded.rows.to(work.device), given: loaded.context?.to(work.device))
      try work.write(codes.to(Device.cpu).codeColumns())
    }
  }
}

struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Give each code its row, or each step of a series its hidden state.",
    discussion: """
      Reads the columns code1, code2, ..., as encode writes them, and writes rows in the units of the data; where a code \
      does not determine its row, as of a variational autoencoder, their means. Where rows have conditions, they stand in \
      the same table beside the codes. For the model hmm the table holds series, and each row gets the state that it has on \
      the likeliest path, and the probability of each state given the whole series.

      EXAMPLES
        pushforward decode runs/mine codes.csv -o rows.csv
        pushforward decode runs/hmm series.csv -o states.csv
        pushforward decode runs/digits codes.csv -o digits.png
      """)

  @OptionGroup var arguments: CodeArguments

  func run() throws {
    try Failure.handling {
      let loaded = try CodeWork(arguments)
      if let series = loaded.model as? HiddenMarkovTableModel {
        let rows = try LoadedData(scoring: loaded.data, with: loaded.description).rows
        return try loaded.write(StateDecoder(model: series).columns(rows, names: loaded.description.columns))
      }
      let work = try loaded.coding("be given codes")
      let (codes, context) = try work.codes()
      try work.write(rows: work.model.decode(codes.to(work.device), given: context?.to(work.device)))
    }
  }
}

struct ReconstructCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconstruct",
    abstract: "Give each row what its code keeps of it.",
    discussion: """
      Encodes and decodes the rows of a table, and prints the root mean squared difference, of each column in units of its \
      standard deviation. A flow gives rows back exactly.

      EXAMPLES
        pushforward reconstruct runs/mine data.csv -o rows.csv
        pushforward reconstruct runs/digits digits -o digits.png
      """)

  @OptionGroup var arguments: CodeArguments

  func run() throws {
    try Failure.handling {
      let work = try CodeWork(arguments).coding("give rows back")
      let loaded = try work.rows()
      let context = loaded.context?.to(work.device)
      let rows = work.model.decode(
        work.model.encode(loaded.rows.to(work.device), given: context), given: context
      ).to(Device.cpu)
      try work.write(rows: rows)
      let difference = work.description.dataRows(rows) - loaded.table.values.to(.float64)
      let spread = loaded.table.values.to(.float64).standardDeviation(0, correction: 0)
      let errors = select(spread .> 0, difference.squared().mean(0).squareRoot() / spread, 0).mean()
      Console.note(
        "root mean squared difference: \(Console.fixed(errors.item(), 4)) standard deviations, the mean of the columns")
    }
  }
}
