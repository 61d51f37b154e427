/// What the code numbers of a variational autoencoder do, over rows: whether they carry anything.
public struct CodeStatistics: Hashable, Sendable, Codable {
  /// The mean divergence of the codes' distribution from the prior, in nats a row: what a code says of its row.
  public var divergence: Double
  /// The same for each code number, from the standard normal distribution; nil without a closed form.
  public var divergences: [Double]?
  /// The variance over rows of each code number's center.
  public var variances: [Double]
  /// The mean log p_D of rows given their codes, in nats a row, of scaled rows.
  public var reconstruction: Double

  /// A code number whose center varies less over rows is not active (Burda et al. 2016, section 5.2).
  public static let leastActiveVariance = 0.01

  /// The positions of the code numbers that say something of rows.
  public var active: [Int] { variances.indices.filter { variances[$0] > Self.leastActiveVariance } }

  /// One sentence on code numbers that say nothing, with a remedy; nil when all say something.
  public var advice: String? {
    let (count, all) = (active.count, variances.count)
    guard count < all else { return nil }
    let remedy = "lower beta, give beta a warm-up (warmUpSteps), or free nats (freeNats)"
    if count == 0 {
      return
        "the codes have collapsed: none of \(all) code numbers says anything of its row, so the decoder ignores them; \(remedy)"
    }
    return "\(all - count) of \(all) code numbers say nothing of rows; take a smaller code, or \(remedy)"
  }
}
