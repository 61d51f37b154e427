public import NeuralNetworks
public import Probability
public import Torch

/// The densities of some columns of a kernel density given the others: each row counts by how near its given columns are.
///
///     let conditional = try density.conditional(on: [0, 1])
///     conditional.conditioned(on: y).logProb(x)            // y: [*batch, 2], x: the other columns
///     conditional.weights(given: y)                        // [*batch, rows]
///     try conditional.density(given: y[0])                 // one of them, with its cdf and quantiles
///
/// - Complexity: a density of a place is two sums over all rows; a draw for a context looks at all rows once, in pieces of
///   bounded memory.
/// - Reference: Hyndman, Bashtannyk, Grunwald, *Estimating and visualizing conditional densities*, 1996, equation 2.
public struct ConditionalKernelDensity: ConditionalDistribution {
  /// The density of all columns.
  public let joint: KernelDensity
  /// The density of the given columns.
  public let marginal: KernelDensity
  /// The given columns, in the order of a context.
  public let given: [Int]
  /// The other columns, in their order.
  public let rest: [Int]
  /// Takes given columns, in the marginal's bandwidths, to what they add to the others: [rest, given].
  private let shift: Tensor
  /// The bandwidth of the other columns.
  private let restTriangle: Tensor

  /// - Throws: `DensityEstimationError.invalidSetting` when the kernel does not divide into columns.
  init(joint: KernelDensity, given: [Int]) throws(DensityEstimationError) {
    precondition(
      joint.eventShape.rank == 1 && !given.isEmpty && given.count < joint.features
        && Set(given).count == given.count && given.allSatisfy((0..<joint.features).contains),
      "conditional: expected some, but not all, of the columns 0 to \(joint.features - 1), got \(given)")
    self.joint = joint
    self.given = given
    rest = (0..<joint.features).filter { !given.contains($0) }
    marginal = try joint.marginal(of: given)
    let triangle = joint.triangle(orderedBy: given + rest)
    restTriangle = triangle[.slice(from: given.count), .slice(from: given.count)]
    shift = triangle[.slice(from: given.count), .slice(to: given.count)]
  }

  /// There are no parameters to train.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {}

  /// The distributions of the other columns for contexts `[*batch, given]`.
  ///
  /// - Precondition: there is a context, of that shape.
  public func conditioned(on context: Tensor?, _ layerContext: LayerContext) -> ConditionedKernelDensity {
    guard let context, context.rank >= 1, context.size(-1) == given.count else {
      preconditionFailure(
        "conditioned: expected a context [*batch, \(given.count)], got \(context.map { "\($0.shape)" } ?? "none")")
    }
    return ConditionedKernelDensity(conditional: self, context: context)
  }

  /// What each row counts for contexts `[*batch, given]`: `[*batch, rows]`, each of sum 1; NaN where no kernel reaches.
  ///
  /// - Complexity: memory for all pairs of contexts and rows.
  public func weights(given context: Tensor) -> Tensor {
    let flat = context.to(.float64).to(.cpu).reshaped([-1, given.count])
    let weights = imageWeights(flat)
    let rows = Tensor.zeros([flat.size(0), joint.rows.size(0)], dtype: .float64)
      .addingAt(marginal.images.origins, 1, weights)
    return rows.reshaped(context.shape.droppingTrailing(1) + [joint.rows.size(0)])
  }

  /// The density of the other columns for one context `[given]`: the same rows with other weights, moved by what the
  /// context says where the bandwidth is correlated.
  ///
  /// - Throws: `DensityEstimationError.degenerate` where no kernel reaches.
  public func density(given context: Tensor) throws(DensityEstimationError) -> KernelDensity {
    precondition(context.shape == [given.count], "density: expected a context [\(given.count)], got \(context.shape)")
    let place = context.to(.float64).to(.cpu).unsqueezed(0)
    let weights = imageWeights(place)[0]
    let kept = (weights .> 0).nonzero().flattened()
    guard kept.size(0) > 0 else {
      throw .degenerate(reason: "no row is near the context \(context.doubles()), so nothing is known there")
    }
    let parts = KernelDensity.Parts(
      rows: centers(place, images: kept), weights: weights.selecting(kept) / weights.sum(), triangle: restTriangle,
      scales: marginal.images.scales?.selecting(kept), eventRank: 1)
    return try KernelDensity(parts, joint.estimator.dividing(joint.limits.selecting(rest)))
  }

  /// What each row and mirror image of the given columns counts at places `[places, given]`.
  func imageWeights(_ places: Tensor) -> Tensor {
    marginal.images.logTerms(
      at: marginal.images.coordinates(places), joint.estimator.kernel, joint.estimator.form
    ).softmax(-1)
  }

  /// The middles of the other columns' bumps for chosen images, one a place (or one place for all).
  fileprivate func centers(_ places: Tensor, images: Tensor) -> Tensor {
    let rows = joint.rows.selecting(marginal.images.origins.selecting(images)).selecting(Tensor(rest), 1)
    let differences = marginal.images.coordinates(places) - marginal.images.points.selecting(images)
    return rows + differences.matmul(shift.transposed())
  }

  /// Draws of the other columns around chosen images.
  fileprivate func draws(_ places: Tensor, images: Tensor, using rng: inout RandomGenerator) -> Tensor {
    let noise = joint.estimator.kernel.sample(images.size(0), joint.estimator.form, features: rest.count, using: &rng)
    let scaled = marginal.images.scales.map { noise * $0.selecting(images).unsqueezed(-1) } ?? noise
    let draws = centers(places, images: images) + scaled.matmul(restTriangle.transposed())
    return joint.limits.selecting(rest).folding(draws)
  }
}

/// The densities of some columns for a batch of values of the others.
public struct ConditionedKernelDensity: Distribution {
  private let conditional: ConditionalKernelDensity
  private let context: Tensor

  init(conditional: ConditionalKernelDensity, context: Tensor) {
    self.conditional = conditional
    self.context = context
  }

  /// That of the contexts.
  public var batchShape: Shape { context.shape.droppingTrailing(1) }
  /// The number of the other columns.
  public var eventShape: Shape { [conditional.rest.count] }
  /// All real rows, or those between the bounds.
  public var support: Support {
    let limits = conditional.joint.limits.selecting(conditional.rest)
    guard limits.isBounded else { return .real(eventRank: 1) }
    return Support(.interval(lower: Tensor(limits.lower), upper: Tensor(limits.upper)), eventRank: 1)
  }

  /// The log-density of all columns minus that of the given ones, in nats; minus infinity where no kernel reaches the
  /// context.
  public func logProb(unchecked x: Tensor) -> Tensor {
    guard let batch = Shape.broadcasting(x.shape.droppingTrailing(1), batchShape) else {
      preconditionFailure("logProb: expected events that broadcast with \(batchShape), got \(x.shape)")
    }
    let given = context.to(x.dtype)
    let columns = conditional.given + conditional.rest
    let joined = Tensor.concatenating(
      [
        given.broadcasted(to: batch + given.shape.trailing(1)), x.broadcasted(to: batch + eventShape),
      ], -1)
    let places = columns.indices.map { column in columns.firstIndex(of: column) ?? 0 }
    let joint = conditional.joint.logProb(joined.selecting(Tensor(places), -1))
    let marginal = conditional.marginal.logProb(given)
    return select(marginal .== -Double.infinity, -Double.infinity, joint - marginal)
  }

  /// For each context a row drawn by what it counts there, plus a draw of the kernel; a row drawn by its weight where no
  /// kernel reaches the context.
  public func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
    withoutGradient {
      let flat = context.to(.float64).to(.cpu).reshaped([-1, conditional.given.count])
      let draws = sampleShape.elementCount
      let images = conditional.marginal.images
      let chunk = max(1, 4_000_000 / images.points.size(0))
      let pieces = flat.split(size: chunk).map { places -> Tensor in
        let reached = conditional.imageWeights(places)
        let weights = select(reached.isNaN(), images.logWeights.exp(), reached)
        let sums = weights.cumulativeSum(-1)
        let levels =
          Tensor.uniform([places.size(0), draws], dtype: .float64, using: &rng) * sums[.all, .slice(from: -1)]
        let last = Double(images.points.size(0) - 1)
        let chosen = sums.searchSorted(levels, right: true).clamped(to: last).to(.int64).flattened()
        return conditional.draws(places.repeatingEach(draws, 0), images: chosen, using: &rng)
          .reshaped([places.size(0), draws, conditional.rest.count])
      }
      return Tensor.concatenating(pieces).transposed(0, 1).reshaped(sampleShape + batchShape + eventShape)
    }
  }
}

// MARK: Marginal densities

extension KernelDensity {
  /// The density of some columns: the same bumps, looked at along these columns.
  ///
  /// - Precondition: the columns are different and exist; events are rows.
  /// - Throws: `DensityEstimationError.invalidSetting` when the kernel does not divide into columns: it is neither the
  ///   Gaussian nor of product form with a diagonal bandwidth.
  public func marginal(of columns: [Int]) throws(DensityEstimationError) -> KernelDensity {
    precondition(
      eventShape.rank == 1 && !columns.isEmpty && Set(columns).count == columns.count
        && columns.allSatisfy((0..<features).contains),
      "marginal: expected some of the columns 0 to \(features - 1), got \(columns)")
    try checkDivides()
    let triangle = triangle(orderedBy: columns + (0..<features).filter { !columns.contains($0) })
    let parts = Parts(
      rows: rows.selecting(Tensor(columns), 1), weights: weights,
      triangle: triangle[.slice(to: columns.count), .slice(to: columns.count)], scales: scales, eventRank: 1)
    return try KernelDensity(parts, estimator.dividing(limits.selecting(columns)))
  }

  /// The densities of the other columns given some.
  ///
  /// - Parameter columns: the given ones, in the order of a context.
  /// - Returns: a density of the others for each context.
  /// - Precondition: they are different, some but not all; events are rows.
  /// - Throws: `DensityEstimationError.invalidSetting` as ``marginal(of:)`` does.
  public func conditional(on columns: [Int]) throws(DensityEstimationError) -> ConditionalKernelDensity {
    try ConditionalKernelDensity(joint: self, given: columns)
  }

  private func checkDivides() throws(DensityEstimationError) {
    guard estimator.kernel != .gaussian, features > 1 else { return }
    guard estimator.form == .product else {
      throw .invalidSetting(
        name: "form", value: "radial", rule: "product for a kernel other than the Gaussian, to be divided into columns")
    }
    guard bandwidthTriangle.isEqual(to: bandwidthTriangle.diagonal().diagonalMatrix()) else {
      throw .invalidSetting(
        name: "shape", value: "full", rule: "diagonal for a kernel other than the Gaussian, to be divided into columns")
    }
  }

  /// The lower triangle of the bandwidth with the columns in another order.
  fileprivate func triangle(orderedBy columns: [Int]) -> Tensor {
    let order = Tensor(columns)
    if bandwidthTriangle.isEqual(to: bandwidthTriangle.diagonal().diagonalMatrix()) {
      return bandwidthTriangle.diagonal().selecting(order).diagonalMatrix()
    }
    // The transposed triangular factor of R in L = Q R, where the rows of L are in the new order, up to signs.
    let reordered = bandwidthTriangle.selecting(order)
    guard let factor = try? reordered.transposed().qr().r.transposed() else {
      preconditionFailure("triangle: a matrix of finite numbers has a QR factorization")
    }
    return factor * factor.diagonal().sign()
  }
}

extension KernelDensityEstimator {
  /// The choices for a density of some of the columns; grids are for the whole.
  fileprivate func dividing(_ limits: KernelLimits) -> KernelDensityEstimator {
    var part = self
    part.bounds = limits.bounds
    if case .fft = evaluation { part.evaluation = .automatic }
    return part
  }
}
