import Foundation
import Torch

extension DensityTreeEstimator {
  /// What the cuts of a tree make small, and by what its pruning is judged.
  public enum Criterion: String, Hashable, Sendable, Codable, CaseIterable {
    /// The integrated squared error between the density and the estimate, as Ram and Gray have it: a matter of where the
    /// density is high. With many columns a few small boxes outweigh all others, and pruning leaves all or nothing.
    case squaredError
    /// Minus the mean log-likelihood: boxes count by their mass, so that the tails get boxes of their own too.
    case likelihood

    var kernel: DensityTreeKernels.Criterion {
      switch self {
      case .squaredError: .squaredError
      case .likelihood: .likelihood
      }
    }

    /// The loss of a leaf with a share of the weight in a share of the volume, given as logarithm.
    func loss(share: Double, logVolume: Double) -> Double {
      switch self {
      case .squaredError: -share * share * exp(-logVolume)
      case .likelihood: -share * (log(share) - logVolume)
      }
    }

    /// The loss on held-out rows of which a share lies in a leaf; summed over leaves it estimates the error of the tree.
    /// Squared error: integral of f^2 minus twice the mean of f at the held-out rows, of which `loss` would be the
    /// negative first part.
    func heldOutLoss(heldOut: Double, share: Double, logVolume: Double) -> Double {
      switch self {
      case .squaredError: share * exp(-logVolume) * (share - 2 * heldOut)
      case .likelihood: heldOut == 0 ? 0 : -heldOut * (log(share) - logVolume)
      }
    }

    /// What the cut of a node takes off the loss, not negative: with p and q the lower child's shares of weight and
    /// volume, squared error w^2 / v * (p - q)^2 / (q (1 - q)), likelihood w (p log(p / q) + (1 - p) log((1 - p) / (1 - q))).
    func gain(of node: Int, in tree: DensityTreeKernels.GrownTree) -> Double {
      let (first, second) = (node + 1, Int(tree.nodes.upperChild[node]))
      let share = tree.weight[node] / tree.weight[0]
      let (p, otherP) = (tree.weight[first] / tree.weight[node], tree.weight[second] / tree.weight[node])
      let q = exp(tree.logVolume[first] - tree.logVolume[node])
      let otherQ = exp(tree.logVolume[second] - tree.logVolume[node])
      switch self {
      case .squaredError: return share * share * exp(-tree.logVolume[node]) * (p - q) * (p - q) / (q * otherQ)
      case .likelihood: return max(0, share * (p * log(p / q) + otherP * log(otherP / otherQ)))
      }
    }
  }
}
