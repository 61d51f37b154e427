import Foundation
import Testing
import Torch
import _TestSupport

/// A file that the Python libraries wrote; see `Tests/References/generate_tensor_files.py`.
func fixture(_ name: String) -> URL { Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)") }

/// Where a run that `check_tensor_files.py` looks at keeps the files that Swift wrote.
func keep(_ url: URL) throws {
  guard let folder = ProcessInfo.processInfo.environment["TENSOR_FILES"] else { return }
  let target = URL(fileURLWithPath: folder)
  try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
  try Data(contentsOf: url).write(to: target.appendingPathComponent(url.lastPathComponent))
}

/// The numbers of the fixtures' arrays.
func fixtureNumbers(_ dtype: DType) -> [Double] {
  switch dtype {
  case .bool: [1, 0, 1, 1, 0, 0]
  case .uint8: [0, 1, 2, 127, 128, 255]
  case .int8, .int16, .int32, .int64: [0, 1, -1, 127, -128, 5]
  default: [0, 0.5, -1.25, 3, -1024, 0.0078125]
  }
}

struct SafetensorsTests {
  @Test func readsAllTypes() throws {
    let file = try Safetensors(contentsOf: fixture("all-types.safetensors"))
    let names: [(String, DType)] = [
      ("f64", .float64), ("f32", .float32), ("f16", .float16), ("bf16", .bfloat16), ("i64", .int64), ("i32", .int32),
      ("i16", .int16), ("i8", .int8), ("u8", .uint8), ("bool", .bool),
    ]
    for (name, dtype) in names {
      let tensor = try #require(file.tensors[name])
      #expect(tensor.dtype == dtype && tensor.shape == [2, 3] && tensor.doubles() == fixtureNumbers(dtype))
    }
    #expect(file.tensors["scalar"]?.shape == [] && file.tensors["scalar"]?.item() == 2.5)
    #expect(file.tensors["empty"]?.shape == [0, 4])
    #expect(file.tensors["layers.0.weight"]?.doubles() == [0, 1, 2, 3, 4, 5])
    #expect(file.tensors["Größe \"\\"]?.doubles() == [1])
    #expect(file.tensors.count == 14)
    #expect(file.metadata == ["note": "a \"text\"\nof\ttwo lines, ü, \u{1}"])
  }

  @Test(arguments: ["all-types.safetensors", "plain.safetensors"])
  func writesTheSameBytesAsThePythonLibrary(_ name: String) throws {
    let file = try Safetensors(contentsOf: fixture(name))
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent(name)
      try file.write(to: url)
      #expect(try Data(contentsOf: url) == Data(contentsOf: fixture(name)))
      try keep(url)
    }
  }

  @Test func headersAreReadAlone() throws {
    let header = try Safetensors.header(of: fixture("plain.safetensors"))
    let entry = try #require(header.entries.first)
    #expect(entry.name == "weight" && entry.dtype == .float32 && entry.shape == [2] && entry.byteRange == 0..<8)
    #expect(header.metadata.isEmpty && header.byteCount == 8)
  }

  @Test func tensorsKeepTheirBits() throws {
    let numbers = [Double.nan, -0.0, .infinity, .leastNonzeroMagnitude, 1.0 / 3]
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("bits.safetensors")
      // Views with strides are written in row-major order.
      let matrix = Tensor((0..<6).map(Double.init), shape: [2, 3]).transposed()
      try Safetensors(tensors: ["x": Tensor(numbers), "m": matrix]).write(to: url)
      let file = try Safetensors(contentsOf: url)
      let back: [Double] = try #require(file.tensors["x"]).scalars()
      #expect(back.map(\.bitPattern) == numbers.map(\.bitPattern))
      #expect(file.tensors["m"]?.isEqual(to: matrix) == true)
    }
  }

  @Test func aFailedWriteLeavesWhatWasThere() throws {
    try withTemporaryFolder { folder in
      let missing = folder.appendingPathComponent("missing/x.safetensors")
      #expect(throws: TensorFileError.self) { try Safetensors(tensors: [:]).write(to: missing) }
      #expect(throws: TensorFileError.self) { try Safetensors(tensors: [:]).write(to: folder) }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left.isEmpty)
    }
  }

  @Test func replacesAFileWhole() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("x.safetensors")
      try Safetensors(tensors: ["a": Tensor([1.0])]).write(to: url)
      let old = try Safetensors(contentsOf: url)
      try Safetensors(tensors: ["b": Tensor([2.0])]).write(to: url)
      #expect(old.tensors["a"]?.item() == 1)
      #expect(Array(try Safetensors(contentsOf: url).tensors.keys) == ["b"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x.safetensors"])
    }
  }
}

/// Files that are broken, or made to break a reader: each is refused with the reason.
struct BrokenSafetensorsTests {
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let reason: String
    let bytes: [UInt8]

    init(_ name: String, _ reason: String, bytes: [UInt8]) {
      testDescription = name
      self.reason = reason
      self.bytes = bytes
    }

    init(_ name: String, _ reason: String, header: String, data: Int = 8) {
      let text = Array(header.utf8)
      let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
      self.init(name, reason, bytes: length + text + [UInt8](repeating: 0, count: data))
    }

    init(_ name: String, _ reason: String, tensor: String, data: Int = 8) {
      self.init(name, reason, header: "{\"w\":{\(tensor)}}", data: data)
    }
  }

  static let good = #""dtype":"F32","shape":[2],"data_offsets":[0,8]"#

  static let cases: [Case] = [
    Case("empty", "fewer than the length", bytes: []),
    Case("half a length", "fewer than the length", bytes: [1, 2, 3]),
    Case("huge header", "are the limit", bytes: Array(repeating: 0xFF, count: 16)),
    Case("header past the end", "but has 2 after", bytes: [100, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D]),
    Case("no JSON", "does not start", header: "hello"),
    Case("JSON list", "does not start", header: "[]"),
    Case("JSON cut off", "the end", header: "{\"w\":{"),
    Case("text after JSON", "end of the header", header: "{} {}", data: 0),
    Case("not UTF-8", "not UTF-8", bytes: [5, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x22, 0xFF, 0x22, 0x7D]),
    Case("name twice", "names 'w' twice", header: "{\"w\":{\(good)},\"w\":{\(good)}}"),
    Case("property twice", "names 'shape' twice", tensor: #""shape":[2],"shape":[2]"#),
    Case("unknown property", "unknown property", tensor: good + #","x":1"#),
    Case("no shape", "lacks one of", tensor: #""dtype":"F32","data_offsets":[0,8]"#),
    Case("three offsets", "lacks one of", tensor: #""dtype":"F32","shape":[2],"data_offsets":[0,8,8]"#),
    Case("unknown type", "element type F33", tensor: #""dtype":"F33","shape":[2],"data_offsets":[0,8]"#),
    Case("negative size", "negative", tensor: #""dtype":"F32","shape":[-2],"data_offsets":[0,8]"#),
    Case("fractional size", "whole number", tensor: #""dtype":"F32","shape":[2.5],"data_offsets":[0,8]"#),
    Case(
      "number too large", "too large", tensor: #""dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]"#),
    Case(
      "product overflows", "too large", tensor: #""dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]"#),
    Case(
      "product overflows beside 0", "too large",
      tensor: #""dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]"#, data: 0),
    Case("wrong size", "needs 12 bytes, but has 8", tensor: #""dtype":"F32","shape":[3],"data_offsets":[0,8]"#),
    Case("ends before it starts", "ends before", tensor: #""dtype":"F32","shape":[2],"data_offsets":[8,0]"#),
    Case("past the end", "take 8 bytes, but 4 follow", tensor: good, data: 4),
    Case("trailing bytes", "take 8 bytes, but 9 follow", tensor: good, data: 9),
    Case("gap at the start", "gap", tensor: #""dtype":"F32","shape":[1],"data_offsets":[4,8]"#),
    Case(
      "gap between", "gap",
      header:
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}"#),
    Case("overlap", "overlaps", header: "{\"a\":{\(good)},\"b\":{\(good)}}"),
    Case("metadata with numbers", "'\"'", header: #"{"__metadata__":{"a":1}}"#, data: 0),
    Case("bool of 2", "neither 0 nor 1", bytes: boolOfTwo),
    Case(
      "many dimensions", "100 dimensions",
      tensor:
        "\"dtype\":\"U8\",\"shape\":[\(Array(repeating: "1", count: 100).joined(separator: ","))],\"data_offsets\":[0,1]",
      data: 1),
  ]

  private static let boolOfTwo: [UInt8] = {
    let header = Array(#"{"w":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}"#.utf8)
    return [UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header + [2]
  }()

  @Test(arguments: cases)
  func isRefused(_ broken: Case) throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("broken.safetensors")
      try Data(broken.bytes).write(to: url)
      let error = #expect(throws: TensorFileError.self) { try Safetensors(contentsOf: url) }
      let text = error?.description ?? ""
      #expect(text.contains(broken.reason) && text.contains(url.path))
    }
  }

  @Test func everyCutIsRefused() throws {
    let whole = try Data(contentsOf: fixture("all-types.safetensors"))
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("cut.safetensors")
      for count in stride(from: 0, to: whole.count, by: 7) {
        try whole.prefix(count).write(to: url)
        #expect(throws: TensorFileError.self) { try Safetensors(contentsOf: url) }
      }
    }
  }

  @Test func unknownTypesAndFoldersAreNamed() throws {
    let error = #expect(throws: TensorFileError.self) {
      try Safetensors(contentsOf: fixture("unsupported.safetensors"))
    }
    #expect(error?.description.contains("U32") == true)
    #expect(throws: TensorFileError.self) { try Safetensors(contentsOf: fixture("")) }
    #expect(throws: TensorFileError.self) { try Safetensors(contentsOf: fixture("no such file")) }
  }
}
