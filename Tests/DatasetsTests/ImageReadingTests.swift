import Datasets
import Foundation
import Testing
import Torch

@Suite struct ImageReadingTests {
  /// Three images of 2 x 4 pixels.
  private let pixels: [UInt8] = (0..<24).map { UInt8($0 * 10) }
  private let head: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4]

  private func withFile(_ name: String, _ bytes: [UInt8], _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: name)
    try Data(bytes).write(to: file)
    try body(file.path)
  }

  @Test func imagesAreReadRowByRow() throws {
    try withFile("three-images-idx3-ubyte", head + pixels) { path in
      let images = try #require(try LabelledImages.found(at: path))
      #expect(images.height == 2 && images.width == 4 && images.levels == 256 && images.labels == nil)
      #expect(images.values.doubles() == pixels.map { Double($0) } && images.values.shape == [3, 8])
      #expect(images.table.columnNames[5] == "pixel_1_1")
      let labels = path.replacing("three-images-idx3", with: "three-labels-idx1")
      try Data([0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9]).write(to: URL(filePath: labels))
      #expect(try LabelledImages(contentsOf: path).labels?.scalars(as: Int.self) == [7, 0, 9])
      try Data([0, 0, 8, 1, 0, 0, 0, 2, 7, 0]).write(to: URL(filePath: labels))
      #expect(throws: DatasetError.self) { try LabelledImages(contentsOf: path) }
    }
  }

  @Test func damagedFilesAreRefused() throws {
    let sizes: [UInt8] = [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]
    for bytes in [
      [], Array(head.prefix(10)), head + pixels.dropLast(), head + pixels + [1], [0, 0, 13, 3] + head[4...] + pixels,
      [0, 0, 8, 3] + sizes, [0, 0, 8, 3] + [UInt8](repeating: 0, count: 12), [0x1F, 0x8B, 8, 0, 1, 2],
    ] as [[UInt8]] {
      try withFile("idx3-ubyte", bytes) { path in
        #expect(throws: DatasetError.self, "\(bytes)") { try LabelledImages.found(at: path) }
      }
    }
  }

  @Test func otherNamesAreNoImages() throws {
    #expect(try LabelledImages.found(at: "/nowhere/idx3-ubyte") == nil)
    try withFile("table.csv", [65]) { path in
      let images = try LabelledImages.found(at: path)
      #expect(images == nil)
    }
  }

  /// From Python: `base64.b64encode(gzip.compress(head + pixels, mtime=0))`.
  @Test func compressedFilesAreRead() throws {
    let compressed = try #require(
      Data(base64Encoded: "H4sIAAAAAAACA2Ng4GBmYGAAYSYgZmHgEpHTMLJxC4hKyato6pm2YNWWfScu3XkGABss3IcoAAAA"))
    try withFile("x-idx3-ubyte.gz", Array(compressed)) { path in
      let images = try LabelledImages.found(at: path)
      #expect(images?.values.doubles() == pixels.map { Double($0) })
    }
    var damaged = Array(compressed)
    damaged[damaged.count - 6] ^= 1
    try withFile("x-idx3-ubyte.gz", damaged) { path in
      #expect(throws: DatasetError.self) { try LabelledImages.found(at: path) }
    }
  }
}
