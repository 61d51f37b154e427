public import Probability
public import Torch

/// The conditional density of a mixture over the column and its given columns together, in closed form: components weighted
/// by how well they explain the given values, each with its own regression.
///
/// Continuous columns are normal together in a component; a discrete column has its own masses in each, independent of the
/// rest of the component.
///
/// - Complexity: components x given columns^2 for each row, in pieces of bounded memory.
/// - Reference: Bishop, *Pattern Recognition and Machine Learning*, 2006, equations 2.81 and 2.82; Hunt, Jorgensen, *Mixture
///   model clustering using the MULTIMIX program*, 1999, for components with columns of both kinds.
public struct ConditionalMixture: StoredConditionalDensity {
  /// `mixture`.
  public static var family: String { "mixture" }
  /// The kind of the column.
  public let target: ColumnKind
  /// The kinds of the given columns.
  public let given: [ColumnKind]
  /// The normal part: the column first, when it is continuous, then the continuous given columns.
  public let normal: GaussianMixture
  /// Log-masses of each discrete column's values in each component, `[components, values]`, by the places of given columns;
  /// that of the column itself at -1.
  let masses: [Int: Tensor]

  init(target: ColumnKind, given: [ColumnKind], normal: GaussianMixture, masses: [Int: Tensor]) {
    self.target = target
    self.given = given
    self.normal = normal
    self.masses = masses
  }

  /// The conditional density of a Gaussian mixture: of its first column given the others.
  public init(_ mixture: GaussianMixture) {
    precondition(
      mixture.batchShape == [], "ConditionalMixture: expected one mixture, got a batch \(mixture.batchShape)")
    self.init(
      target: .continuous, given: (1..<mixture.features).map { _ in .continuous }, normal: mixture, masses: [:])
  }

  /// The distributions of rows `[*batch, given]`: mixtures of normal distributions, or masses.
  public func conditioned(on rows: Tensor) -> some CumulativeDistribution {
    TiledDistribution(given: rows, width: normal.componentCount * max(1, normal.features), support: support) { rows in
      let numbers = rows[.all, .indices(Tensor(continuous).to(rows.device))]
      guard let own = masses[-1] else { return normalMixture(rows, numbers) }
      let shares = logWeights(rows, normal.responsibilities(numbers)).exp()
      return TabulatedDistribution(.values(Tensor(target.values)), logMasses: shares.matmul(own.exp()).log())
    }
  }

  private func normalMixture(_ rows: Tensor, _ numbers: Tensor) -> NormalMixtureRows {
    let mixture =
      continuous.isEmpty ? normal : normal.conditioned(on: Array(1..<normal.features), values: numbers)
    let scales = mixture.covarianceMatrices.squeezed(-1, -2).squareRoot()
    return NormalMixtureRows(
      logWeights: logWeights(rows, mixture.weights.broadcasted(to: [rows.size(0), normal.componentCount])),
      locations: mixture.means.squeezed(-1), scales: scales)
  }

  /// The places of continuous given columns.
  private var continuous: [Int] { given.indices.filter { !given[$0].isDiscrete } }

  /// Weights by the continuous given columns times the masses of the discrete ones, normalized.
  private func logWeights(_ rows: Tensor, _ weights: Tensor) -> Tensor {
    var result = weights.log()
    for (place, kind) in given.enumerated() where kind.isDiscrete {
      guard let own = masses[place] else { continue }
      let cells = Cells.values(Tensor(kind.values))
      let column = rows[.all, .at(place)].contiguous()
      let indices = cells.indices(of: column)
      // A value that the column never has says nothing.
      let isKnown = cells.contain(column, at: indices).unsqueezed(1)
      result += select(isKnown, own.transposed().selecting(indices), 0.0)
    }
    return result.logSoftmax(-1)
  }

  // MARK: Files

  /// The tensors of `normal` behind `normal.`, and `masses.target`, `masses.0`, ... of discrete columns.
  public var tensors: [String: Tensor] {
    var result = Dictionary(uniqueKeysWithValues: normal.tensors.map { ("normal.\($0.key)", $0.value) })
    for (place, tensor) in masses { result[ConditionalMixture.name(place)] = tensor }
    return result
  }

  /// The density of stored numbers.
  ///
  /// - Throws: `DensityEstimationError.degenerate` when the tensors do not make one.
  public init(
    target: ColumnKind, given: [ColumnKind], tensors: [String: Tensor]
  ) throws(DensityEstimationError) {
    let stored = CheckedTensors(tensors, of: "conditional mixture")
    let parts = stored.part("normal.")
    try stored.check(parts.values.allSatisfy { $0.dtype == .float64 }, "a number of 'normal' is not in 64 bits")
    let normal = try GaussianMixture(tensors: parts)
    let kinds = [target] + given
    try stored.check(
      normal.features == kinds.count { !$0.isDiscrete }, "it has \(normal.features) continuous columns")
    var masses: [Int: Tensor] = [:]
    for (index, kind) in kinds.enumerated() where kind.isDiscrete {
      let place = index - 1
      let own = try stored.numbers(ConditionalMixture.name(place), [normal.componentCount, kind.values.count])
      try stored.check(!(own.logSumExp(-1).absolute() .> 1e-9).any(), "the masses of a component do not sum to 1")
      masses[place] = own
    }
    self.init(target: target, given: given, normal: normal, masses: masses)
  }

  private static func name(_ place: Int) -> String { place < 0 ? "masses.target" : "masses.\(place)" }
}
