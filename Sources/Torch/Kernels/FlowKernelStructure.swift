/// What each output of a masked network sees, as the fused kernel takes it: where features and units are sorted by level, a
/// first part of the outputs of the layer before.
package struct FlowKernelStructure {
  /// The number of features.
  package let features: Int
  /// The number of levels.
  package let levelCount: Int
  /// The numbers that `ck_flow.h` describes, 64-bit integers.
  let numbers: Tensor

  /// A structure in which a unit sees all units of its level and lower ones, and all features of lower levels.
  ///
  /// - Parameters:
  ///   - order: the features in the order of their levels.
  ///   - levels: their levels in this order, rising from 0 without gaps.
  ///   - unitLevels: the level of each output of each layer, rising.
  package init(order: [Int], levels: [Int], unitLevels: [[Int]]) {
    let levelCount = (levels.last ?? -1) + 1
    /// How many units of rising levels are of a level or a lower one, for each level.
    func counts(_ units: [Int]) -> [Int] {
      var counts = Array(repeating: 0, count: levelCount + 1)
      for level in units { counts[level] += 1 }
      for level in counts.indices.dropFirst() { counts[level] += counts[level - 1] }
      return counts
    }
    var numbers = order
    var inputs = levels.map { $0 + 1 }
    for outputs in unitLevels {
      let (before, own) = (counts(inputs), counts(outputs))
      numbers += outputs.map { before[$0] }
      numbers += inputs.map { $0 == 0 ? 0 : own[$0 - 1] }
      numbers += own.dropLast()
      inputs = outputs
    }
    features = order.count
    self.levelCount = levelCount
    self.numbers = Tensor(numbers)
  }
}
