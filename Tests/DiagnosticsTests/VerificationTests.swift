import Diagnostics
import Testing

@Suite struct VerificationTests {
  @Test func failsWhenOneCheckFails() {
    let passed = Verification.Check("inverse", .passed, measured: 1e-7, limit: 1e-3, finding: "It inverts.")
    let warned = Verification.Check("memorization", .warned, finding: "Some draws are rows of the data.")
    let failed = Verification.Check("normalization", .failed, measured: 2, limit: 1, finding: "It sums to 2.")
    #expect(Verification(checks: [passed, warned]).isPassed)
    #expect(!Verification(checks: [passed, failed]).isPassed)
  }
}
