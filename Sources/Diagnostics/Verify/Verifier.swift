public import Torch

/// Lets a model check itself: what a density, a sampler and an invertible map promise, each on its own and against each
/// other.
///
///     let verification = Verifier().verify(ModelUnderTest(flow.distribution), heldOut: rows, using: &rng)
///     verification.isPassed
///
/// Each check measures something, holds it against a limit and says what was found. A check fails when the model contradicts
/// itself; a model that merely fits its data badly is warned about. What does not apply is skipped with the reason.
/// Statistical checks fail by chance with probability below 1e-6 each.
public struct Verifier: Hashable, Sendable {
  /// Rows drawn from the model for statistical checks.
  public var draws: Int
  /// The most rows of the data that are looked at.
  public var mostRows: Int
  /// The most columns for which a Jacobian is computed by automatic differentiation.
  public var mostJacobianColumns: Int

  /// A verifier; the defaults take some seconds for a model of some columns.
  ///
  /// - Parameters:
  ///   - draws: rows drawn from the model for statistical checks.
  ///   - mostRows: the most rows of the data that are looked at.
  ///   - mostJacobianColumns: the most columns for which a Jacobian is computed.
  /// - Precondition: all are positive, and there are at least 1000 draws.
  public init(draws: Int = 10_000, mostRows: Int = 10_000, mostJacobianColumns: Int = 256) {
    precondition(
      draws >= 1000 && mostRows > 0 && mostJacobianColumns > 0,
      "Verifier: expected at least 1000 draws and positive limits, got \(draws), \(mostRows), \(mostJacobianColumns)")
    self.draws = draws
    self.mostRows = mostRows
    self.mostJacobianColumns = mostJacobianColumns
  }

  /// Checks a model.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - training: rows that it was fitted to, `[count, columns]`; nil leaves out the checks that need them.
  ///   - heldOut: rows of the same source that it has not seen, `[count, columns]`; nil leaves out the checks that need them.
  ///   - rng: the source of random numbers.
  /// - Returns: all checks, the skipped ones too.
  /// - Precondition: the rows have the model's columns. Rows with missing cells are looked at where the model allows it.
  public func verify(
    _ model: ModelUnderTest, training: Tensor? = nil, heldOut: Tensor? = nil, using rng: inout RandomGenerator
  ) -> Verification {
    for rows in [training, heldOut].compactMap({ $0 }) {
      precondition(
        rows.rank == 2 && rows.size(1) == model.features,
        "Verifier: expected rows [count, \(model.features)], got \(rows.shape)")
    }
    let subject = Subject(model: model, verifier: self, training: training, heldOut: heldOut, using: &rng)
    let numbers = subject.numbers
    // Whatever else is measured with numbers that are none says nothing.
    guard numbers.allSatisfy({ $0.outcome != .failed }) else { return Verification(checks: numbers) }
    return Verification(
      checks: numbers + [subject.repeatability(using: &rng), subject.batchIndependence]
        + subject.densityChecks(using: &rng) + subject.mapChecks + [subject.edges, subject.heldOutDensity]
        + [subject.memorization])
  }
}

/// A model with its draws and the rows of the data that the checks share.
struct Subject {
  let model: ModelUnderTest
  let verifier: Verifier
  /// `[draws, columns]`, as the model gives them.
  let draws: Tensor
  /// The columns' standard deviations among the draws, `[columns]`, 64-bit; 1 for a column that does not vary.
  let scales: Tensor
  /// Training rows without a missing cell; nil when there are none.
  let training: Tensor?
  /// Rows that the model has not seen, missing cells and all; nil when there are none.
  let heldOut: Tensor?
  /// Those without a missing cell.
  let completeHeldOut: Tensor?

  init(
    model: ModelUnderTest, verifier: Verifier, training: Tensor?, heldOut: Tensor?, using rng: inout RandomGenerator
  ) {
    self.model = model
    self.verifier = verifier
    draws = withoutGradient { model.sample(verifier.draws, &rng) }
    let deviation = draws.to(.float64).standardDeviation(0)
    scales = select(deviation .> 0, deviation, 1.0)
    self.training = training.flatMap(Self.complete)
    self.heldOut = heldOut.flatMap { $0.size(0) > 0 ? Self.thinned($0, to: verifier.mostRows) : nil }
    completeHeldOut = self.heldOut.flatMap(Self.complete)
  }

  /// Every so-manieth row: rows of a file may be sorted.
  static func thinned(_ rows: Tensor, to most: Int) -> Tensor {
    let count = rows.size(0)
    guard count > most else { return rows }
    return rows.selecting(Tensor((0..<most).map { $0 * count / most }))
  }

  /// The rows without a missing or infinite cell; nil when there are none.
  private static func complete(_ rows: Tensor) -> Tensor? {
    let places = rows.isFinite().all(1).nonzero().squeezed(1)
    return places.elementCount > 0 ? rows.selecting(places) : nil
  }

  /// Log-densities in pieces without gradients, 64-bit; nil for a model without density.
  func scores(_ rows: Tensor) -> Tensor? {
    guard let logProb = model.logProb else { return nil }
    return withoutGradient {
      Tensor.concatenating(rows.to(draws.dtype).split(size: 8192).map { logProb($0).to(.float64, Device.cpu) })
    }
  }

  /// Rows to look at a map or gradients with: draws, and rows of the data where draws lie too. What a map makes of a row
  /// that is out by a factor of a billion is rounding.
  func probes(_ count: Int) -> Tensor {
    let own = draws[.slice(to: count)]
    guard let data = completeHeldOut ?? training else { return own }
    let (low, high) = (draws.min(0).to(.float64) - scales, draws.max(0).to(.float64) + scales)
    let some = Self.thinned(data, to: verifier.mostRows).to(.float64)
    let isNear = ((some .>= low) .& (some .<= high)).all(1).nonzero().squeezed(1)
    return Tensor.concatenating([own, some.selecting(isNear[.slice(to: count)]).to(draws.dtype)])
  }

  /// Training rows, or else held-out ones, that stand for where the data lie: at most as many as there may be looked at.
  var exemplars: Tensor? { (training ?? completeHeldOut).map { Self.thinned($0, to: verifier.mostRows).to(.float64) } }

  func name(_ column: Int) -> String { model.columns[column] }
}
