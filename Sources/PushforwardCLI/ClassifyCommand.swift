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
      let work = try CodeWork(arguments)
      let (rows, truth) = try rows(work)
      let plain = try GenerativeClassifier(work.model, work.description)
      let classifier =
        try prior == .equal
        ? plain
        : GenerativeClassifier(
          work.model, work.description, prior: shares(of: plain.classes, in: truth))
      let logs = classifier.logProbabilities(of: rows.to(work.device))
      let (best, found) = (logs.max(1).exp().doubles(), logs.argMax(1).scalars(as: Int.self))
      try work.write([
        OutputColumn("class", .texts(found.map { classifier.classes[$0] })),
        OutputColumn("probability", .numbers(Tensor(best))),
      ])
      guard !truth.isEmpty else { return }
      let isRight = zip(found, truth).map { $0 == $1 }
      let share = Double(isRight.count { $0 }) / Double(isRight.count)
      Console.note(
        "\(Console.fixed(100 * share, 2)) % of \(isRight.count) rows are right; expected calibration error "
          + Console.fixed(Self.calibrationError(best, isRight), 4))
    }
  }

  /// The rows, and the place of the class of each; none for a table that lacks the class, which is classified, too.
  private func rows(_ work: CodeWork<any GenerativeModel>) throws -> (rows: Tensor, truth: [Int]) {
    if let loaded = try? work.rows() {
      return (loaded.rows, loaded.conditions?.values.argMax(1).scalars(as: Int.self) ?? [])
    }
    var classless = work.description
    classless.conditions = nil
    let loaded = try LoadedData(scoring: work.data, with: classless)
    try loaded.table.requireFinite()
    return (loaded.rows, [])
  }

  private func shares(of classes: [String], in truth: [Int]) throws -> [String: Double] {
    guard !truth.isEmpty else {
      throw SettingsError.invalid(reason: "--prior data: \(arguments.data) does not have the classes; leave it out")
    }
    return Dictionary(
      uniqueKeysWithValues: classes.enumerated().map { index, name in
        (name, Double(truth.count { $0 == index }) / Double(truth.count))
      })
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
