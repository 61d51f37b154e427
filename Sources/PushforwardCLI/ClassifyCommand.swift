import ArgumentParser
import Datasets
import Foundation
import Models
import NeuralNetworks
import Torch

struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Tell the class of rows by the largest p(row | class) p(class).",
    discussion: """
      For a density that was fitted --given one column of text or the labels of images. Writes the class and its probability; \
      classes are equally frequent unless --prior data takes their shares of the table. Where the table has the class, too, \
      prints the share that is right and the expected calibration error: how far, on average, a probability is from the share \
      that is right among rows with such a probability.

      EXAMPLES
        pushforward fit cvae data.csv --given species --out runs/c
        pushforward classify runs/c new.csv -o classes.csv
      """)

  enum Prior: String, ExpressibleByArgument, CaseIterable { case equal, data }

  @OptionGroup var arguments: CodeArguments

  @Option(name: .long, help: "How frequent classes are: equal, or data for their shares of the table.")
  var prior = Prior.equal

  func run() throws {
    try Failure.handling {
      arguments.machine.apply()
      let file = try arguments.output.map(arguments.overwriting.file)
      let (model, description) = try RunFolder(arguments.folder).loadModel()
      let place = try Device(named: arguments.device)
      try model.move(to: place)
      // A table that lacks the class is classified, too.
      var classless = description
      classless.conditions = nil
      let loaded =
        try (try? LoadedData(scoring: arguments.data, with: description))
        ?? LoadedData(scoring: arguments.data, with: classless)
      let plain = try GenerativeClassifier(model, description)
      let truth = loaded.conditions?.values.argMax(1).scalars(as: Int.self) ?? []
      guard prior == .equal || !truth.isEmpty else {
        throw SettingsError.invalid(reason: "--prior data: \(arguments.data) does not have the classes; leave it out")
      }
      let shares = Dictionary(
        uniqueKeysWithValues: plain.classes.enumerated().map { index, name in
          (name, Double(truth.count { $0 == index }) / Double(max(truth.count, 1)))
        })
      let classifier = prior == .equal ? plain : try GenerativeClassifier(model, description, prior: shares)
      let logs = classifier.logProbabilities(of: loaded.rows.to(place))
      let (best, found) = (logs.max(1).exp().doubles(), logs.argMax(1).scalars(as: Int.self))
      let columns = [
        OutputColumn("class", .texts(found.map { classifier.classes[$0] })),
        OutputColumn("probability", .numbers(Tensor(best))),
      ]
      if let file {
        try TableWriter.write(columns, to: file.path)
      } else {
        try StandardOutputTable.write(columns, isNamed: true)
      }
      guard !truth.isEmpty else { return }
      let isRight = zip(found, truth).map { $0 == $1 }
      let share = Double(isRight.count { $0 }) / Double(max(isRight.count, 1))
      Console.note(
        "\(Console.fixed(100 * share, 2)) % of \(isRight.count) rows are right; expected calibration error "
          + Console.fixed(Self.calibrationError(best, isRight), 4))
    }
  }

  /// The mean distance of probabilities from the share that is right, over ten cells of equal width.
  private static func calibrationError(_ probabilities: [Double], _ isRight: [Bool]) -> Double {
    var (sums, rights) = ([Double](repeating: 0, count: 10), [Double](repeating: 0, count: 10))
    for (probability, right) in zip(probabilities, isRight) where probability.isFinite {
      let cell = min(9, max(0, Int(probability * 10)))
      sums[cell] += probability
      rights[cell] += right ? 1 : 0
    }
    return zip(sums, rights).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(max(probabilities.count, 1))
  }
}
