public import Torch

/// What walks over the parameters of a module; see ``Module``.
public protocol ParameterVisitor {
  /// Called for each parameter that the module itself holds.
  mutating func visit(_ parameter: Parameter, named name: String)
  /// Called for each buffer that the module itself holds.
  mutating func visit(_ buffer: Buffer, named name: String)
  /// Called for each module inside.
  mutating func visit(_ child: any Module, named name: String)
}

/// Something with parameters: a layer, a network, a model.
///
/// Conforming types are structs of `let`s over `Parameter` and `Buffer`. Copying one **shares** its
/// parameters; an independent copy is a new module that loads the old one's ``state()``.
///
/// To implement one, visit every parameter, buffer and child once, in a fixed order, under the name of the property:
///
///     public func visitParameters(_ visitor: inout some ParameterVisitor) {
///       visitor.visit(weight, named: "weight")
///       for (index, layer) in layers.enumerated() { visitor.visit(layer, named: "layers.\(index)") }
///     }
///
/// `checkModule` of the test support proves that nothing was left out.
public protocol Module {
  /// Shows every parameter, buffer and child to the visitor.
  func visitParameters(_ visitor: inout some ParameterVisitor)
}

/// Why a state does not fit a module.
public enum ModuleStateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The module holds a tensor that the state lacks.
  case missing(name: String)
  /// The state holds a tensor that the module lacks.
  case unexpected(name: String)
  /// A tensor has another shape.
  case shape(name: String, expected: Shape, actual: Shape)

  /// What does not fit, by the tensor's name.
  public var description: String {
    switch self {
    case .missing(let name): "the tensor '\(name)' is missing"
    case .unexpected(let name): "there is a tensor '\(name)' that the model does not have"
    case .shape(let name, let expected, let actual):
      "the tensor '\(name)' has shape \(actual), the model's has \(expected)"
    }
  }
}

extension Module {
  /// The parameters with their dotted names, in the order of visiting.
  public var namedParameters: [(name: String, parameter: Parameter)] { collected.parameters }

  /// The buffers with their dotted names, in the order of visiting.
  public var namedBuffers: [(name: String, buffer: Buffer)] { collected.buffers }

  /// The parameters that optimizers move.
  public var trainableParameters: [Parameter] {
    collected.parameters.map(\.parameter).filter(\.isTrainable)
  }

  /// The number of elements of all parameters.
  public var parameterCount: Int { collected.parameters.reduce(0) { $0 + $1.parameter.elementCount } }

  /// All parameters and buffers by name: what a file of the model holds. The tensors are copies.
  public func state() -> [String: Tensor] {
    let all = collected
    let pairs =
      all.parameters.map { ($0.name, $0.parameter.value) } + all.buffers.map { ($0.name, $0.buffer.value) }
    return Dictionary(pairs.map { ($0.0, $0.1.detached().cloned()) }) { first, _ in first }
  }

  /// Takes all parameters and buffers from a state, or nothing when it does not fit.
  ///
  /// - Throws: `ModuleStateError` for the first tensor that is missing, unexpected or of another shape.
  public func load(_ state: [String: Tensor]) throws(ModuleStateError) {
    let all = collected
    let expected =
      all.parameters.map { ($0.name, $0.parameter.value.shape) } + all.buffers.map { ($0.name, $0.buffer.value.shape) }
    for (name, shape) in expected {
      guard let tensor = state[name] else { throw .missing(name: name) }
      guard tensor.shape == shape else { throw .shape(name: name, expected: shape, actual: tensor.shape) }
    }
    let names = Set(expected.map(\.0))
    if let extra = state.keys.sorted().first(where: { !names.contains($0) }) { throw .unexpected(name: extra) }
    for (name, parameter) in all.parameters { state[name].map { parameter.assign($0) } }
    for (name, buffer) in all.buffers { state[name].map { buffer.assign($0) } }
  }

  /// Moves all parameters and buffers to a type or device.
  public func convert(to dtype: DType? = nil, device: Device? = nil) {
    let all = collected
    for (_, parameter) in all.parameters { parameter.convert(to: dtype, device: device) }
    for (_, buffer) in all.buffers { buffer.convert(to: dtype, device: device) }
  }

  /// Lets optimizers move all parameters, or none of them: a frozen module.
  ///
  /// Set it before an optimizer or a trainer is made, which take the parameters that are trainable then.
  public func setTrainable(_ isTrainable: Bool) {
    for (_, parameter) in collected.parameters { parameter.isTrainable = isTrainable }
  }

  private var collected: Collector {
    var collector = Collector()
    visitParameters(&collector)
    return collector
  }
}

private struct Collector: ParameterVisitor {
  var prefix = ""
  var parameters: [(name: String, parameter: Parameter)] = []
  var buffers: [(name: String, buffer: Buffer)] = []

  mutating func visit(_ parameter: Parameter, named name: String) { parameters.append((prefix + name, parameter)) }

  mutating func visit(_ buffer: Buffer, named name: String) { buffers.append((prefix + name, buffer)) }

  mutating func visit(_ child: any Module, named name: String) {
    let outer = prefix
    prefix += name + "."
    child.visitParameters(&self)
    prefix = outer
  }
}
