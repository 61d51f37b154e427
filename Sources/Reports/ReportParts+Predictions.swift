import Diagnostics
import Foundation
import Models
import Probability
import Torch

extension ReportParts {
  private static let mostPredictedColumns = 4

  /// How far the intervals of predictions can be trusted, in a sentence.
  var predictionSummary: String? {
    guard let predictions = evidence.predictions, let scores = predictions.scores else { return nil }
    let (level, rows) = (predictions.level, scores.rows)
    let parts = scores.columns.prefix(Self.mostPredictedColumns).map { column in
      "\(percent(column.coverage.value)) of '\(column.name)'"
    }
    return "Intervals that should hold \(percent(level)) of the truths hold \(parts.joined(separator: ", ")), of "
      + "\(FormattedNumber.count(rows, "row"))."
  }

  /// Predictions under the conditions of rows, against what came true.
  var predictionSection: ReportSection? {
    guard let predictions = evidence.predictions, let scores = predictions.scores else { return nil }
    let shown = Array(predictions.columns.indices.prefix(Self.mostPredictedColumns))
    var paragraphs = [
      "Each row is predicted from its conditions: a mean, and an interval that should hold the truth in "
        + "\(percent(predictions.level)) of the rows."
    ]
    if shown.count < predictions.columns.count {
      paragraphs.append("\(shown.count) of \(predictions.columns.count) columns are drawn; the table has all.")
    }
    return ReportSection(
      "predictions", "Predictions", paragraphs: paragraphs,
      figures: shown.compactMap { truthFigure($0, predictions) }
        + [coverageFigure(shown, predictions)].compactMap { $0 },
      tables: [scoreTable(scores)])
  }

  private func truthFigure(_ column: Int, _ predictions: Predictions) -> ReportFigure? {
    guard let truth = predictions.truth else { return nil }
    let (means, truths) = (RunEvidence.columns(predictions.mean)[column], RunEvidence.columns(truth)[column])
    let name = predictions.columns[column]
    let chart = VegaLiteSpecification.scatter(
      [NamedPoints("rows", x: means, y: truths)], x: "predicted mean of \(name)", y: name, height: 300)
    return ReportFigure(
      "prediction-\(column + 1)", "\(name) against its prediction",
      reading:
        "A point is a row. Were predictions perfect, all would lie on the diagonal; at each place, the spread upwards "
        + "is what the conditions do not tell.", .chart(chart), isSmall: predictions.columns.count > 1)
  }

  /// How much more of the truths than they should central intervals of all levels hold.
  private func coverageFigure(_ shown: [Int], _ predictions: Predictions) -> ReportFigure? {
    guard let integrals = predictions.integrals, let truth = predictions.truth else { return nil }
    let columns = zip(RunEvidence.columns(integrals), RunEvidence.columns(truth)).map { numbers, truths in
      zip(numbers, truths).filter { $0.1.isFinite }.map(\.0)
    }
    guard let count = columns.first?.count, count > 1, columns.allSatisfy({ !$0.isEmpty }) else { return nil }
    let levels = (0...100).map { Double($0) / 100 }
    let lines = shown.map { column in
      // The interval of a level holds those whose integral is not farther from the middle than half of it.
      let coverage = ExpectedCoverage(levels: columns[column].map { min(1, abs(2 * $0 - 1)) })
      return NamedLine(predictions.columns[column], x: levels, y: levels.map { coverage.coverage(at: $0) - $0 })
    }
    let uniform = UniformBand(count: count)
    let band = ChartBand(
      x: uniform.points, lower: zip(uniform.lower, uniform.points).map { $0 - $1 },
      upper: zip(uniform.upper, uniform.points).map { $0 - $1 })
    let reach = (lines.flatMap(\.y) + band.lower + band.upper).map { abs($0) }.max().map { $0 * 1.15 } ?? 1
    let chart = VegaLiteSpecification.lines(
      lines, x: "what an interval should hold", y: "what it holds, minus that", xRange: 0...1, yRange: -reach...reach,
      band: band,
      references: [NamedLine("none", x: [0, 1], y: [0, 0])], height: 260)
    return ReportFigure(
      "coverage", "Coverage of intervals",
      reading:
        "Below the grey band intervals hold too little: the model is too sure. Above it they are too wide. The lines of "
        + "a right model stay in the band in 95 of 100 cases.", .chart(chart))
  }

  private func scoreTable(_ scores: PredictionScores) -> ReportTable {
    func words(_ estimate: Estimate) -> String {
      FormattedNumber.general(estimate.value)
        + (estimate.standardError.isFinite
          ? " \u{00B1} \(FormattedNumber.general(estimate.standardError, digits: 2))" : "")
    }
    return ReportTable(
      "Scores of the predictions of \(FormattedNumber.count(scores.rows, "row")), with standard errors: the continuous ranked "
        + "probability score (CRPS) and the root of the mean squared error (RMSE) are in the units of the column, and less is "
        + "better; a p-value below 0.01 says that the model is not calibrated",
      header: ["column", "in the interval", "CRPS", "RMSE", "p-value of calibration"],
      rows: scores.columns.map { column in
        [
          column.name, words(column.coverage), words(column.rankedProbabilityScore), words(column.rootMeanSquaredError),
          FormattedNumber.general(column.calibrationPValue, digits: 2),
        ]
      })
  }

  private func percent(_ share: Double) -> String { "\(FormattedNumber.fixed(100 * share, 1)) %" }
}
