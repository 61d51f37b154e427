import Foundation
import Probability
import Torch

extension Subject {
  /// The map to codes inverts, its log-determinant is right, draws have normal codes, and so have held-out rows.
  var mapChecks: [Check] {
    guard let codes = model.codes else {
      return [Check("map to codes", .skipped, finding: "The model has no map to normal codes that could be checked.")]
    }
    return withoutGradient {
      (model.map.map { [inverse($0), logDeterminant($0)] } ?? []) + [codesOfDraws(codes), codesOfHeldOut(codes)]
    }
  }

  private func inverse(_ map: any Bijection) -> Check {
    let rows = probes(1000)
    let error = (map.inverse(map.forward(rows)) - rows).to(.float64).absolute() / scales
    let ofRow = select(error.isNaN(), Double.infinity, error).max(1)
    // A flat piece of a map amplifies the rounding of 32 bits in a row here and there.
    let typical: Double = ofRow.quantile(0.99, 0).item()
    let worst: Double = ofRow.max().item()
    let limit = draws.dtype == .float64 ? 1e-6 : 1e-2
    let text = "of \(rows.size(0)) rows, 99 % come back from their code within \(digits(typical)) standard deviations"
    if !(typical <= limit) {
      return Check("inverse", .failed, measured: typical, limit: limit, finding: "The map does not invert: \(text).")
    }
    let isRough = !(worst <= 100 * limit)
    return Check(
      "inverse", isRough ? .warned : .passed, measured: typical, limit: limit,
      finding: "Rows and codes correspond: \(text)" + (isRough ? ", but one is off by \(digits(worst))." : "."))
  }

  private func logDeterminant(_ map: any Bijection) -> Check {
    let name = "log-determinant"
    guard model.features <= verifier.mostJacobianColumns else {
      return Check(
        name, .skipped,
        finding: "A Jacobian of \(model.features) columns is large; up to \(verifier.mostJacobianColumns) are computed."
      )
    }
    let rows = probes(8)
    let given = map.forwardWithLogDet(rows).logDet.to(.float64).sumTrailing(1 - map.eventRank)
    let exact = jacobianLogDeterminants(map, rows)
    let error = (given - exact).absolute()
    let limit = draws.dtype == .float64 ? 1e-6 : 1e-2
    let worst: Double = (select(error.isNaN(), Double.infinity, error) / (exact.absolute() + 1.0)).max().item()
    let passed = worst <= limit
    return Check(
      name, passed ? .passed : .failed, measured: worst, limit: limit,
      finding: passed
        ? "The change of volume agrees with automatic differentiation at \(rows.size(0)) rows."
        : "The change of volume is not that of the map: automatic differentiation finds other values.")
  }

  /// The logarithms of the absolute determinants of the Jacobians at rows, by one backward pass a column.
  func jacobianLogDeterminants(_ map: any Bijection, _ rows: Tensor) -> Tensor {
    withGradient {
      let leaf = rows.detached().requiringGradient()
      let codes = map.forward(leaf)
      let columns = (0..<model.features).map { column in
        gradients(
          of: codes.narrowed(-1, from: column, length: 1).sum(), withRespectTo: [leaf], retainingGraph: true)[0]
      }
      return Tensor.stacking(columns, -2).to(.float64).signLogDeterminant().logAbsolute.detached()
    }
  }

  private func codesOfDraws(_ codes: (Tensor) -> Tensor) -> Check {
    let name = "codes of draws"
    guard let result = Self.normality(of: codes(draws)) else {
      return Check(name, .failed, finding: "Codes of some of the model's own draws are no numbers.")
    }
    let isOff = result.pValue < 1e-6
    return Check(
      name, isOff ? .failed : .passed, measured: result.distance, limit: result.distance(at: 1e-6),
      finding: isOff
        ? "Codes of the model's own draws are not normal (\(result.place)): "
          + (model.map == nil
            ? "the sampler does not draw from the density." : "the sampler is not the inverse of the density's map.")
        : "Codes of the model's own draws are standard normal, as they must be.")
  }

  private func codesOfHeldOut(_ codes: (Tensor) -> Tensor) -> Check {
    let fitting = completeHeldOut.map { $0.to(draws.dtype) }.map { rows in
      rows.selecting(rows.isFinite().all(1).nonzero().squeezed(1))
    }
    return Self.codesOfHeldOut(fitting.map(codes))
  }

  /// Whether codes of complete rows that the model has not seen, `[rows, columns]`, are normal.
  static func codesOfHeldOut(_ codes: Tensor?) -> Check {
    let name = "codes of held-out rows"
    guard let codes, codes.size(0) >= 20 else {
      return Check(name, .skipped, finding: "There are fewer than 20 complete held-out rows; give some with --data.")
    }
    guard let result = normality(of: codes) else {
      return Check(
        name, .failed, finding: "Codes of some of the \(codes.size(0)) complete held-out rows are no numbers.")
    }
    let far = 0.5
    let text = "the largest distance between distribution functions is \(digits(result.distance)), \(result.place)"
    if result.distance > far {
      return Check(
        name, .failed, measured: result.distance, limit: far,
        finding: "The data are not what the model thinks: \(text).")
    }
    let isOff = result.pValue < 1e-3
    return Check(
      name, isOff ? .warned : .passed, measured: result.distance, limit: far,
      finding: isOff
        ? "Codes of held-out rows differ from the standard normal distribution: \(text). The fit can be improved."
        : "Codes of held-out rows are standard normal as far as \(result.count) rows can tell.")
  }

  /// How far codes are from the standard normal distribution, in the worst column or in their length; nil when some are NaN.
  private static func normality(of codes: Tensor) -> Normality? {
    let features = codes.size(1)
    let wide = codes.to(.float64, Device.cpu)
    guard !wide.isNaN().any() else { return nil }
    var uniform = wide.normalCDF().transposed().contiguous().unbound()
    let half = Tensor.full([], Double(features) / 2, dtype: .float64)
    uniform.append(SpecialFunctions.regularizedGammaP(half, wide.squared().sum(1) / 2.0))
    let tests = uniform.map { KolmogorovSmirnov.test(uniform: $0.doubles()) }
    let worst = tests.enumerated().max { $0.element.statistic < $1.element.statistic } ?? (0, tests[0])
    return Normality(
      count: wide.size(0), tests: tests.count, distance: worst.element.statistic,
      pValue: min(1, worst.element.pValue * Double(tests.count)),
      place: worst.offset < features ? "in the code \(worst.offset + 1)" : "in the distance from the origin")
  }
}

private struct Normality {
  let count: Int
  let tests: Int
  let distance: Double
  /// Corrected for the number of tests.
  let pValue: Double
  let place: String

  func distance(at pValue: Double) -> Double {
    KolmogorovSmirnov.distance(pValue: pValue / Double(tests), count: Double(count))
  }
}

/// Three significant digits.
func digits(_ number: Double) -> String {
  number == 0 ? "0" : String(format: "%.2g", number)
}
