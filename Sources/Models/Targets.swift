import Datasets
import Foundation
public import Probability
import Torch

/// The targets that can be named instead of a table, for the objective reverse-kl.
public enum Targets {
  /// A target with a name.
  public struct Entry: Sendable {
    /// The name.
    public let name: String
    /// What it is, in one line.
    public let summary: String
    let make: @Sendable () -> GibbsDistribution

    /// The target, made anew.
    public var target: GibbsDistribution { make() }
  }

  /// All named targets.
  public static let entries: [Entry] = [
    Entry(name: "four-modes", summary: "Four normal peaks of 2 columns, at (+-2.5, +-2.5), of weights 0.1 to 0.4.") {
      fourModes
    },
    Entry(name: "ring", summary: "A ring of 2 columns, of radius 3 and width 0.3.") { ring },
    Entry(name: "funnel", summary: "Neal's funnel of 10 columns: x1 is the log-variance of the others.") { funnel },
    Entry(name: "banana", summary: "A bent normal distribution of 2 columns.") { banana },
  ]

  private static var fourModes: GibbsDistribution {
    let modes = Tensor(rows: [[-2.5, -2.5], [-2.5, 2.5], [2.5, -2.5], [2.5, 2.5]])
    let logWeights = Tensor([0.1, 0.2, 0.3, 0.4]).log()
    let spread = 0.5
    return GibbsDistribution([2], scale: Tensor([3.0, 3.0]), logPartition: 0) { x in
      let distances = (x.unsqueezed(-2) - modes.like(x)).squared().sum(-1)
      let logDensities = distances * (-0.5 / (spread * spread)) + logWeights.like(x)
      return -logDensities.logSumExp(-1) + log(2 * Double.pi * spread * spread)
    }
  }

  private static var ring: GibbsDistribution {
    let (radius, width) = (3.0, 0.3)
    let ratio = radius / width
    let half = width * width * exp(-0.5 * ratio * ratio)
    let rest = radius * width * (Double.pi / 2).squareRoot() * (1 + erf(ratio / 2.0.squareRoot()))
    return GibbsDistribution([2], scale: Tensor([2.5, 2.5]), logPartition: log(2 * Double.pi * (half + rest))) { x in
      // A hair's breadth keeps the gradient of the root finite in the middle.
      ((x.squared().sum(-1) + 1e-12).squareRoot() - radius).squared() * (0.5 / (width * width))
    }
  }

  /// - Reference: Neal, *Slice sampling*, 2003, section 8.
  private static var funnel: GibbsDistribution {
    let scale = Tensor([3.0] + [Double](repeating: 5, count: 9))
    return GibbsDistribution([10], scale: scale, logPartition: 0) { x in
      let logVariance = x.narrowed(-1, from: 0, length: 1).squeezed(-1)
      let others = x.narrowed(-1, from: 1, length: 9)
      let neck = logVariance.squared() * (0.5 / 9) + log(3 * (2 * Double.pi).squareRoot())
      return neck + 0.5 * (others.squared().sum(-1) * (-logVariance).exp()) + 4.5 * (logVariance + log(2 * Double.pi))
    }
  }

  private static var banana: GibbsDistribution {
    GibbsDistribution([2], location: Tensor([0.0, 2.0]), scale: Tensor([2.0, 3.0]), logPartition: 0) { x in
      let (first, second) = (x.narrowed(-1, from: 0, length: 1).squeezed(-1), x.narrowed(-1, from: 1, length: 1))
      let bend = second.squeezed(-1) - 0.5 * first.squared()
      return 0.125 * first.squared() + 2.0 * bend.squared() + log(2 * Double.pi * 2 * 0.5)
    }
  }
}

extension Tensor {
  /// This constant in the type and on the device of another tensor.
  fileprivate func like(_ other: Tensor) -> Tensor { to(other.dtype, other.device) }
}

/// A target of the objective reverse-kl, with the names of its columns.
struct TargetData {
  let target: GibbsDistribution
  let columns: [String]
  /// What identifies the target when a run is resumed.
  let fingerprint: String

  /// The target of a name, or the density of the model in a run folder.
  ///
  /// - Throws: `SettingsError.invalid` when there is none; errors of reading a model.
  init(named path: String) throws {
    if let entry = Targets.entries.first(where: { $0.name == path }) {
      target = entry.target
      columns = (1...target.eventShape[0]).map { "x\($0)" }
      fingerprint = path
      return
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      let names = Targets.entries.map(\.name)
      let hint = nearestName(to: path, among: names).map { "; did you mean '\($0)'?" } ?? "."
      throw SettingsError.invalid(
        reason: "there is no target '\(path)'\(hint) Targets: \(names.joined(separator: ", ")), or the folder of a run")
    }
    self = try TargetData(run: RunFolder(path))
  }

  private init(run: RunFolder) throws {
    let (model, description) = try run.loadModel()
    guard description.grids.isEmpty, let model = model as? any DifferentiableModel else {
      throw ModelError.cannot(
        model: description.model, action: "be a target, since its density has no gradient",
        instead: "use a run of nsf, real-nvp, gaussian or gmm over continuous columns")
    }
    let offsets = description.offsets ?? description.columns.map { _ in 0 }
    var rng = RandomGenerator(seed: 0)
    let draws = model.sample(4096, given: nil, using: &rng).to(.float64) + Tensor(offsets)
    let spread = draws.standardDeviation(0)
    let energy: (Tensor) -> Tensor = { x in
      -model.differentiableLogProb(x - Tensor(offsets).to(x.dtype, x.device)).to(x.dtype)
    }
    let probe = draws.narrowed(0, from: 0, length: 1).to(.float32).requiringGradient()
    guard energy(probe).requiresGradient else {
      throw ModelError.cannot(
        model: description.model, action: "be a target, since its density has no gradient",
        instead: "use a run of nsf, real-nvp, gaussian or gmm")
    }
    target = GibbsDistribution(
      [description.columns.count], location: draws.mean(0), scale: select(spread .> 0, spread, 1.0), logPartition: 0,
      energy: energy)
    columns = description.columns
    var hash = Fingerprint()
    for (name, tensor) in model.state().sorted(by: { $0.key < $1.key }) {
      hash.add(name)
      hash.add(tensor)
    }
    fingerprint = hash.text
  }
}

/// A model of which the density can be differentiated by the rows.
protocol DifferentiableModel: DensityModel {
  /// The log-density of rows `[*batch, features]` in nats, recorded for gradients.
  func differentiableLogProb(_ rows: Tensor) -> Tensor
}

extension EstimatedModel: DifferentiableModel {
  func differentiableLogProb(_ rows: Tensor) -> Tensor { distribution.logProb(rows.to(.float64)) }
}
