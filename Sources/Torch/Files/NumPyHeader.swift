/// The head of an array in NumPy's format: element type, order and shape.
struct NumPyHeader {
  let dtype: DType
  let shape: Shape
  let isFortranOrder: Bool
  /// Where the elements start, from the array's start.
  let dataOffset: Int
  let byteCount: Int

  /// The bytes that hold magic, version and header length of every version.
  static let prefixByteCount = 12

  /// The bytes before the elements, from the array's first bytes.
  static func dataOffset(_ prefix: [UInt8]) throws(FormatFailure) -> Int {
    guard prefix.count >= 10, prefix.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw .damaged("it does not start as an array of NumPy")
    }
    switch prefix[6] {
    case 1: return 10 + Int(prefix[8]) + Int(prefix[9]) << 8
    case 2, 3:
      guard prefix.count >= 12 else { throw .damaged("it ends within its header") }
      return 12 + prefix[8..<12].reversed().reduce(0) { $0 << 8 | Int($1) }
    default: throw .unsupported("it has version \(prefix[6]) of NumPy's format")
    }
  }

  /// Reads a header, given all bytes before the elements.
  init(parsing bytes: [UInt8]) throws(FormatFailure) {
    let start = bytes.count > 6 && bytes[6] == 1 ? 10 : 12
    guard bytes.count >= start else { throw .damaged("it ends within its header") }
    var scanner = ByteScanner(Array(bytes[start...]))
    var description: String?
    var isFortranOrder: Bool?
    var sizes: [Int]?
    try scanner.expect("{")
    while !scanner.take("}") {
      let key = try scanner.pythonString()
      try scanner.expect(":")
      switch key {
      case "descr" where description == nil: description = try NumPyHeader.description(&scanner)
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try NumPyHeader.truth(&scanner)
      case "shape" where sizes == nil: sizes = try scanner.counts("(", ")", allowsTrailingComma: true)
      default: throw .damaged("its header names '\(key)', which is unknown or there twice")
      }
      if !scanner.take(",") {
        try scanner.expect("}")
        break
      }
    }
    guard scanner.peek() == nil else { throw scanner.unexpected("the end of the header") }
    guard let description, let isFortranOrder, let sizes else {
      throw .damaged("its header lacks one of descr, fortran_order and shape")
    }
    guard sizes.count <= 64 else { throw .damaged("its shape has \(sizes.count) dimensions") }
    dtype = try NumPyHeader.dtype(description)
    guard let byteCount = Shape(sizes).byteCount(of: dtype) else {
      throw .damaged("its shape is too large for any memory, \(sizes)")
    }
    shape = Shape(sizes)
    self.isFortranOrder = isFortranOrder
    self.byteCount = byteCount
    dataOffset = bytes.count
  }

  /// The header of a tensor, padded to 64 bytes: what `numpy.save` writes, byte for byte.
  ///
  /// The first spaces leave room for the first size to grow to 21 digits, as NumPy does.
  static func bytes(of tensor: Tensor) throws(FormatFailure) -> [UInt8] {
    guard let description = tensor.dtype.numPyDescription else {
      throw .unsupported("NumPy has no type \(tensor.dtype); convert the tensor first, for instance to float32")
    }
    let sizes = tensor.shape.map(String.init)
    let tuple = "(\(sizes.joined(separator: ", "))\(sizes.count == 1 ? "," : ""))"
    var text = "{'descr': '\(description)', 'fortran_order': False, 'shape': \(tuple), }"
    if let first = sizes.first { text += String(repeating: " ", count: 21 - first.utf8.count) }
    text += String(repeating: " ", count: 64 - (10 + text.utf8.count + 1) % 64) + "\n"
    // 64 dimensions of 20 digits fit: version 1 has room for 65535 bytes.
    return [0x93] + Array("NUMPY".utf8) + [1, 0] + littleEndianBytes(UInt16(text.utf8.count)) + Array(text.utf8)
  }

  private static func description(_ scanner: inout ByteScanner) throws(FormatFailure) -> String {
    guard scanner.peek() != "[" else {
      throw .unsupported("it is a structured array; save its fields as arrays of their own")
    }
    return try scanner.pythonString()
  }

  private static func truth(_ scanner: inout ByteScanner) throws(FormatFailure) -> Bool {
    if scanner.take(word: "True") { return true }
    if scanner.take(word: "False") { return false }
    throw scanner.unexpected("True or False")
  }

  private static func dtype(_ description: String) throws(FormatFailure) -> DType {
    let kind = description.dropFirst()
    switch description.first {
    case ">" where description.last != "1":
      throw .unsupported("its numbers are big-endian ('\(description)'); use array.astype('<\(kind)')")
    case "<", "|", "=", ">":
      if kind.hasPrefix("O") {
        throw .unsupported("it holds Python objects, which would have to be executed to be read")
      }
      if let dtype = DType.allCases.first(where: { $0.numPyDescription?.dropFirst() == kind }) { return dtype }
      fallthrough
    default:
      throw .unsupported("it has the element type '\(description)'; use f2, f4, f8, i1, i2, i4, i8, u1 or b1")
    }
  }
}

extension DType {
  /// The name in NumPy's files, or nil when NumPy has no such type.
  var numPyDescription: String? {
    switch self {
    case .uint8: "|u1"
    case .int8: "|i1"
    case .int16: "<i2"
    case .int32: "<i4"
    case .int64: "<i8"
    case .float16: "<f2"
    case .float32: "<f4"
    case .float64: "<f8"
    case .bool: "|b1"
    case .bfloat16: nil
    }
  }
}
