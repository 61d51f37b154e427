import ArgumentParser
import Datasets
import Models
import NeuralNetworks
import Torch

struct InterpolateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interpolate",
    abstract: "Walk from one row to another through the codes.",
    discussion: """
      Encodes two rows and decodes codes between them, both ends included. Codes of a prior far from the origin lie on a shell, \
      so the walk is along the arc between both (spherical); --straight takes the straight line. Under a model with conditions \
      each code is decoded with a mixture of both rows' conditions.

      EXAMPLES
        pushforward interpolate runs/digits digits --from 1 --to 5 --steps 10 -o walk.png
      """)

  @OptionGroup var arguments: CodeArguments

  @Option(name: .long, help: "The number of the first row, from 1.")
  var from = 1

  @Option(name: .long, help: "The number of the last row, from 1.")
  var to = 2

  @Option(name: .long, help: "Rows to write, both ends included.")
  var steps = 9

  @Flag(name: .long, help: "Take the straight line between codes.")
  var straight = false

  func validate() throws {
    if steps < 2 { throw ValidationError("--steps must be at least 2, not \(steps)") }
    if from < 1 || to < 1 { throw ValidationError("--from and --to count rows from 1") }
  }

  func run() throws {
    try Failure.handling {
      let work = try CodeWork(arguments).coding("give codes")
      let loaded = try work.rows()
      guard max(from, to) <= loaded.rows.size(0) else {
        throw SettingsError.invalid(
          reason: "row \(max(from, to)) is not there: the table has \(loaded.rows.size(0)) rows")
      }
      let chosen = Tensor([Int64(from - 1), Int64(to - 1)].map(Int.init))
      let context = loaded.context?.selecting(chosen).to(work.device)
      let codes = work.model.encode(loaded.rows.selecting(chosen).to(work.device), given: context)
      let shares = Tensor.linear(from: 0, to: 1, count: steps).to(codes.dtype, codes.device).unsqueezed(1)
      let between = straight ? codes.line(shares) : codes.arc(shares)
      try work.write(rows: work.model.decode(between, given: context?.line(shares)))
    }
  }
}

extension Tensor {
  /// Points on the line between two rows.
  fileprivate func line(_ shares: Tensor) -> Tensor {
    let (first, last) = (narrowed(0, from: 0, length: 1), narrowed(0, from: 1, length: 1))
    return first + (last - first) * shares
  }

  /// Points on the arc between two rows around the origin (Shoemake 1985), with lengths between theirs.
  fileprivate func arc(_ shares: Tensor) -> Tensor {
    let lengths = squared().sum(1, keepingDimensions: true).squareRoot()
    let directions = self / lengths.clamped(from: 1e-12)
    let ends = (directions.narrowed(0, from: 0, length: 1), directions.narrowed(0, from: 1, length: 1))
    let angle = (ends.0 * ends.1).sum().clamped(from: -1, to: 1).acos()
    let sine = angle.sin()
    // There is no arc between opposite or equal directions.
    guard (sine.item() as Double) > 1e-4 else { return line(shares) }
    let way = (ends.0 * ((1 - shares) * angle).sin() + ends.1 * (shares * angle).sin()) / sine
    return way * lengths.line(shares)
  }
}
