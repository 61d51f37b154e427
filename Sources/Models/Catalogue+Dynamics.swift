import Datasets
import Dynamics
import Foundation
import Torch

/// Settings of `hmm`.
struct HiddenMarkovConfiguration: Codable, Sendable {
  /// Numbers of states, of which BIC chooses.
  var states = [2]
  /// One family for all columns, or one for each.
  var emission = [EmissionName.gaussian]
  /// The components of a state's mixture.
  var components = 2
  var initial = Initial.free
  /// Whether states are passed from left to right, without return.
  var leftRight = false
  /// The column that tells series apart; one series when empty.
  var sequenceColumn = ""
  var starts = 5
  var maximumIterations = 1000
  var tolerance = 1e-6

  enum Initial: String, Codable, Sendable, CaseIterable { case free, stationary }
}

extension Catalogue {
  /// Models of series with hidden states.
  static let dynamicsEntries: [CatalogueEntry] = [
    .estimated(
      "hmm", "A series with hidden states, one row a step; the number of states by BIC; missing cells are no obstacle.",
      HiddenMarkovConfiguration(), accepts: [.discreteColumns, .constantColumns, .missingCells],
      choices: [
        "  configuration.states: numbers to choose from, [1, 2, 3], or one, [3]",
        "  configuration.emission: one for all columns or one for each, of \(SettingsChoices.list(EmissionName.self))",
        "  configuration.components: of the mixture of a state, for mixture",
        "  configuration.initial: \(SettingsChoices.list(HiddenMarkovConfiguration.Initial.self))",
        "  configuration.leftRight: true where no state is left but for the next",
        "  configuration.sequenceColumn: the column of numbers that tells several series apart",
      ],
      fit: { settings, data, rng in try fit(settings, data, using: &rng) },
      load: { settings, columns, tensors in
        let place = tensors["sequenceColumn"].map { $0.doubles() } ?? []
        let model = try HiddenMarkovModel(tensors: tensors, emissions: settings.emission)
        let column = place.first.flatMap { $0 >= 0 && $0 < Double(columns.count) ? Int($0) : nil }
        guard place.count == 1, place[0] == Double(column ?? -1),
          columns.count == model.features + (column == nil ? 0 : 1)
        else {
          throw DynamicsError.degenerate(reason: "the hidden Markov model's file is damaged: its columns do not fit")
        }
        return HiddenMarkovTableModel(model: model, sequenceColumn: column)
      })
  ]

  private static func fit(
    _ settings: HiddenMarkovConfiguration, _ data: EstimationData, using rng: inout RandomGenerator
  ) throws -> EstimationResult {
    let column = try sequenceColumn(settings.sequenceColumn, data)
    let series = HiddenMarkovTableModel.series(of: data.rows, column: column).map(\.rows)
    let features = data.rows.size(1) - (column == nil ? 0 : 1)
    guard let first = settings.states.first else {
      throw SettingsError.invalid(reason: "configuration.states is empty; give a number, such as [3]")
    }
    let estimator = try estimator(settings, states: first, features: features)
    let fit: HiddenMarkovFit
    var details: [String: SettingsValue] = [:]
    if settings.states.count == 1 {
      fit = try estimator.fit(series, using: &rng)
    } else {
      let choice = try estimator.choosing(states: settings.states, series, by: .bayesianInformation, using: &rng)
      fit = choice.fit
      details["criteria"] = .list(
        choice.scores.map { .string("\($0.states) states: BIC \(String(format: "%.2f", $0.score))") })
    }
    details["states"] = .integer(fit.model.stateCount)
    details["logLikelihood"] = .number(fit.logLikelihood)
    details["bic"] = .number(fit.bayesianInformationCriterion)
    details["iterations"] = .integer(fit.iterations)
    details["converged"] = .bool(fit.isConverged)
    return EstimationResult(
      model: HiddenMarkovTableModel(model: fit.model, sequenceColumn: column), details: details)
  }

  private static func estimator(
    _ settings: HiddenMarkovConfiguration, states: Int, features: Int
  ) throws -> HiddenMarkovEstimator {
    let families = settings.emission.map { $0.family(components: settings.components) }
    guard families.count == 1 || families.count == features else {
      throw SettingsError.invalid(
        reason: "there are \(families.count) emissions for \(features) columns; give one for all, or one for each")
    }
    var estimator = HiddenMarkovEstimator(
      states: states, emissions: families.count == 1 ? families[0] : ProductEmissionFamily(families.map { ($0, 1) }))
    estimator.initial = settings.initial == .stationary ? .stationary : .free
    if settings.leftRight { estimator.transitions = .leftRight(states: states) }
    estimator.starts = settings.starts
    estimator.maximumIterations = settings.maximumIterations
    estimator.tolerance = settings.tolerance
    return estimator
  }

  private static func sequenceColumn(_ name: String, _ data: EstimationData) throws -> Int? {
    guard !name.isEmpty else { return nil }
    guard let column = data.names.firstIndex(of: name) else {
      throw DatasetError.unknownColumn(
        path: data.path, name: name, suggestion: nearestName(to: name, among: data.names), available: data.names)
    }
    guard data.rows[.all, .at(column)].isFinite().all() else {
      throw SettingsError.invalid(reason: "the column '\(name)' lacks numbers; each row must name its series")
    }
    guard data.names.count > 1 else {
      throw SettingsError.invalid(reason: "there is no column beside '\(name)'; a series needs some")
    }
    return column
  }
}
