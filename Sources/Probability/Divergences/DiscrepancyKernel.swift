import Torch

/// A kernel k(x, y) that says how alike two points are, for ``MaximumMeanDiscrepancy``: a function of their Euclidean
/// distance, summed over bandwidths.
///
///     DiscrepancyKernel.squaredExponential()                        // median heuristic
///     DiscrepancyKernel.inverseMultiquadric(bandwidth: .fixed(2))
///     DiscrepancyKernel.squaredExponential().multiScale()           // 1/4, 1/2, 1, 2 and 4 times the median
///
/// What the source calls h is the square of a bandwidth.
public struct DiscrepancyKernel: Hashable, Sendable, Codable {
  /// A kernel as a function of the distance r, with s a bandwidth.
  public enum Family: String, Hashable, Sendable, Codable, CaseIterable {
    /// exp(-r^2 / (2 s^2)): sees differences of the size of the bandwidth.
    case squaredExponential
    /// 1 / (1 + r^2 / s^2): its tails reach points that are far from all others.
    case inverseMultiquadric
    /// exp(-r / s): sees sharper differences.
    case laplace
    /// -r: has no bandwidth; the squared discrepancy is the energy distance.
    case energy
  }

  /// Where the bandwidth comes from.
  public enum Bandwidth: Hashable, Sendable, Codable {
    /// A length in the units of the data.
    case fixed(Double)
    /// The median of the distances of all pairs of points of both samples (of up to 1000 of them): the median heuristic.
    ///
    /// Where half of the pairs coincide it is the median of the others; where all do, 1.
    case median
  }

  /// The kernel of one bandwidth.
  public let family: Family
  /// The bandwidth to which ``multiples`` refer.
  public let bandwidth: Bandwidth
  /// The kernel is the sum over the bandwidth times each of these.
  public let multiples: [Double]

  private init(_ family: Family, _ bandwidth: Bandwidth, _ multiples: [Double] = [1]) {
    if case .fixed(let length) = bandwidth {
      precondition(length > 0 && length.isFinite, "DiscrepancyKernel: expected a positive bandwidth, got \(length)")
    }
    precondition(
      !multiples.isEmpty && multiples.allSatisfy { $0 > 0 && $0.isFinite },
      "DiscrepancyKernel: expected positive multiples, got \(multiples)")
    (self.family, self.bandwidth, self.multiples) = (family, bandwidth, multiples)
  }

  /// exp(-r^2 / (2 s^2)), also called Gaussian.
  public static func squaredExponential(bandwidth: Bandwidth = .median) -> DiscrepancyKernel {
    DiscrepancyKernel(.squaredExponential, bandwidth)
  }

  /// 1 / (1 + r^2 / s^2).
  public static func inverseMultiquadric(bandwidth: Bandwidth = .median) -> DiscrepancyKernel {
    DiscrepancyKernel(.inverseMultiquadric, bandwidth)
  }

  /// exp(-r / s).
  public static func laplace(bandwidth: Bandwidth = .median) -> DiscrepancyKernel {
    DiscrepancyKernel(.laplace, bandwidth)
  }

  /// -r.
  public static let energy = DiscrepancyKernel(.energy, .fixed(1))

  /// The sum of this kernel over several bandwidths, so that differences of several sizes count.
  ///
  /// - Parameter multiples: the bandwidths, as multiples of this kernel's.
  /// - Returns: the sum of the kernels, 1 for each bandwidth at equal points.
  /// - Precondition: the multiples are positive, and the kernel has a bandwidth.
  public func multiScale(_ multiples: [Double] = [0.25, 0.5, 1, 2, 4]) -> DiscrepancyKernel {
    precondition(family != .energy, "DiscrepancyKernel: the energy kernel has no bandwidth to take multiples of")
    return DiscrepancyKernel(family, bandwidth, multiples)
  }

  /// The bandwidths, when they do not wait for data; none for the energy kernel.
  public var bandwidths: [Double]? {
    guard family != .energy else { return [] }
    guard case .fixed(let length) = bandwidth else { return nil }
    return multiples.map { length * $0 }
  }

  /// The kernel that was encoded.
  ///
  /// - Throws: `DecodingError` when a bandwidth or a multiple is not positive.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    family = try container.decode(Family.self, forKey: .family)
    bandwidth = try container.decode(Bandwidth.self, forKey: .bandwidth)
    multiples = try container.decode([Double].self, forKey: .multiples)
    var lengths = multiples
    if case .fixed(let length) = bandwidth { lengths.append(length) }
    guard !multiples.isEmpty, lengths.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .multiples, in: container, debugDescription: "expected positive bandwidths and multiples")
    }
  }

  private enum CodingKeys: String, CodingKey { case family, bandwidth, multiples }
}

extension DiscrepancyKernel {
  /// The most points that the median heuristic looks at.
  static let medianLimit = 1000

  /// This kernel with its bandwidth fixed.
  ///
  /// - Parameters:
  ///   - pooled: the rows of both samples.
  ///   - rows: which of them the median heuristic looks at.
  /// - Returns: the kernel.
  func fixed(by pooled: Tensor, at rows: Tensor) -> DiscrepancyKernel {
    guard case .median = bandwidth else { return self }
    let median = PairwiseKernelSums.medianDistance(pooled.detached().selecting(rows.to(pooled.device)))
    // All points are the same, or distances are not finite: any bandwidth gives 0, or NaN.
    return DiscrepancyKernel(family, .fixed(median > 0 && median.isFinite ? median : 1), multiples)
  }

  /// This kernel with its bandwidth fixed by rows that are spread evenly over both samples.
  func fixed(by pooled: Tensor) -> DiscrepancyKernel {
    guard case .median = bandwidth else { return self }
    let (count, limit) = (pooled.size(0), Self.medianLimit)
    let rows = count <= limit ? Array(0..<count) : (0..<limit).map { $0 * count / limit }
    return fixed(by: pooled, at: Tensor(rows))
  }

  /// The sums of this kernel over pairs.
  ///
  /// - Precondition: the bandwidth is fixed.
  var sums: PairwiseKernelSums {
    guard let bandwidths else { preconditionFailure("DiscrepancyKernel: the bandwidth is not fixed yet") }
    switch family {
    case .squaredExponential: return PairwiseKernelSums(.gaussian, scales: bandwidths)
    case .inverseMultiquadric: return PairwiseKernelSums(.inverseMultiquadric, scales: bandwidths)
    case .laplace: return PairwiseKernelSums(.laplace, scales: bandwidths)
    case .energy: return PairwiseKernelSums(.negativeDistance, scales: [1])
    }
  }
}
