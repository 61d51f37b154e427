import Torch

/// What one pass over rows tells: whether they can be used, their means and variances, and some of them.
struct RowSummary {
  /// Rows with a positive weight and at least one number.
  private(set) var rowCount = 0
  /// The sum of their weights.
  private(set) var totalWeight = 0.0
  /// Cells without a number in them.
  private(set) var missingCells = 0
  /// The weighted mean of each column's numbers, `[features]`, 64-bit.
  private(set) var means: Tensor
  /// Their weighted variance, divisor the sum of weights.
  private(set) var variances: Tensor
  /// Some of the rows, all when they are few.
  private(set) var sample: RowSample
  private var columnWeights: Tensor
  private var position = 0

  /// Reads the rows once.
  ///
  /// - Throws: `DensityEstimationError` for infinite cells, unfit weights, and columns without two different numbers.
  init(_ blocks: RowBlocks, sampleSize: Int, allowsMissing: Bool, using rng: inout RandomGenerator) throws {
    means = Tensor.zeros([blocks.features], dtype: .float64)
    variances = means
    columnWeights = means
    sample = RowSample(capacity: sampleSize)
    try blocks.forEach { rows, weights in
      let block = try UsableRows(rows, weights, position: position, allowsMissing: allowsMissing)
      position += rows.size(0)
      guard block.rows.size(0) > 0 else { return }
      add(block)
      sample.add(block, using: &rng)
    }
    try finish()
  }

  /// Adds a block's moments to those of the blocks before (Chan, Golub, LeVeque 1983).
  private mutating func add(_ block: UsableRows) {
    let cells = block.rows.to(.float64)
    let isThere = block.hasMissing ? .!cells.isNaN() : nil
    let weight = block.weights ?? Tensor.ones([cells.size(0)], dtype: .float64)
    let share = isThere.map { $0.to(.float64) * weight.unsqueezed(1) } ?? weight.unsqueezed(1)
    let filled = isThere.map { select($0, cells, 0.0) } ?? cells
    let added = share.broadcasted(to: cells.shape).sum(0)
    let divisor = select(added .> 0, added, 1.0)
    let mean = (share * filled).sum(0) / divisor
    let squares = (share * (filled - mean).squared()).sum(0)
    let total = columnWeights + added
    let totalDivisor = select(total .> 0, total, 1.0)
    let difference = mean - means
    // Until the end, `variances` holds sums of squares.
    variances = variances + squares + difference.squared() * columnWeights * added / totalDivisor
    means = means + difference * added / totalDivisor
    columnWeights = total
    rowCount += cells.size(0)
    totalWeight += weight.sum().item()
    missingCells += block.missingCount
  }

  private mutating func finish() throws {
    guard rowCount > 1 else { throw DensityEstimationError.tooFewRows(available: rowCount, needed: 2) }
    let weights = columnWeights.doubles()
    if let column = weights.firstIndex(where: { $0 <= 0 }) {
      throw DensityEstimationError.degenerate(
        reason: "column \(column + 1) has no number in any row; leave it out")
    }
    variances = variances / columnWeights
    // A column of equal numbers leaves rounding errors of its mean, at most.
    let rounding = (means.squared() * 1e-30).doubles()
    let constant = zip(variances.doubles(), rounding).map { $0 <= $1 }
    if let column = constant.firstIndex(of: true) { throw DensityEstimationError.constantColumn(column: column) }
    guard variances.isFinite().all() else {
      throw DensityEstimationError.degenerate(reason: "numbers are too large: a column's variance is infinite")
    }
  }

  /// Whether 32 bits have room for squares of deviations in every column.
  var fitsSinglePrecision: Bool {
    variances.doubles().allSatisfy { $0 > 1e-24 && $0 < 1e24 }
  }
}

/// The rows of a block that count: those with a positive weight and at least one number.
struct UsableRows {
  let rows: Tensor
  /// `[count]`, 64-bit; nil for equal ones.
  let weights: Tensor?
  let missingCount: Int
  /// Which rows of the block they are; nil for all.
  let indices: Tensor?
  var hasMissing: Bool { missingCount > 0 }
  /// The sum of the weights.
  var totalWeight: Double { weights?.sum().item() ?? Double(rows.size(0)) }

  /// Rows of a block; `position` is the number of rows before, for messages.
  init(_ rows: Tensor, _ weights: Tensor?, position: Int, allowsMissing: Bool) throws(DensityEstimationError) {
    var rows = rows.detached().to(.cpu)
    if rows.dtype != .float32 && rows.dtype != .float64 { rows = rows.to(.float64) }
    var weights = weights.map { $0.detached().to(.cpu).to(.float64) }
    if let weights {
      guard weights.shape == [rows.size(0)] else {
        throw .invalidWeights(reason: "there are \(weights.elementCount) for \(rows.size(0)) rows")
      }
      guard ((weights .>= 0) .& weights.isFinite()).all() else {
        throw .invalidWeights(reason: "one is negative or not finite")
      }
    }
    var missingCount = 0
    if !rows.sum().isFinite().all() {
      // A sum can overflow without any infinite cell; only now each is looked at.
      let missing = rows.isNaN()
      missingCount = missing.nonzeroCount()
      let bad = allowsMissing ? rows.isInfinite() : .!rows.isFinite()
      if bad.any() {
        let place = bad.nonzero()[0].scalars(as: Int.self)
        throw .notFinite(row: position + place[0], column: place[1])
      }
      weights = UsableRows.withoutEmpty(missing, weights)
    }
    var kept: Tensor?
    if let given = weights, (given .== 0).any() {
      let indices = (given .> 0).nonzero().flattened()
      kept = indices
      rows = rows.selecting(indices)
      weights = given.selecting(indices)
      missingCount = missingCount > 0 ? rows.isNaN().nonzeroCount() : 0
    }
    self.rows = rows.contiguous()
    self.weights = weights
    self.missingCount = missingCount
    indices = kept
  }

  /// Gives rows without any number the weight 0.
  private static func withoutEmpty(_ missing: Tensor, _ weights: Tensor?) -> Tensor? {
    let isEmpty = missing.all(1)
    guard isEmpty.any() else { return weights }
    return select(isEmpty, 0.0, weights ?? Tensor.ones([missing.size(0)], dtype: .float64))
  }
}

/// Rows drawn at random from all that pass by, in their order: those with the smallest of random keys.
struct RowSample {
  let capacity: Int
  private(set) var rows: Tensor?
  private(set) var weights: Tensor?
  /// Whether rows were left out.
  private(set) var isPart = false
  private var keys: Tensor?

  init(capacity: Int) { self.capacity = capacity }

  mutating func add(_ block: UsableRows, using rng: inout RandomGenerator) {
    let count = block.rows.size(0)
    let newKeys = Tensor.uniform([count], dtype: .float64, using: &rng)
    let newWeights = block.weights ?? Tensor.ones([count], dtype: .float64)
    guard let rows, let weights, let keys else {
      (self.rows, self.weights, self.keys) = (block.rows, newWeights, newKeys)
      return shrink()
    }
    self.rows = Tensor.concatenating([rows, block.rows])
    self.weights = Tensor.concatenating([weights, newWeights])
    self.keys = Tensor.concatenating([keys, newKeys])
    shrink()
  }

  private mutating func shrink() {
    guard let rows, let weights, let keys, keys.size(0) > capacity else { return }
    let kept = keys.topK(capacity, 0, largest: false).indices.sorted(0).values
    (self.rows, self.weights, self.keys) = (rows.selecting(kept), weights.selecting(kept), keys.selecting(kept))
    isPart = true
  }
}
