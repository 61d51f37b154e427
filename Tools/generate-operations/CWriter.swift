/// Writes the C declaration and the C++ definition of one operation.
struct CWriter {
  let schema: Schema

  /// `int32_t ct_add_Tensor(CTTensor self, ..., CTTensor *out, char **message)`.
  var signature: String {
    let parameters = schema.arguments.flatMap(parameters) + outputs + ["char **message"]
    return "int32_t ct_\(schema.identifier)(\(parameters.joined(separator: ", ")))"
  }

  var declaration: String { "\(signature) CT_NOEXCEPT;" }

  var definition: String {
    let call = "at::_ops::\(schema.identifier)::call(\(schema.arguments.map(conversion).joined(separator: ", ")))"
    return """
      \(signature) CT_NOEXCEPT {
        return guarded(message, [&] {
      \(seeding)\(store(call))
        });
      }
      """
  }

  private func parameters(of argument: Schema.Argument) -> [String] {
    let name = cName(argument)
    return switch argument.kind {
    case .tensor, .optionalTensor: ["CTTensor \(name)"]
    case .tensorList, .optionalTensorList: ["const CTTensor *\(name)", "ptrdiff_t \(name)_count"]
    case .scalar: ["CTScalar \(name)"]
    case .optionalScalar: ["bool has_\(name)", "CTScalar \(name)"]
    case .scalarList: ["const CTScalar *\(name)", "ptrdiff_t \(name)_count"]
    case .integer: ["ptrdiff_t \(name)"]
    case .optionalInteger: ["bool has_\(name)", "ptrdiff_t \(name)"]
    case .integerList, .optionalIntegerList: ["const ptrdiff_t *\(name)", "ptrdiff_t \(name)_count"]
    case .double: ["double \(name)"]
    case .optionalDouble: ["bool has_\(name)", "double \(name)"]
    case .doubleList: ["const double *\(name)", "ptrdiff_t \(name)_count"]
    case .bool: ["bool \(name)"]
    case .optionalBool: ["bool has_\(name)", "bool \(name)"]
    case .dataType, .optionalDataType: ["int8_t \(name)"]
    case .device: ["CTDevice \(name)"]
    case .string, .optionalString: ["const char *\(name)"]
    case .generator: ["uint64_t seed"]
    case .layout, .pinMemory, .memoryFormat: []
    }
  }

  private var outputs: [String] {
    if schema.isInPlace || schema.results.isEmpty { return [] }
    return schema.results.enumerated().flatMap { index, kind in
      switch kind {
      case .tensorList: ["CTTensor **out\(index)", "ptrdiff_t *out\(index)_count"]
      case .bool: ["bool *out\(index)"]
      case .integer: ["ptrdiff_t *out\(index)"]
      case .double: ["double *out\(index)"]
      default: ["CTTensor *out\(index)"]
      }
    }
  }

  private func conversion(of argument: Schema.Argument) -> String {
    let name = cName(argument)
    return switch argument.kind {
    case .tensor: argument.isMutable ? "borrowMutable(\(name))" : "borrow(\(name))"
    case .optionalTensor: "optionalTensor(\(name))"
    case .tensorList: "tensorList(\(name), \(name)_count)"
    case .optionalTensorList: "optionalTensorList(\(name), \(name)_count)"
    case .scalar: "toScalar(\(name))"
    case .optionalScalar: "optionalScalar(has_\(name), \(name))"
    case .scalarList: "scalarList(\(name), \(name)_count)"
    case .integer, .double, .bool: name
    case .optionalInteger: "optionalInteger(has_\(name), \(name))"
    case .optionalDouble, .optionalBool: "optionalValue(has_\(name), \(name))"
    case .integerList: "IntegerList{\(name), \(name)_count}"
    case .optionalIntegerList: "OptionalIntegerList{\(name), \(name)_count}"
    case .doubleList: "at::ArrayRef<double>(\(name), \(name)_count)"
    case .dataType: "dataType(\(name))"
    case .optionalDataType: "optionalDataType(\(name))"
    case .device: "toDevice(\(name))"
    case .string: "\(name)"
    case .optionalString: "optionalString(\(name))"
    case .generator: "generator"
    case .layout, .pinMemory, .memoryFormat:
      argument.defaultValue == "contiguous_format" ? "at::MemoryFormat::Contiguous" : "std::nullopt"
    }
  }

  /// A random operation takes a seed; the generator that it makes lives where the result will.
  private var seeding: String {
    guard schema.arguments.contains(where: { $0.kind == .generator }) else { return "" }
    let place =
      schema.arguments.first { $0.kind == .device }.map { "deviceOrCPU(\(cName($0)))" }
      ?? schema.arguments.first { $0.kind == .tensor }.map { "borrow(\(cName($0))).device()" } ?? "at::Device(at::kCPU)"
    return "    at::Generator generator = seededGenerator(\(place), seed);\n"
  }

  private func store(_ call: String) -> String {
    if schema.isInPlace || schema.results.isEmpty { return "    \(call);" }
    if schema.results.count == 1 { return "    store(\(outputNames(0)), \(call));" }
    let stores = schema.results.indices.map { "    store(\(outputNames($0)), std::move(std::get<\($0)>(results)));" }
    return (["    auto results = \(call);"] + stores).joined(separator: "\n")
  }

  private func outputNames(_ index: Int) -> String {
    schema.results[index] == .tensorList ? "out\(index), out\(index)_count" : "out\(index)"
  }

  private func cName(_ argument: Schema.Argument) -> String {
    ["default", "register", "auto", "this"].contains(argument.name) ? argument.name + "_" : argument.name
  }
}
