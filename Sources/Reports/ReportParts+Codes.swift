import Diagnostics
import Foundation
import Models
import Probability
import Torch

/// One dimension of the codes of data, or one column's probability integral transform.
struct CodeSample {
  let index: Int
  let name: String
  /// Numbers that are uniform on [0, 1] when the model is right.
  let uniforms: [Double]
  /// The same as numbers that are standard normal.
  let normals: [Double]
  /// The greatest distance of the uniforms from the uniform distribution.
  let distance: Double

  var count: Int { uniforms.count }
}

extension ReportParts {
  /// Held-out rows are used alone when there are at least this many.
  private static let fewestHeldOut = 20
  private static let mostLines = 6
  private static let bandPoints = 99

  /// The codes of data that a model of the right distribution would make standard normal, or uniform.
  var codeSamples: [CodeSample]? {
    let heldOut = evidence.codedRows.indices.filter { evidence.data.isHeldOut[evidence.codedRows[$0]] }
    let rows = heldOut.count >= Self.fewestHeldOut ? heldOut : Array(evidence.codedRows.indices)
    func chosen(_ column: [Double]) -> [Double] { rows.map { column[$0] }.filter { !$0.isNaN } }
    if let latents = evidence.latents {
      return latents.enumerated().map { dimension, column in
        let normals = chosen(column)
        let uniforms = normals.isEmpty ? [] : Tensor(normals).normalCDF().doubles()
        return CodeSample(
          index: dimension, name: "z\(dimension + 1)", uniforms: uniforms, normals: normals,
          distance: Self.distance(uniforms))
      }
    }
    return evidence.uniforms.map { columns in
      columns.enumerated().map { index, column in
        let uniforms = chosen(column)
        return CodeSample(
          index: index, name: evidence.columnNames[index], uniforms: uniforms, normals: [],
          distance: Self.distance(uniforms))
      }
    }
  }

  private static func distance(_ uniforms: [Double]) -> Double {
    uniforms.isEmpty ? 0 : KolmogorovSmirnov.test(uniform: uniforms).statistic
  }

  /// The distance that any of the codes exceeds by chance in 1 % of reports.
  func codeLimit(among codes: [CodeSample]) -> Double {
    KolmogorovSmirnov.limit(uniform: max(codes.first?.count ?? 1, 1), probability: 0.01 / Double(max(codes.count, 1)))
  }

  /// Whether codes are of rows that the model was not trained on.
  private var usesHeldOutRows: Bool {
    evidence.codedRows.count { evidence.data.isHeldOut[$0] } >= Self.fewestHeldOut
  }

  /// Quantiles of codes against those of the normal distribution, and distribution functions against the uniform one.
  var codeSection: ReportSection? {
    guard let all = codeSamples, let count = all.first?.count, count > 1 else { return nil }
    // The farthest from where they should be are drawn.
    let shown = all.sorted { $0.distance == $1.distance ? $0.name < $1.name : $0.distance > $1.distance }
      .prefix(Self.mostLines)
      .sorted { $0.index < $1.index }
    let isNormal = evidence.latents != nil
    var words =
      isNormal
      ? "The model turns each row into a code; were it right, codes would be standard normal numbers."
      : "The model turns each value into the probability that it gives to smaller ones (the probability integral transform); were it right, these would be uniform on 0 to 1."
    words += usesHeldOutRows ? " These are \(FormattedNumber.count(count, "row")) that it was not trained on." : ""
    if !usesHeldOutRows { words += " These are rows that it was fitted to, which look better than new ones." }
    if all.count > shown.count {
      words += " Drawn are the \(shown.count) of \(all.count) that are farthest from it."
    }
    let limit = codeLimit(among: all)
    let table = ReportTable(
      "Greatest distance from the distribution function that they should have; above "
        + "\(FormattedNumber.fixed(limit, 3)) it is beyond noise",
      header: ["code", "distance", "beyond noise"],
      rows: all.prefix(100).map {
        [$0.name, FormattedNumber.fixed($0.distance, 3), $0.distance > limit ? "yes" : "no"]
      })
    let band = UniformBand(count: count, points: Self.bandPoints)
    let figures =
      (isNormal ? [quantileFigure(Array(shown), band)] : []) + [uniformFigure(Array(shown), band, table)]
    return ReportSection("codes", isNormal ? "Codes" : "Calibration", paragraphs: [words], figures: figures)
  }

  private func quantileFigure(_ codes: [CodeSample], _ uniform: UniformBand) -> ReportFigure {
    let count = codes.first?.count ?? 1
    let points = min(count, 99)
    let shares = (0..<points).map { (Double($0) + 0.5) / Double(points) }
    let places = SampleStatistics.normalQuantile(shares)
    let lines = codes.map { code in
      let sorted = code.normals.sorted()
      return NamedLine(code.name, x: places, y: shares.map { SampleStatistics.quantile(sorted, $0) })
    }
    let band = quantileBand(uniform, at: shares)
    let edge = max(places.last ?? 2, 1)
    let chart = VegaLiteSpecification.lines(
      lines, x: "quantile of the normal distribution", y: "quantile of the codes", xRange: -edge...edge,
      yRange: -(edge + 0.5)...(edge + 0.5), band: band,
      references: [NamedLine("equal", x: [-edge, edge], y: [-edge, edge])], height: 340)
    return ReportFigure(
      "quantiles", "Codes against the normal distribution",
      reading:
        "Lines should follow the dashed one and stay in the grey band, where all of a right model's line stays in 95 of 100 cases. Steeper than it: codes are spread too far, the model is too narrow.",
      .chart(chart))
  }

  /// Where the quantiles of standard normal numbers stay, from the band of their distribution function: its edges, read
  /// from right to left.
  private func quantileBand(_ band: UniformBand, at shares: [Double]) -> ChartBand {
    let heights = SampleStatistics.normalQuantile(band.points)
    let (last, far) = (heights.count - 1, 8.0)
    let places = SampleStatistics.normalQuantile(shares)
    // The quantile at a share is at least the last point up to which more than this share is never found, and so on.
    let lower = shares.map { share in band.upper.lastIndex { $0 < share }.map { heights[$0] } ?? -far }
    let upper = shares.map { share in band.lower.firstIndex { $0 >= share }.map { heights[min($0, last)] } ?? far }
    return ChartBand(x: places, lower: lower, upper: upper)
  }

  private func uniformFigure(_ codes: [CodeSample], _ band: UniformBand, _ table: ReportTable) -> ReportFigure {
    let grid = [0] + band.points + [1]
    let lines = codes.map { code in
      let sorted = code.uniforms.sorted()
      var place = 0
      let heights = grid.map { share in
        while place < sorted.count, sorted[place] <= share { place += 1 }
        return Double(place) / Double(max(sorted.count, 1)) - share
      }
      return NamedLine(code.name, x: grid, y: heights)
    }
    let edges = [band.lower, band.upper].map { edge in [0] + zip(edge, band.points).map { $0 - $1 } + [0] }
    let reach = (lines.flatMap(\.y) + edges.flatMap { $0 }).map(abs).max().map { $0 * 1.15 } ?? 1
    let chart = VegaLiteSpecification.lines(
      lines, x: "share below, by the model", y: "data minus model", xRange: 0...1, yRange: -reach...reach,
      band: ChartBand(x: grid, lower: edges[0], upper: edges[1]),
      references: [NamedLine("none", x: [0, 1], y: [0, 0])], height: 260)
    return ReportFigure(
      "calibration", "Calibration (probability integral transform)",
      reading:
        "At each place: the share of the data below it, minus the one that the model gives. Lines should stay in the grey band, as those of a right model do in 95 of 100 cases.",
      .chart(chart), table: table)
  }

  /// Log-densities of data and of samples, and the rows with the lowest.
  var scoreSection: ReportSection? {
    guard let drawn = evidence.sampleScores else { return nil }
    var samples: [NamedSample] = []
    if let scores = evidence.dataScores { samples.append(NamedSample("data", scores)) }
    samples.append(NamedSample("samples", drawn))
    var reading = "The area over a stretch is the share of rows with such a log-density."
    if samples.count > 1 {
      reading +=
        " Data far left of all samples are rows that the model holds for impossible; data right of the samples "
      reading += "mean that it is too wide."
    }
    if Binning(samples.map(\.values), countsValues: false).isClipped {
      reading += " Rows beyond the ends are in the outermost cells."
    }
    let chart = VegaLiteSpecification.histogram(samples, title: "log p in nats", countsValues: false, height: 220)
    return ReportSection(
      "scores", "Log-densities",
      figures: [ReportFigure("scores", "Log-density of rows", reading: reading, .chart(chart))],
      tables: [outlierTable].compactMap { $0 })
  }

  /// The ten rows with the lowest log-densities.
  private var outlierTable: ReportTable? {
    guard let scores = evidence.dataScores else { return nil }
    let lowest = scores.indices.filter { !scores[$0].isNaN }
      .sorted { scores[$0] == scores[$1] ? $0 < $1 : scores[$0] < scores[$1] }.prefix(10)
    let columns = evidence.columnNames.indices.prefix(8)
    let more = evidence.columnNames.count > columns.count
    return ReportTable(
      "The \(lowest.count) rows with the lowest log-density"
        + (more ? ", with the first \(columns.count) columns" : "") + "; row 1 is the first one of data",
      header: ["row", "log p in nats"] + columns.map { evidence.columnNames[$0] },
      rows: lowest.map { row in
        let score = scores[row] == -.infinity ? "density 0" : FormattedNumber.general(scores[row])
        return ["\(evidence.data.rowNumbers[row])", score]
          + columns.map { FormattedNumber.general(evidence.data.columns[$0][row], digits: 5) }
      })
  }

  /// Rows as images, data and samples.
  var imageSection: ReportSection? {
    guard let size = evidence.description.imageSize, size.count == 2 else { return nil }
    let count = min(64, evidence.samples.first?.count ?? 0)
    func grid(_ columns: [[Double]]) -> ReportFigure.Content {
      let rows = min(count, columns.first?.count ?? 0)
      let picture = ImageGrid(columns, rows: rows, height: size[0], width: size[1], range: imageRange)
      let side = Double(rows).squareRoot().rounded(.up)
      return .image(
        picture.png(scale: 1), description: "\(rows) images of \(size[0]) by \(size[1]) pixels",
        width: Int(side) * (size[1] + 1) + 1)
    }
    var figures: [ReportFigure] = []
    if evidence.data.isThere {
      figures.append(
        ReportFigure(
          "images-data", "Data", reading: "The first rows of the data that are looked at, as images.",
          grid(evidence.data.columns), isSmall: true))
    }
    if let found = evidence.reconstruction {
      figures.append(
        ReportFigure(
          "images-reconstructions", "Reconstructions",
          reading: "The same rows from their codes. What is missing here no sample can have.",
          grid(found.rows), isSmall: true))
    }
    figures.append(
      ReportFigure(
        "images-samples", "Samples",
        reading: "New images. They should be as sharp and as varied as data, and none a copy of one.",
        grid(evidence.samples), isSmall: true))
    return ReportSection("images", "Images", figures: figures)
  }

  /// The values of black and white, of data and of samples alike.
  private var imageRange: ClosedRange<Double>? {
    let all = (evidence.data.isThere ? evidence.data.columns : evidence.samples).flatMap { $0.prefix(500) }
    let sorted = all.filter(\.isFinite).sorted()
    let (low, high) = (SampleStatistics.quantile(sorted, 0.01), SampleStatistics.quantile(sorted, 0.99))
    return low < high ? low...high : nil
  }
}

extension ImageGrid {
  /// The first rows of columns of pixels.
  fileprivate init(_ columns: [[Double]], rows: Int, height: Int, width: Int, range: ClosedRange<Double>?) {
    let values = (0..<rows).flatMap { row in columns.map { $0[row] } }
    self.init(.init(values, shape: [rows, columns.count]), height: height, width: width, range: range)
  }
}
