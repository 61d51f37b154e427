public import Torch

extension Factorization {
  /// The families of conditional densities that model files can hold.
  public static var families: [any StoredConditionalDensity.Type] {
    [LinearGaussian.self, MultinomialLogistic.self, ConditionalTable.self]
  }

  /// All that is needed to make the distribution again, in 64 bits.
  ///
  /// `order` lists the columns as they are drawn; column j has `columns.j.parents`, `columns.j.values` when it is discrete,
  /// and the tensors of its conditional density behind the name of its family, `columns.j.linearGaussian.scale`.
  ///
  /// - Precondition: each conditional density is a ``StoredConditionalDensity``.
  public var tensors: [String: Tensor] {
    var result = ["order": Tensor(order)]
    for factor in factors {
      guard let conditional = factor.conditional as? any StoredConditionalDensity else {
        preconditionFailure(
          "tensors: column \(factor.column) has the density \(type(of: factor.conditional)), which cannot be stored")
      }
      let prefix = "columns.\(factor.column)."
      result[prefix + "parents"] = Tensor(factor.parents)
      if conditional.target.isDiscrete { result[prefix + "values"] = Tensor(conditional.target.values) }
      for (name, tensor) in conditional.tensors {
        result["\(prefix)\(type(of: conditional).family).\(name)"] = tensor
      }
    }
    return result
  }

  /// The distribution of stored tensors, which may come from a damaged or a hostile file.
  ///
  /// - Parameters:
  ///   - tensors: those of ``tensors``.
  ///   - families: the families that the file may hold.
  /// - Throws: `DensityEstimationError.invalidModel` when the tensors cannot be those of a factorization.
  public init(
    tensors: [String: Tensor], families: [any StoredConditionalDensity.Type] = Factorization.families
  ) throws(DensityEstimationError) {
    let stored = StoredTensors(tensors, of: "factorization")
    let size = tensors["order"]?.elementCount ?? 0
    try stored.require(size > 0 && size < tensors.count, "there are no columns")
    let order = try stored.integers("order", [size], in: 0..<size).scalars(as: Int.self)
    try stored.require(Set(order).count == size, "'order' has a column twice")
    var columns: [StoredColumn] = []
    for column in 0..<size { columns.append(try StoredColumn(column, of: size, stored)) }
    var factors: [Factor] = []
    for column in order {
      let parents = columns[column].parents
      let earlier = Set(factors.map(\.column))
      try stored.require(
        Set(parents).count == parents.count && earlier.isSuperset(of: parents),
        "column \(column) has parents that do not come before it")
      let conditional = try StoredColumn.density(
        columns[column], given: parents.map { columns[$0].kind }, tensors, families)
      factors.append(Factor(column: column, parents: parents, conditional: conditional))
    }
    self.init(factors)
  }
}

/// What a file says of a column before its density is read.
private struct StoredColumn {
  let prefix: String
  let parents: [Int]
  let kind: ColumnKind

  init(_ column: Int, of count: Int, _ stored: StoredTensors) throws(DensityEstimationError) {
    prefix = "columns.\(column)."
    parents = try stored.integers(prefix + "parents", [nil], in: 0..<count).scalars(as: Int.self)
    let hasValues = stored.contains(prefix + "values")
    kind = hasValues ? .discrete(values: try stored.numbers(prefix + "values", [nil]).doubles()) : .continuous
    try stored.require(kind.isValid, "'\(prefix)values' do not rise")
  }

  static func density(
    _ column: StoredColumn, given: [ColumnKind], _ tensors: [String: Tensor],
    _ families: [any StoredConditionalDensity.Type]
  ) throws(DensityEstimationError) -> any StoredConditionalDensity {
    for family in families {
      let prefix = "\(column.prefix)\(family.family)."
      let own = tensors.filter { $0.key.hasPrefix(prefix) }
      guard !own.isEmpty else { continue }
      let named = Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
      return try family.init(target: column.kind, given: given, tensors: named)
    }
    throw .invalidModel(reason: "factorization: '\(column.prefix)' has no conditional density of a known family")
  }
}
