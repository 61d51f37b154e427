import Foundation
import Probability
import Torch

/// The components of a Gaussian mixture of two columns as ellipses over points.
struct EllipseChart {
  private let mixture: GaussianMixture
  private let points: NamedPoints?

  /// The ellipses at one and two standard deviations of the components.
  ///
  /// - Precondition: the mixture has two columns.
  init(_ mixture: GaussianMixture, points: NamedPoints?) {
    precondition(mixture.features == 2, "EllipseChart: expected two columns, got \(mixture.features)")
    self.mixture = mixture
    self.points = points
  }

  private static let corners = 48
  /// Components drawn, those with the largest weights.
  private static let mostComponents = 60

  func specification(x: String, y: String) -> VegaLiteSpecification {
    let (xChannel, yChannel) = (
      VegaLiteChannel.axis("x", title: x, of: points?.x ?? []), VegaLiteChannel.axis("y", title: y, of: points?.y ?? [])
    )
    var layers: [VegaLiteView] = []
    if let points {
      layers.append(
        VegaLiteView(
          VegaLiteMark(.circle, style: "data", opacity: 0.5, size: 14, tooltip: false),
          VegaLiteEncoding(x: xChannel, y: yChannel), data: VegaLiteData(points.rows(most: 1000))))
    }
    let weights = mixture.weights.doubles()
    let shown = weights.indices.sorted { weights[$0] > weights[$1] }.prefix(Self.mostComponents)
    let greatest = weights.max() ?? 1
    // One layer a component, since opacity is a property of a mark.
    for component in shown.sorted() {
      let rows = [1.0, 2.0].flatMap { ellipse(component, radius: $0) }
      let opacity = 0.35 + 0.65 * (weights[component] / greatest)
      layers.append(
        VegaLiteView(
          VegaLiteMark(
            .line, style: "samples", opacity: opacity.rounded(digits: 3), strokeWidth: 2, tooltip: false),
          VegaLiteEncoding(
            x: xChannel, y: yChannel, detail: VegaLiteChannel("radius", .nominal), order: VegaLiteChannel("corner")),
          data: VegaLiteData(rows)))
    }
    layers.append(numbers(Array(shown), xChannel, yChannel))
    var view = VegaLiteView(layer: layers)
    view.width = .container
    view.height = 420
    return VegaLiteSpecification(view, description: "Components of the mixture over \(x) and \(y).")
  }

  private func ellipse(_ component: Int, radius: Double) -> [[String: VegaLiteValue]] {
    let mean = mixture.means.doubles()
    let covariance = mixture.covarianceMatrices.broadcasted(to: [mixture.componentCount, 2, 2]).doubles()
    let place = 4 * component
    // The lower triangular factor of the 2 x 2 covariance.
    let a = covariance[place].squareRoot()
    let b = covariance[place + 2] / a
    let c = max(covariance[place + 3] - b * b, 0).squareRoot()
    return (0...Self.corners).map { corner in
      let angle = 2 * Double.pi * Double(corner) / Double(Self.corners)
      return [
        "x": VegaLiteValue(mean[2 * component] + radius * a * cos(angle)),
        "y": VegaLiteValue(mean[2 * component + 1] + radius * (b * cos(angle) + c * sin(angle))),
        "radius": .text("\(Int(radius))"), "corner": .number(Double(corner)),
      ]
    }
  }

  private func numbers(_ components: [Int], _ x: VegaLiteChannel, _ y: VegaLiteChannel) -> VegaLiteView {
    let mean = mixture.means.doubles()
    let rows = components.sorted().map {
      ["x": VegaLiteValue(mean[2 * $0]), "y": VegaLiteValue(mean[2 * $0 + 1]), "name": VegaLiteValue.text("\($0 + 1)")]
    }
    return VegaLiteView(
      VegaLiteMark(.text, style: "density", tooltip: false),
      VegaLiteEncoding(x: x, y: y, text: VegaLiteChannel("name", .nominal)), data: VegaLiteData(rows))
  }
}
