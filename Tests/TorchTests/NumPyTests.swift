import Foundation
import Testing
import Torch
import _TestSupport

struct NumPyTests {
  static let types: [(String, DType)] = [
    ("f2", .float16), ("f4", .float32), ("f8", .float64), ("i1", .int8), ("i2", .int16), ("i4", .int32),
    ("i8", .int64), ("u1", .uint8), ("b1", .bool),
  ]

  @Test(arguments: types)
  func readsAndWritesTheSameBytes(_ name: String, _ dtype: DType) throws {
    let url = fixture("\(name).npy")
    let tensor = try NumPyFile.read(url)
    #expect(tensor.dtype == dtype && tensor.shape == [2, 3] && tensor.doubles() == fixtureNumbers(dtype))
    try expectSameBytes(tensor, url)
  }

  @Test(arguments: [("scalar", []), ("vector", [5]), ("empty", [0, 4])] as [(String, Shape)])
  func readsOtherShapes(_ name: String, _ shape: Shape) throws {
    let tensor = try NumPyFile.read(fixture("\(name).npy"))
    #expect(tensor.shape == shape)
    try expectSameBytes(tensor, fixture("\(name).npy"))
  }

  private func expectSameBytes(_ tensor: Tensor, _ url: URL) throws {
    try withTemporaryFolder { folder in
      let copy = folder.appendingPathComponent(url.lastPathComponent)
      try NumPyFile.write(tensor, to: copy)
      #expect(try Data(contentsOf: copy) == Data(contentsOf: url))
      try keep(copy)
    }
  }

  @Test(arguments: ["fortran", "version2", "version3"])
  func readsOtherOrdersAndVersions(_ name: String) throws {
    let tensor = try NumPyFile.read(fixture("\(name).npy"))
    #expect(tensor.isEqual(to: Tensor.range(24, dtype: .float32).reshaped([2, 3, 4])))
  }

  @Test(arguments: [
    ("big-endian", "astype('<f4')"), ("object", "Python objects"), ("fields", "structured"), ("complex", "'<c8'"),
    ("unsigned", "'<u4'"),
  ])
  func refusesWhatTensorsCannotHold(_ name: String, _ reason: String) {
    let error = #expect(throws: TensorFileError.self) { try NumPyFile.read(fixture("\(name).npy")) }
    #expect(error?.description.contains(reason) == true)
  }

  static let headers: [(String, String)] = [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "follow the header"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "negative"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "too large"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "too large"),
    ("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,), }", "True or False"),
    ("{'descr': '<f4', 'shape': (1,), }", "lacks one of"),
    ("{'descr': '<f4', 'descr': '<f4', }", "twice"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", "unknown"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", "end of the header"),
    ("__import__('os')", "expected"),
    ("", "the end"),
  ]

  @Test(arguments: headers)
  func refusesBrokenHeaders(_ header: String, _ reason: String) throws {
    let bytes = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + [0, 0, 0, 0]
    let error = try expectRefused(bytes)
    #expect(error?.description.contains(reason) == true)
  }

  @Test func refusesOtherFiles() throws {
    _ = try expectRefused([])
    _ = try expectRefused(Array("PK".utf8))
    _ = try expectRefused([0x93] + Array("NUMPY".utf8) + [9, 0, 0, 0, 0, 0])
    _ = try expectRefused([0x93] + Array("NUMPY".utf8) + [1, 0, 255, 255])
    _ = try expectRefused([0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255])
  }

  private func expectRefused(_ bytes: [UInt8]) throws -> TensorFileError? {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("broken.npy")
      try Data(bytes).write(to: url)
      return #expect(throws: TensorFileError.self) { try NumPyFile.read(url) }
    }
  }

  @Test func refusesToWriteBfloat16() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("x.npy")
      #expect(throws: TensorFileError.self) { try NumPyFile.write(Tensor([1.0]).to(.bfloat16), to: url) }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left.isEmpty)
    }
  }
}

struct NumPyArchiveTests {
  @Test func readsStoredArraysAndWritesTheSameBytes() throws {
    let archive = try NumPyArchive(contentsOf: fixture("stored.npz"))
    #expect(archive.tensors["a"]?.isEqual(to: Tensor.range(6, dtype: .float32).reshaped([2, 3])) == true)
    #expect(archive.tensors["b"]?.isEqual(to: Tensor([1, 2])) == true && archive.tensors["s"]?.item() == 0.5)
    try withTemporaryFolder { folder in
      let copy = folder.appendingPathComponent("stored.npz")
      try archive.write(to: copy)
      #expect(try Data(contentsOf: copy) == Data(contentsOf: fixture("stored.npz")))
      try keep(copy)
    }
  }

  @Test func readsCompressedArrays() throws {
    let archive = try NumPyArchive(contentsOf: fixture("compressed.npz"))
    let steps = (0..<4000).map { Double($0 / 7 % 50) }
    #expect(archive.tensors["steps"]?.dtype == .int16 && archive.tensors["steps"]?.doubles() == steps)
    #expect(archive.tensors["noise"]?.shape == [3000])
    #expect(archive.tensors["zeros"]?.shape == [50_000] && archive.tensors["zeros"]?.nonzeroCount() == 0)
    // Its block has the fixed code, and the archive a comment.
    #expect(try NumPyArchive(contentsOf: fixture("fixed-block.npz")).tensors["x"]?.doubles() == [1, 2, 3])
  }

  @Test func namesWhatIsNoArray() {
    let error = #expect(throws: TensorFileError.self) { try NumPyArchive(contentsOf: fixture("text-part.npz")) }
    #expect(error?.description.contains("readme.txt") == true)
    #expect(throws: TensorFileError.self) { try NumPyArchive(contentsOf: fixture("f4.npy")) }
  }

  /// Whatever byte is wrong, the reader ends with an error or with an archive, never beyond its memory.
  @Test(arguments: [("stored.npz", 5), ("fixed-block.npz", 1)])
  func changedBytesNeverStopTheProgram(_ name: String, every step: Int) throws {
    let whole = try Data(contentsOf: fixture(name))
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("changed.npz")
      for index in stride(from: 0, to: whole.count, by: step) {
        for value in [0, 0xFF, whole[index] ^ 1] where value != whole[index] {
          var changed = whole
          changed[index] = value
          try changed.write(to: url)
          _ = try? NumPyArchive(contentsOf: url)
        }
        try whole.prefix(index).write(to: url)
        #expect(throws: TensorFileError.self) { try NumPyArchive(contentsOf: url) }
      }
    }
  }

  @Test func wrongContentsFailTheChecksum() throws {
    var whole = try Data(contentsOf: fixture("compressed.npz"))
    whole[1500] ^= 0x10
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("changed.npz")
      try whole.write(to: url)
      #expect(throws: TensorFileError.self) { try NumPyArchive(contentsOf: url) }
    }
  }
}
