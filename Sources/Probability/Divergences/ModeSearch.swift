import Foundation
import Torch

/// Looks for the modes of a target: descends its energy from many places, and joins the ends between which no ridge lies.
///
/// A mode here is a basin, not a point: two ends belong to one when the energy on a path of straight pieces between them rises
/// no more than a nat above the higher end. So a ring is one mode, and the dents of a learned density are none.
struct ModeSearch {
  let target: GibbsDistribution
  let dtype: DType
  private let location: Tensor
  private let scale: Tensor

  /// The rise of the energy, in nats, that parts two modes.
  static let ridge = 1.0
  /// Ends closer than this, relative to the target's scale, are one.
  private static let separation = 0.02
  private static let mostEnds = 400

  init(_ target: GibbsDistribution, dtype: DType) {
    self.target = target
    self.dtype = dtype
    location = target.location.flattened()
    scale = target.scale.flattened()
  }

  /// Basins by some of their points, in units of the target's scale.
  struct Basins {
    /// `[points, elements]`, 64-bit.
    let points: Tensor
    /// The basin of each point, from 0 on, in the order of least energies.
    let labels: [Int]
    /// For each basin the index of the point of least energy.
    let deepest: [Int]
    let energies: [Double]

    /// The energy of each point.
    let pointEnergies: [Double]

    /// For each basin how far those of its points lie apart at most that are as deep as its deepest: 0 for a peak, much for a
    /// ring, along which descents end.
    var extents: [Double] {
      let distances = points.distances(to: points).doubles()
      return zip(deepest.indices, energies).map { label, energy in
        let members = labels.indices.filter { labels[$0] == label && pointEnergies[$0] <= energy + 0.01 }
        return members.flatMap { a in members.map { distances[a * labels.count + $0] } }.max() ?? 0
      }
    }

    /// Points that stand for all: the deepest of each basin, then the one that is farthest from those chosen, until none is
    /// farther than `reach`.
    func representatives(most: Int, reach: Double) -> [Int] {
      let distances = points.distances(to: points).doubles()
      var chosen = Array(deepest.prefix(most))
      var gaps = labels.indices.map { index in chosen.map { distances[index * labels.count + $0] }.min() ?? 0 }
      while chosen.count < most, let farthest = gaps.indices.max(by: { gaps[$0] < gaps[$1] }), gaps[farthest] > reach {
        chosen.append(farthest)
        for index in gaps.indices { gaps[index] = min(gaps[index], distances[index * labels.count + farthest]) }
      }
      return chosen
    }

    /// The basins of ends of descents: that of the nearest point of each.
    func labels(of ends: Tensor) -> [Int] {
      ends.distances(to: points).argMin(1).scalars(as: Int.self).map { labels[$0] }
    }
  }

  /// Rows in units of the target's scale.
  func standardized(_ rows: Tensor) -> Tensor { (rows - location) / scale }

  /// Rows in the target's units.
  func rows(_ standardized: Tensor) -> Tensor { standardized * scale + location }

  /// The energies of standardized rows, `[rows]`, of the model's type; infinite where they are no numbers.
  func energies(_ points: Tensor) -> Tensor {
    let energy = target.energy(rows(points).to(dtype).reshaped([points.size(0)] + target.eventShape))
    return select(energy.isNaN(), Double.infinity, energy)
  }

  /// The gradients of the energy at standardized rows; 0 where there is none.
  func gradients(_ points: Tensor) -> Tensor {
    withGradient {
      let leaf = points.requiringGradient()
      let energy = energies(leaf).sum()
      guard energy.requiresGradient else { return Tensor.zeros(like: points) }
      let slope = Torch.gradients(of: energy, withRespectTo: [leaf])[0]
      return select(slope.isFinite(), slope, 0.0)
    }
  }

  /// Where a descent of the energy ends that starts at standardized rows.
  ///
  /// Adam, whose steps do not depend on the size of the energy, of lengths that fall from a tenth of the scale to a
  /// ten-thousandth; no row moves further than about five scales.
  func descend(_ points: Tensor, steps: Int = 300) -> Tensor {
    var x = points
    var (first, second) = (Tensor.zeros(like: x), Tensor.zeros(like: x))
    for step in 1...steps {
      let slope = gradients(x)
      first = first * 0.9 + slope * 0.1
      second = second * 0.99 + slope.squared() * 0.01
      let (a, b) = (1 - Foundation.pow(0.9, Double(step)), 1 - Foundation.pow(0.99, Double(step)))
      let length = 0.1 * Foundation.pow(1e-3, Double(step - 1) / Double(steps))
      x = x - (first * (length / a)) / ((second * (1 / b)).squareRoot() + 1e-12)
    }
    return x
  }

  /// The basins in which descents ended.
  func basins(of ends: Tensor) -> Basins {
    let (points, energies) = distinct(ends)
    var groups = Groups(count: energies.count)
    link(points, energies, neighbours(points), &groups)
    joinGroups(points, energies, &groups)
    return basins(points, energies, groups.labels)
  }

  /// Basins of which a point of each is known.
  func basins(at modes: Tensor) -> Basins {
    let points = standardized(modes.reshaped([modes.size(0), scale.elementCount]))
    return basins(points, energies(points).doubles(), Array(0..<modes.size(0)))
  }

  private func basins(_ points: Tensor, _ energies: [Double], _ groups: [Int]) -> Basins {
    let members = Dictionary(grouping: energies.indices, by: { groups[$0] })
    let deepest = members.values.compactMap { $0.min { energies[$0] < energies[$1] } }
      .sorted { (energies[$0], $0) < (energies[$1], $1) }
    let order = Dictionary(uniqueKeysWithValues: deepest.enumerated().map { (groups[$1], $0) })
    return Basins(
      points: points, labels: groups.map { order[$0] ?? 0 }, deepest: deepest, energies: deepest.map { energies[$0] },
      pointEnergies: energies)
  }

  /// Ends of finite energy that lie apart, lowest first.
  private func distinct(_ ends: Tensor) -> (points: Tensor, energies: [Double]) {
    let values = energies(ends).doubles()
    let order = values.indices.filter { values[$0].isFinite }.sorted { (values[$0], $0) < (values[$1], $1) }
    var kept: [Int] = []
    let distances = ends.distances(to: ends).doubles()
    let reach = Self.separation * Double(scale.elementCount).squareRoot()
    for index in order where kept.count < Self.mostEnds {
      if kept.allSatisfy({ distances[index * values.count + $0] > reach }) { kept.append(index) }
    }
    guard !kept.isEmpty else { return (Tensor.zeros([1, scale.elementCount], dtype: .float64), [.infinity]) }
    return (ends.selecting(Tensor(kept)), kept.map { values[$0] })
  }

  /// Pairs of near points.
  private func neighbours(_ points: Tensor) -> [(Int, Int)] {
    let count = min(9, points.size(0))
    let nearest = points.distances(to: points).topK(count, -1, largest: false).indices.scalars(as: Int.self)
    return nearest.enumerated().compactMap { place, other in
      place / count < other ? (place / count, other) : nil
    }
  }

  /// Joins the groups of pairs between which no ridge lies.
  private func link(_ points: Tensor, _ energies: [Double], _ pairs: [(Int, Int)], _ groups: inout Groups) {
    guard !pairs.isEmpty else { return }
    let first = points.selecting(Tensor(pairs.map(\.0))).unsqueezed(1)
    let second = points.selecting(Tensor(pairs.map(\.1))).unsqueezed(1)
    let shares = Tensor.linear(from: 0.05, to: 0.95, count: 19, dtype: .float64).unsqueezed(-1)
    let between = (first + (second - first) * shares).reshaped([pairs.count * 19, points.size(1)])
    let highest = self.energies(between).reshaped([pairs.count, 19]).max(1).doubles()
    for ((a, b), top) in zip(pairs, highest) where top - max(energies[a], energies[b]) < Self.ridge {
      groups.join(a, b)
    }
  }

  /// Joins groups by their nearest and their deepest points, until none can be joined.
  private func joinGroups(_ points: Tensor, _ energies: [Double], _ groups: inout Groups) {
    let distances = points.distances(to: points).doubles()
    let count = energies.count
    while true {
      let labels = groups.labels
      var nearest: [[Int]: (Int, Int)] = [:]
      var pairs: [(Int, Int)] = []
      for a in 0..<count {
        for b in (a + 1)..<max(count, a + 1) where labels[a] != labels[b] {
          let key = [min(labels[a], labels[b]), max(labels[a], labels[b])]
          // Points are in the order of energies, so the first pair is that of the deepest points.
          if nearest[key] == nil { pairs.append((a, b)) }
          if nearest[key].map({ distances[a * count + b] < distances[$0.0 * count + $0.1] }) ?? true {
            nearest[key] = (a, b)
          }
        }
      }
      let before = groups.count
      link(points, energies, pairs + nearest.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value), &groups)
      if groups.count == before { return }
    }
  }

  /// The curvature of the energy at a standardized point, `[elements, elements]`: differences of gradients over steps in
  /// which the energy rises by about a nat.
  func curvature(at point: Tensor) -> Tensor {
    let size = scale.elementCount
    let identity = Tensor.identity(size, dtype: .float64)
    let steps = (0..<12).map { 0.3 * Foundation.pow(0.5, Double($0)) }
    let base = energies(point.unsqueezed(0)).item()
    let highest = steps.map { step in
      maximum(energies(point + identity * step), energies(point - identity * step)).doubles()
    }
    let chosen = (0..<size).map { element in
      zip(steps, highest).first { $0.1[element] <= base + 1 }?.0 ?? steps[11]
    }
    let moved = identity * Tensor(chosen)
    let slopes = (gradients(point + moved) - gradients(point - moved)) / (Tensor(chosen) * 2.0).unsqueezed(-1)
    return (slopes + slopes.transposed()) * 0.5
  }
}

/// Sets of indices that are joined.
private struct Groups {
  private var parents: [Int]
  private(set) var count: Int

  init(count: Int) {
    parents = Array(0..<count)
    self.count = count
  }

  private func root(_ index: Int) -> Int {
    var index = index
    while parents[index] != index { index = parents[index] }
    return index
  }

  mutating func join(_ a: Int, _ b: Int) {
    let (first, second) = (root(a), root(b))
    guard first != second else { return }
    parents[max(first, second)] = min(first, second)
    count -= 1
  }

  var labels: [Int] { parents.indices.map(root) }
}
