import Foundation
public import Torch

/// A square grid of midpoints for sums over [-bound, bound], in one or two dimensions and 64 bits.
public struct Grid {
  /// The middles of the cells, `[cells]` or `[cells * cells, 2]` with the first feature outermost.
  public let points: Tensor
  /// The number of cells along a side.
  public let cells: Int
  /// The volume of one cell.
  public let volume: Double
  private let bound: Double

  /// Cells of [-bound, bound] in each dimension.
  public init(bound: Double, cells: Int, dimensions: Int) {
    let width = 2 * bound / Double(cells)
    let line = Tensor.linear(
      from: -bound + width / 2, to: bound - width / 2, count: cells, dtype: .float64)
    self.cells = cells
    self.bound = bound
    if dimensions == 1 {
      points = line
      volume = width
    } else {
      points = Tensor.stacking([line.repeatingEach(cells, 0), line.tiled([cells])], -1)
      volume = width * width
    }
  }

  /// The integral of a density over the grid, from its logarithm at `points`.
  public func integral(logProb: Tensor) -> Double { logProb.exp().sum().item() * volume }

  /// The distance of Kolmogorov and Smirnov between draws and a density, times the root of their number.
  ///
  /// Chance exceeds 2.7 with probability below 1e-6.
  public func kolmogorovDistance(of draws: Tensor, logProb: Tensor) -> Double {
    let sorted = draws.flattened().sorted().values.doubles()
    let mass = logProb.exp().doubles().map { $0 * volume }
    var cumulative = [0.0]
    for cell in mass { cumulative.append(cumulative[cumulative.count - 1] + cell) }
    let count = Double(sorted.count)
    var distance = 0.0
    for (index, x) in sorted.enumerated() {
      let place = min(max((x + bound) / volume, 0), Double(cells))
      let cell = min(Int(place), cells - 1)
      let cdf = cumulative[cell] + (place - Double(cell)) * mass[cell]
      distance = max(distance, abs(cdf - Double(index) / count), abs(cdf - Double(index + 1) / count))
    }
    return distance * count.squareRoot()
  }

  /// Pearson's statistic of draws in blocks of cells against a density's mass there, as a standard normal score
  /// (Wilson and Hilferty). Chance exceeds 5.2 with probability about 1e-7.
  ///
  /// - Precondition: the grid has two dimensions, and `blocks` divides its cells.
  public func chiSquareScore(of draws: Tensor, logProb: Tensor, blocks: Int) -> Double {
    let side = cells / blocks
    let mass = (logProb.exp() * volume).reshaped([blocks, side, blocks, side]).sum(1, 3).doubles()
    var observed = [Double](repeating: 0, count: mass.count)
    let values = draws.doubles()
    var inside = 0.0
    for row in 0..<(values.count / 2) {
      let place = (0..<2).map { Int(floor((values[2 * row + $0] + bound) / (2 * bound) * Double(blocks))) }
      guard place.allSatisfy({ (0..<blocks).contains($0) }) else { continue }
      observed[place[0] * blocks + place[1]] += 1
      inside += 1
    }
    let count = Double(values.count / 2)
    // Blocks where little is expected, and all that lies outside, are one class.
    var statistic = 0.0
    var (classes, restMass, restCount) = (0, 1 - mass.reduce(0, +), count - inside)
    for (expected, seen) in zip(mass, observed) {
      if expected * count < 10 {
        restMass += expected
        restCount += seen
      } else {
        statistic += (seen - expected * count) * (seen - expected * count) / (expected * count)
        classes += 1
      }
    }
    if restMass * count >= 10 {
      statistic += (restCount - restMass * count) * (restCount - restMass * count) / (restMass * count)
    }
    let freedom = Double(max(classes - 1, 1))
    let spread = 2 / (9 * freedom)
    return (pow(statistic / freedom, 1.0 / 3) - (1 - spread)) / spread.squareRoot()
  }
}
