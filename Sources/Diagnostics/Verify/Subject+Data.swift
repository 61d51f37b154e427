import Foundation
import Probability
import Torch

extension Subject {
  /// Far out, densities fall but stay numbers, and so do their gradients.
  var edges: Check {
    let name = "edges"
    guard let logProb = model.logProb else { return Check(name, .skipped, finding: "The model has no density.") }
    let rows = edgeRows
    let leaf = rows.requiringGradient()
    let scores = withGradient { logProb(leaf) }
    let missing = scores.isNaN().sum().integerItem()
    guard missing == 0 else {
      return Check(
        name, .failed, measured: Double(missing), limit: 0,
        finding: "The log-density is NaN at \(missing) of \(rows.size(0)) rows at and beyond the edge of the data.")
    }
    guard scores.requiresGradient else {
      return Check(name, .passed, measured: 0, limit: 0, finding: "Far from all data the log-density is a number.")
    }
    let isPositive = scores.isFinite()
    let gradient = gradients(of: select(isPositive, scores, 0.0).sum(), withRespectTo: [leaf])[0]
    let bad = (.!gradient.isFinite().all(1)).sum().integerItem()
    return Check(
      name, bad == 0 ? .passed : .failed, measured: Double(bad), limit: 0,
      finding: bad == 0
        ? "Far from all data the log-density and its gradient are numbers."
        : "The gradient of the log-density is not finite at \(bad) of \(rows.size(0)) rows at and beyond the edge.")
  }

  /// Draws, and a draw with each column in turn at its extremes and 3, 10 and 100 standard deviations beyond.
  private var edgeRows: Tensor {
    let reach = [0.0, 3, 10, 100].flatMap { [$0, -$0] }
    let columns = Array(0..<min(model.features, 32))
    let (low, high) = (draws.min(0).to(.float64), draws.max(0).to(.float64))
    let middle = draws[0].to(.float64)
    let moved = columns.flatMap { column in
      reach.map { reach in
        let direction = Tensor.identity(model.features, dtype: .float64)[.at(column)]
        let edge = (reach > 0 || reach.sign == .plus ? high : low) + scales * reach
        return middle + direction * (edge - middle)
      }
    }
    return Tensor.concatenating([draws[.slice(to: 64)], Tensor.stacking(moved).to(draws.dtype)])
  }

  /// Rows that the model has not seen are possible.
  var heldOutDensity: Check {
    Self.heldOutDensity(heldOut, scores: heldOut.flatMap(scores), hasDensity: model.logProb != nil)
  }

  /// Whether rows that the model has not seen have a density, by their log-densities, `[rows]`.
  static func heldOutDensity(_ heldOut: Tensor?, scores: Tensor?, hasDensity: Bool) -> Check {
    let name = "density of held-out rows"
    guard let heldOut, let scores else {
      return Check(
        name, .skipped,
        finding: hasDensity ? "There are no held-out rows; give some with --data." : "The model has no density.")
    }
    let count = heldOut.size(0)
    let isComplete = heldOut.isFinite().all(1)
    let missing = (scores.isNaN() .& isComplete).sum().integerItem()
    guard missing == 0 else {
      return Check(
        name, .failed, measured: Double(missing), limit: 0,
        finding: "The log-density is NaN at \(missing) of \(count) rows that the model has not seen.")
    }
    let share = Double((scores .== -Double.infinity).sum().integerItem()) / Double(count)
    let limit = 0.1
    guard share > 0 else {
      return Check(
        name, .passed, measured: 0, limit: limit, finding: "All of \(count) rows that it has not seen are possible.")
    }
    return Check(
      name, share > limit ? .failed : .warned, measured: share, limit: limit,
      finding: "The model holds \(percent(share)) of \(count) rows that it has not seen to be impossible.")
  }

  /// Draws are new rows, not copies of the training rows.
  ///
  /// A draw is a copy when it lies nearer to a training row than a tenth of the usual distance between neighbours of the
  /// training rows. Rows of the data do so by chance, or because they repeat: what counts is how much more often draws do.
  var memorization: Check {
    let name = "memorization"
    guard let training, training.size(0) >= 50 else {
      return Check(
        name, .skipped,
        finding: training == nil
          ? "The rows that the model was fitted to are not known here." : "The model was fitted to fewer than 50 rows.")
    }
    // A copier of many rows repeats few of them: each draw looks among all.
    let reference = training.to(.float64) / scales
    let step = max(1, reference.size(0) / 1000)
    let queries = (draws.to(.float64) / scales)[.slice(to: 1000)]
    // A training row is its own nearest; the next one counts.
    guard let ofData = try? NearestNeighbours(of: reference[.slice(step: step)], among: reference, count: 2).distances,
      let ofDraws = try? NearestNeighbours(of: queries, among: reference, count: 1).distances
    else { return Check(name, .skipped, finding: "Distances between these rows are not numbers.") }
    let usualDistances = ofData[.all, .at(1)].contiguous()
    let close: Double = usualDistances.quantile(0.5, 0).item() / 10
    func share(_ distances: Tensor) -> Double { (distances .<= close).to(.float64).mean().item() }
    let (copies, usual) = (share(ofDraws), share(usualDistances))
    let excess = copies - usual
    let limit = 0.5
    let text =
      "\(Self.percent(copies)) of draws nearly repeat a training row, against \(Self.percent(usual)) among the data themselves"
    return Check(
      name, excess > limit ? .failed : excess > 0.05 ? .warned : .passed, measured: excess, limit: limit,
      finding: excess > 0.05 ? "Draws are copies: \(text)." : "Draws are new: \(text).")
  }

  private static func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
}
