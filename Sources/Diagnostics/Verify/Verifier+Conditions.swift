import Probability
public import Torch

extension Verifier {
  /// Rows with the condition of each.
  public struct ConditionedRows {
    /// `[count, columns]`.
    public var rows: Tensor
    /// `[count, conditions]`.
    public var conditions: Tensor

    /// Rows with the condition of each.
    ///
    /// - Precondition: there are as many conditions as rows.
    public init(rows: Tensor, conditions: Tensor) {
      precondition(
        rows.rank == 2 && conditions.rank == 2 && rows.size(0) == conditions.size(0),
        "ConditionedRows: expected as many conditions as rows, got \(rows.shape) and \(conditions.shape)")
      self.rows = rows
      self.conditions = conditions
    }

    /// Those without a missing cell, at most so many, evenly spaced.
    fileprivate func complete(atMost most: Int) -> ConditionedRows {
      let isComplete = rows.isFinite().all(1) .& conditions.isFinite().all(1)
      let places = Subject.thinned(isComplete.nonzero().squeezed(1), to: most)
      return ConditionedRows(rows: rows.selecting(places), conditions: conditions.selecting(places))
    }
  }

  /// Draws of each held-out row that its rank is taken among.
  private static let ranked = 199

  /// Checks a model of rows given conditions: as a model of rows at some of the conditions of the data, where of each check the
  /// worst is told, and then on all held-out rows, each with its own condition.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - training: rows that it was fitted to; their conditions are used when there are no held-out rows.
  ///   - heldOut: rows of the same source that it has not seen; nil leaves out the checks that need them.
  ///   - conditions: at how many conditions it is looked at as a model of rows.
  ///   - words: a condition, `[conditions]`, in words.
  ///   - rng: the source of random numbers.
  /// - Returns: all checks, the skipped ones too.
  /// - Precondition: at least one condition.
  public func verify(
    _ model: ConditionalModelUnderTest, training: ConditionedRows? = nil, heldOut: ConditionedRows? = nil,
    conditions: Int = 3, words: (Tensor) -> String, using rng: inout RandomGenerator
  ) -> Verification {
    precondition(conditions > 0, "Verifier: expected at least one condition, got \(conditions)")
    let unseen = heldOut.map { $0.complete(atMost: mostRows) }
    guard
      let known = [unseen, training?.complete(atMost: mostRows)].compactMap({ $0 }).first(where: { $0.rows.size(0) > 0 }
      )
    else {
      let finding = "There are no rows whose conditions the model could be looked at under; give some with --data."
      return Verification(checks: [Verification.Check("conditions", .skipped, finding: finding)])
    }
    let chosen = Subject.thinned(known.conditions, to: conditions).unbound()
    let names = chosen.map(words)
    let each = chosen.map { verify(model.given($0), using: &rng).checks }
    let ofAll = heldOutNames
    let worst = each[0].filter { !ofAll.contains($0.name) }.map(\.name).map { name in
      Self.worst(
        zip(names, each).compactMap { place, checks in
          checks.first { $0.name == name }.map { (place, $0) }
        })
    }
    return Verification(checks: worst + checks(model, unseen, using: &rng))
  }

  /// The checks that are made of held-out rows, not at single conditions.
  private var heldOutNames: [String] { ["codes of held-out rows", "density of held-out rows", "memorization"] }

  /// The worst of one check under several conditions, which it names.
  private static func worst(_ checks: [(place: String, check: Verification.Check)]) -> Verification.Check {
    let order: [Verification.Check.Outcome] = [.skipped, .passed, .warned, .failed]
    func badness(_ check: Verification.Check) -> (Int, Double) {
      let share = check.measured.flatMap { measured in check.limit.map { $0 > 0 ? measured / $0 : measured } }
      return (order.firstIndex(of: check.outcome) ?? 0, share ?? 0)
    }
    guard let found = checks.max(by: { badness($0.check) < badness($1.check) }) else {
      preconditionFailure("Verifier: expected a check under some condition")
    }
    var check = found.check
    // What holds everywhere alike has no worst place.
    if checks.count > 1, check.outcome != .passed || check.measured ?? 0 > 0 {
      check.finding += " (Given \(found.place), the worst of \(checks.count) conditions.)"
    }
    return check
  }

  private func checks(
    _ model: ConditionalModelUnderTest, _ heldOut: ConditionedRows?, using rng: inout RandomGenerator
  ) -> [Verification.Check] {
    let rows = heldOut.flatMap { $0.rows.size(0) > 0 ? $0 : nil }
    let codes = withoutGradient { rows.flatMap { rows in model.codes.map { $0(rows.rows, rows.conditions) } } }
    let scores = withoutGradient {
      rows.flatMap { rows in model.logProb.map { $0(rows.rows, rows.conditions).to(.float64, Device.cpu) } }
    }
    return [
      model.codes == nil
        ? Verification.Check("codes of held-out rows", .skipped, finding: "The model has no codes of rows.")
        : Subject.codesOfHeldOut(codes),
      calibration(model, rows, using: &rng),
      Subject.heldOutDensity(rows?.rows, scores: scores, hasDensity: model.logProb != nil),
      Verification.Check(
        "memorization", .skipped, finding: "Draws under different conditions are not held against rows of the fit."),
    ]
  }

  /// Held-out values lie among draws under their conditions as one more draw would.
  private func calibration(
    _ model: ConditionalModelUnderTest, _ heldOut: ConditionedRows?, using rng: inout RandomGenerator
  ) -> Verification.Check {
    let name = "calibration"
    guard let heldOut, heldOut.rows.size(0) >= 20 else {
      return Verification.Check(
        name, .skipped, finding: "There are fewer than 20 complete held-out rows; give some with --data.")
    }
    var drawn: [Tensor] = []
    for part in heldOut.conditions.split(size: 2048) {
      drawn.append(withoutGradient { model.sample(Self.ranked, part, &rng).to(.float64, Device.cpu) })
    }
    let draws = Tensor.concatenating(drawn, 1)
    let isNumber = !draws.isNaN().any()
    guard isNumber else {
      return Verification.Check(
        name, .failed, finding: "Some draws under the conditions of held-out rows are no numbers.")
    }
    let columns = zip(heldOut.rows.to(.float64).unbound(1), draws.unbound(2))
    let tests = columns.map { values, draws in
      RankStatistics(of: values, among: draws.transposed(0, 1), using: &rng).uniformityTest(using: &rng)
    }
    let distance = tests.map(\.statistic).max() ?? 0
    let pValue = (tests.map(\.pValue).min() ?? 1) * Double(tests.count)
    let (far, count) = (0.5, heldOut.rows.size(0))
    let isOff = pValue < 1e-3
    return Verification.Check(
      name, distance > far ? .failed : isOff ? .warned : .passed, measured: distance, limit: far,
      finding: isOff
        ? "Ranks of held-out values among draws under their conditions are not uniform: the largest distance between "
          + "distribution functions is \(digits(distance)). The fit can be improved."
        : "Held-out values rank evenly among draws under their conditions, as far as \(count) rows can tell.")
  }
}
