import DensityEstimation
import Foundation
import Models
import Probability
import Torch

extension ReportParts {
  private var columnsForPlane: NamedPoints? {
    guard evidence.columnNames.count == 2, evidence.data.isThere else { return nil }
    return NamedPoints("data", x: evidence.data.columns[0], y: evidence.data.columns[1])
  }

  /// The density of a model of two columns, by colour.
  var densitySection: ReportSection? {
    let names = evidence.columnNames
    guard names.count == 2, evidence.description.grids.isEmpty, evidence.description.conditions == nil,
      !(evidence.model is any SeriesModel),
      !(distribution is DensityTree), let density = evidence.model as? any DensityModel
    else { return nil }
    let ranges = [0, 1].map(planeRange)
    let edges = ranges.map { range in
      (0...Self.planeCells).map {
        range.lowerBound + (range.upperBound - range.lowerBound) * Double($0) / Double(Self.planeCells)
      }
    }
    let cells = (0..<(Self.planeCells * Self.planeCells)).map { $0.quotientAndRemainder(dividingBy: Self.planeCells) }
    func middle(_ axis: Int, _ cell: Int) -> Double { (edges[axis][cell] + edges[axis][cell + 1]) / 2 }
    let places = cells.flatMap { [middle(0, $0.remainder), middle(1, $0.quotient)] }
    let rows = evidence.description.modelRows(Tensor(places, shape: [cells.count, 2]))
    let values = density.logProb(rows, given: nil).to(.float64).doubles()
    let highest = values.filter(\.isDrawable).max() ?? 0
    let boxes = zip(cells, values).filter { $0.1 > highest - Self.planeDepth }.map { cell, value in
      PlaneBox(
        x: edges[0][cell.remainder]...edges[0][cell.remainder + 1],
        y: edges[1][cell.quotient]...edges[1][cell.quotient + 1], value: value)
    }
    let chart = VegaLiteSpecification.boxes(
      boxes, points: columnsForPlane, x: names[0], y: names[1], value: "log p in nats",
      range: (highest - Self.planeDepth)...highest)
    var reading = "The lighter the colour, the denser the model; ground without colour is less dense by more than "
    reading += "\(Int(Self.planeDepth)) nats."
    if evidence.data.isThere { reading += " White points are data: they should lie where it is light." }
    return ReportSection(
      "density", "Density", figures: [ReportFigure("density", "Density", reading: reading, .chart(chart))])
  }

  private static let planeCells = 60
  private static let planeDepth = 10.0

  private func planeRange(_ column: Int) -> ClosedRange<Double> {
    let columns = [evidence.samples[column]] + (evidence.data.isThere ? [evidence.data.columns[column]] : [])
    let sorted = columns.map { $0.filter(\.isDrawable).sorted() }.filter { !$0.isEmpty }
    let low = sorted.map { SampleStatistics.quantile($0, 0.001) }.min() ?? 0
    let high = sorted.map { SampleStatistics.quantile($0, 0.999) }.max() ?? 1
    let margin = high > low ? (high - low) * 0.08 : 0.5
    return (low - margin)...(high + margin)
  }

  var distribution: (any StoredDistribution)? { (evidence.model as? any DistributionModel)?.distribution }

  /// What a model of parts is made of.
  var structureSection: ReportSection? {
    switch distribution {
    case let tree as DensityTree: partition(tree)
    case let mixture as GaussianMixture: components(mixture)
    case let mixture as BayesianGaussianMixture: components(mixture.gaussianMixture)
    default: nil
    }
  }

  /// The boxes of a tree, of which a chart is drawn for two columns.
  private func partition(_ tree: DensityTree) -> ReportSection {
    let names = evidence.columnNames
    let (lower, upper) = (tree.leafLower.doubles(), tree.leafUpper.doubles())
    let (masses, densities) = (tree.leafMasses.doubles(), tree.leafLogDensities.doubles())
    let order = masses.indices.sorted { masses[$0] == masses[$1] ? $0 < $1 : masses[$0] > masses[$1] }
    func box(_ leaf: Int) -> String {
      names.indices.prefix(8).map { column in
        let place = leaf * names.count + column
        return
          "\(names[column]) from \(FormattedNumber.general(lower[place])) to \(FormattedNumber.general(upper[place]))"
      }.joined(separator: ", ") + (names.count > 8 ? ", ..." : "")
    }
    let table = ReportTable(
      "The \(min(order.count, 15)) boxes with the most mass", header: ["mass", "log density in nats", "box"],
      rows: order.prefix(15).map {
        [FormattedNumber.fixed(masses[$0], 4), FormattedNumber.general(densities[$0]), box($0)]
      })
    let words =
      "The tree has \(FormattedNumber.count(tree.leafCount, "box", plural: "es")); inside a box the density is the same everywhere."
    guard names.count == 2 else {
      return ReportSection("structure", "Boxes", paragraphs: [words], tables: [table])
    }
    let boxes = masses.indices.filter { densities[$0].isDrawable }.map { leaf in
      PlaneBox(
        x: lower[2 * leaf]...upper[2 * leaf], y: lower[2 * leaf + 1]...upper[2 * leaf + 1], value: densities[leaf])
    }
    let reading = "Boxes are small where rows are many. The lighter a box, the denser; white points are data."
    return ReportSection(
      "structure", "Boxes", paragraphs: [words],
      figures: [ReportFigure("boxes", "Boxes of the tree", reading: reading, picture(boxes, tree, names), table: table)]
    )
  }

  /// A chart of up to 3,000 boxes, and a picture of more.
  private func picture(_ boxes: [PlaneBox], _ tree: DensityTree, _ names: [String]) -> ReportFigure.Content {
    guard boxes.count > 3000 else {
      return .chart(
        .boxes(
          boxes, points: columnsForPlane, x: names[0], y: names[1], value: "log density in nats", hasEdges: true))
    }
    let png = PartitionPicture(lower: tree.leafLower, upper: tree.leafUpper, values: tree.leafLogDensities).png()
    return .image(png, description: "The boxes of the tree over \(names[0]) and \(names[1]).", width: 640)
  }

  /// The components of a mixture, as ellipses over two columns.
  private func components(_ mixture: GaussianMixture) -> ReportSection {
    let names = evidence.columnNames
    let weights = mixture.weights.doubles()
    let means = RunEvidence.columns(mixture.means)
    let deviations = RunEvidence.columns(
      mixture.covarianceMatrices.diagonal().squareRoot().broadcasted(to: mixture.means.shape))
    let order = weights.indices.sorted { weights[$0] == weights[$1] ? $0 < $1 : weights[$0] > weights[$1] }
    let shownColumns = names.indices.prefix(8)
    let table = ReportTable(
      "Components by weight; each column's mean and standard deviation",
      header: ["component", "weight"] + shownColumns.map { names[$0] },
      rows: order.prefix(50).map { component in
        ["\(component + 1)", FormattedNumber.fixed(weights[component], 4)]
          + shownColumns.map { column in
            "\(FormattedNumber.general(means[column][component])) (\(FormattedNumber.general(deviations[column][component], digits: 3)))"
          }
      })
    let words = "The mixture has \(FormattedNumber.count(weights.count, "component"))."
    guard names.count > 1 else {
      return ReportSection("structure", "Components", paragraphs: [words], tables: [table])
    }
    let pair = Array(columnsByDependence.prefix(2).sorted())
    let chart = EllipseChart(
      mixture.marginal(of: pair),
      points: evidence.data.isThere
        ? NamedPoints("data", x: evidence.data.columns[pair[0]], y: evidence.data.columns[pair[1]]) : nil
    ).specification(x: names[pair[0]], y: names[pair[1]])
    var reading = "Each component is an ellipse at one and at two standard deviations, with its number in the middle; "
    reading += "the fainter, the smaller its weight. Together they should cover the data."
    if names.count > 2 { reading += " The two columns are those with the strongest correlation." }
    return ReportSection(
      "structure", "Components", paragraphs: [words],
      figures: [ReportFigure("components", "Components", reading: reading, .chart(chart), table: table)])
  }
}
