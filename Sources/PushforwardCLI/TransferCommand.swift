import ArgumentParser
import Datasets
import Models
import NeuralNetworks
import Torch

struct TransferCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer",
    abstract: "Give rows another condition, and keep the rest of what their codes say.",
    discussion: """
      Encodes each row given its own condition, which the table has beside it, and decodes the code given another one: style \
      transfer. Of a conditional autoencoder, whose codes need not tell what the condition says.

      EXAMPLES
        pushforward fit cvae t10k-images-idx3-ubyte.gz --given label --out runs/c
        pushforward transfer runs/c t10k-images-idx3-ubyte.gz --given label=7 -o sevens.png --rows 64
      """)

  @OptionGroup var arguments: CodeArguments

  @Option(
    name: .long,
    help: ArgumentHelp("The condition that rows get, a value for each column that is given.", valueName: "a=0.3,b=text")
  )
  var given: String

  @Option(name: .long, help: "The first rows only, so many.")
  var rows: Int?

  func validate() throws {
    if let rows, rows < 1 { throw ValidationError("--rows must be at least 1, not \(rows)") }
  }

  func run() throws {
    try Failure.handling {
      let work = try CodeWork(arguments).coding("give rows another condition")
      guard let conditions = work.description.conditions,
        let context = work.description.modelContext(try conditions.values(of: given).unsqueezed(0))?.to(work.device)
      else { throw ModelError.noConditions(work.description.model) }
      let loaded = try work.rows()
      let count = min(rows ?? .max, loaded.rows.size(0))
      let own = loaded.context?.narrowed(0, from: 0, length: count).to(work.device)
      let codes = work.model.encode(loaded.rows.narrowed(0, from: 0, length: count).to(work.device), given: own)
      try work.write(rows: work.model.decode(codes, given: context.broadcasted(to: [count, context.size(1)])))
    }
  }
}
