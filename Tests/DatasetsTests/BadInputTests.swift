import Foundation
import Testing
import Torch

@testable import Datasets

/// What is wrong with a file, as a table: name, content, and the words that the message must hold.
struct BadFile: Sendable, CustomTestStringConvertible {
  let name: String
  let content: String
  let words: [String]

  var testDescription: String { "\(name): \(words[0])" }

  static let all = [
    BadFile(name: "zero.csv", content: "", words: ["is empty"]),
    BadFile(name: "blank.csv", content: "\n\n\n", words: ["is empty"]),
    BadFile(name: "header.csv", content: "a,b\n", words: ["0 data rows", "only a header"]),
    BadFile(
      name: "ragged.csv", content: "a,b\n1,2\n3\n5,6\n", words: ["row 2 (line 3)", "expected 2 fields, found 1"]),
    BadFile(name: "wide.csv", content: "a,b\n1,2\n3,4\n5,6,7\n", words: ["row 3 (line 4)", "found 3"]),
    BadFile(
      name: "late.csv", content: "a\n1\n2\nabc\n", words: ["row 3 (line 4), column 'a'", "'abc' is not a number"]),
    BadFile(name: "mixed.csv", content: "a\n1\ntrue\n", words: ["row 2", "true/false"]),
    BadFile(name: "same.csv", content: "a,b,a\n1,2,3\n", words: ["two columns are named 'a'"]),
    BadFile(name: "data.xyz", content: "a\n1\n", words: [".csv", ".parquet"]),
    BadFile(name: "data", content: "a\n1\n", words: ["the name does not tell the format"]),
    BadFile(name: "text.parquet", content: "a,b\n1,2\n", words: ["not what its name says"]),
    BadFile(name: "short.parquet", content: "PAR1garbage!", words: ["damaged"]),
    BadFile(name: "text.feather", content: "a,b\n1,2\n", words: ["not what its name says"]),
    BadFile(name: "sheet.csv", content: "PK\u{3}\u{4}....", words: ["spreadsheet"]),
    BadFile(name: "named.csv", content: "PAR1....", words: ["Parquet"]),
    BadFile(name: "zeros.csv", content: "a,b\n\0\0", words: ["binary"]),
    BadFile(name: "list.jsonl", content: "[1,2]\n", words: ["damaged"]),
    BadFile(name: "broken.jsonl", content: "{\"a\": 1}\n{\"a\": \n", words: ["damaged"]),
    BadFile(name: "text.npy", content: "a,b\n1,2\n", words: ["damaged"]),
    BadFile(name: "zero.npy", content: "", words: ["is empty"]),
    BadFile(name: "zero.jsonl", content: "", words: ["is empty"]),
  ]
}

@Suite struct BadInputTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: BadFile.all)
  func namesWhatIsWrong(_ bad: BadFile) throws {
    let path = try folder.file(bad.name, bad.content)
    let message = try #require(datasetError { _ = try Table(contentsOf: path) }).description
    #expect(message.contains(path))
    for word in bad.words { #expect(message.contains(word), "\(message)") }
  }

  @Test func missingFileAndFolder() throws {
    let missing = folder.path("none.csv")
    #expect(datasetError { _ = try Table(contentsOf: missing) } == .notFound(path: missing))
    let directory = folder.path("inner.csv")
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    #expect(datasetError { _ = try Table(contentsOf: directory) } == .isDirectory(path: directory))
    #expect(DatasetError.notFound(path: missing).isInputOutput)
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func noPermission() throws {
    let path = try folder.file("p.csv", "a\n1\n")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    #expect(datasetError { _ = try Table(contentsOf: path) } == .notPermitted(path: path))
  }

  @Test func truncatedGzip() throws {
    let whole = folder.path("whole.csv.gz")
    let values = Tensor.range(5000, dtype: .float32).reshaped([5000, 1]) / 7
    try Table(values: values, columnNames: ["a"]).write(to: whole)
    let data = try Data(contentsOf: URL(fileURLWithPath: whole))
    let cut = try folder.file("cut.csv.gz", data.prefix(data.count / 2))
    #expect(datasetError { _ = try Table(contentsOf: cut) }?.description.contains("damaged") == true)
    var bytes = [UInt8](data)
    for index in 2000..<2100 { bytes[index] ^= 0x55 }
    let changed = try folder.file("changed.csv.gz", Data(bytes))
    #expect(datasetError { _ = try Table(contentsOf: changed) } != nil)
  }

  @Test func truncatedParquetAndFeather() throws {
    for name in ["mixed.parquet", "mixed.feather"] {
      let data = try Data(contentsOf: URL(fileURLWithPath: Fixture.path(name)))
      for part in [9, data.count / 2, data.count - 3] {
        let path = try folder.file(name, data.prefix(part))
        #expect(datasetError { _ = try Table(contentsOf: path) } != nil)
      }
    }
  }

  @Test func misspelledColumn() throws {
    let path = try folder.file("w.csv", "alcohol,quality\n1,2\n")
    let message = datasetError { _ = try Table(contentsOf: path, options: TableOptions(columns: ["qualtiy"])) }?
      .description
    #expect(message?.contains("did you mean 'quality'?") == true)
    #expect(message?.contains("'alcohol', 'quality'") == true)
    let far = datasetError { _ = try Table(contentsOf: path, options: TableOptions(excluded: ["zzzzzz"])) }
    #expect(far == .unknownColumn(path: path, name: "zzzzzz", suggestion: nil, available: ["alcohol", "quality"]))
  }

  @Test func errorsFarDownTheFile() throws {
    var text = "a,b\n"
    for row in 1...300_000 { text += row == 287_654 ? "7,oops\n" : "\(row),\(row)\n" }
    let path = try folder.file("far.csv", text)
    let place = DataLocation(path: path, row: 287_654, line: 287_655, column: "b")
    #expect(datasetError { _ = try Table(contentsOf: path) } == .notANumber(place, text: "oops"))
  }

  @Test func tooFewRowsAsked() throws {
    let path = try folder.file("one.csv", "a\n1\n")
    let error = datasetError { _ = try Table(contentsOf: path, options: TableOptions(minimumRowCount: 2)) }
    #expect(error == .tooFewRows(path: path, count: 1, required: 2))
  }
}
