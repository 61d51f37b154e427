public import NeuralNetworks
public import Testing
public import Torch

/// Checks what every module promises: the visit reaches each parameter and buffer that it holds once, under names that
/// are stable, and its state moves to another instance bit for bit.
///
/// Reflection serves as the oracle of what a module holds; the package itself does not use it.
///
/// - Parameters:
///   - names: the state's names in the order of visiting (parameters, then buffers), when they are to be compared.
///   - sourceLocation: where a failure is shown.
///   - make: makes the module anew; the parameters may be drawn.
public func checkModule<M: Module>(
  names: [String]? = nil, sourceLocation: SourceLocation = #_sourceLocation,
  _ make: (inout RandomGenerator) throws -> M
) rethrows {
  var rng = RandomGenerator(seed: 1)
  let module = try make(&rng)
  let other = try make(&rng)
  let check = ModuleCheck(module: module, other: other, sourceLocation: sourceLocation)
  check.checkVisit(names: names)
  check.checkState()
}

private struct ModuleCheck<M: Module> {
  let module: M
  let other: M
  let sourceLocation: SourceLocation

  func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { Issue.record("\(M.self): \(message())", sourceLocation: sourceLocation) }
  }

  func names(_ module: M) -> [String] { module.namedParameters.map(\.name) + module.namedBuffers.map(\.name) }

  func checkVisit(names expected: [String]?) {
    let visitedNames = names(module)
    let visited =
      module.namedParameters.map { ObjectIdentifier($0.parameter) }
      + module.namedBuffers.map { ObjectIdentifier($0.buffer) }
    var held: Set<ObjectIdentifier> = []
    collectHeld(module, &held)
    expect(held.subtracting(visited).isEmpty, "the visit misses a parameter or buffer; it reaches \(visitedNames)")
    expect(Set(visited).count == visited.count, "a parameter or buffer is visited twice: \(visitedNames)")
    expect(Set(visitedNames).count == visitedNames.count, "a name is there twice: \(visitedNames)")
    expect(names(other) == visitedNames, "another instance has the names \(names(other)), not \(visitedNames)")
    if let expected { expect(visitedNames == expected, "the names are \(visitedNames), expected \(expected)") }
  }

  func checkState() {
    let state = module.state()
    expectLoad(state, throws: nil)
    let loaded = other.state()
    for (name, tensor) in state {
      expect(loaded[name].map { isSame($0, tensor) } ?? false, "'\(name)' changed between saving and loading")
    }
    for name in names(module) { expectLoad(state.filter { $0.key != name }, throws: .missing(name: name)) }
    expectLoad(state.merging(["~": Tensor([1.0])]) { first, _ in first }, throws: .unexpected(name: "~"))
  }

  func expectLoad(_ state: [String: Tensor], throws expected: ModuleStateError?) {
    do {
      try other.load(state)
      expect(expected == nil, "a state loads that should fail: \(String(describing: expected))")
    } catch {
      expect(error == expected, "loading threw '\(error)', expected \(String(describing: expected))")
    }
  }
}

private func isSame(_ left: Tensor, _ right: Tensor) -> Bool {
  left.shape == right.shape && left.dtype == right.dtype && left.isEqual(to: right)
}

private func collectHeld(_ value: Any, _ held: inout Set<ObjectIdentifier>) {
  if let parameter = value as? Parameter {
    held.insert(ObjectIdentifier(parameter))
  } else if let buffer = value as? Buffer {
    held.insert(ObjectIdentifier(buffer))
  } else if !(value is Tensor) {
    for child in Mirror(reflecting: value).children { collectHeld(child.value, &held) }
  }
}
