import Foundation
public import NeuralNetworks
public import Torch

/// Why the state of a zuko flow cannot be read.
public enum ZukoFlowError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A tensor of the state is missing.
  case missing(name: String)
  /// A tensor has a shape or values that do not belong to a masked autoregressive flow.
  case unfit(name: String, reason: String)

  /// What is wrong, by the tensor's name, and what can be read.
  public var description: String {
    switch self {
    case .missing(let name):
      "the tensor '\(name)' is missing; the state_dict() of a zuko.flows.MAF or NSF without residual layers has it"
    case .unfit(let name, let reason): "the tensor '\(name)' \(reason)"
    }
  }
}

extension NormalizingFlow {
  /// A flow with the weights of one that was trained with the Python library zuko: `MAF` or `NSF` with the default bound,
  /// slope and univariate transform, of any order and number of passes.
  ///
  ///     // Python: safetensors.torch.save_file(flow.state_dict(), "flow.safetensors")
  ///     let flow = try NormalizingFlow(zuko: Safetensors(contentsOf: url).tensors)
  ///
  /// Log-densities agree with zuko's to rounding.
  ///
  /// - Parameters:
  ///   - state: the flow's `state_dict()`.
  ///   - activation: the nonlinearity of its networks, which the state does not tell; zuko's default is relu.
  /// - Throws: `ZukoFlowError` for a state that is missing tensors or of another kind.
  public init(zuko state: [String: Tensor], activation: Activation = .relu) throws(ZukoFlowError) {
    var layers: [ZukoLayer] = []
    while state.keys.contains(where: { $0.hasPrefix("transform.transforms.\(layers.count).") }) || layers.isEmpty {
      layers.append(try ZukoLayer(state, prefix: "transform.transforms.\(layers.count)."))
    }
    let (features, context) = (layers[0].features, layers[0].contextFeatures)
    for (name, value) in [("base.loc", 0.0), ("base.scale", 1.0)] {
      if let base = state[name], !(base .== value).all() {
        throw .unfit(name: name, reason: "is not \(value) everywhere, as that of a standard normal base")
      }
    }
    for (index, layer) in layers.enumerated()
    where layer.features != features || layer.contextFeatures != context {
      throw .unfit(name: "transform.transforms.\(index).order", reason: "has another size than that of the first layer")
    }
    var steps: [any FlowLayer] = []
    for layer in layers { steps.append(try layer.flowLayer(activation)) }
    self.init(features: features, contextFeatures: context, layers: steps)
    convert(to: layers[0].linear[0].weight.dtype)
  }
}

/// A `MaskedAutoregressiveTransform` in the state of a flow.
private struct ZukoLayer {
  let prefix: String
  /// The level of each feature.
  let levels: [Int]
  /// The linear layers, with the part of their names in the state.
  let linear: [(name: String, weight: Tensor, bias: Tensor, mask: Tensor)]

  var features: Int { levels.count }
  var contextFeatures: Int { linear[0].weight.size(1) - features }
  private var groupSize: Int { linear[linear.count - 1].weight.size(0) / features }

  init(_ state: [String: Tensor], prefix: String) throws(ZukoFlowError) {
    func tensor(_ name: String, rank: Int) throws(ZukoFlowError) -> Tensor {
      guard let tensor = state[prefix + name] else { throw .missing(name: prefix + name) }
      guard tensor.rank == rank, tensor.elementCount > 0 else {
        throw .unfit(name: prefix + name, reason: "has shape \(tensor.shape), expected one of rank \(rank)")
      }
      return tensor
    }
    self.prefix = prefix
    levels = try tensor("order", rank: 1).doubles().map { Int($0) }
    let pattern = prefix + "hyper."
    let places = Set(
      state.keys.compactMap { key in
        key.hasPrefix(pattern) ? key.dropFirst(pattern.count).split(separator: ".").first.flatMap { Int($0) } : nil
      })
    var linear: [(name: String, weight: Tensor, bias: Tensor, mask: Tensor)] = []
    for place in places.sorted() {
      linear.append(
        (
          pattern + "\(place)", try tensor("hyper.\(place).weight", rank: 2),
          try tensor("hyper.\(place).bias", rank: 1),
          try tensor("hyper.\(place).mask", rank: 2)
        ))
    }
    guard !linear.isEmpty else { throw .missing(name: pattern + "0.weight") }
    self.linear = linear
    try checkShapes()
  }

  private func checkShapes() throws(ZukoFlowError) {
    guard levels.min() == 0, Set(levels).count == (levels.max() ?? 0) + 1 else {
      throw .unfit(name: prefix + "order", reason: "does not number levels from 0 without gaps")
    }
    var size = features + contextFeatures
    for (name, weight, bias, mask) in linear {
      guard weight.size(1) == size, bias.size(0) == weight.size(0), mask.shape == weight.shape else {
        throw .unfit(name: name + ".weight", reason: "has shape \(weight.shape), which does not fit its neighbours")
      }
      size = weight.size(0)
    }
    guard contextFeatures >= 0, size == features * groupSize, groupSize == 2 || groupSize % 3 == 2 else {
      throw .unfit(
        name: linear[linear.count - 1].name + ".weight",
        reason: "gives \(size) parameters for \(features) features, neither 2 (MAF) nor 3 bins - 1 (NSF) for each")
    }
  }

  /// The same layer of this package: units in the order in which they can be computed.
  func flowLayer(_ activation: Activation) throws(ZukoFlowError) -> AutoregressiveLayer {
    let transform: FeatureTransform =
      groupSize == 2 ? .affine : .squashedSpline(bins: (groupSize + 1) / 3, bound: 5)
    let structure = AutoregressiveStructure(levels: levels)
    guard features > 1 || contextFeatures > 0 else {
      throw .unfit(name: prefix + "order", reason: "has one feature, and there is no context")
    }
    var rng = RandomGenerator(seed: 0)
    let layer = AutoregressiveLayer(
      structure: structure, contextFeatures: contextFeatures, transform: transform,
      hidden: linear.dropLast().map { $0.weight.size(0) }, activation: activation, using: &rng)
    layer.convert(to: linear[0].weight.dtype)
    let inputs = structure.order + Array(features..<(features + contextFeatures))
    let outputs = structure.order.flatMap { feature in (0..<groupSize).map { feature * groupSize + $0 } }
    var columns = inputs
    var state: [String: Tensor] = [:]
    for (index, part) in linear.enumerated() {
      let rows = index + 1 == linear.count ? outputs : units(part.weight.size(0))
      func arranged(_ matrix: Tensor) -> Tensor { matrix.selecting(Tensor(rows)).selecting(Tensor(columns), 1) }
      guard arranged(part.mask.to(.float32)).isEqual(to: layer.masks[index]) else {
        throw .unfit(
          name: part.name + ".mask", reason: "is not that of its order; hidden layers may have too few units")
      }
      state["network.layers.\(index).weight"] = arranged(part.weight)
      state["network.layers.\(index).bias"] = part.bias.selecting(Tensor(rows))
      columns = rows
    }
    do { try layer.load(state) } catch { throw .unfit(name: prefix + "hyper", reason: "does not fit: \(error)") }
    return layer
  }

  /// The units of a hidden layer by the class that zuko gives them in turn.
  private func units(_ count: Int) -> [Int] {
    // Features of level 0 have a class only where they see a context.
    let classes = max((levels.max() ?? 0) + (contextFeatures > 0 ? 1 : 0), 1)
    return (0..<count).sorted { ($0 % classes, $0) < ($1 % classes, $1) }
  }
}
