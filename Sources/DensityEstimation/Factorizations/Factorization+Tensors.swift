public import Torch

extension Factorization {
  /// The families of conditional densities that model files can hold.
  public static var families: [any StoredConditionalDensity.Type] {
    [
      LinearGaussian.self, MultinomialLogistic.self, ConditionalTable.self, ConditionalMixture.self,
      ConditionalKernel.self, PointMass.self,
    ]
  }

  /// All that is needed to make the distribution again, in 64 bits.
  ///
  /// `order` lists the columns as they are drawn; column j has `columns.j.parents`, `columns.j.values` when it is discrete,
  /// and the tensors of its conditional density behind the name of its family, `columns.j.linearGaussian.scale`.
  ///
  /// - Precondition: each conditional density is a ``StoredConditionalDensity``.
  public var tensors: [String: Tensor] { factors.tensors }

  /// The distribution of stored tensors, which may come from a damaged or a hostile file.
  ///
  /// - Parameters:
  ///   - tensors: those of ``tensors``.
  ///   - families: the families that the file may hold.
  /// - Throws: `DensityEstimationError.degenerate` when the tensors cannot be those of a factorization.
  public init(
    tensors: [String: Tensor], families: [any StoredConditionalDensity.Type] = Factorization.families
  ) throws(DensityEstimationError) {
    self.init(try [Factor](tensors: tensors, known: [], families: families))
  }
}

extension [Factorization.Factor] {
  var tensors: [String: Tensor] {
    var result = ["order": Tensor(map(\.column))]
    for factor in self {
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

  /// The factors of stored tensors, where `known` are the kinds of the first columns, which no factor makes.
  init(
    tensors: [String: Tensor], known: [ColumnKind], families: [any StoredConditionalDensity.Type]
  ) throws(DensityEstimationError) {
    let stored = CheckedTensors(tensors, of: "factorization")
    let size = tensors["order"]?.elementCount ?? 0
    try stored.check(size > 0 && size < tensors.count, "there are no columns")
    let made = known.count..<(known.count + size)
    let order = try stored.integers("order", [size], in: made).scalars(as: Int.self)
    try stored.check(Set(order).count == size, "'order' has a column twice")
    var columns: [StoredColumn] = []
    for column in made { columns.append(try StoredColumn(column, of: made.upperBound, stored)) }
    let kinds = known + columns.map(\.kind)
    var earlier = Set(known.indices)
    self = []
    for column in order {
      let own = columns[column - known.count]
      try stored.check(
        Set(own.parents).count == own.parents.count && earlier.isSuperset(of: own.parents),
        "column \(column) has parents that do not come before it")
      let conditional = try own.density(given: own.parents.map { kinds[$0] }, tensors, families)
      append(Factorization.Factor(column: column, parents: own.parents, conditional: conditional))
      earlier.insert(column)
    }
  }
}

/// What a file says of a column before its density is read.
private struct StoredColumn {
  let prefix: String
  let parents: [Int]
  let kind: ColumnKind

  init(_ column: Int, of count: Int, _ stored: CheckedTensors) throws(DensityEstimationError) {
    prefix = "columns.\(column)."
    parents = try stored.integers(prefix + "parents", [nil], in: 0..<count).scalars(as: Int.self)
    let hasValues = stored.contains(prefix + "values")
    kind = hasValues ? .discrete(values: try stored.numbers(prefix + "values", [nil]).doubles()) : .continuous
    try stored.check(kind.isValid, "'\(prefix)values' do not rise")
  }

  func density(
    given: [ColumnKind], _ tensors: [String: Tensor], _ families: [any StoredConditionalDensity.Type]
  ) throws(DensityEstimationError) -> any StoredConditionalDensity {
    for family in families {
      let own = CheckedTensors(tensors, of: family.family).part("\(prefix)\(family.family).")
      if !own.isEmpty { return try family.init(target: kind, given: given, tensors: own) }
    }
    throw .degenerate(
      reason: "this is no factorization that can be used: '\(prefix)' has no conditional density of a known family")
  }
}
