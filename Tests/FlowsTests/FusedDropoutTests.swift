import Flows
import Foundation
import NeuralNetworks
import Probability
import Testing
import Torch
import _TestSupport

/// Dropout in the kernel of a flow: which elements it drops, and that its gradients are those of what it computes.
@Suite(.serialized) struct FusedDropoutTests {
  private static let probability = 0.2
  private static let units = 30

  /// Two couplings of two features in 64 bits, of which only one moves a feature. Its network is `hidden`
  /// layers whose elements are all 1, and its shift is the sum of 2^u times element u of the last of them.
  private func countingFlow(hidden: Int, coupling: Int) throws -> NormalizingFlow {
    var rng = RandomGenerator(seed: 1)
    let sizes = Array(repeating: Self.units, count: hidden)
    let flow = try NormalizingFlow(
      RealNVP.Configuration(
        features: 2,
        couplings: CouplingOptions(
          layers: 2, network: .multilayerPerceptron(hiddenFeatures: sizes), dropout: Self.probability,
          mixing: .reversal)), using: &rng)
    flow.convert(to: .float64)
    for (name, parameter) in flow.namedParameters.map({ ($0.name, $0.parameter) }) where name.contains("network") {
      let isOutput = name.contains("network.layers.\(hidden).")
      if isOutput && name.hasSuffix("weight") && name.hasPrefix("layers.\(2 * coupling).") {
        let powers = (0..<Self.units).map { pow(2, Double($0)) }
        parameter.assign(Tensor(powers + Array(repeating: 0, count: Self.units), shape: [2, Self.units]))
      } else {
        let isOne = name.hasSuffix("bias") && !isOutput
        parameter.assign(isOne ? .ones(like: parameter.value) : .zeros(like: parameter.value))
      }
    }
    return flow
  }

  private func training(_ seed: UInt64) -> LayerContext { LayerContext(training: RandomGenerator(seed: seed)) }

  /// What elements of a hidden layer are multiplied by, times 1 - p: 0 or 1 for each row and unit.
  private func mask(rows: Int, seed: UInt64, hidden: Int = 1, coupling: Int = 0) throws -> [[Int]] {
    let flow = try countingFlow(hidden: hidden, coupling: coupling)
    let shifts = FlowKernel.usedInAnyBuild {
      withoutGradient { flow.conditioned(on: nil, training(seed)).map.forward(.zeros([rows, 2], dtype: .float64)) }
    }
    return try shifts.sum(-1).doubles().map { shift in
      let kept = shift * (1 - Self.probability)
      // Nothing but whole numbers: what is kept is scaled by 1 / (1 - p).
      try #require(abs(kept - kept.rounded()) < 1e-6)
      return (0..<Self.units).map { Int(kept.rounded()) >> $0 & 1 }
    }
  }

  private func using(_ set: InstructionSet, _ body: () throws -> Void) rethrows {
    let before = InstructionSet.current
    set.use()
    defer { before.use() }
    try FlowKernel.usedInAnyBuild(body)
  }

  /// Hoeffding's bound for the mean of numbers in [0, 1], with failure probability 1e-8.
  private func expectMean(_ values: [Int], _ mean: Double, _ what: Comment) {
    let count = Double(values.count)
    #expect(abs(Double(values.reduce(0, +)) / count - mean) <= (log(2e8) / (2 * count)).squareRoot(), what)
  }

  @Test func elementsAreKeptIndependently() throws {
    let mask = try mask(rows: 2000, seed: 1)
    let kept = 1 - Self.probability
    expectMean(mask.flatMap(\.self), kept, "all")
    for unit in 0..<Self.units { expectMean(mask.map { $0[unit] }, kept, "unit \(unit)") }
    for distance in [1, 3, 4, 15] {
      expectMean(mask.flatMap { row in [row[0] * row[distance]] }, kept * kept, "units \(distance) apart")
    }
    for distance in [1, 4, 8, 16, 64, 256] {
      let pairs = stride(from: 0, to: 2000 - distance, by: 2 * distance).flatMap { start in
        (start..<min(start + distance, 2000 - distance)).map { mask[$0][2] * mask[$0 + distance][2] }
      }
      expectMean(pairs, kept * kept, "rows \(distance) apart")
    }
  }

  @Test func layersAndCallsDropOtherElements() throws {
    let first = try mask(rows: 70, seed: 1)
    let others = [
      try mask(rows: 70, seed: 2), try mask(rows: 70, seed: 1, hidden: 2), try mask(rows: 70, seed: 1, coupling: 1),
    ]
    for other in others {
      let both = zip(first.flatMap(\.self), other.flatMap(\.self)).map { $0 * $1 }
      expectMean(both, pow(1 - Self.probability, 2), "independent")
    }
  }

  @Test func theMaskIsThatOfItsSeed() throws {
    let threads = threadCount()
    defer { setThreadCount(threads) }
    let reference = try mask(rows: 1100, seed: 5)
    #expect(try Array(mask(rows: 70, seed: 5)) == Array(reference.prefix(70)))
    for set in InstructionSet.available {
      for count in [1, 2] {
        setThreadCount(count)
        try using(set) {
          let found = try mask(rows: 1100, seed: 5)
          #expect(found == reference, "\(set), \(count)")
        }
      }
    }
    let flow = try countingFlow(hidden: 1, coupling: 0)
    let context = training(5)
    FlowKernel.usedInAnyBuild { _ = flow.conditioned(on: nil, context).logProb(.zeros([3, 2], dtype: .float64)) }
    var once = RandomGenerator(seed: 5)
    _ = once.next()
    #expect(context.rng == once)
  }

  /// The coupling in tensor operations, with the mask that the kernel says it has.
  @Test(arguments: InstructionSet.available, [Activation.relu, .silu, .tanh])
  func agreesWithTheNetworkOfTheSameMask(_ set: InstructionSet, _ activation: Activation) throws {
    let layout = FusedRunTests.Layout(
      isSpline: false, features: 2, hidden: [Self.units], activation: activation, layers: 1, rows: 90,
      dropout: Self.probability)
    let flow = try layout.make(seed: 3)
    flow.convert(to: .float64)
    let rows = try mask(rows: 90, seed: 6)
    let mask = Tensor(rows.flatMap { $0.map { Double($0) / (1 - Self.probability) } }, shape: [90, Self.units])
    var rng = RandomGenerator(seed: 4)
    let x = Tensor.normal([90, 2], dtype: .float64, using: &rng).requiringGradient()
    let parameters = Dictionary(
      uniqueKeysWithValues: flow.namedParameters.map { ($0.name, $0.parameter.value) })
    func parameter(_ name: String) throws -> Tensor { try #require(parameters["layers.0.\(name)"]) }

    let standardized = flow.preprocessing.bijection(given: nil, .inference).forwardWithLogDet(x)
    let parts = standardized.z.unbound(-1)
    let sums = parts[0].unsqueezed(-1).linear(
      try parameter("conditioner.network.layers.0.weight"), try parameter("conditioner.network.layers.0.bias"))
    let outputs = (activation(sums) * mask).linear(
      try parameter("conditioner.network.layers.1.weight"), try parameter("conditioner.network.layers.1.bias")
    ).unbound(-1)
    let logScale = outputs[1].tanh() * (try parameter("range"))
    let code = outputs[0] + parts[1] * logScale.exp()
    let expected =
      logScale + standardized.logDet - (parts[0] * parts[0] + code * code) / 2 - log(2 * Double.pi)

    let inputs = [x] + flow.namedParameters.map(\.parameter.value)
    using(set) {
      let fused = flow.conditioned(on: nil, training(6)).logProb(x)
      #expect((fused - expected).absolute().max().item() < 1e-10)
      let weights = Tensor.normal([90], dtype: .float64, using: &rng)
      let found = gradients(of: [fused], weightedBy: [weights], withRespectTo: inputs)
      for (a, b) in zip(found, gradients(of: [expected], weightedBy: [weights], withRespectTo: inputs)) {
        #expect((a - b).absolute().max().item() < 1e-9 * max(1, b.absolute().max().item()))
      }
    }
  }

  /// Along a direction the gradient is the slope of the result with the same elements dropped, deep networks and splines
  /// included, both ways; in 32 bits it is that of 64 bits.
  @Test(arguments: InstructionSet.available) func gradientsAreSlopes(_ set: InstructionSet) throws {
    let activations: [Activation] = [.silu, .tanh, .relu]
    for (index, activation) in activations.enumerated() {
      let layout = FusedRunTests.Layout(
        isSpline: index < 2, features: 3, context: 1, hidden: [9, 6], activation: activation, rows: 70, dropout: 0.3)
      let flow = try layout.make(seed: UInt64(20 + index))
      var rng = RandomGenerator(seed: 2)
      let (x, context) = (Tensor.normal([70, 3], using: &rng), Tensor.normal([70, 1], using: &rng))
      let parameters = flow.namedParameters.map(\.parameter)
      func loss(_ dtype: DType, isInverse: Bool) -> Tensor {
        flow.convert(to: dtype)
        let map = flow.conditioned(on: context.to(dtype), training(7)).map
        let (value, logDet) =
          isInverse ? map.inverseWithLogDet(x.to(dtype)) : map.forwardWithLogDet(x.to(dtype))
        return (value * value).sum() + logDet.sum()
      }
      using(set) {
        for isInverse in [false, true] {
          let narrow = gradients(of: loss(.float32, isInverse: isInverse), withRespectTo: parameters.map(\.value))
          let wide = gradients(of: loss(.float64, isInverse: isInverse), withRespectTo: parameters.map(\.value))
          for (a, b) in zip(narrow, wide) {
            let size: Double = max(b.absolute().max().item(), 1)
            #expect((a.to(.float64) - b).absolute().max().item() < 1e-3 * size)
          }
          let values = parameters.map { $0.value.detached() * 1 }
          let directions = values.map { Tensor.normal($0.shape, dtype: .float64, using: &rng) }
          func moved(_ step: Double) -> Double {
            for (index, parameter) in parameters.enumerated() {
              parameter.assign(values[index] + directions[index] * step)
            }
            return withoutGradient { loss(.float64, isInverse: isInverse).item() }
          }
          let slope = (moved(1e-6) - moved(-1e-6)) / 2e-6
          _ = moved(0)
          let predicted: Double = zip(wide, directions).map { ($0 * $1).sum().item() }.reduce(0, +)
          #expect(abs(predicted - slope) < 1e-4 * max(1, abs(slope)), "\(activation), inverse: \(isInverse)")
        }
      }
    }
  }

  @Test func nothingIsDroppedOutsideTraining() throws {
    var layout = FusedRunTests.Layout.all[1]
    let plain = try layout.make(seed: 8)
    layout.dropout = 0.9
    let dropping = try layout.make(seed: 8)
    var rng = RandomGenerator(seed: 2)
    let (x, context) = (Tensor.normal([64, 3], using: &rng), Tensor.normal([64, 2], using: &rng))
    FlowKernel.usedInAnyBuild {
      #expect(dropping.encode(x, given: context).isEqual(to: plain.encode(x, given: context)))
      let trained = dropping.conditioned(on: context, training(1)).map.forward(x)
      #expect(!trained.isEqual(to: plain.encode(x, given: context)))
    }
  }
}
