/// Writes the Swift function over the C entry point of one operation.
struct SwiftWriter {
  let schema: Schema
  let throwsErrors: Bool

  var definition: String {
    let parameters = schema.arguments.compactMap(parameter).joined(separator: ", ")
    let effect = throwsErrors ? " throws(TorchError)" : ""
    let arrow = resultType.map { " -> \($0)" } ?? ""
    return """
        /// `\(schema.fullName)`
        @inline(__always)
        static func \(functionName)(\(parameters))\(effect)\(arrow) {
      \(body)
        }
      """
  }

  private var functionName: String { ["repeat"].contains(schema.identifier) ? "`repeat`" : schema.identifier }

  private var results: [Schema.Kind] { schema.isInPlace ? [] : schema.results }

  private var resultType: String? {
    let types = results.map(swiftType)
    return types.isEmpty ? nil : types.count == 1 ? types[0] : "(\(types.joined(separator: ", ")))"
  }

  private func swiftType(ofResult kind: Schema.Kind) -> String {
    switch kind {
    case .tensorList: "[Tensor]"
    case .bool: "Bool"
    case .integer: "Int"
    case .double: "Double"
    default: "Tensor"
    }
  }

  private func parameter(_ argument: Schema.Argument) -> String? {
    guard let type = swiftType(of: argument.kind) else { return nil }
    let name = argument.kind == .generator ? "seed" : camelCase(argument.name)
    let value = defaultValue(of: argument).map { " = \($0)" } ?? ""
    return "\(argument.isKeyword ? "" : "_ ")\(name): \(type)\(value)"
  }

  private func swiftType(of kind: Schema.Kind) -> String? {
    switch kind {
    case .tensor: "Tensor"
    case .optionalTensor: "Tensor?"
    case .tensorList: "[Tensor]"
    case .optionalTensorList: "[Tensor?]"
    case .scalar: "Scalar"
    case .optionalScalar: "Scalar?"
    case .scalarList: "[Scalar]"
    case .integer: "Int"
    case .optionalInteger: "Int?"
    case .integerList: "[Int]"
    case .optionalIntegerList: "[Int]?"
    case .double: "Double"
    case .optionalDouble: "Double?"
    case .doubleList: "[Double]"
    case .bool: "Bool"
    case .optionalBool: "Bool?"
    case .dataType: "DType"
    case .optionalDataType: "DType?"
    case .device: "Device?"
    case .string: "String"
    case .optionalString: "String?"
    case .generator: "UInt64"
    case .layout, .pinMemory, .memoryFormat: nil
    }
  }

  private func defaultValue(of argument: Schema.Argument) -> String? {
    guard let value = argument.defaultValue else { return nil }
    switch value {
    case "None": return argument.kind == .generator ? nil : "nil"
    case "True": return "true"
    case "False": return "false"
    case "long": return ".int64"
    case "Mean": return "1"
    case "Sum": return "2"
    default: break
    }
    if argument.kind == .integerList, let length = argument.listLength, Int(value) != nil {
      return "[" + Array(repeating: value, count: length).joined(separator: ", ") + "]"
    }
    if value.hasPrefix("'") || value.hasPrefix("\"") { return "\"\(value.dropFirst().dropLast())\"" }
    return value.hasSuffix(".") ? value + "0" : value
  }

  private var body: String {
    var arguments: [String] = [], kept: [String] = []
    for argument in schema.arguments {
      let name = argument.kind == .generator ? "seed" : camelCase(argument.name)
      arguments += passing(argument.kind, name)
      if [.tensor, .optionalTensor, .tensorList, .optionalTensorList].contains(argument.kind) { kept.append(name) }
    }
    let outputs = results.indices.flatMap { results[$0] == .tensorList ? ["out\($0)", "count\($0)"] : ["out\($0)"] }
    let call = "ct_\(schema.identifier)(\((arguments + outputs + ["message"]).joined(separator: ", ")))"
    // The C call sees bare pointers, so the values that own them must be kept alive until it returns.
    let keep =
      kept.isEmpty ? "" : "    defer { \(kept.map { "withExtendedLifetime(\($0)) {}" }.joined(separator: "; ")) }\n"
    return keep
      + "    return \(runner)(\"\(schema.fullName)\") { \((outputs + ["message"]).joined(separator: ", ")) in \(call) }"
  }

  private var runner: String {
    let verb = throwsErrors ? "try attempt" : "run"
    switch results.first {
    case nil: return "\(verb)Nothing"
    case .tensorList: return "\(verb)List"
    case .bool: return "\(verb)Bool"
    default: return "\(verb)\(results.count)"
    }
  }

  /// How an argument reaches C.
  private func passing(_ kind: Schema.Kind, _ name: String) -> [String] {
    switch kind {
    case .tensor: ["\(name).raw"]
    case .optionalTensor: ["\(name)?.raw"]
    case .tensorList: ["\(name).map(\\.raw)", "\(name).count"]
    case .optionalTensorList: ["\(name).map { $0?.raw }", "\(name).count"]
    case .scalar: ["\(name).raw"]
    case .optionalScalar: ["\(name) != nil", "(\(name) ?? 0).raw"]
    case .scalarList: ["\(name).map(\\.raw)", "\(name).count"]
    case .integerList, .doubleList: [name, "\(name).count"]
    case .optionalIntegerList: [name, "\(name)?.count ?? 0"]
    case .optionalInteger, .optionalDouble: ["\(name) != nil", "\(name) ?? 0"]
    case .optionalBool: ["\(name) != nil", "\(name) ?? false"]
    case .integer, .double, .bool, .string, .optionalString, .generator: [name]
    case .dataType: ["\(name).rawValue"]
    case .optionalDataType: ["\(name)?.rawValue ?? -1"]
    case .device: ["\(name)?.raw ?? Device.unspecified"]
    case .layout, .pinMemory, .memoryFormat: []
    }
  }

  private func camelCase(_ name: String) -> String {
    let words = name.split(separator: "_")
    let joined =
      (words.first.map(String.init) ?? name)
      + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    return ["self", "repeat", "default", "where", "in"].contains(joined) ? joined + "_" : joined
  }
}
