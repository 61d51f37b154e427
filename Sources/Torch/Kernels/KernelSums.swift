import CKernels

/// The kernels of kernel sums, without constants: exp(-|u|^2 / 2), exp(-|u|), and functions that are 1 at 0 and 0 beyond 1.
package enum KernelProfile: Int32, Sendable {
  case gaussian, exponential, uniform, triangular, epanechnikov, biweight, triweight, cosine
}

/// Rows of which kernels are summed at many places: log sum_i c_i K((query - row_i) / scale_i).
///
/// Rows and queries are in units of the bandwidth. Rows lie in panels in the order of a k-d tree, so sums can be taken
/// over all rows, or with a bound of the error over the tree. The reference formula is `KernelDensity.formulaLogProb`,
/// with which `KernelDensityEvaluationTests` compares.
package struct KernelRows: Sendable {
  /// The number of rows.
  package let count: Int
  /// The number of numbers of a row.
  package let features: Int
  /// The index of the row at each position of the tree's order.
  package let order: [Int64]
  private let profile: KernelProfile
  private let isProduct: Bool
  private let hasScales: Bool
  private let storage: [Double]

  private var shape: CKKernelShape {
    CKKernelShape(
      count: count, features: features, profile: profile.rawValue, is_product: isProduct, has_scales: hasScales)
  }

  /// Rows in the order of a tree.
  ///
  /// - Parameters:
  ///   - points: `[count, features]`, 64-bit and finite, at least one row.
  ///   - logCoefficients: the logarithms of c_i, `[count]`, 64-bit and finite.
  ///   - scales: `[count]`, 64-bit and positive; nil for ones.
  ///   - profile: the kernel.
  ///   - isProduct: whether K is a product over features instead of a function of the length of `u`.
  /// - Complexity: O(count log(count)).
  package init(points: Tensor, logCoefficients: Tensor, scales: Tensor?, profile: KernelProfile, isProduct: Bool) {
    precondition(
      points.rank == 2 && points.dtype == .float64 && points.size(0) > 0 && points.size(1) > 0
        && logCoefficients.shape == [points.size(0)] && logCoefficients.dtype == .float64
        && (scales.map { $0.shape == [points.size(0)] && $0.dtype == .float64 } ?? true),
      "KernelRows: expected 64-bit rows [count, features] and [count] of the rest, got \(points.shape), "
        + "\(logCoefficients.shape)")
    (count, features) = (points.size(0), points.size(1))
    (self.profile, self.isProduct, hasScales) = (profile, isProduct, scales != nil)
    let shape = CKKernelShape(
      count: count, features: features, profile: profile.rawValue, is_product: isProduct, has_scales: hasScales)
    var order = [Int64](repeating: 0, count: count)
    storage = [Double](unsafeUninitializedCapacity: ck_kernel_storage_size(shape)) { storage, initialized in
      initialized = ck_kernel_storage_size(shape)
      points.withDoubles { points in
        logCoefficients.withDoubles { coefficients in
          withOptionalDoubles(scales) { scales in
            check(ck_kernel_storage_fill(shape, points, coefficients, scales, &order, storage.baseAddress))
          }
        }
      }
    }
    self.order = order
  }

  /// The errors that sums by the tree may have.
  package struct Tolerance: Sendable {
    /// Relative to each sum.
    package var relative: Double
    /// In units of the sums.
    package var absolute: Double

    /// Errors of `relative` times the sum plus `absolute`.
    package init(relative: Double, absolute: Double) { (self.relative, self.absolute) = (relative, absolute) }
  }

  /// The logarithms of the sums at queries.
  ///
  /// - Parameters:
  ///   - queries: `[queries, features]`, 64-bit.
  ///   - own: for each query the position of a row that it leaves out, or -1; nil to leave out nothing.
  ///   - tolerance: the error allowed to sums by the tree; nil to take all rows.
  ///   - isWide: exponentials in 64 bits; otherwise in 32, with an error of each sum below 1e-6.
  /// - Returns: `[queries]`; minus infinity where all terms are 0, NaN for NaN.
  /// - Complexity: O(count * queries * features) time at most, O(count + queries) memory.
  package func logSums(
    at queries: Tensor, leavingOut own: [Int64]? = nil, tolerance: Tolerance? = nil, isWide: Bool = true
  ) -> Tensor {
    let queryCount = queries.size(0)
    precondition(
      queries.rank == 2 && queries.size(1) == features && queries.dtype == .float64
        && (own.map { $0.count == queryCount } ?? true),
      "logSums: expected 64-bit queries [count, \(features)], got \(queries.shape) of \(queries.dtype)")
    let sums = [Double](unsafeUninitializedCapacity: queryCount) { out, initialized in
      initialized = queryCount
      queries.withDoubles { queries in
        withOptional(own) { own in
          check(
            tolerance.map {
              ck_kernel_log_sums_tree(
                shape, storage, queries, queryCount, own, $0.relative, $0.absolute, isWide, out.baseAddress)
            } ?? ck_kernel_log_sums(shape, storage, queries, queryCount, own, isWide, out.baseAddress))
        }
      }
    }
    return Tensor(sums)
  }
}

/// Sums of distribution functions of kernels of one feature.
package enum KernelDistributionFunctions {
  /// sum_i w_i P(point_i + scale_i U <= query), with U of the kernel's density.
  ///
  /// - Parameters:
  ///   - queries: `[queries]`, 64-bit.
  ///   - points: `[count]`, 64-bit, ascending.
  ///   - weights: `[count]`, 64-bit.
  ///   - scales: `[count]`, 64-bit.
  ///   - profile: the kernel.
  /// - Returns: `[queries]`, 64-bit.
  /// - Complexity: for each query, the number of points that the kernels reach.
  package static func sums(
    at queries: Tensor, points: Tensor, weights: Tensor, scales: Tensor, profile: KernelProfile
  ) -> Tensor {
    let (count, queryCount) = (points.elementCount, queries.elementCount)
    let sums = [Double](unsafeUninitializedCapacity: queryCount) { out, initialized in
      initialized = queryCount
      points.withDoubles { points in
        weights.withDoubles { weights in
          scales.withDoubles { scales in
            queries.withDoubles { queries in
              check(
                ck_kernel_cdf(
                  profile.rawValue, count, points, weights, scales, queries, queryCount, out.baseAddress))
            }
          }
        }
      }
    }
    return Tensor(sums)
  }
}

private func check(_ status: Int32) {
  precondition(status == Int32(CK_OK.rawValue), "KernelRows: out of memory")
}

private func withOptional<Result>(_ array: [Int64]?, _ body: (UnsafePointer<Int64>?) -> Result) -> Result {
  guard let array else { return body(nil) }
  return array.withUnsafeBufferPointer { body($0.baseAddress) }
}

private func withOptionalDoubles<Result>(_ tensor: Tensor?, _ body: (UnsafePointer<Double>?) -> Result) -> Result {
  guard let tensor else { return body(nil) }
  return tensor.withDoubles(body)
}

extension Tensor {
  /// Calls the closure with the elements of a 64-bit tensor, row-major.
  fileprivate func withDoubles<Result>(_ body: (UnsafePointer<Double>?) -> Result) -> Result {
    precondition(dtype == .float64, "withDoubles: expected 64-bit numbers, got \(dtype)")
    return withUnsafeBytes { body($0.baseAddress?.assumingMemoryBound(to: Double.self)) }
  }
}
