import Testing
import Torch

@testable import Datasets

@Suite struct InspectionTests {
  private func table(_ columns: [(String, Tensor)]) -> Table {
    Table(values: Tensor.stacking(columns.map(\.1), 1), columnNames: columns.map(\.0))
  }

  @Test func figures() throws {
    let values = Tensor([1.0, 2, 4, 4, 9])
    let column = try #require(TableInspection(table([("a", values)])).columns.first)
    #expect(column.minimum == 1 && column.maximum == 9 && column.mean == 4)
    #expect(abs(column.standardDeviation - 9.5.squareRoot()) < 1e-12)
    #expect(column.distinctCount == 4 && column.smallestGap == 1 && column.isInteger)
    #expect(column.mostRepeatedValue == 4 && column.mostRepeatedShare == 0.4)
  }

  @Test func farFromZero() throws {
    let values = Tensor.range(1000, dtype: .float64) / 1000 + 1e9
    let column = try #require(TableInspection(table([("a", values)])).columns.first)
    #expect(abs(column.standardDeviation - 0.28881943) < 1e-6)
  }

  @Test func advice() throws {
    var rng = RandomGenerator(seed: 3)
    let count = 1000
    let normal = Tensor.normal([count], using: &rng)
    let spiked = select(Tensor.uniform([count], using: &rng) .< 0.3, Tensor.zeros([count]), normal)
    let inspection = try TableInspection(
      table([
        ("fine", normal), ("quality", Tensor.integers(in: 3..<9, [count], using: &rng).to(.float32)),
        ("zeros", spiked), ("same", Tensor.ones([count])), ("row", Tensor.range(count, dtype: .float32)),
      ]))
    #expect(inspection.constantColumns == ["same"])
    #expect(inspection.discreteColumns == ["quality"])
    #expect(inspection.columns[2].hasSpike && inspection.columns[4].isRowNumber)
    #expect(inspection.warnings().count == 3)
    #expect(inspection.warnings()[0].contains("'quality' takes only 6 distinct values"))
    #expect(inspection.warnings()[0].contains("--dequantize quality"))
    let error = datasetError { try inspection.requireFittable() }
    #expect(error == .constantColumns(path: "the table", names: ["same"]))
  }

  @Test func duplicates() throws {
    let half = Tensor.range(50, dtype: .float32)
    let inspection = try TableInspection(table([("a", Tensor.concatenating([half, half]))]))
    #expect(inspection.duplicateRowShare == 0.5)
    #expect(inspection.warnings().contains { $0.contains("50 % of the rows repeat") })
  }

  @Test func oneRowCannotBeFitted() throws {
    let inspection = try TableInspection(table([("a", Tensor.ones([1]))]))
    #expect(datasetError { try inspection.requireFittable() } == .tooFewRows(path: "the table", count: 1, required: 2))
  }

  @Test func dequantizing() throws {
    var rng = RandomGenerator(seed: 4)
    let steps = Tensor.integers(in: 0..<6, [500], using: &rng).to(.float32) * 0.25
    let original = table([("a", steps), ("b", Tensor.normal([500], using: &rng))])
    let dequantization = Dequantization(try original.grids(of: ["a"]), features: original.columnCount)
    let noisy = original.replacing(dequantization.noisy(original.values, using: &rng))
    let noise = noisy.values - original.values
    #expect(noise.min().item() >= 0 && noise.max().item() < 0.25 && noise.max(0).doubles()[0] > 0.2)
    #expect(noise.max(0).doubles()[1] == 0)
    #expect(dequantization.rounded(noisy.values).isClose(to: original.values, relative: 1e-6))
    #expect(datasetError { _ = try original.grids(of: ["c"]) } != nil)
  }

  @Test func digits() throws {
    let digits = try BundledData.digits()
    #expect(digits.values.shape == [1797, 64] && digits.labels?.shape == [1797])
    #expect(digits.values.max().item() == 16 && digits.labels?.max().item() == 9)
    #expect(digits.labels?.narrowed(0, from: 0, length: 3).scalars(as: Int.self) == [0, 1, 2])
    #expect(digits.values[0].doubles().prefix(6) == [0, 0, 5, 13, 9, 1])
    let table = try BundledData.named("digits")
    #expect(table.columnNames[9] == "pixel_1_1")
    #expect(try TableInspection(table).constantColumns == ["pixel_0_0", "pixel_4_0", "pixel_4_7"])
    #expect(
      datasetError { _ = try BundledData.named("digit") } == .unknownDataset(name: "digit", available: ["digits"]))
  }
}
