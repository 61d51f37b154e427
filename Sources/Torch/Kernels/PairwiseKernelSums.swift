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
    let gradients = inputs.map { input in
      isRecordingGradients() && input.requiresGradient
        ? Tensor.empty(input.shape, dtype: x.dtype) : Tensor.empty([0], dtype: x.dtype)
    }
    let sum = Tensor.filled([], dtype: .float64) { out in
      let sums = run(inputs[0], y == nil ? nil : inputs[1]) { sums in
        sums.x_gradient = gradients[0].elementCount > 0 ? ct_data(gradients[0].raw) : nil
        if y != nil { sums.y_gradient = gradients[1].elementCount > 0 ? ct_data(gradients[1].raw) : nil }
      }
      out.storeBytes(of: sums.sum, as: Double.self)
    }
    Tensor.recordKernel(
      [sum], from: inputs, saving: gradients, ck_pairwise_backward,
      settings: CKPairwiseGradients(
        x_count: inputs[0].elementCount, y_count: y == nil ? 0 : inputs[1].elementCount, is_wide: x.dtype == .float64))
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
