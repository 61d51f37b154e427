import Testing
import Torch

@testable import Datasets

@Suite struct BatchTests {
  private let values = Tensor.range(103, dtype: .float32).reshaped([103, 1])

  private func rows(_ batches: some BatchSource, seed: UInt64) throws -> [[Double]] {
    var rng = RandomGenerator(seed: seed)
    var epoch = try batches.epoch(using: &rng)
    var rows: [[Double]] = []
    while let batch = try epoch.next() { rows.append(batch.values.doubles()) }
    return rows
  }

  @Test func everyRowOnce() throws {
    let batches = Batches(values, batchSize: 10)
    let first = try rows(batches, seed: 1)
    #expect(first.map(\.count) == Array(repeating: 10, count: 10) + [3])
    #expect(first.flatMap { $0 }.sorted() == (0..<103).map(Double.init))
    #expect(try rows(batches, seed: 1) == first)
    #expect(try rows(batches, seed: 2) != first)
    #expect(batches.batchCount == 11)
    let whole = try rows(Batches(values, batchSize: 10, isShuffled: false, dropsLast: true), seed: 1)
    #expect(whole.flatMap { $0 } == (0..<100).map(Double.init))
  }

  @Test func contextStaysWithItsRow() {
    var rng = RandomGenerator(seed: 1)
    for batch in Batches(values, context: values * 2, batchSize: 7).epoch(using: &rng) {
      #expect((batch.values * 2 - (batch.context ?? batch.values)).absolute().max().item() == 0)
    }
  }

  @Test(arguments: [1, 2, 3, 10, 103])
  func splits(_ count: Int) throws {
    func parts(_ seed: UInt64) throws -> [[Int]] {
      var rng = RandomGenerator(seed: seed)
      let split = try RowSplit(
        rowCount: count, fractions: SplitFractions(validation: 0.2, test: 0.1), using: &rng)
      return [split.train, split.validation, split.test].map { $0.scalars(as: Int.self) }
    }
    guard count >= 3 else {
      #expect(datasetError { _ = try parts(1) } == .tooFewRows(path: "the table", count: count, required: 3))
      return
    }
    let first = try parts(5)
    #expect(first.flatMap { $0 }.sorted() == Array(0..<count))
    #expect(first.allSatisfy { !$0.isEmpty })
    #expect(try parts(5) == first)
    if count == 103 {
      #expect(first.map(\.count) == [72, 21, 10])
      #expect(try parts(6) != first)
    }
  }

  @Test(arguments: ["s.csv", "s.parquet", "s.jsonl.gz"])
  func streaming(_ name: String) throws {
    let folder = try TemporaryFolder()
    let count = 200_000
    let column = Tensor.range(count, dtype: .float32).reshaped([count, 1])
    let table = Table(values: Tensor.concatenating([column, column * 2], 1), columnNames: ["a", "b"])
    try table.write(to: folder.path(name))
    let batches = try StreamedBatches(
      contentsOf: folder.path(name), contextColumns: ["b"], batchSize: 999, window: 50_000)
    var rng = RandomGenerator(seed: 2)
    var epoch = try batches.epoch(using: &rng)
    var seen: [Tensor] = []
    while let batch = try epoch.next() {
      seen.append(batch.values)
      #expect((batch.values * 2 - (batch.context ?? batch.values)).absolute().max().item() == 0)
    }
    let all = Tensor.concatenating(seen).squeezed(1)
    #expect(all.size(0) == count)
    #expect((all.sorted().values - Tensor.range(count, dtype: .float32)).absolute().max().item() == 0)
    #expect(seen.dropLast().allSatisfy { $0.size(0) == 999 })
    // In the file's order the mean would be 10,000; shuffled over the whole file, 100,000.
    #expect((20_000..<90_000).contains(all.narrowed(0, from: 0, length: 20_000).mean().item()))
  }

  @Test func streamingErrorsNameTheRow() throws {
    let folder = try TemporaryFolder()
    var text = "a\n"
    for row in 1...300_000 { text += row == 299_999 ? "\n\"\"\n" : "1.25\n" }
    let path = try folder.file("s.csv", text)
    var rng = RandomGenerator(seed: 2)
    var epoch = try StreamedBatches(contentsOf: path, batchSize: 100, window: 1).epoch(using: &rng)
    let error = datasetError { while try epoch.next() != nil {} }
    let place = DataLocation(path: path, row: 299_999, line: 300_001, column: "a")
    #expect(error == .missingValue(place, text: ""))
  }

  @Test func streamingNeedsKnownCategories() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("c.csv", "k,x\nu,1\nv,2\n")
    #expect(
      datasetError {
        _ = try StreamedBatches(contentsOf: path, options: TableOptions(oneHot: .allText), batchSize: 1)
      }?.description.contains("name its categories") == true)
    let options = TableOptions(categories: ["k": ["u", "v"]])
    let batches = try StreamedBatches(contentsOf: path, options: options, batchSize: 2, window: 1)
    #expect(batches.columnNames == ["k=u", "k=v", "x"])
    #expect(try rows(batches, seed: 1) == [[1, 0, 1, 0, 1, 2]])
  }
}
