import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct ModifiedBesselTests {
  private struct Row: Decodable {
    let order: Double
    let x, logScaled, ratio: [Double]
  }

  @Test func agreesWithArbitraryPrecision() throws {
    for row in try reference("modified_bessel", as: [Row].self) {
      let bessel = ModifiedBessel(order: row.order)
      let x = Tensor(row.x)
      expectClose(bessel.logScaled(x).doubles(), row.logScaled, tolerance: 1e-11, "order \(row.order)")
      for (actual, expected) in zip(bessel.ratio(x).doubles(), row.ratio) {
        #expect(abs(actual - expected) < 1e-11 * expected, "ratio of order \(row.order): \(actual), \(expected)")
      }
    }
  }

  @Test func isSmoothAtZeroAndWhereTheMethodChanges() {
    for order in [0.0, 0.5, 3, 40] {
      let bessel = ModifiedBessel(order: order)
      let change = max(900 - order * order, 4).squareRoot()
      let x = Tensor([0.0, 1e-3, change - 1e-9, change + 1e-9]).requiringGradient()
      let value = bessel.scaledLogarithm(x)
      #expect(abs(value[0].item()) < 1e-14)
      let slope = gradients(of: value.sum(), withRespectTo: [x])[0]
      // The logarithmic derivative of (2/x)^v I_v(x) is the ratio.
      expectClose(slope, bessel.ratio(x).detached() - 1.0, tolerance: 1e-12, "order \(order)")
      #expect(abs(value[3].item() - value[2].item()) < 1e-8)
    }
  }
}
