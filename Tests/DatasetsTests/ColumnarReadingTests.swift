import Testing
import Torch

@testable import Datasets

/// Files written by other programs: `Tests/References/dataset_fixtures.py`.
@Suite struct ColumnarReadingTests {
  @Test(arguments: ["mixed.parquet", "mixed.feather"])
  func plainTypes(_ name: String) throws {
    let columns = ["price", "integer", "float", "single", "flag"]
    let table = try Table(contentsOf: Fixture.path(name), options: TableOptions(columns: columns))
    #expect(table.columnNames == columns)
    #expect(table.values[0].doubles() == [0, 1, 0.5, 0.25, 1])
    #expect(table.values[5].doubles() == [5, 6, 5.5, 5.25, 0])
  }

  @Test(arguments: ["mixed.parquet", "mixed.feather"])
  func categories(_ name: String) throws {
    let options = TableOptions(columns: ["species", "float"], oneHot: .allText)
    let table = try Table(contentsOf: Fixture.path(name), options: options)
    #expect(table.columnNames == ["species=a", "species=b", "species=c", "float"])
    #expect(table.values[2].doubles() == [0, 0, 1, 2.5])
  }

  @Test(arguments: ["mixed.parquet", "mixed.feather"])
  func missingValues(_ name: String) throws {
    let path = Fixture.path(name)
    let error = datasetError { _ = try Table(contentsOf: path, options: TableOptions(columns: ["float", "gaps"])) }
    #expect(error == .missingValue(DataLocation(path: path, row: 2, column: "gaps"), text: ""))
    let table = try Table(contentsOf: path, options: TableOptions(columns: ["float", "gaps"], missingValues: .drop))
    #expect(table.numbers == [0.5, 1, 2.5, 3, 4.5, 5, 5.5, 6])
    #expect(table.droppedRowCount == 2)
  }

  @Test func refusedTypes() {
    let path = Fixture.path("mixed.parquet")
    func error(_ column: String) -> DatasetError? {
      datasetError { _ = try Table(contentsOf: path, options: TableOptions(columns: [column])) }
    }
    #expect(error("text") == .textColumn(DataLocation(path: path, column: "text"), example: "u"))
    #expect(error("day")?.description.contains("dates or times") == true)
    #expect(error("pair")?.description.contains("list<") == true)
  }

  @Test func arrowStream() throws {
    let table = try Table(contentsOf: Fixture.path("stream.arrow"))
    #expect(table.columnNames == ["float", "integer"])
    #expect(table.values[5].doubles() == [5.5, 6])
  }

  @Test func oldFeatherIsRefused() {
    let error = datasetError { _ = try Table(contentsOf: Fixture.path("old.feather")) }
    #expect(error?.description.contains("Feather version 1") == true)
  }

  @Test func jsonLines() throws {
    let path = Fixture.path("rows.jsonl.gz")
    let table = try Table(contentsOf: path, options: TableOptions(columns: ["b", "a"]))
    #expect(table.numbers == [1, 1, 2, 2, 1.5, 3, 2, 4, 2.5, 5, 3, 6])
    let all = try Table(contentsOf: path, options: TableOptions(oneHot: .allText))
    #expect(all.columnNames == ["a", "b", "s=x", "s=y"])
    #expect(
      datasetError { _ = try Table(contentsOf: path) }
        == .textColumn(DataLocation(path: path, column: "s"), example: "y"))
  }

  @Test func jsonLinesWithFractionsAfterTheFirstBlock() throws {
    let folder = try TemporaryFolder()
    var text = ""
    for row in 0..<100_000 { text += "{\"a\": \(row), \"b\": \(row < 90_000 ? "1" : "0.5")}\n" }
    let table = try Table(contentsOf: folder.file("long.jsonl", text))
    #expect(table.rowCount == 100_000)
    #expect(table.values[99_999].doubles() == [99_999, 0.5])
    let missing = try folder.file("gap.jsonl", "{\"a\": 1, \"b\": 2}\n{\"a\": 3}\n")
    let place = DataLocation(path: missing, row: 2, line: 2, column: "b")
    #expect(datasetError { _ = try Table(contentsOf: missing) } == .missingValue(place, text: ""))
  }
}
