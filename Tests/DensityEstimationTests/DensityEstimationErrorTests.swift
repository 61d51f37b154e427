import DensityEstimation
import Testing

@Suite struct DensityEstimationErrorTests {
  @Test func namesPlacesAsAPersonCounts() {
    #expect("\(DensityEstimationError.notFinite(row: 0, column: 2))".contains("row 1 has no finite number in column 3"))
    #expect("\(DensityEstimationError.constantColumn(column: 0))".contains("column 1 has one value only"))
  }
}
