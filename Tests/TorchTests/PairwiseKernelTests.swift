import Testing
import Torch
import _TestSupport

/// Kernels over pairs of rows against tensor formulas, for each instruction set and both types.
@Suite(.serialized) struct PairwiseKernelTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let instructions: InstructionSet
    let dtype: DType
    var testDescription: String { "\(instructions) \(dtype)" }
    var tolerance: Double { dtype == .float64 ? 1e-11 : 3e-5 }

    static let all = InstructionSet.available.flatMap { set in
      [DType.float32, .float64].map { Case(instructions: set, dtype: $0) }
    }
  }

  private func using(_ set: InstructionSet, _ body: () -> Void) {
    let before = InstructionSet.current
    set.use()
    body()
    before.use()
  }

  /// Two sets of rows of which two are the same row, and two of one set.
  private func rows(_ count: Int, _ other: Int, _ features: Int, _ dtype: DType, seed: UInt64) -> (x: Tensor, y: Tensor)
  {
    var rng = RandomGenerator(seed: seed)
    let x = Tensor.normal([count, features], dtype: .float64, using: &rng) + 3.0
    let y = Tensor.normal([other, features], dtype: .float64, using: &rng) * 1.3 + 3.2
    let twice = Tensor.concatenating([x, x[.range(0..<1)]])
    return (twice.to(dtype), Tensor.concatenating([y, x[.range(0..<1)]]).to(dtype))
  }

  private func kernels(_ features: Int) -> [PairwiseKernelSums] {
    let scale = Double(features).squareRoot()
    return PairwiseKernelSums.Profile.allCases.map {
      PairwiseKernelSums($0, scales: $0 == .negativeDistance ? [1] : [1.3 * scale, 0.4 * scale])
    }
  }

  private func relative(_ a: Tensor, _ b: Tensor, _ tolerance: Double, _ comment: String) {
    let size = max(b.absolute().max().item(), 1e-3)
    expectClose(a.to(.float64) / size, b / size, tolerance: tolerance, comment)
  }

  /// The sum and its gradients by the kernel, and by the formula in 64 bits.
  private func check(_ kernel: PairwiseKernelSums, _ x: Tensor, _ y: Tensor?, _ row: Case, _ comment: String) {
    func results(_ x: Tensor, _ y: Tensor?, _ sum: (Tensor, Tensor?) -> Tensor) -> [Tensor] {
      let inputs = ([x] + (y.map { [$0] } ?? [])).map { $0.requiringGradient() }
      let value = sum(inputs[0], y == nil ? nil : inputs[1])
      return [value.detached()] + gradients(of: value * 0.5, withRespectTo: inputs)
    }
    let fused = results(x, y) { kernel.sum($0, $1) }
    let composed = results(x.to(.float64), y?.to(.float64)) { kernel.formula($0, $1) }
    #expect(fused[0].dtype == .float64 && fused[1].dtype == row.dtype)
    for (index, (a, b)) in zip(fused, composed).enumerated() {
      relative(a, b, row.tolerance, "\(comment) \(kernel.profile), result \(index)")
    }
  }

  static let shapes = [(3, 5, 1), (1, 1, 3), (69, 8, 2), (129, 65, 5), (63, 64, 17), (70, 90, 40)]

  @Test(arguments: Case.all) func sumsAndGradientsAgreeWithTheFormula(_ row: Case) {
    using(row.instructions) {
      for (count, other, features) in Self.shapes {
        let (x, y) = rows(count, other, features, row.dtype, seed: 1)
        for kernel in kernels(features) {
          check(kernel, x, y, row, "\(x.shape) \(y.shape)")
          check(kernel, x, nil, row, "\(x.shape)")
        }
      }
    }
  }

  @Test(arguments: Case.all) func contrastsAgreeWithTheFormula(_ row: Case) {
    using(row.instructions) {
      let weights = PairwiseKernelSums.Weights(inside: 0.3, outside: 0.2, across: -0.4)
      for (count, other, features) in Self.shapes.dropFirst() {
        let (x, y) = rows(count, other, features, row.dtype, seed: 10)
        for kernel in kernels(features) {
          let leaves = [x.requiringGradient(), y.requiringGradient()]
          let wide = [x, y].map { $0.to(.float64).requiringGradient() }
          let fused = kernel.contrast(leaves[0], leaves[1], weights)
          let composed =
            kernel.formula(wide[0]) * 0.3 + kernel.formula(wide[1]) * 0.2 - kernel.formula(wide[0], wide[1]) * 0.4
          let terms = [kernel.sum(x), kernel.sum(y), kernel.sum(x, y)].map { abs($0.item()) }.reduce(0, +)
          expectClose([fused.item() / terms], [composed.item() / terms], tolerance: row.tolerance)
          let slopes = zip(gradients(of: fused, withRespectTo: leaves), gradients(of: composed, withRespectTo: wide))
          for (a, b) in slopes { relative(a, b, row.tolerance, "\(kernel.profile) \(x.shape)") }
          // One side alone has the gradient that it has beside the other.
          let alone = kernel.contrast(x, leaves[1], weights)
          #expect(
            gradients(of: alone, withRespectTo: [leaves[1]])[0].isEqual(
              to: gradients(of: kernel.contrast(leaves[0], leaves[1], weights), withRespectTo: [leaves[1]])[0]))
        }
      }
    }
  }

  /// Blocks of six panels are for very many rows; halves have blocks of three.
  @Test func sumsOverHalvesAreThoseOverAllRows() {
    let (x, y) = rows(3080, 3090, 2, .float64, seed: 11)
    let kernel = PairwiseKernelSums(.gaussian, scales: [1])
    func results(_ x: Tensor) -> [Tensor] {
      let leaf = x.requiringGradient()
      let sum = kernel.sum(leaf, y)
      return [sum.detached()] + gradients(of: sum, withRespectTo: [leaf])
    }
    let whole = results(x), halves = [0, 1600].map { results(x.narrowed(0, from: $0, length: $0 == 0 ? 1600 : 1481)) }
    expectClose([whole[0].item()], [halves[0][0].item() + halves[1][0].item()], tolerance: 1e-9)
    relative(whole[1], Tensor.concatenating(halves.map { $0[1] }), 1e-11, "gradient")
  }

  /// Rows around 0 are multiplied; where that would lose the digits that the kernel needs, differences are squared.
  @Test(arguments: Case.all) func rowsFarApartLoseNoDigits(_ row: Case) {
    using(row.instructions) {
      var rng = RandomGenerator(seed: 12)
      // Two narrow clusters, the second after the first's blocks, and a row far from both; steps of 2^-10.
      let near = Tensor.integers(in: 0..<32, [260, 3], using: &rng).to(.float64) / 1024.0
      let places = Tensor.concatenating([
        Tensor.zeros([130, 1], dtype: .float64), Tensor.full([129, 1], 700, dtype: .float64),
        Tensor.full([1, 1], -3000, dtype: .float64),
      ])
      let x = (near + places).to(row.dtype)
      for profile in [PairwiseKernelSums.Profile.gaussian, .inverseMultiquadric] {
        let kernel = PairwiseKernelSums(profile, scales: [0.02])
        check(kernel, x, nil, row, "clusters")
        check(kernel, x, x[.range(60..<190)].contiguous(), row, "clusters")
      }
    }
  }

  @Test(arguments: InstructionSet.available) func meansAgreeWithTheFormula(_ set: InstructionSet) {
    using(set) {
      for (count, other, features) in Self.shapes {
        let (x, y) = rows(count, other, features, .float64, seed: 13)
        var rng = RandomGenerator(seed: 14)
        let weights = Tensor.normal([y.size(0)], dtype: .float64, using: &rng) * 3.0
        let squared = (x.unsqueezed(1) - y.unsqueezed(0)).squared().sum(-1)
        let exact = (weights - squared * (0.5 / 0.49)).softmax(-1).matmul(y)
        expectClose(PairwiseKernelSums.means(x, of: y, logWeights: weights, scale: 0.7), exact, tolerance: 1e-12)
        // The nearest row alone, where all others are beyond any exponent.
        let nearest = y.selecting(squared.argMin(-1))
        let zeros = Tensor.zeros([y.size(0)], dtype: .float64)
        expectClose(PairwiseKernelSums.means(x, of: y, logWeights: zeros, scale: 1e-9), nearest, tolerance: 1e-12)
      }
    }
  }

  /// Blocks of three panels are for many rows only.
  @Test(arguments: Case.all) func manyRowsAgreeWithTheFormula(_ row: Case) {
    using(row.instructions) {
      let (x, y) = rows(1540, 1600, 2, row.dtype, seed: 2)
      let kernel = PairwiseKernelSums(.gaussian, scales: [1])
      check(kernel, x, row.dtype == .float32 ? y : nil, row, "many")
    }
  }

  @Test(arguments: Case.all) func sumsOfRowsAgreeWithTheFormula(_ row: Case) {
    using(row.instructions) {
      for (count, other, features) in Self.shapes {
        let (x, y) = rows(count, other, features, row.dtype, seed: 3)
        for kernel in kernels(features) {
          let (wideX, wideY) = (x.to(.float64), y.to(.float64))
          let across = kernel.value(
            atSquaredDistance: (wideX.unsqueezed(1) - wideY.unsqueezed(0)).squared().sum(-1))
          let pairs = kernel.rowSums(x, y)
          relative(pairs.x, across.sum(1), row.tolerance, "rows of x")
          relative(pairs.y ?? x, across.sum(0), row.tolerance, "rows of y")
          expectClose([pairs.sumOfSquares], [across.squared().sum().item()], tolerance: row.tolerance)
          let inside = kernel.value(
            atSquaredDistance: (wideX.unsqueezed(1) - wideX.unsqueezed(0)).squared().sum(-1))
          let own = kernel.rowSums(x)
          relative(own.x, inside.sum(1) - kernel.atZero, row.tolerance, "the other rows")
          expectClose([own.sum], [own.x.sum().item() / 2], tolerance: row.tolerance)
        }
      }
    }
  }

  @Test(arguments: Case.all) func sumsOfSplitsAgreeWithTheFormula(_ row: Case) {
    using(row.instructions) {
      var rng = RandomGenerator(seed: 4)
      for (count, features, sets) in [(9, 1, 16), (130, 3, 32), (70, 6, 48)] {
        let x = rows(count, 1, features, row.dtype, seed: 5).x
        let members = (Tensor.uniform([x.size(0), sets], using: &rng) .< 0.4).to(row.dtype)
        for kernel in kernels(features) {
          let splits = kernel.splitSums(x, members: members)
          let matrix = kernel.value(
            atSquaredDistance: (x.unsqueezed(1) - x.unsqueezed(0)).to(.float64).squared().sum(-1)
          ).upperTriangle(1)
          let (u, rest) = (members.to(.float64), 1.0 - members.to(.float64))
          let inside = (u * matrix.matmul(u)).sum(0)
          let outside = (rest * matrix.matmul(rest)).sum(0)
          let across = matrix.sum() - inside - outside
          let found = (0..<sets).map { splits.sums(ofSet: $0) }
          relative(Tensor(found.map(\.inside)), inside, row.tolerance, "inside")
          relative(Tensor(found.map(\.outside)), outside, row.tolerance, "outside")
          relative(Tensor(found.map(\.across)), across, row.tolerance, "across")
        }
      }
    }
  }

  @Test func theLastBitsDoNotDependOnTheNumberOfThreads() {
    let (x, y) = rows(700, 500, 3, .float32, seed: 6)
    let kernel = PairwiseKernelSums(.laplace, scales: [1, 2])
    let before = threadCount()
    defer { setThreadCount(before) }
    let all = [1, 2, 3].map { threads in
      setThreadCount(threads)
      let inputs = [x.requiringGradient(), y.requiringGradient()]
      let sum = kernel.sum(inputs[0]) + kernel.sum(inputs[0], inputs[1])
      let neighbours = NearestRows.find(3, of: x, among: y)
      return [sum.detached()] + gradients(of: sum, withRespectTo: inputs) + [neighbours.squaredDistances]
    }
    for other in all.dropFirst() {
      for (a, b) in zip(all[0], other) { #expect(a.isEqual(to: b)) }
    }
  }

  @Test func rowsFarFromTheOriginLoseNoDigits() {
    // |x|^2 + |y|^2 - 2 x y has no digit left here.
    var rng = RandomGenerator(seed: 7)
    let offset = Tensor([Float(40_000), -70_000])
    let x = (Tensor.integers(in: 0..<64, [80, 2], using: &rng).to(.float32) / 64.0) + offset
    let kernel = PairwiseKernelSums(.gaussian, scales: [0.5])
    let wide = (x.to(.float64) - offset.to(.float64)).requiringGradient()
    let narrow = x.requiringGradient()
    let (a, b) = (kernel.sum(narrow), kernel.formula(wide))
    expectClose([a.item()], [b.item()], tolerance: 1e-6)
    expectClose(
      gradients(of: a, withRespectTo: [narrow])[0].to(.float64), gradients(of: b, withRespectTo: [wide])[0],
      tolerance: 1e-4)
  }

  @Test func numbersThatAreNotFiniteGiveNaN() {
    let kernel = PairwiseKernelSums(.gaussian, scales: [1])
    for bad in [Float.nan, .infinity] {
      let x = Tensor(rows: [[0, 1], [2, bad], [1, 1]]).requiringGradient()
      let sum = kernel.sum(x)
      #expect(sum.item().isNaN && gradients(of: sum, withRespectTo: [x])[0].isNaN().all())
      #expect(kernel.rowSums(x).x.isNaN().all() && PairwiseKernelSums.medianDistance(x).isNaN)
      #expect(kernel.splitSums(x, members: Tensor.ones([3, 16])).inside[0].isNaN)
    }
  }

  @Test func secondDerivativesAreRightWhereTheyAreAskedFor() {
    let kernel = PairwiseKernelSums(.gaussian, scales: [1])
    let (x, y) = (Tensor([0.0, 2.0], shape: [2, 1]), Tensor([0.7], shape: [1, 1]))
    let leaf = x.requiringGradient()
    let second = withHigherDerivatives {
      let first = gradients(of: kernel.sum(leaf, y), withRespectTo: [leaf], creatingGraph: true)[0]
      return gradients(of: first.sum(), withRespectTo: [leaf])[0]
    }
    let exact = [0.7, -1.3].map { (d: Double) in (d * d - 1) * Tensor([-d * d / 2]).exp().item() }
    expectClose(second.doubles(), exact, tolerance: 1e-12)
  }

  @Test func mediansOfDistancesAreThoseOfTheSortedPairs() {
    for dtype in [DType.float32, .float64] {
      #expect(PairwiseKernelSums.medianDistance(Tensor([0.0, 1, 3, 7], shape: [4, 1]).to(dtype)) == 3.5)
      #expect(PairwiseKernelSums.medianDistance(Tensor([0.0, 1, 3], shape: [3, 1]).to(dtype)) == 2)
      // Six of the ten distances are 0: the median of the other four.
      #expect(PairwiseKernelSums.medianDistance(Tensor([5.0, 5, 5, 5, 8], shape: [5, 1]).to(dtype)) == 3)
      #expect(PairwiseKernelSums.medianDistance(Tensor([5.0, 5, 5], shape: [3, 1]).to(dtype)) == 0)
      let x = rows(150, 1, 4, dtype, seed: 8).x
      let distances = x.to(.float64).distances(to: x.to(.float64)).doubles()
      let upper = (0..<151).flatMap { i in ((i + 1)..<151).map { distances[i * 151 + $0] } }.sorted()
      let middle =
        upper.count % 2 == 1 ? upper[upper.count / 2] : (upper[upper.count / 2 - 1] + upper[upper.count / 2]) / 2
      expectClose([PairwiseKernelSums.medianDistance(x)], [middle], tolerance: 1e-6)
    }
  }

  @Test(arguments: Case.all) func neighboursAgreeWithSorting(_ row: Case) {
    using(row.instructions) {
      for (count, other, features, k) in [(70, 131, 2, 5), (9, 64, 7, 1), (200, 40, 33, 3)] {
        let (x, y) = rows(count, other, features, row.dtype, seed: 9)
        let found = NearestRows.find(k, of: x, among: y)
        let squared = (x.to(.float64).unsqueezed(1) - y.to(.float64).unsqueezed(0)).squared().sum(-1)
        let (values, indices) = squared.topK(k, -1, largest: false)
        relative(found.squaredDistances, values, row.tolerance, "distances")
        #expect(found.positions.isEqual(to: indices) || row.dtype == .float32)
        let radii = squared.min(0) * 1.5
        let counts = NearestRows.ballCounts(x, centers: y, squaredRadii: radii.to(row.dtype))
        let exact = (squared .<= radii.unsqueezed(0)).to(.int64).sum(1)
        #expect((counts .== exact).all())
      }
    }
  }

  @Test func aRowLeavesOutItselfAndNotItsTwin() {
    let x = Tensor([0.0, 5, 0, 9], shape: [4, 1])
    let found = NearestRows.find(2, of: x, among: x, leavingOutOwn: true)
    #expect(found.squaredDistances.doubles() == [0, 25, 16, 25, 0, 25, 16, 81])
    #expect(found.positions.doubles() == [2, 1, 3, 0, 0, 1, 1, 0])
    // Of equal distances the first row wins.
    #expect(NearestRows.find(1, of: x, among: x).positions.doubles() == [0, 1, 0, 3])
  }
}
