import Dynamics
import Testing

@Suite struct DynamicsErrorTests {
  @Test func messagesNamePlaceAndRemedy() {
    let cell = DynamicsError.invalidCell(row: 2, column: 0, value: -1, rule: "a whole number of 0 or above")
    #expect(cell.description == "row 3 has -1.0 in column 1, which must be a whole number of 0 or above")
    #expect("\(DynamicsError.impossible(series: 0))".contains("series 1"))
    #expect("\(DynamicsError.tooFewSteps(available: 2, needed: 4))".contains("at least 4"))
  }
}
