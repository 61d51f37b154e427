import Foundation
public import Torch

/// The debiased Sinkhorn divergence of two samples: optimal transport with entropy, without the bias of the entropy.
///
/// With OT(a, b) = min <C, P> + epsilon KL[P || a b'] over plans P of marginals a, b and the cost C = |x - y|^2 it is
/// S = OT(a, b) - (OT(a, a) + OT(b, b)) / 2. It is 0 for equal samples, never negative, goes to W_2^2 for small epsilon and
/// to the squared distance of means for large.
///
///     let result = try SinkhornDivergence(epsilon: 0.01)(x, y)     // result.value, result.marginalError
///     let loss = try SinkhornDivergence(epsilon: 0.01).loss(x, y)  // a tensor with gradients
///
/// Everything is in the log domain and in 64 bits, on data shrunk to a diameter of 1, so neither a tiny epsilon nor huge
/// costs give NaN. Sums run over pairs without storing them (`KernelRows`): memory is linear in the samples.
///
/// - Reference: Feydy, Sejourne, Vialard, Amari, Trouve, Peyre, *Interpolating between optimal transport and MMD using
///   Sinkhorn divergences*, 2019, equations 1 to 8 and 25.
public struct SinkhornDivergence: Hashable, Sendable {
  /// The strength of the entropy, in the units of squared distances.
  public var epsilon: Double
  /// Iterations end when the masses of the plan's rows are off by less than this, summed.
  public var tolerance: Double
  /// The most iterations at the last epsilon; annealing comes before.
  public var maximumIterations: Int

  /// A divergence.
  ///
  /// - Precondition: epsilon and the tolerance are positive and finite, and there is an iteration.
  public init(epsilon: Double, tolerance: Double = 1e-6, maximumIterations: Int = 1000) {
    precondition(
      epsilon > 0 && epsilon.isFinite && tolerance > 0 && maximumIterations > 0,
      "SinkhornDivergence: expected positive settings, got \(epsilon), \(tolerance) and \(maximumIterations)")
    self.epsilon = epsilon
    self.tolerance = tolerance
    self.maximumIterations = maximumIterations
  }

  /// A divergence, and how well the iterations converged.
  public struct Result: Hashable, Sendable, Codable {
    /// The divergence. What rounding and the tolerance leave below 0 is 0.
    public var value: Double
    /// OT(a, b), which has the bias of the entropy.
    public var transportCost: Double
    /// By how much the masses of the plan's rows are off, summed: the largest of the three problems.
    public var marginalError: Double
    /// Iterations at the last epsilon, the most of the three problems.
    public var iterations: Int
    /// Whether the error is below the tolerance.
    public var isConverged: Bool
  }

  /// The divergence of two samples.
  ///
  /// - Parameters:
  ///   - x: `[count, features]`.
  ///   - y: `[other count, features]`.
  ///   - xWeights: the mass of each row of `x`, `[count]`; nil for equal masses. They are divided by their sum.
  ///   - yWeights: the same for `y`.
  /// - Returns: the divergence, and how well it converged.
  /// - Throws: `DistributionError.notFinite` with the place of a number that is not finite, `.badWeights` for weights that are
  ///   negative, not finite or all 0.
  /// - Precondition: the shapes are those, with at least one row and feature.
  /// - Complexity: O(count * other count * features) for each iteration, O(count + other count) memory.
  public func callAsFunction(
    _ x: Tensor, _ y: Tensor, xWeights: Tensor? = nil, yWeights: Tensor? = nil
  ) throws(DistributionError) -> Result {
    try solve(x, y, xWeights, yWeights).result
  }

  /// The divergence as a tensor of one element, through which gradients flow to both samples.
  ///
  /// By the envelope theorem the gradient is that of the cost under the plans, which the potentials give; the iterations are
  /// not differentiated. First derivatives only.
  ///
  /// - Throws: as the divergence itself.
  public func loss(
    _ x: Tensor, _ y: Tensor, xWeights: Tensor? = nil, yWeights: Tensor? = nil
  ) throws(DistributionError) -> Tensor {
    let solution = try solve(x, y, xWeights, yWeights)
    let (dtype, device) = (x.dtype, x.device)
    let value = Tensor(solution.result.value, dtype: dtype, device: device)
    guard isRecordingGradients(), x.requiresGradient || y.requiresGradient else { return value }
    func work(_ rows: Tensor, _ gradient: () -> Tensor) -> Tensor {
      guard rows.requiresGradient else { return Tensor.zeros([], dtype: dtype, device: device) }
      let work = (rows * withoutGradient { gradient() }.to(rows.dtype, rows.device)).sum()
      return (work - work.detached()).to(dtype, device)
    }
    return value + work(x) { solution.firstGradient } + work(y) { solution.secondGradient }
  }

  private func solve(
    _ x: Tensor, _ y: Tensor, _ xWeights: Tensor?, _ yWeights: Tensor?
  ) throws(DistributionError) -> Solution {
    precondition(
      x.rank == 2 && y.rank == 2 && x.size(1) == y.size(1) && x.size(0) > 0 && y.size(0) > 0 && x.size(1) > 0,
      "SinkhornDivergence: expected [count, features] twice, got \(x.shape) and \(y.shape)")
    let frame = Frame(try checked(x, "the first sample"), try checked(y, "the second sample"))
    let first = try TransportSide(frame.x, weights: xWeights)
    let second = try TransportSide(frame.y, weights: yWeights)
    return withoutGradient { Solution(self, first, second, diameter: frame.diameter) }
  }

  private func checked(_ rows: Tensor, _ name: String) throws(DistributionError) -> Tensor {
    let wide = rows.detached().to(.float64, Device.cpu)
    guard wide.isFinite().all() else {
      let place = wide.isFinite().flattened().doubles().firstIndex(of: 0) ?? 0
      let columns = wide.size(1)
      throw .notFinite(
        column: "column \(place % columns + 1) of \(name)", row: place / columns,
        value: "\(wide.flattened()[.at(place)].item())")
    }
    return wide
  }

  /// Two samples around 0, shrunk so that no two points are further apart than 1.
  private struct Frame {
    let x, y: Tensor
    let diameter: Double

    init(_ x: Tensor, _ y: Tensor) {
      let (lower, upper) = (minimum(x.min(0), y.min(0)), maximum(x.max(0), y.max(0)))
      // Halves first: the difference of the largest numbers would overflow.
      let half = upper * 0.5 - lower * 0.5
      let widest = half.max().item()
      let unit = widest > 0 ? widest : 1
      let diameter = 2 * unit * (half / unit).squared().sum().squareRoot().item()
      self.diameter = diameter > 0 ? diameter : 1
      let center = lower * 0.5 + upper * 0.5
      self.x = (x - center) / self.diameter
      self.y = (y - center) / self.diameter
    }
  }
}

/// The rows of one marginal that have mass.
struct TransportSide {
  /// `[rows, features]`, 64-bit.
  let rows: Tensor
  /// The mass of each, of sum 1, `[rows]`.
  let masses: Tensor
  /// The indices of the rows among all, and the number of all.
  let indices: Tensor?
  let count: Int

  init(_ rows: Tensor, weights: Tensor?) throws(DistributionError) {
    count = rows.size(0)
    guard let weights else {
      self.rows = rows
      masses = Tensor.full([count], 1 / Double(count), dtype: .float64)
      indices = nil
      return
    }
    precondition(
      weights.shape == [count], "SinkhornDivergence: expected \(count) weights, got shape \(weights.shape)")
    let wide = weights.detached().to(.float64, Device.cpu)
    let sum = wide.sum().item()
    guard (wide .>= 0).all(), sum > 0, sum.isFinite else {
      throw .badWeights(reason: "the weights of a sample have a negative, missing or infinite number, or sum to 0")
    }
    let kept = Tensor(wide.doubles().enumerated().filter { $0.element > 0 }.map(\.offset))
    self.rows = rows.selecting(kept)
    masses = wide.selecting(kept) / sum
    indices = kept
  }

  /// Values of the rows that have mass, as values of all rows: 0 for the others.
  func spread(_ values: Tensor) -> Tensor {
    guard let indices else { return values }
    let all = Tensor.zeros([count, values.size(1)], dtype: .float64)
    return all.addingAt(indices, 0, values)
  }
}
