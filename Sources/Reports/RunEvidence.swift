import Datasets
import Foundation
import Models
import Torch

/// All that a report of a run looks at: rows of data, draws, and what the model says of both.
struct RunEvidence {
  let description: ModelDescription
  let model: any GenerativeModel
  let history: [EpochMetrics]
  /// How the model was fitted to a target; nil for one that was fitted to data, or whose settings have gone.
  let objective: ReverseKullbackLeiblerSettings?
  let data: ReportData
  /// Draws in the user's units, a list for each column.
  let samples: [[Double]]
  /// Log-densities of the data's rows and of draws, in nats; nil for a model without densities.
  let dataScores: [Double]?
  let sampleScores: [Double]?
  /// The places of the data's rows without missing cells, which have codes.
  let codedRows: [Int]
  /// Their codes by dimension, standard normal when the model is right; nil for a model without.
  let latents: [[Double]]?
  /// Their numbers by column that are uniform on [0, 1] when the model is right; nil for a model that has none.
  let uniforms: [[Double]]?
  /// What the codes of rows keep of them; nil for a model without codes, and for one whose codes are exact.
  let reconstruction: Reconstruction?
  /// What the model predicts of rows under their conditions, held-out ones when there are enough; nil for a model without
  /// conditions, and for one of encoded text.
  let predictions: Predictions?

  /// Reads a run and asks its model.
  ///
  /// - Throws: what loading the model throws; data that cannot be read are a gap in the report.
  init(_ folder: RunFolder, dataPath: String?, options: ReportOptions) throws {
    let (model, description) = try folder.loadModel()
    (self.model, self.description) = (model, description)
    history = EpochMetrics.read(folder.metrics)
    if description.diagnosis != nil, let settings = try? FitSettings(contentsOf: folder.settings),
      case .reverseKullbackLeibler(let objective)? = settings.objective
    {
      self.objective = objective
    } else {
      objective = nil
    }
    let isSeries = model is any SeriesModel
    data = ReportData(folder, description, path: dataPath, isSeries: isSeries, options: options)
    var rng = RandomGenerator(seed: options.seed)
    let context = try data.context(of: description)
    let count = options.rowCount(columns: description.columns.count)
    // Under the conditions of the data one row each.
    let drawn =
      context.map { model.sample(1, given: $0, using: &rng).squeezed(0) }
      ?? model.sample(count, given: nil, using: &rng)
    samples = Self.columns(description.dataRows(drawn))
    let density = model as? any DensityModel
    func scores(_ rows: Tensor) -> [Double]? { density?.logProb(rows, given: context).to(.float64).doubles() }
    sampleScores = scores(drawn)
    // The density of a part of the cells is a figure of another kind.
    dataScores = data.modelRows.flatMap { rows in
      scores(rows).map { zip($0, rows.isFinite().all(1).doubles()).map { $1 == 1 ? $0 : .nan } }
    }
    let complete = data.modelRows.map { $0.isFinite().all(1).nonzero().squeezed(1) }
    codedRows = complete?.scalars(as: Int.self) ?? []
    if let complete, let rows = data.modelRows?.selecting(complete), rows.size(0) > 0 {
      latents = ModelCodes.latents(of: rows, given: context?.selecting(complete), model: model)
      uniforms = ModelCodes.uniforms(of: rows, model: model, isDequantized: !description.grids.isEmpty, using: &rng)
      reconstruction = Reconstruction(of: rows, given: context?.selecting(complete), model, description)
    } else {
      (latents, uniforms, reconstruction) = (nil, nil, nil)
    }
    predictions = try data.predictions(of: model, description, using: &rng)
  }

  /// The name of the model's kind with what it is.
  var entry: CatalogueEntry? { try? Catalogue.entry(named: description.model) }

  var columnNames: [String] { description.columns }

  /// A table's columns, each as a list.
  static func columns(_ rows: Tensor) -> [[Double]] {
    let values = rows.to(.float64).transposed().contiguous().doubles()
    let count = rows.size(0)
    return (0..<rows.size(1)).map { Array(values[($0 * count)..<(($0 + 1) * count)]) }
  }

  /// The density of a model of one column at 400 places within a range, in the user's units.
  func curve(over range: ClosedRange<Double>) -> [(x: Double, density: Double)] {
    guard columnNames.count == 1, description.grids.isEmpty, description.conditions == nil,
      let density = model as? any DensityModel,
      !(model is any SeriesModel), range.upperBound > range.lowerBound
    else { return [] }
    let step = (range.upperBound - range.lowerBound) / 399
    let places = (0..<400).map { range.lowerBound + Double($0) * step }
    let rows = description.modelRows(Tensor(places, shape: [400, 1]))
    let values = density.logProb(rows, given: nil).to(.float64).exp().doubles()
    return zip(places, values).map { ($0, $1) }
  }
}

extension ReportData {
  /// Rows that are predicted, at most, and draws of each.
  private static let (mostPredicted, predictionDraws) = (2000, 500)
  /// Held-out rows are used alone when there are at least this many.
  private static let fewestHeldOut = 20

  /// The conditions of the rows as the model sees them; nil for a model without.
  ///
  /// - Throws: `ModelError.cannot` for a model with conditions when there are no rows to take them from.
  fileprivate func context(of description: ModelDescription) throws -> Tensor? {
    guard description.conditions != nil else { return nil }
    guard let conditions else {
      var reason = "they hold no rows"
      if case .missing(let why) = source { reason = why }
      throw ModelError.cannot(
        model: description.model, action: "be shown without data, whose conditions it needs (\(reason))",
        instead: "name a table with --data")
    }
    return description.modelContext(conditions)
  }

  fileprivate func predictions(
    of model: any GenerativeModel, _ description: ModelDescription, using rng: inout RandomGenerator
  ) throws -> Predictions? {
    guard let conditions, description.categories.isEmpty else { return nil }
    let heldOut = isHeldOut.indices.filter { isHeldOut[$0] }
    let rows = heldOut.count >= Self.fewestHeldOut ? heldOut : Array(isHeldOut.indices)
    let chosen = Tensor(Array(rows.prefix(Self.mostPredicted)))
    let truth = Tensor.stacking(columns.map { Tensor($0) }, 1)
    return try Predictor(draws: Self.predictionDraws).predict(
      model, description, conditions: conditions.selecting(chosen), truth: truth.selecting(chosen), using: &rng)
  }
}

/// One line of `metrics.jsonl`.
struct EpochMetrics: Decodable {
  var epoch: Int
  var step: Int?
  var trainingLoss: Double
  var validationLoss: Double?
  var learningRate: Double

  /// The history of a training; empty when there is none.
  static func read(_ url: URL) -> [EpochMetrics] {
    guard let text = try? String(contentsOf: url, encoding: .utf8) else { return [] }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return text.split(separator: "\n").compactMap { try? decoder.decode(EpochMetrics.self, from: Data($0.utf8)) }
  }
}
