extension Safetensors {
  /// What a file holds, without the tensors' elements.
  public struct Header: Hashable, Sendable {
    /// One tensor of the file.
    public struct Entry: Hashable, Sendable {
      /// The tensor's name.
      public let name: String
      /// The type of its elements.
      public let dtype: DType
      /// Its sizes.
      public let shape: Shape
      /// Where its elements lie, counted from the end of the header.
      public let byteRange: Range<Int>
    }

    /// Texts that belong to the file: a configuration, a version.
    public let metadata: [String: String]
    /// The tensors in the order of their elements.
    public let entries: [Entry]

    /// The bytes of all elements.
    public var byteCount: Int { entries.last?.byteRange.upperBound ?? 0 }
  }
}

extension Safetensors.Header {
  /// Lays tensors out: the wider types first, so that all are aligned, then by name.
  ///
  /// This is the order of the format's reference implementation.
  init(of tensors: [String: Tensor], metadata: [String: String]) {
    var end = 0
    let order = tensors.map { (name: $0, tensor: $1, dtype: $1.dtype) }.sorted {
      let ranks = ($0.dtype.safetensorsRank, $1.dtype.safetensorsRank)
      return ranks.0 == ranks.1 ? $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) : ranks.0 > ranks.1
    }
    entries = order.map { name, tensor, dtype in
      let start = end
      end += tensor.elementCount * dtype.byteCount
      return Entry(name: name, dtype: dtype, shape: tensor.shape, byteRange: start..<end)
    }
    self.metadata = metadata
  }

  /// The header as it stands in a file: its length, JSON, spaces up to a multiple of 8.
  var bytes: [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { "\(jsonText($0.key)):\(jsonText($0.value))" }
      members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
    }
    members += entries.map { entry in
      let sizes = entry.shape.map(String.init).joined(separator: ",")
      return "\(jsonText(entry.name)):{\"dtype\":\"\(entry.dtype.safetensorsName)\",\"shape\":[\(sizes)],"
        + "\"data_offsets\":[\(entry.byteRange.lowerBound),\(entry.byteRange.upperBound)]}"
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    text += Array(repeating: 0x20, count: (8 - text.count % 8) % 8)
    return littleEndianBytes(UInt64(text.count)) + text
  }

  /// Reads and checks a header: every tensor has the bytes of its shape, and all follow one another without a gap.
  init(parsing text: [UInt8]) throws(FormatFailure) {
    var scanner = ByteScanner(text)
    var metadata: [String: String] = [:]
    var entries: [Entry] = []
    guard text.first == 0x7B else { throw .damaged("its header does not start with '{'") }
    try scanner.object { (scanner, name) throws(FormatFailure) in
      if name == "__metadata__" {
        try scanner.object { (scanner, key) throws(FormatFailure) in metadata[key] = try scanner.jsonString() }
      } else {
        entries.append(try Entry(name, &scanner))
      }
    }
    guard scanner.peek() == nil else { throw scanner.unexpected("the end of the header") }
    entries.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    var end = 0
    for entry in entries {
      guard entry.byteRange.lowerBound == end else {
        let what = entry.byteRange.lowerBound < end ? "overlaps another" : "leaves a gap before it"
        throw .damaged("the tensor '\(entry.name)' \(what)")
      }
      end = entry.byteRange.upperBound
    }
    self.metadata = metadata
    self.entries = entries
  }
}

extension Safetensors.Header.Entry {
  fileprivate init(_ name: String, _ scanner: inout ByteScanner) throws(FormatFailure) {
    var typeName: String?
    var sizes: [Int]?
    var offsets: [Int]?
    try scanner.object { (scanner, key) throws(FormatFailure) in
      switch key {
      case "dtype": typeName = try scanner.jsonString()
      case "shape": sizes = try scanner.counts("[", "]", allowsTrailingComma: false)
      case "data_offsets": offsets = try scanner.counts("[", "]", allowsTrailingComma: false)
      default: throw .damaged("the tensor '\(name)' has an unknown property '\(key)'")
      }
    }
    guard let typeName, let sizes, let offsets, offsets.count == 2 else {
      throw .damaged("the tensor '\(name)' lacks one of dtype, shape and two data_offsets")
    }
    guard let dtype = DType.allCases.first(where: { $0.safetensorsName == typeName }) else {
      throw .unsupported("the tensor '\(name)' has the element type \(typeName)")
    }
    guard offsets[0] <= offsets[1] else { throw .damaged("the tensor '\(name)' ends before it starts") }
    guard sizes.count <= 64 else { throw .damaged("the tensor '\(name)' has \(sizes.count) dimensions") }
    guard let byteCount = Shape(sizes).byteCount(of: dtype) else {
      throw .damaged("the tensor '\(name)' has a shape too large for any memory, \(sizes)")
    }
    guard offsets[1] - offsets[0] == byteCount else {
      throw .damaged(
        "the tensor '\(name)' of shape \(sizes) and type \(typeName) needs \(byteCount) bytes, but has "
          + "\(offsets[1] - offsets[0])")
    }
    self.init(name: name, dtype: dtype, shape: Shape(sizes), byteRange: offsets[0]..<offsets[1])
  }
}

extension Shape {
  /// The bytes of a tensor of this shape, or nil when they cannot be counted.
  func byteCount(of dtype: DType) -> Int? {
    var product = dtype.byteCount
    // A size of 0 does not excuse the others: libtorch multiplies them too.
    for size in sizes where size > 0 {
      let (next, overflows) = product.multipliedReportingOverflow(by: size)
      guard !overflows else { return nil }
      product = next
    }
    return sizes.contains(0) ? 0 : product
  }
}

extension DType {
  /// The name in safetensors files.
  var safetensorsName: String {
    switch self {
    case .uint8: "U8"
    case .int8: "I8"
    case .int16: "I16"
    case .int32: "I32"
    case .int64: "I64"
    case .float16: "F16"
    case .float32: "F32"
    case .float64: "F64"
    case .bool: "BOOL"
    case .bfloat16: "BF16"
    }
  }

  /// The place in the order of the format's types.
  var safetensorsRank: Int {
    let order: [DType] = [.bool, .uint8, .int8, .int16, .float16, .bfloat16, .int32, .float32, .float64, .int64]
    return order.firstIndex(of: self) ?? 0
  }
}

/// A text as JSON.
private func jsonText(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case "\u{08}": result += "\\b"
    case "\u{0C}": result += "\\f"
    case "\0"..<" ": result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

/// A number's bytes, the lowest first.
func littleEndianBytes(_ number: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}
