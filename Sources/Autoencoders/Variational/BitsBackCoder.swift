import NeuralNetworks
public import Probability
import Torch

/// Codes rows by a variational autoencoder: the code of a row is drawn with bits that are on the stack already, so that it
/// costs what it is worth, and a row takes minus its evidence lower bound.
///
/// - Reference: Townsend, Bird, Barber, *Practical lossless compression with latent variables using bits back coding*,
///   2019. https://arxiv.org/abs/1901.04866
public struct BitsBackCoder: TableCoder {
  /// The values of the columns: the levels of the likelihood over the range of the data.
  public let values: [[Double]]
  /// Rows are coded one at a time, since the codes of one are drawn with the bits of those before.
  public let chunkSize = 1
  private let model: VariationalAutoencoder
  private let posterior: DiagonalGaussianPosterior
  private let buckets = NormalBuckets(precision: 16)

  /// A coder; nil for rows with densities, with conditions, or codes with another prior or posterior than normal ones.
  public init?(_ model: VariationalAutoencoder) {
    let configuration = model.configuration
    guard configuration.likelihood.isDiscrete, configuration.contextFeatures == 0,
      model.prior is StandardNormalPrior, let posterior = model.posterior as? DiagonalGaussianPosterior
    else { return nil }
    (self.model, self.posterior) = (model, posterior)
    let last = (configuration.likelihood.levels ?? 2) - 1
    let (shift, scale) = (model.scaling.shift.value.to(.float64, Device.cpu), model.scaling.scale.value)
    values = zip(shift.doubles(), scale.to(.float64, Device.cpu).doubles()).map { low, width in
      (0...last).map { low + width * Double($0) / Double(last) }
    }
  }

  /// Pushes rows: draws the code of each with bits of the stack, then pushes the row given its code, then the code.
  public func push(_ symbols: [[Int]], onto coder: inout EntropyCoder) throws {
    for row in (symbols.first ?? []).indices {
      let row = symbols.map { $0[row] }
      let (means, scales) = codeParameters(of: row)
      let code = try means.indices.map { try buckets.pop(mean: means[$0], scale: scales[$0], from: &coder) }
      let tables = try tables(of: code)
      for (symbol, table) in zip(row, tables).reversed() { table.push(symbol, onto: &coder) }
      for bucket in code.reversed() { buckets.pushPrior(bucket, onto: &coder) }
    }
  }

  /// Pops rows: each step of pushing undone, the last one first.
  public func pop(_ count: Int, from coder: inout EntropyCoder) throws -> [[Int]] {
    var rows: [[Int]] = []
    for _ in 0..<count {
      let code = try (0..<model.configuration.codeFeatures).map { _ in try buckets.popPrior(from: &coder) }
      let row = try tables(of: code).map { try $0.pop(from: &coder) }
      let (means, scales) = codeParameters(of: row)
      guard (means + scales).allSatisfy(\.isFinite) else { throw EntropyCodingError.notADistribution }
      for place in code.indices.reversed() {
        buckets.push(code[place], mean: means[place], scale: scales[place], onto: &coder)
      }
      rows.append(row)
    }
    rows.reverse()
    return values.indices.map { column in rows.map { $0[column] } }
  }

  /// The means and standard deviations of a row's code.
  private func codeParameters(of row: [Int]) -> (means: [Double], scales: [Double]) {
    withoutGradient {
      let last = Double((model.configuration.likelihood.levels ?? 2) - 1)
      let scaled = Tensor(row.map { Float(Double($0) / last) }).unsqueezed(0)
      let (mean, logScale) = posterior.parameters(model.encoded(scaled, given: nil, .inference))
      return (mean.to(.float64).flattened().doubles(), logScale.to(.float64).exp().flattened().doubles())
    }
  }

  /// The frequencies of each column's levels given a code.
  private func tables(of code: [Int]) throws -> [FrequencyTable] {
    let levels = model.configuration.likelihood.levels ?? 2
    let masses = withoutGradient {
      let numbers = Tensor(code.map { Float(buckets.centers[$0]) }).unsqueezed(0)
      return model.decoded.masses(given: model.output(numbers, given: nil, .inference)).flattened().doubles()
    }
    return try values.indices.map { try FrequencyTable(masses: masses[($0 * levels)..<(($0 + 1) * levels)]) }
  }
}
