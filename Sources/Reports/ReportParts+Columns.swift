import Foundation
import Models
import Training

extension ReportParts {
  private static let mostMarginals = 12
  private static let mostPairColumns = 6

  /// The loss by epochs.
  var lossSection: ReportSection? {
    let history = evidence.history
    guard history.count > 1 else { return nil }
    let judged = history.filter { !isAnnealed($0) }
    var lines =
      judged.isEmpty
      ? [] : [NamedLine("training", x: judged.map { Double($0.epoch) }, y: judged.map(\.trainingLoss))]
    let validated = history.filter { $0.validationLoss != nil }
    if !validated.isEmpty {
      lines.append(
        NamedLine("held out", x: validated.map { Double($0.epoch) }, y: validated.compactMap(\.validationLoss)))
    }
    guard !lines.isEmpty else { return nil }
    let lossWords =
      switch evidence.model {
      case is any ImportanceSampledModel:
        "The loss is minus a lower bound of the mean log-density, so lower is better. "
      case is any DensityModel: "The loss is minus the mean log-density, so lower is better. "
      default: "The loss is how far rows are from what their codes give back, in scaled units. "
      }
    let best = evidence.description.training.map { Double($0.bestEpoch) }
    let range = lossRange(lines)
    let references = best.map { [NamedLine("best", x: [$0, $0], y: [range.lowerBound, range.upperBound])] } ?? []
    let isOfTarget = evidence.description.diagnosis != nil
    var reading =
      isOfTarget
      ? "The loss is the divergence KL[q || p] from the target, up to a constant, so lower is better. \(annealingWords)"
      : lossWords
    reading += "A held-out line that rises while the "
    reading += "training line falls means overfitting; the dashed line is the epoch whose weights are kept."
    if lines.contains(where: { $0.y.contains { $0 > range.upperBound } }) {
      reading += " The first epochs are above the chart."
    }
    let places = SampleStatistics.thinned(history.indices, to: 12)
    let table = ReportTable(
      "Loss in some epochs", header: ["epoch", "training", "held out"],
      rows: places.map { place in
        let epoch = history[place]
        return [
          "\(epoch.epoch)", FormattedNumber.general(epoch.trainingLoss, digits: 5),
          epoch.validationLoss.map { FormattedNumber.general($0, digits: 5) } ?? "-",
        ]
      })
    let chart = VegaLiteSpecification.lines(lines, x: "epoch", y: "loss in nats", yRange: range, references: references)
    return ReportSection(
      "training", "Training",
      figures: [ReportFigure("loss", "Loss", reading: reading, .chart(chart), table: table), annealing].compactMap {
        $0
      })
  }

  /// Whether the training loss of an epoch is that of a target whose energy was divided by a temperature.
  private func isAnnealed(_ epoch: EpochMetrics) -> Bool {
    guard let objective = evidence.objective else { return false }
    let end = epoch.step ?? epoch.epoch * objective.stepsPerEpoch
    return objective.temperature(step: end - objective.stepsPerEpoch) > 1
  }

  /// The training loss of the epochs with a temperature, which is another quantity.
  private var annealing: ReportFigure? {
    let annealed = evidence.history.filter(isAnnealed)
    guard annealed.count > 1, let objective = evidence.objective else { return nil }
    let line = NamedLine("training", x: annealed.map { Double($0.epoch) }, y: annealed.map(\.trainingLoss))
    return ReportFigure(
      "annealing", "Training loss while annealing",
      reading:
        "In the first \(FormattedNumber.count(objective.annealingSteps, "step")) the energy was divided by a temperature, "
        + "which fell from \(FormattedNumber.general(objective.startTemperature)) to 1; this is the training loss with it, a "
        + "quantity that changes with the temperature and cannot be held against the loss above.",
      .chart(.lines([line], x: "epoch", y: "annealed loss in nats", height: 180)))
  }

  private var annealingWords: String {
    evidence.history.contains(where: isAnnealed)
      ? "The training line begins where the temperature has fallen to 1. " : ""
  }

  /// From the least loss to the greatest one after the first tenth of the epochs.
  private func lossRange(_ lines: [NamedLine]) -> ClosedRange<Double> {
    let all = lines.flatMap(\.y).filter(\.isFinite)
    let late = lines.flatMap { $0.y.dropFirst($0.y.count / 10) }.filter(\.isFinite)
    let low = all.min() ?? 0
    let high = max(late.max() ?? 1, low)
    let margin = max((high - low) * 0.05, 1e-9 * max(abs(low), 1))
    return (low - margin)...(high + margin)
  }

  /// Each column by itself.
  var marginalSection: ReportSection {
    let names = evidence.columnNames
    let shown = columnsByDistance.prefix(Self.mostMarginals).sorted()
    var paragraphs: [String] = []
    if evidence.data.isThere {
      paragraphs.append("Blue are data, orange are samples. Where they agree the model knows the column by itself.")
    }
    if shown.count < names.count {
      let rule = evidence.data.isThere ? "the ones whose samples are farthest from the data" : "the first ones"
      paragraphs.append("\(shown.count) of \(names.count) columns are drawn: \(rule). The table has all.")
    }
    return ReportSection(
      "columns", "Columns", paragraphs: paragraphs, figures: shown.map(marginal), tables: [columnTable])
  }

  private func marginal(_ column: Int) -> ReportFigure {
    let name = evidence.columnNames[column]
    let samples = samples(of: column)
    let binning = Binning(samples.map(\.values))
    let curve = binning.edges.first.flatMap { first in
      binning.edges.last.map { evidence.curve(over: first...$0) }
    }
    var reading =
      binning.isDiscrete
      ? "The height of a bar is the share of rows with the value."
      : "The area over a stretch is the share of rows in it."
    if evidence.data.isThere { reading += " The two should have the same shape." }
    if let curve, !curve.isEmpty { reading += " The thin line is the model's density." }
    if binning.isClipped { reading += " Rows beyond the ends are in the outermost cells." }
    let chart = VegaLiteSpecification.histogram(samples, title: name, curve: curve ?? [], height: 220)
    return ReportFigure(
      "column-\(column + 1)", name, reading: reading, .chart(chart), isSmall: evidence.columnNames.count > 1)
  }

  /// Mean and quantiles of every column; of at most 200 of a very wide table.
  private var columnTable: ReportTable {
    let distances = distances
    let limit = distanceLimit
    let rows = columnsByDistance.prefix(200).sorted().flatMap { column -> [[String]] in
      samples(of: column).map { sample in
        let values = sample.values.filter(\.isFinite).sorted()
        let (mean, deviation) = SampleStatistics.moments(values)
        let quantiles = [0.05, 0.5, 0.95].map { SampleStatistics.quantile(values, $0) }
        let isDrawn = sample.name == "samples"
        let distance = isDrawn && !distances.isEmpty ? FormattedNumber.fixed(distances[column], 3) : ""
        let mark = isDrawn && !distances.isEmpty && distances[column] > limit ? " (beyond noise)" : ""
        return [evidence.columnNames[column], sample.name]
          + ([mean, deviation] + quantiles).map { FormattedNumber.general($0) } + [distance + mark]
      }
    }
    var caption = "Columns in numbers"
    if !distances.isEmpty {
      caption += ". The distance is the greatest one between the two distribution functions (Kolmogorov-Smirnov); "
      caption += "above \(FormattedNumber.fixed(limit, 3)) it is beyond noise"
    }
    return ReportTable(
      caption, header: ["column", "of", "mean", "std. dev.", "5 %", "median", "95 %", "distance"], rows: rows)
  }

  /// Steps of a series.
  var seriesSection: ReportSection? {
    guard evidence.model is any SeriesModel else { return nil }
    let figures = evidence.columnNames.indices.prefix(4).map { column -> ReportFigure in
      let lines = samples(of: column).map { sample in
        let steps = Array(sample.values.prefix(200))
        return NamedLine(sample.name, x: steps.indices.map(Double.init), y: steps)
      }
      let name = evidence.columnNames[column]
      return ReportFigure(
        "series-\(column + 1)", name,
        reading: "The first 200 steps of the data and of a new series. They should look alike, but not be the same.",
        .chart(.lines(lines, x: "step", y: name, height: 200)))
    }
    return ReportSection("series", "Series", figures: Array(figures))
  }

  /// Pairs of columns.
  var pairSection: ReportSection? {
    guard evidence.columnNames.count > 1, evidence.data.isThere else { return nil }
    let shown = Array(columnsByDependence.prefix(Self.mostPairColumns).sorted())
    let columns = PairColumns(
      names: shown.map { evidence.columnNames[$0] }, data: shown.map { evidence.data.columns[$0] },
      samples: shown.map { evidence.samples[$0] })
    var reading =
      "Below the diagonal, blue points are rows of data on the density of samples; above it, orange points are "
    reading +=
      "samples on the density of data. Points on empty ground below were missed by the model; above, they were "
    reading += "made up by it."
    var paragraphs: [String] = []
    if shown.count < evidence.columnNames.count {
      paragraphs.append(
        "\(shown.count) of \(evidence.columnNames.count) columns are shown: those with the strongest correlation with "
          + "another column.")
    }
    return ReportSection(
      "pairs", "Pairs of columns", paragraphs: paragraphs,
      figures: [
        ReportFigure("pairs", "Pairs", reading: reading, .chart(.pairs(columns)), table: correlationTable(columns))
      ])
  }

  private func correlationTable(_ columns: PairColumns) -> ReportTable {
    let (data, samples) = (
      SampleStatistics.correlations(columns.data), SampleStatistics.correlations(columns.samples)
    )
    let rows = columns.names.indices.flatMap { i in
      columns.names.indices.filter { $0 > i }.map { j in
        [
          "\(columns.names[i]), \(columns.names[j])", FormattedNumber.fixed(data[i][j], 3),
          FormattedNumber.fixed(samples[i][j], 3),
        ]
      }
    }
    return ReportTable("Correlations", header: ["columns", "data", "samples"], rows: rows)
  }
}
