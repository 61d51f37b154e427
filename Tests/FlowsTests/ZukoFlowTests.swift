import Flows
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct ZukoFlowTests {
  struct Reference: Decodable {
    struct Values: Decodable {
      var shape: [Int]
      var values: [Double]
    }

    var name: String
    var state: [String: Values]
    var x: [[Double]]
    var context: [[Double]]
    var logProb: [Double]

    /// As `torch` holds it in 64 bits.
    var tensors: [String: Tensor] {
      state.mapValues { Tensor($0.values, shape: Shape($0.shape)) }
    }
  }

  private func references() throws -> [Reference] { try reference("zuko") }

  @Test func densitiesAgreeWithZuko() throws {
    for reference in try references() {
      let flow = try NormalizingFlow(zuko: reference.tensors)
      let context = reference.context.isEmpty ? nil : Tensor(rows: reference.context)
      let logProb = flow.conditioned(on: context).logProb(Tensor(rows: reference.x))
      expectClose(logProb, Tensor(reference.logProb), tolerance: 1e-9, "\(reference.name)")
    }
  }

  @Test func statesThatDoNotFitAreNamed() throws {
    let state = try #require(try references().first).tensors
    func error(_ change: (inout [String: Tensor]) -> Void) throws -> String {
      var changed = state
      change(&changed)
      do {
        _ = try NormalizingFlow(zuko: changed)
        return "none"
      } catch { return "\(error)" }
    }
    #expect(try error { $0 = [:] }.contains("'transform.transforms.0.order' is missing"))
    #expect(try error { $0["transform.transforms.1.hyper.2.bias"] = nil }.contains("hyper.2.bias' is missing"))
    #expect(try error { $0["base.loc"] = Tensor([0.0, 1, 0]) }.contains("base.loc' is not 0"))
    #expect(try error { $0["transform.transforms.0.order"] = Tensor([0.0, 2, 4]) }.contains("without gaps"))
    #expect(
      try error { $0["transform.transforms.0.hyper.2.weight"] = Tensor.zeros([5, 4], dtype: .float64) }
        .contains("hyper.2.weight' has shape"))
    let mask = "transform.transforms.0.hyper.0.mask"
    #expect(
      try error { $0[mask] = Tensor.ones([7, 5], dtype: .float64) }.contains("\(mask)' is not that of its order"))
  }
}
