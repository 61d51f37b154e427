public import Torch

/// A multilayer perceptron whose outputs are a group for each feature, which depends on the feature's parents in an
/// autoregressive structure and on the context, and on nothing else (MADE).
///
/// Each hidden unit sees the parents of one feature. Units are sorted by the level at which they can be computed, so that
/// ``LevelEvaluation`` computes outputs level by level, each unit once: sampling an autoregressive model costs one pass of
/// the network in slices, not one for each level.
///
/// - Shapes: input `[*batch, features]`, context `[*batch, contextFeatures]`, output `[*batch, features * groupSize]`.
/// - Reference: Germain, Gregor, Murray, Larochelle, *MADE: Masked Autoencoder for Distribution Estimation*, 2015.
///   https://arxiv.org/abs/1502.03509
public struct MaskedMultilayerPerceptron: ConditionalLayer {
  /// The linear layers, the first to act first.
  public let layers: [MaskedLinear]
  /// The nonlinearity after each layer but the last.
  public let activation: Activation
  /// Dropout after each nonlinearity.
  public let dropout: Dropout
  /// The size of the second tensor's last dimension; 0 when there is none.
  public let contextFeatures: Int
  /// Which features' groups depend on which inputs.
  public let structure: AutoregressiveStructure
  /// The number of outputs for each feature.
  public let groupSize: Int
  /// The level at which each output of each layer can be computed, rising.
  package let unitLevels: [[Int]]

  /// A network with drawn weights.
  ///
  /// - Parameters:
  ///   - structure: the parents of each feature.
  ///   - groupSize: the number of outputs for each feature.
  ///   - contextFeatures: the size of the second tensor's last dimension.
  ///   - hidden: the sizes between.
  ///   - activation: the nonlinearity between layers.
  ///   - dropout: the probability that a hidden element is dropped in training.
  ///   - startsAtZero: whether the last layer starts at zero, and with it the output.
  ///   - rng: the source of random numbers.
  /// - Precondition: levels never fall along the features, and some feature has a parent or there is a context.
  public init(
    structure: AutoregressiveStructure, groupSize: Int, contextFeatures: Int = 0, hidden: [Int],
    activation: Activation = .relu, dropout: Double = 0, startsAtZero: Bool = false, using rng: inout RandomGenerator
  ) {
    precondition(
      zip(structure.levels, structure.levels.dropFirst()).allSatisfy(<=),
      "MaskedMultilayerPerceptron: expected a sorted structure, got levels \(structure.levels)")
    let units = HiddenUnits(structure: structure, seesContext: contextFeatures > 0)
    precondition(
      !units.parentSets.isEmpty, "MaskedMultilayerPerceptron: expected a feature with a parent, or a context")
    self.structure = structure
    self.groupSize = groupSize
    self.contextFeatures = contextFeatures
    self.activation = activation
    self.dropout = Dropout(probability: dropout)
    let sets = hidden.map { units.parentSets(of: $0) }
    unitLevels =
      sets.map { $0.map(units.level) } + [structure.levels.flatMap { Array(repeating: $0, count: groupSize) }]
    let masks = Self.masks(structure, through: sets, contextFeatures: contextFeatures, groupSize: groupSize)
    var layers: [MaskedLinear] = []
    for (index, mask) in masks.enumerated() {
      let isZero = startsAtZero && index == hidden.count
      layers.append(
        MaskedLinear(
          mask: mask, weight: isZero ? .zeros : .linearDefault, bias: isZero ? .zeros : nil, using: &rng))
    }
    self.layers = layers
  }

  /// A unit is connected to those of the layer before that see no more than it.
  private static func masks(
    _ structure: AutoregressiveStructure, through sets: [[[Int]]], contextFeatures: Int, groupSize: Int
  ) -> [Tensor] {
    func membership(_ sets: [[Int]]) -> Tensor {
      var elements = Array(repeating: Float(0), count: sets.count * structure.features)
      for (row, set) in sets.enumerated() { for member in set { elements[row * structure.features + member] = 1 } }
      return Tensor(elements, shape: [sets.count, structure.features])
    }
    let inputs = (0..<structure.features).map { [$0] } + Array(repeating: [], count: contextFeatures)
    let members = ([inputs] + sets + [structure.parents]).map(membership)
    var masks = zip(members, members.dropFirst()).map { seen, unit in
      unit.matmul(seen.transposed()) .== seen.sum(-1)
    }
    masks[masks.count - 1] = masks[masks.count - 1].repeatingEach(groupSize, 0)
    return masks
  }

  /// The output for an input and the second tensor.
  public func callAsFunction(_ input: Tensor, given condition: Tensor?, _ context: LayerContext) -> Tensor {
    var result = joined(input, condition)
    for layer in layers.dropLast() { result = dropout(activation(layer(result)), context) }
    return layers.last.map { $0(result) } ?? result
  }

  /// Visits the linear layers in order.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    for (index, layer) in layers.enumerated() { visitor.visit(layer, named: "layers.\(index)") }
  }
}

/// The parent sets that hidden units can have.
private struct HiddenUnits {
  private let structure: AutoregressiveStructure
  /// The different parent sets of features, by level; without the empty one when units of it would see nothing.
  let parentSets: [[Int]]

  init(structure: AutoregressiveStructure, seesContext: Bool) {
    self.structure = structure
    var seen: Set<[Int]> = seesContext ? [] : [[]]
    let different = structure.parents.filter { seen.insert($0).inserted }
    let levels = Dictionary(different.map { ($0, Self.level(of: $0, structure)) }) { first, _ in first }
    parentSets = different.enumerated().sorted {
      (levels[$0.element, default: 0], $0.offset) < (levels[$1.element, default: 0], $1.offset)
    }.map(\.element)
  }

  /// The level from which a unit of a parent set can be computed.
  func level(_ set: [Int]) -> Int { Self.level(of: set, structure) }

  private static func level(of set: [Int], _ structure: AutoregressiveStructure) -> Int {
    (set.map { structure.levels[$0] }.max() ?? -1) + 1
  }

  /// The parent sets of a layer's units, in the order of levels: each set as often as others, and, where units are few,
  /// sets at equal distances.
  func parentSets(of units: Int) -> [[Int]] {
    let count = parentSets.count
    guard units >= count else { return (0..<units).map { parentSets[$0 * count / units] } }
    return parentSets.enumerated().flatMap { index, set in
      Array(repeating: set, count: units / count + (index < units % count ? 1 : 0))
    }
  }
}
