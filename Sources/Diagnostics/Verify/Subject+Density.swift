import Foundation
import Probability
import Torch

extension Subject {
  /// The density integrates to 1, and the draws come from it.
  func densityChecks(using rng: inout RandomGenerator) -> [Check] {
    let names = ["normalization", "draws have this density"]
    guard model.logProb != nil else {
      return names.map { Check($0, .skipped, finding: "The model has no density.") }
    }
    return withoutGradient {
      let weighted = importanceSample(using: &rng)
      return [normalization(weighted, using: &rng), drawsAgree(weighted, using: &rng)]
    }
  }

  // MARK: Normalization

  /// By quadrature for one or two columns; where that finds fault, or sees a ridge in a few of its cells only, importance
  /// sampling, whose points lie where draws do, has the last word if it can be trusted.
  private func normalization(_ weighted: WeightedDraws?, using rng: inout RandomGenerator) -> Check {
    let weighing = importanceNormalization(weighted)
    guard model.features <= 2 else { return weighing }
    let (integral, cells) = quadrature(using: &rng)
    let isResolved = cells >= 200 || model.discreteValues.count == model.features
    guard isResolved else { return weighing }
    // Student's t with 7 degrees of freedom exceeds 17 with probability below 1e-6.
    let summing = normalizationCheck(integral, chance: 17 * integral.standardError, how: "By quadrature")
    return summing.outcome == .failed && weighing.outcome == .passed ? weighing : summing
  }

  /// The integral over one or two columns, by points at random places in the cells of a grid over the whole line, and how
  /// many equal cells its cells are worth.
  private func quadrature(using rng: inout RandomGenerator) -> (integral: Estimate, cells: Double) {
    let (repeats, cells) = (8, model.features == 1 ? 20_000 : 150)
    let warps = draws.to(.float64).unbound(1).map { HeavyTailedWarp(around: $0) }
    let parts = (0..<repeats).map { _ in
      let sides = (0..<model.features).map { column in
        model.discreteValues[column].map { (Tensor($0), Tensor.zeros([$0.count], dtype: .float64)) }
          ?? warps[column].points(cells, using: &rng)
      }
      return contributions(of: sides)
    }
    let totals: [Double] = parts.map { $0.sum().item() }
    let worth = parts.map { part -> Double in
      let (sum, squares): (Double, Double) = (part.sum().item(), part.squared().sum().item())
      return squares > 0 ? sum * sum / squares : 0
    }
    return (Estimate(meanOf: totals), worth.min() ?? 0)
  }

  /// What the cells add to the integral.
  private func contributions(of sides: [(points: Tensor, logVolume: Tensor)]) -> Tensor {
    guard sides.count == 2 else {
      return ((scores(sides[0].points.unsqueezed(1)) ?? sides[0].logVolume) + sides[0].logVolume).exp()
    }
    let (first, second) = (sides[0], sides[1])
    let (rows, columns) = (first.points.elementCount, second.points.elementCount)
    let points = Tensor.stacking([first.points.repeatingEach(columns, 0), second.points.tiled([rows])], 1)
    let volume = first.logVolume.repeatingEach(columns, 0) + second.logVolume.tiled([rows])
    return ((scores(points) ?? volume) + volume).exp()
  }

  /// The mean weight of rows drawn from a proposal.
  private func importanceNormalization(_ weighted: WeightedDraws?) -> Check {
    guard let weighted else {
      return Check("normalization", .skipped, finding: "The draws span no volume to integrate over.")
    }
    let estimate = weighted.normalization
    let (effective, shape) = (weighted.weights.effectiveSampleSize, weighted.weights.paretoShape)
    // A sum of weights with such a tail may be far from its mean, whatever it looks like.
    guard effective >= 200, !(shape > 0.7 && shape.isFinite) else {
      return Check(
        "normalization", .skipped,
        finding: "Importance sampling is too rough in \(model.features) columns: \(weighted.weights.count) points are "
          + "worth \(effective.isNaN ? 0 : Int(effective)). The other checks stand for it.")
    }
    return normalizationCheck(estimate, chance: 6 * estimate.standardError, how: "By importance sampling")
  }

  private func normalizationCheck(_ estimate: Estimate, chance: Double, how: String) -> Check {
    let least = 0.01
    let limit = max(least, chance)
    let error = abs(estimate.value - 1)
    let text = "\(how) the density integrates to \(String(format: "%.4f", estimate.value))"
    guard error <= limit else {
      return Check(
        "normalization", .failed, measured: error, limit: limit,
        finding: "\(text), not to 1: log-densities are off by \(String(format: "%.3f", log(estimate.value))) nats.")
    }
    let isRough = limit > 0.3
    return Check(
      "normalization", isRough ? .warned : .passed, measured: error, limit: limit,
      finding: text + " (1 within \(digits(limit)))"
        + (isRough ? ", which is rough: it is a density of sharp peaks." : "."))
  }

  // MARK: Draws against the density

  private func importanceSample(using rng: inout RandomGenerator) -> WeightedDraws? {
    let around = Tensor.concatenating([draws.to(.float64)] + (exemplars.map { [$0] } ?? []))
    guard let proposal = ImportanceProposal(around: around, discreteValues: model.discreteValues) else { return nil }
    let (rows, logDensity) = proposal.sample(2 * verifier.draws, using: &rng)
    guard let scores = scores(rows) else { return nil }
    let logWeights = select(scores.isNaN(), -Double.infinity, scores) - logDensity
    return WeightedDraws(rows: rows, weights: ImportanceWeights(logWeights: logWeights.doubles()))
  }

  /// Distribution functions of draws against those of weighted points, for each column and for random directions.
  private func drawsAgree(_ weighted: WeightedDraws?, using rng: inout RandomGenerator) -> Check {
    let name = "draws have this density"
    guard let weighted, weighted.weights.effectiveSampleSize >= 500 else {
      return Check(
        name, .skipped,
        finding: "Importance sampling is too rough in \(model.features) columns."
          + (model.codes == nil ? "" : " The codes of draws stand for it."))
    }
    let count = 1 / (1 / Double(verifier.draws) + 1 / weighted.weights.effectiveSampleSize)
    let weights = weighted.weights.normalized
    let distances = directions(using: &rng).map { direction in
      let own = (draws.to(.float64) / scales).matmul(direction).doubles().map { ($0, 1 / Double(verifier.draws)) }
      let others = (weighted.rows / scales).matmul(direction).doubles()
      return KolmogorovSmirnov.weightedDistance(own, Array(zip(others, weights)))
    }
    let worst = distances.max() ?? 0
    let limit = KolmogorovSmirnov.distance(pValue: 1e-6 / Double(distances.count), count: count)
    let column = distances.firstIndex(of: worst) ?? 0
    let place = column < model.features ? "in \(self.name(column))" : "in a mixed direction"
    return Check(
      name, worst <= limit ? .passed : .failed, measured: worst, limit: limit,
      finding: worst <= limit
        ? "Drawn rows lie where the density says, in each column and in "
          + "\(distances.count - model.features) mixed directions."
        : "Drawn rows do not lie where the density says: distribution functions differ by \(digits(worst)) \(place).")
  }

  /// The columns, and random directions when there are several.
  private func directions(using rng: inout RandomGenerator) -> [Tensor] {
    let columns = Tensor.identity(model.features, dtype: .float64).unbound()
    guard model.features > 1 else { return columns }
    return columns + Tensor.normal([20, model.features], dtype: .float64, using: &rng).unbound()
  }
}

/// Rows with what each stands for, by importance sampling.
struct WeightedDraws {
  let rows: Tensor
  let weights: ImportanceWeights

  /// The mean weight: 1 for a density that is normalized.
  var normalization: Estimate { Estimate(meanOf: weights.logWeights.map(exp)) }
}

/// The whole line as the image of (0, 1), most of it spent where numbers lie: the quantile function of Student's t with two
/// degrees of freedom.
struct HeavyTailedWarp {
  private let centre: Double
  private let scale: Double

  init(around numbers: Tensor) {
    let quartiles: [Double] = [0.25, 0.75].map { numbers.quantile($0, 0).item() }
    let deviation: Double = numbers.standardDeviation(0).item()
    centre = numbers.quantile(0.5, 0).item()
    let width = quartiles[1] - quartiles[0]
    // The quartiles of Student's t with two degrees of freedom are at 0.8165.
    scale = width > 0 ? width / 1.633 : max(deviation, .leastNormalMagnitude)
  }

  /// One point at a random place in each of `cells` cells, and the logarithm of what it stands for.
  func points(_ cells: Int, using rng: inout RandomGenerator) -> (Tensor, Tensor) {
    let jitter = Tensor.uniform([cells], dtype: .float64, using: &rng).clamped(from: 1e-9, to: 1 - 1e-9)
    let u = (Tensor.range(cells, dtype: .float64) + jitter) / Double(cells)
    let product = u * (1.0 - u) * 2.0
    let x = (u * 2.0 - 1.0) / product.squareRoot() * scale + centre
    // dx/du = scale (2 u (1 - u))^(-3/2).
    return (x, product.log() * -1.5 + Foundation.log(scale / Double(cells)))
  }
}
