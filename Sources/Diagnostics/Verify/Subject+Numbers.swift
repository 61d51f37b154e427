import Foundation
import Torch

extension Subject {
  typealias Check = Verification.Check

  /// No number is missing: in what the model consists of, in what it draws, in the densities that it gives.
  var numbers: [Check] { [parameters, finiteDraws, finiteDensity] }

  private var parameters: Check {
    let name = "parameters"
    guard !model.state.isEmpty else {
      return Check(name, .skipped, finding: "The model's parameters are not known here.")
    }
    let broken = model.state.filter { $0.value.dtype.isFloatingPoint && $0.value.isNaN().any() }.keys.sorted()
    if let first = broken.first {
      return Check(
        name, .failed, measured: Double(broken.count), limit: 0,
        finding: "\(broken.count) of \(model.state.count) tensors hold NaN, the first is \(first).")
    }
    return Check(name, .passed, measured: 0, limit: 0, finding: "All of the \(model.state.count) tensors hold numbers.")
  }

  private var finiteDraws: Check {
    let isBad = .!draws.isFinite().all(1)
    let count = isBad.sum().integerItem()
    guard count == 0 else {
      return Check(
        "draws", .failed, measured: Double(count), limit: 0,
        finding: "\(count) of \(verifier.draws) drawn rows hold NaN or infinity.")
    }
    let stuck = stuckColumns
    guard stuck.isEmpty else {
      return Check(
        "draws", .failed, measured: Double(stuck.count), limit: 0,
        finding: "The column \(name(stuck[0])) has the same value in all \(verifier.draws) drawn rows"
          + (stuck.count > 1 ? ", and so have \(stuck.count - 1) others." : "."))
    }
    return Check(
      "draws", .passed, measured: 0, limit: 0,
      finding: "All \(verifier.draws) drawn rows are finite, and every column varies."
    )
  }

  /// Columns that do not vary, though the data do (or the model gives a density, which no constant has).
  private var stuckColumns: [Int] {
    func ranges(_ rows: Tensor) -> [Double] { (rows.max(0) - rows.min(0)).to(.float64).doubles() }
    let ofData = (completeHeldOut ?? training).map(ranges)
    return ranges(draws).enumerated().compactMap { column, range in
      let mayBeConstant = model.discreteValues[column].map { $0.count < 2 } ?? false
      let varies = ofData.map { $0[column] > 0 } ?? true
      return range == 0 && varies && !mayBeConstant ? column : nil
    }
  }

  private var finiteDensity: Check {
    let name = "density is a number"
    guard let scores = scores(draws) else {
      return Check(name, .skipped, finding: "The model has no density: it can be sampled only.")
    }
    let missing = scores.isNaN().sum().integerItem()
    if missing > 0 {
      return Check(
        name, .failed, measured: Double(missing), limit: 0,
        finding: "The log-density is NaN at \(missing) of the model's own \(verifier.draws) draws.")
    }
    let impossible = (scores .== -Double.infinity).sum().integerItem()
    let infinite = (scores .== Double.infinity).sum().integerItem()
    guard impossible + infinite == 0 else {
      return Check(
        name, .failed, measured: Double(impossible + infinite), limit: 0,
        finding: impossible > 0
          ? "\(impossible) of the model's own \(verifier.draws) draws have density 0."
          : "\(infinite) of the model's own \(verifier.draws) draws have an infinite density.")
    }
    return Check(name, .passed, measured: 0, limit: 0, finding: "Each of the model's draws has a finite log-density.")
  }

  /// The same seed gives the same rows.
  func repeatability(using rng: inout RandomGenerator) -> Check {
    var first = rng.split()
    var second = first
    let same = withoutGradient { model.sample(100, &first).isEqual(to: model.sample(100, &second)) }
    return Check(
      "repeatability", same ? .passed : .failed,
      finding: same ? "The same seed draws the same rows." : "The same seed drew other rows the second time.")
  }

  /// A row's density does not depend on the rows beside it.
  var batchIndependence: Check {
    let name = "rows are independent"
    let rows = probes(16)
    guard let together = scores(rows) else { return Check(name, .skipped, finding: "The model has no density.") }
    let alone = Tensor.concatenating(rows.split(size: 1).compactMap { scores($0) })
    let difference = (together - alone).absolute() / (together.absolute() + 1.0)
    let worst: Double = select(together .== alone, 0.0, difference).max().item()
    let limit = 1e-3
    let passed = worst <= limit
    return Check(
      name, passed ? .passed : .failed, measured: worst, limit: limit,
      finding: passed
        ? "A row has the same density alone and among others."
        : "The density of a row depends on the rows that are scored with it.")
  }
}
