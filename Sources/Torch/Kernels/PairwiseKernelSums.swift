import CKernels
import CTorch

/// Sums of a kernel k(x_i, y_j) over all pairs of rows, without a matrix of them, and their gradients.
///
/// The kernel is a function of the Euclidean distance, summed over scales. Arithmetic within some thousand pairs is of
/// the rows' type, sums beyond are 64-bit, in an order that does not depend on threads. The tensor formula is
/// ``formula(_:_:)``, which also serves other devices and ``withHigherDerivatives(_:)``.
package struct PairwiseKernelSums: Sendable {
  /// A function of the distance r, with s a scale.
  package enum Profile: Int32, Sendable, CaseIterable {
    /// exp(-r^2 / (2 s^2))
    case gaussian
    /// 1 / (1 + r^2 / s^2)
    case inverseMultiquadric
    /// exp(-r / s)
    case laplace
    /// -r, once for each scale
    case negativeDistance
  }

  /// The kernel of one scale.
  package let profile: Profile
  /// The scales over which it is summed.
  package let scales: [Double]

  /// - Precondition: the scales are positive.
  package init(_ profile: Profile, scales: [Double]) {
    precondition(
      !scales.isEmpty && scales.allSatisfy { $0 > 0 }, "PairwiseKernelSums: expected positive scales, got \(scales)")
    (self.profile, self.scales) = (profile, scales)
  }

  /// The kernel of a row with itself.
  package var atZero: Double { profile == .negativeDistance ? 0 : Double(scales.count) }

  /// The sum over all pairs, with gradients to both.
  ///
  /// - Parameters:
  ///   - x: `[rows, features]`, floats.
  ///   - y: `[rows, features]` of the same type; nil for the pairs i < j of x.
  /// - Returns: a 64-bit scalar; NaN when a number is not finite.
  /// - Complexity: O(rows of x * rows of y * features) time, O(features * (rows of x + rows of y)) memory.
  package func sum(_ x: Tensor, _ y: Tensor? = nil) -> Tensor {
    checkRows(x, y)
    guard Self.supports(x), !needsHigherDerivatives() else { return formula(x, y) }
    let inputs = [x.contiguous()] + (y.map { [$0.contiguous()] } ?? [])
    return recorded(inputs) { gradients in
      let sums = run(inputs[0], y == nil ? nil : inputs[1]) { sums in
        sums.x_gradient = gradients[0]
        if y != nil { sums.y_gradient = gradients[1] }
      }
      return sums.sum
    }
  }

  /// What the sums over the pairs i < j of one set, those of another, and the pairs of both are multiplied by.
  package struct Weights: Sendable {
    package let inside, outside, across: Double

    package init(inside: Double, outside: Double, across: Double) {
      (self.inside, self.outside, self.across) = (inside, outside, across)
    }
  }

  /// A weighted sum of the three sums over pairs of two sets, with gradients to both: in one pass over each, which takes less
  /// memory and time than three sums.
  ///
  /// - Returns: a 64-bit scalar; NaN when a number is not finite.
  /// - Complexity: as of ``sum(_:_:)``.
  package func contrast(_ x: Tensor, _ y: Tensor, _ weights: Weights) -> Tensor {
    checkRows(x, y)
    guard Self.supports(x), !needsHigherDerivatives() else {
      return formula(x) * weights.inside + formula(y) * weights.outside + formula(x, y) * weights.across
    }
    let inputs = [x.contiguous(), y.contiguous()]
    return recorded(inputs) { gradients in
      var sum = 0.0
      withPairwise(inputs[0], inputs[1]) { pairwise in
        let weights = CKPairwiseWeights(inside: weights.inside, outside: weights.outside, across: weights.across)
        requireMemory(
          ck_pairwise_contrast(&pairwise, weights, &sum, gradients[0], gradients[1]), "PairwiseKernelSums")
      }
      return sum
    }
  }

  /// A 64-bit scalar of which `compute` gives the value and writes the gradients to the places that are not nil.
  private func recorded(_ inputs: [Tensor], _ compute: ([UnsafeMutableRawPointer?]) -> Double) -> Tensor {
    let dtype = inputs[0].dtype
    let gradients = inputs.map { input in
      isRecordingGradients() && input.requiresGradient
        ? Tensor.empty(input.shape, dtype: dtype) : Tensor.empty([0], dtype: dtype)
    }
    let sum = Tensor.filled([], dtype: .float64) { out in
      out.storeBytes(of: compute(gradients.map { $0.elementCount > 0 ? ct_data($0.raw) : nil }), as: Double.self)
    }
    Tensor.recordKernel(
      [sum], from: inputs, saving: gradients, ck_pairwise_backward,
      settings: CKPairwiseGradients(
        x_count: inputs[0].elementCount, y_count: inputs.count > 1 ? inputs[1].elementCount : 0,
        is_wide: dtype == .float64))
    return sum
  }

  /// The sums over the pairs of each row.
  package struct RowSums {
    /// Over all pairs, of k and of k^2.
    package let sum, sumOfSquares: Double
    /// For each row of x, `[rows]`, 64-bit: over the rows of y, or over the other rows of x.
    package let x: Tensor
    /// For each row of y over the rows of x, `[rows]`, 64-bit; none for the pairs of x.
    package let y: Tensor?
  }

  /// The sums over the pairs of each row, without gradients; on the processor.
  package func rowSums(_ x: Tensor, _ y: Tensor? = nil) -> RowSums {
    checkRows(x, y)
    let rows = [Self.onProcessor(x)] + (y.map { [Self.onProcessor($0)] } ?? [])
    let results = rows.map { Tensor.empty([$0.size(0)], dtype: .float64) }
    let sums = run(rows[0], y == nil ? nil : rows[1]) { sums in
      sums.x_sums = ct_data(results[0].raw)?.assumingMemoryBound(to: Double.self)
      if y != nil { sums.y_sums = ct_data(results[1].raw)?.assumingMemoryBound(to: Double.self) }
    }
    return RowSums(
      sum: sums.sum, sumOfSquares: sums.sum_of_squares, x: results[0], y: y == nil ? nil : results[1])
  }

  /// The sums over the pairs of rows that sets of rows hold.
  package struct SplitSums {
    /// Over all pairs i < j.
    package let total: Double
    /// For each set, over the pairs with both rows in it.
    package let inside: [Double]
    /// For each set, with each pair counted once for each of its rows in the set.
    package let ends: [Double]

    /// For a set: the sums over the pairs inside it, outside of it, and across.
    package func sums(ofSet set: Int) -> (inside: Double, outside: Double, across: Double) {
      (inside[set], total - ends[set] + inside[set], ends[set] - 2 * inside[set])
    }
  }

  /// The sums over pairs for many ways to split rows in two; on the processor.
  ///
  /// - Parameters:
  ///   - x: `[rows, features]`, floats.
  ///   - members: `[rows, sets]` of the same type, 1 where a row is in a set and 0 elsewhere; sets a multiple of 16.
  /// - Returns: the sums of all sets.
  /// - Complexity: O(rows^2 * (features + sets)) time.
  package func splitSums(_ x: Tensor, members: Tensor) -> SplitSums {
    checkRows(x, nil)
    precondition(
      members.rank == 2 && members.size(0) == x.size(0) && members.size(1) % 16 == 0 && members.dtype == x.dtype,
      "PairwiseKernelSums: expected members [\(x.size(0)), a multiple of 16] of \(x.dtype), got \(members.shape) of "
        + "\(members.dtype)")
    let (rows, sets) = (Self.onProcessor(x), members.contiguous())
    let count = sets.size(1)
    var (total, inside) = (0.0, [Double](repeating: 0, count: count))
    var ends = inside
    withPairwise(rows, nil) { pairwise in
      requireMemory(
        ck_pairwise_split_sums(&pairwise, ct_data(sets.raw), count, &total, &inside, &ends), "PairwiseKernelSums")
    }
    withExtendedLifetime(sets) {}
    return SplitSums(total: total, inside: inside, ends: ends)
  }

  /// The median of the distances of all pairs of rows, of the positive ones only when it would be 0; 0 when all rows are
  /// the same, NaN when a number is not finite.
  ///
  /// - Complexity: O(rows^2 * features) time, O(rows^2) memory.
  package static func medianDistance(_ x: Tensor) -> Double {
    var median = 0.0
    let kernel = PairwiseKernelSums(.negativeDistance, scales: [1])
    kernel.checkRows(x, nil)
    kernel.withPairwise(onProcessor(x), nil) { pairwise in
      requireMemory(ck_median_distance(&pairwise, &median), "PairwiseKernelSums")
    }
    return median
  }

  /// For each row of x the mean of the rows of y with weights exp(c_j - r^2 / (2 s^2)), with s the scale; without gradients.
  ///
  /// - Parameters:
  ///   - x: `[rows, features]`, finite, 64-bit, on the processor.
  ///   - y: the same.
  ///   - logWeights: c, `[rows of y]`, 64-bit.
  ///   - scale: s.
  /// - Returns: `[rows of x, features]`.
  /// - Complexity: O(rows of x * rows of y * features) time, O(features * (rows of x + rows of y)) memory.
  package static func means(_ x: Tensor, of y: Tensor, logWeights: Tensor, scale: Double) -> Tensor {
    let kernel = PairwiseKernelSums(.gaussian, scales: [scale])
    kernel.checkRows(x, y)
    precondition(
      x.dtype == .float64 && x.device == .cpu && logWeights.shape == [y.size(0)] && logWeights.dtype == .float64,
      "PairwiseKernelSums: expected 64-bit rows and weights [\(y.size(0))], got \(logWeights.shape)")
    let weights = logWeights.contiguous()
    let means = Tensor.empty(x.shape, dtype: .float64)
    kernel.withPairwise(x.contiguous(), y.contiguous()) { pairwise in
      requireMemory(
        ck_pairwise_means(
          &pairwise, ct_data(weights.raw)?.assumingMemoryBound(to: Double.self),
          ct_data(means.raw)?.assumingMemoryBound(to: Double.self)), "PairwiseKernelSums")
    }
    withExtendedLifetime(weights) {}
    return means
  }

  // MARK: The kernel

  private static func supports(_ x: Tensor) -> Bool {
    (x.dtype == .float32 || x.dtype == .float64) && x.device == .cpu
  }

  private static func onProcessor(_ x: Tensor) -> Tensor {
    let rows = x.detached().to(Device.cpu).contiguous()
    return supports(rows) ? rows : rows.to(.float32)
  }

  private func checkRows(_ x: Tensor, _ y: Tensor?) {
    precondition(
      x.rank == 2 && x.dtype.isFloatingPoint
        && (y.map { $0.rank == 2 && $0.size(1) == x.size(1) && $0.dtype == x.dtype && $0.device == x.device } ?? true),
      "PairwiseKernelSums: expected rows of floats [count, features] of one type, got \(x.shape) of \(x.dtype)"
        + (y.map { " and \($0.shape) of \($0.dtype)" } ?? ""))
  }

  private func withPairwise(_ x: Tensor, _ y: Tensor?, _ body: (inout CKPairwise) -> Void) {
    scales.withUnsafeBufferPointer { scales in
      var pairwise = CKPairwise(
        x_rows: x.size(0), y_rows: y?.size(0) ?? 0, features: x.size(1), is_wide: x.dtype == .float64,
        x: ct_data(x.raw), y: y.map { ct_data($0.raw) }, profile: profile.rawValue, scale_count: scales.count,
        scales: scales.baseAddress)
      body(&pairwise)
    }
    withExtendedLifetime((x, y)) {}
  }

  private func run(_ x: Tensor, _ y: Tensor?, _ ask: (inout CKPairwiseSums) -> Void) -> CKPairwiseSums {
    var sums = CKPairwiseSums()
    ask(&sums)
    withPairwise(x, y) { requireMemory(ck_pairwise_sums(&$0, &sums), "PairwiseKernelSums") }
    return sums
  }
}

// MARK: The tensor formula

extension PairwiseKernelSums {
  /// The kernel at squared distances, element by element. Equal rows have a gradient of 0.
  package func value(atSquaredDistance squared: Tensor) -> Tensor {
    let isApart = squared .> 0.0
    // The root of 0 has no derivative: it is taken of 1, and not selected.
    lazy var root = select(isApart, select(isApart, squared, 1.0).squareRoot(), 0.0)
    let values = scales.map { scale in
      switch profile {
      case .gaussian: (squared * (-0.5 / (scale * scale))).exp()
      case .inverseMultiquadric: (squared * (1 / (scale * scale)) + 1.0).reciprocal()
      case .laplace: (root * (-1 / scale)).exp()
      case .negativeDistance: -root
      }
    }
    return values.dropFirst().reduce(values[0], +)
  }

  /// The sum of ``sum(_:_:)`` by composed operations, a few rows of x at a time: any device, any order of derivatives.
  package func formula(_ x: Tensor, _ y: Tensor? = nil) -> Tensor {
    let other = y ?? x
    let step = max(1, (1 << 24) / max(1, other.elementCount))
    var sum = Tensor.zeros([], dtype: .float64, device: x.device)
    for start in stride(from: 0, to: x.size(0), by: step) {
      let rows = x.narrowed(0, from: start, length: min(step, x.size(0) - start))
      let squared = (rows.unsqueezed(1) - other.unsqueezed(0)).squared().sum(-1)
      sum = sum + value(atSquaredDistance: squared).to(.float64).sum()
    }
    return y == nil ? (sum - atZero * Double(x.size(0))) * 0.5 : sum
  }
}
