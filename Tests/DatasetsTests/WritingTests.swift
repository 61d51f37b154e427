import Foundation
import Testing
import Torch

@testable import Datasets

@Suite struct WritingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let names = ["t.csv", "t.csv.gz", "t.tsv", "t.jsonl", "t.jsonl.gz", "t.parquet", "t.feather"]

  @Test(arguments: names)
  func roundTrip(_ name: String) throws {
    var rng = RandomGenerator(seed: 1)
    for dtype in [DType.float32, .float64] {
      let values = Tensor.normal([1000, 3], dtype: dtype, using: &rng) * 1e3
      let columns = ["plain", "with, comma", "say \"so\""]
      try Table(values: values, columnNames: columns).write(to: folder.path(name))
      let read = try Table(contentsOf: folder.path(name), options: TableOptions(dtype: dtype))
      #expect(read.columnNames == columns)
      #expect((read.values - values).absolute().max().item() == 0)
    }
    #expect(folder.contents == [name])
  }

  @Test func arraysOfNumPy() throws {
    let nan = Float.nan
    let table = Table(values: Tensor([1, 2, nan, 4, 5, 6], shape: [3, 2]), columnNames: ["a", "b"])
    let path = folder.path("t.npy")
    try table.write(to: path)
    let place = DataLocation(path: path, row: 2, column: "x1")
    #expect(datasetError { _ = try Table(contentsOf: path) } == .missingValue(place, text: "NaN"))
    let read = try Table(contentsOf: path, options: TableOptions(missingValues: .drop))
    #expect(read.numbers == [1, 2, 5, 6] && read.droppedRowCount == 1)
    #expect(try Table(contentsOf: path, options: TableOptions(columns: ["x2"])).numbers == [2, 4, 6])
    let text = OutputColumn("s", .texts(["u"]))
    #expect(datasetError { try TableWriter.write([text], to: path) }?.description.contains("'s'") == true)
  }

  @Test(arguments: ["t.csv", "t.jsonl", "t.parquet"])
  func otherColumns(_ name: String) throws {
    let columns = [
      OutputColumn("n", .integers([1, 2])), OutputColumn("s", .texts(["a,b", nil])),
      OutputColumn("x", .numbers(Tensor([Float(0.5), 1.5]))),
    ]
    try TableWriter.write(columns, to: folder.path(name))
    let options = TableOptions(oneHot: .columns(["s"]), missingValues: .drop)
    let read = try Table(contentsOf: folder.path(name), options: options)
    #expect(read.columnNames == ["n", "s=a,b", "x"])
    #expect(read.numbers == [1, 1, 0.5])
  }

  @Test func partByPart() throws {
    let first = [OutputColumn("x", .integers([1, 2]))]
    let writer = try TableWriter(path: folder.path("p.csv"), columns: first)
    try writer.append(first)
    try writer.append([OutputColumn("x", .integers([3]))])
    #expect(!FileManager.default.fileExists(atPath: folder.path("p.csv")))
    try writer.commit()
    #expect(try String(contentsOfFile: folder.path("p.csv"), encoding: .utf8) == "x\n1\n2\n3\n")
  }

  @Test func nothingIsLeftOfAnUnfinishedFile() throws {
    let path = try folder.file("old.csv", "x\n9\n")
    for name in ["old.csv", "new.parquet"] {
      let columns = [OutputColumn("x", .integers([1]))]
      let writer = try TableWriter(path: folder.path(name), columns: columns)
      try writer.append(columns)
    }
    #expect(folder.contents == ["old.csv"])
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "x\n9\n")
  }

  @Test func badPlaces() throws {
    let table = Table(values: Tensor.ones([1, 1]), columnNames: ["a"])
    let nowhere = folder.path("no/such/t.csv")
    #expect(datasetError { try table.write(to: nowhere) } == .notFound(path: nowhere))
    #expect(datasetError { try table.write(to: folder.path("t.xyz")) } == .unknownFormat(path: folder.path("t.xyz")))
    try FileManager.default.createDirectory(atPath: folder.path("d.csv"), withIntermediateDirectories: false)
    #expect(datasetError { try table.write(to: folder.path("d.csv")) } == .isDirectory(path: folder.path("d.csv")))
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func fullDisk() throws {
    // A link is followed, so the device that is always full stands in for a full disk.
    let columns = [OutputColumn("x", .numbers(Tensor.ones([100_000])))]
    for name in ["full.csv", "full.parquet", "full.csv.gz"] {
      let path = folder.path(name)
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
      #expect(datasetError { try TableWriter.write(columns, to: path) } == .diskFull(path: path))
    }
  }
}
