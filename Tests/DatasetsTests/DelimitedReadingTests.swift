import Foundation
import Testing
import Torch

@testable import Datasets

@Suite struct DelimitedReadingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ text: String, _ name: String = "t.csv", _ options: TableOptions = TableOptions()) throws -> Table
  {
    try Table(contentsOf: folder.file(name, text), options: options)
  }

  @Test func numbersInTheirPlaces() throws {
    let table = try read("a,b\n1,2.5\n-3e2,+4\n")
    #expect(table.columnNames == ["a", "b"])
    #expect(table.values.dtype == .float32)
    #expect(table.numbers == [1, 2.5, -300, 4])
  }

  @Test(arguments: [
    "a,b\r\n1,2\r\n3,4\r\n", "\u{FEFF}a,b\n1,2\n3,4", "\"a\",\"b\"\n\"1\",\"2\"\n3,4\n", "a;b\n1;2\n3;4\n",
    "a\tb\n1\t2\n3\t4\n", "a|b\n1|2\n3|4\n", "a , b\n 1 , 2\n3,4 \n", "\na,b\n\n1,2\n\n3,4\n\n", "a,b\r1,2\r3,4\r",
  ])
  func waysToWriteTheSame(_ text: String) throws {
    let table = try read(text)
    #expect(table.columnNames == ["a", "b"])
    #expect(table.numbers == [1, 2, 3, 4])
  }

  @Test func tabsInTSV() throws {
    let table = try read("a,1\tb\n1\t2\n", "t.tsv")
    #expect(table.columnNames == ["a,1", "b"])
  }

  @Test func noHeaderWhenTheFirstLineIsNumbers() throws {
    let table = try read("1,2\n3,4\n")
    #expect(table.columnNames == ["x1", "x2"])
    #expect(table.rowCount == 2)
    #expect(try read("1,2\n3,4\n", "t.csv", TableOptions(header: .present)).columnNames == ["1", "2"])
    #expect(try read("3,4\n", "t.csv", TableOptions(header: .absent)).numbers == [3, 4])
  }

  @Test func namesInLatin1() throws {
    let path = try folder.file("l.csv", Data([0x68, 0xF6, 0x68, 0x65, 0x0A, 0x31, 0x0A]))
    #expect(try Table(contentsOf: path).columnNames == ["höhe"])
  }

  @Test func lineEndsInsideQuotes() throws {
    let table = try read(
      "text,x\n\"one\ntwo\",1\n\"three \"\"3\"\"\",2\n", "t.csv", TableOptions(columns: ["x"]))
    #expect(table.numbers == [1, 2])
  }

  @Test func manyBlocksKeepTheirOrder() throws {
    let count = 400_000
    var text = "i,half,\"quoted\"\n"
    for row in 0..<count { text += "\(row),\(row).5,\"\(row)\"\n" }
    let table = try read(text, "t.csv", TableOptions(dtype: .float64))
    #expect(table.rowCount == count)
    let expected = Tensor.range(count, dtype: .float64)
    for (column, shift) in [(0, 0.0), (1, 0.5), (2, 0.0)] {
      let difference = table.values.narrowed(1, from: column, length: 1).squeezed(1) - expected - shift
      #expect(difference.absolute().max().item() == 0)
    }
  }

  @Test func chosenAndExcludedColumns() throws {
    let text = "a,b,c\n1,2,3\n"
    #expect(try read(text, "t.csv", TableOptions(columns: ["c", "a"])).numbers == [3, 1])
    #expect(try read(text, "t.csv", TableOptions(excluded: ["b"])).columnNames == ["a", "c"])
  }

  @Test func booleansAreZeroAndOne() throws {
    #expect(try read("a\ntrue\nFALSE\nTrue\n").numbers == [1, 0, 1])
  }

  @Test(arguments: ["", "NA", "NaN", "nan", "null", "?"])
  func missingValues(_ spelling: String) throws {
    let text = "a,b\n1,2\n3,\(spelling)\n5,6\n"
    let path = try folder.file("m.csv", text)
    let error = datasetError { _ = try Table(contentsOf: path) }
    #expect(error == .missingValue(DataLocation(path: path, row: 2, line: 3, column: "b"), text: spelling))
    let dropped = try read(text, "t.csv", TableOptions(missingValues: .drop))
    #expect(dropped.numbers == [1, 2, 5, 6])
    #expect(dropped.droppedRowCount == 1)
    #expect(dropped.warnings.count == 1)
    #expect(try read(text, "t.csv", TableOptions(missingValues: .keep)).values.isNaN().nonzeroCount() == 1)
  }

  @Test func infiniteAndTooLarge() throws {
    let path = try folder.file("i.csv", "a\n1\ninf\n")
    let place = DataLocation(path: path, row: 2, line: 3, column: "a")
    #expect(datasetError { _ = try Table(contentsOf: path) } == .notFinite(place, text: "inf"))
    #expect(datasetError { _ = try read("a\n1\n1e300\n") }?.description.contains("64-bit") == true)
    #expect(try read("a\n1\n1e300\n", "t.csv", TableOptions(dtype: .float64)).numbers == [1, 1e300])
  }

  @Test func largeIntegersAreToldOf() throws {
    let table = try read("id\n1\n16777217\n")
    #expect(table.warnings.first?.contains("'id'") == true)
    #expect(try read("id\n1\n16777217\n", "t.csv", TableOptions(dtype: .float64)).warnings.isEmpty)
    #expect(try read("id\n1\n9007199254740993\n", "t.csv", TableOptions(dtype: .float64)).warnings.count == 1)
  }

  @Test func compressedText() throws {
    try Table(values: Tensor([Float(1), 2], shape: [2, 1]), columnNames: ["a"]).write(to: folder.path("z.csv.gz"))
    #expect(try Table(contentsOf: folder.path("z.csv.gz")).numbers == [1, 2])
  }
}
