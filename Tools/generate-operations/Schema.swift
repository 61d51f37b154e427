/// One operation as `native_functions.yaml` states it.
struct Schema {
  /// What an argument or a result is, of the kinds that the binding carries.
  enum Kind: Equatable {
    case tensor, optionalTensor, tensorList, optionalTensorList
    case scalar, optionalScalar, scalarList
    case integer, optionalInteger, integerList, optionalIntegerList
    case double, optionalDouble, doubleList
    case bool, optionalBool
    case dataType, optionalDataType
    case layout, device, pinMemory, memoryFormat
    case string, optionalString
    case generator
  }

  struct Argument {
    let name: String
    let kind: Kind
    let defaultValue: String?
    /// The length of a fixed-size list such as `int[2]`.
    let listLength: Int?
    let isKeyword: Bool
    let isMutable: Bool
  }

  let base: String
  let overload: String
  let arguments: [Argument]
  let results: [Kind]

  var fullName: String { overload.isEmpty ? base : "\(base).\(overload)" }
  /// The name in generated C and Swift code.
  var identifier: String { overload.isEmpty ? base : "\(base)_\(overload)" }
  /// Whether the operation writes into its first argument instead of returning a new tensor.
  var isInPlace: Bool { base.hasSuffix("_") && arguments.first?.isMutable == true }
  /// libtorch puts the declarations of `add`, `add_` and `add.out` into one header, `add_ops.h`.
  var header: String { (base.hasSuffix("_") ? String(base.dropLast()) : base) + "_ops.h" }
}

struct SchemaError: Error, CustomStringConvertible {
  let description: String
}

extension Schema {
  /// Reads `name.overload(Type name=default, *, ...) -> Result`.
  init(parsing text: String) throws {
    guard let open = text.firstIndex(of: "("), let arrow = text.firstRange(of: ") -> ") else {
      throw SchemaError(description: "not a schema: \(text)")
    }
    let name = text[..<open].split(separator: ".", maxSplits: 1)
    base = String(name[0])
    overload = name.count > 1 ? String(name[1]) : ""

    var isKeyword = false
    var parsed: [Argument] = []
    for part in splitTopLevel(String(text[text.index(after: open)..<arrow.lowerBound])) {
      if part == "*" {
        isKeyword = true
      } else {
        parsed.append(try Argument(parsing: part, isKeyword: isKeyword))
      }
    }
    arguments = parsed

    var result = String(text[arrow.upperBound...])
    if result.hasPrefix("(") { result = String(result.dropFirst().dropLast()) }
    results = try splitTopLevel(result).map { part in
      try kind(ofType: String(withoutAlias(part).prefix { $0 != " " })).kind
    }
  }
}

extension Schema.Argument {
  fileprivate init(parsing text: String, isKeyword: Bool) throws {
    let typed = withoutAlias(text).split(separator: " ", maxSplits: 1).map(String.init)
    guard typed.count == 2 else { throw SchemaError(description: "not an argument: \(text)") }
    let named = typed[1].split(separator: "=", maxSplits: 1).map(String.init)
    let resolved = try resolvedKind(typed[0], name: named[0])
    self.init(
      name: named[0], kind: resolved.kind, defaultValue: named.count > 1 ? named[1] : nil,
      listLength: resolved.length, isKeyword: isKeyword, isMutable: text.contains("!)"))
  }
}

private func resolvedKind(_ type: String, name: String) throws -> (kind: Schema.Kind, length: Int?) {
  if name == "pin_memory" { return (.pinMemory, nil) }
  return try kind(ofType: withoutAlias(type))
}

/// `Tensor(a!)[]` -> `Tensor[]`; a default value holds no parentheses in the schemas that are bound.
private func withoutAlias(_ type: String) -> String {
  var result = "", depth = 0
  for character in type {
    if character == "(" { depth += 1 }
    if depth == 0 { result.append(character) }
    if character == ")" { depth -= 1 }
  }
  return result
}

private func kind(ofType type: String) throws -> (kind: Schema.Kind, length: Int?) {
  var name = type.replacing("SymInt", with: "int")
  var length: Int?
  if let open = name.firstIndex(of: "["), let close = name.firstIndex(of: "]") {
    length = Int(name[name.index(after: open)..<close])
    name.replaceSubrange(open...close, with: "[]")
  }
  let kinds: [String: Schema.Kind] = [
    "Tensor": .tensor, "Tensor?": .optionalTensor, "Tensor[]": .tensorList, "Tensor?[]": .optionalTensorList,
    "Scalar": .scalar, "Scalar?": .optionalScalar, "Scalar[]": .scalarList,
    "int": .integer, "int?": .optionalInteger, "int[]": .integerList, "int[]?": .optionalIntegerList,
    "float": .double, "float?": .optionalDouble, "float[]": .doubleList,
    "bool": .bool, "bool?": .optionalBool,
    "ScalarType": .dataType, "ScalarType?": .optionalDataType,
    "Layout?": .layout, "Device?": .device, "MemoryFormat?": .memoryFormat, "MemoryFormat": .memoryFormat,
    "str": .string, "str?": .optionalString, "Generator?": .generator,
  ]
  guard let kind = kinds[name] else { throw SchemaError(description: "type \(type) is not supported") }
  return (kind, length)
}

/// Splits at `, ` outside brackets.
private func splitTopLevel(_ text: String) -> [String] {
  var parts: [String] = [], current = "", depth = 0
  for character in text {
    if "([".contains(character) { depth += 1 }
    if ")]".contains(character) { depth -= 1 }
    if character == ",", depth == 0 {
      parts.append(current)
      current = ""
    } else if !(character == " " && current.isEmpty) {
      current.append(character)
    }
  }
  return current.isEmpty ? parts : parts + [current]
}
