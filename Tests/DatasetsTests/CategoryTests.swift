import Testing
import Torch

@testable import Datasets

@Suite struct CategoryTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = try folder.file("c.csv", "x,kind,y\n1,pear,2\n3,apple,4\n5,pear,6\n")
  }

  @Test func textIsRefusedWithAnExample() {
    let place = DataLocation(path: path, column: "kind")
    #expect(datasetError { _ = try Table(contentsOf: path) } == .textColumn(place, example: "pear"))
  }

  /// Whoever has to leave out several columns learns of all at once: text, text of one kind only, dates; but not of those
  /// that are left out or encoded already.
  @Test func allColumnsOfTextAreNamed() throws {
    let text = "x,kind,same,day,y,out\n1,pear,a,2024-01-31,2,u\n3,apple,a,2024-02-01,4,v\n5,pear,a,2024-02-02,6,w\n"
    let path = try folder.file("many.csv", text)
    let options = TableOptions(excluded: ["out"])
    let error = datasetError { _ = try Table(contentsOf: path, options: options) }
    #expect(error == .unreadableColumns(path: path, texts: ["kind", "same"], dates: ["day"]))
    #expect(error?.description.contains("columns 'kind', 'same' hold text, column 'day' holds dates") == true)
    let encoding = TableOptions(excluded: ["out"], oneHot: .columns(["kind", "same"]))
    #expect(
      datasetError { _ = try Table(contentsOf: path, options: encoding) }
        == .dateColumn(DataLocation(path: path, column: "day"), example: "2024-01-31"))
  }

  @Test(arguments: [TableOptions.OneHot.columns(["kind"]), .allText])
  func oneHot(_ oneHot: TableOptions.OneHot) throws {
    let table = try Table(contentsOf: path, options: TableOptions(oneHot: oneHot))
    #expect(table.columnNames == ["x", "kind=apple", "kind=pear", "y"])
    #expect(table.numbers == [1, 0, 1, 2, 3, 1, 0, 4, 5, 0, 1, 6])
    #expect(table.categories == ["kind": ["apple", "pear"]])
    #expect(table.sourceColumns == ["x", "kind", "y"])
  }

  @Test func otherFilesAreEncodedTheSame() throws {
    let table = try Table(contentsOf: path, options: TableOptions(oneHot: .allText))
    let other = try folder.file("d.csv", "kind,y,x\npear,8,7\n")
    #expect(try Table(contentsOf: other, options: table.optionsForSameColumns()).numbers == [7, 0, 1, 8])
    let unknown = try folder.file("e.csv", "kind,y,x\nplum,8,7\n")
    let error = datasetError { _ = try Table(contentsOf: unknown, options: table.optionsForSameColumns()) }
    #expect(error == .unknownCategory(DataLocation(path: unknown, column: "kind"), text: "plum"))
  }

  @Test func categoriesFromSeveralBlocks() throws {
    var text = "k\n"
    for row in 0..<300_000 { text += "name\((row * 7919) % 5)\n" }
    let table = try Table(contentsOf: folder.file("b.csv", text), options: TableOptions(oneHot: .allText))
    #expect(table.columnNames == (0..<5).map { "k=name\($0)" })
    #expect(table.values.sum(0).doubles() == Array(repeating: 60_000, count: 5))
    #expect(table.values[1].doubles() == [0, 0, 0, 0, 1])
  }

  @Test func tooManyCategories() throws {
    let options = TableOptions(oneHot: .allText, maximumCategoryCount: 1)
    let place = DataLocation(path: path, column: "kind")
    #expect(
      datasetError { _ = try Table(contentsOf: path, options: options) } == .tooManyCategories(place, example: "pear"))
  }

  @Test func datesAreRefused() throws {
    let dates = try folder.file("day.csv", "day\n2024-01-31\n")
    let place = DataLocation(path: dates, column: "day")
    #expect(datasetError { _ = try Table(contentsOf: dates) } == .dateColumn(place, example: "2024-01-31"))
    #expect(!DatasetError.looksLikeDate("12 apples"))
    #expect(!DatasetError.looksLikeDate("1,5"))
    #expect(DatasetError.looksLikeDate("31.1.2024 10:00"))
  }
}
