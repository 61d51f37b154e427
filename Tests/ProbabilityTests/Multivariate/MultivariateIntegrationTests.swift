import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Densities sum to 1, and draws lie where the density says.
@Suite struct MultivariateIntegrationTests {
  /// Pearson's statistic of counts against expectations, as a standard normal score (Wilson and Hilferty). Chance exceeds
  /// 5.2 with probability about 1e-7. Cells where less than 5 are expected are one class.
  private func chiSquareScore(observed: [Double], expected: [Double]) -> Double {
    var rest = (observed: 0.0, expected: 0.0)
    var (statistic, classes) = (0.0, 0)
    func add(_ seen: Double, _ wanted: Double) {
      statistic += (seen - wanted) * (seen - wanted) / wanted
      classes += 1
    }
    for (seen, wanted) in zip(observed, expected) {
      if wanted < 5 { rest = (rest.observed + seen, rest.expected + wanted) } else { add(seen, wanted) }
    }
    if rest.expected >= 5 { add(rest.observed, rest.expected) } else if rest.observed > 30 { return .infinity }
    let freedom = Double(classes - 1)
    guard freedom > 0 else { return 0 }
    let spread = 2 / (9 * freedom)
    return (pow(statistic / freedom, 1.0 / 3) - (1 - spread)) / spread.squareRoot()
  }

  // MARK: Counts

  /// All vectors of counts up to bounds with a sum.
  private func counts(upTo bounds: [Int], sum: Int) -> [[Double]] {
    guard bounds.count > 1 else { return sum <= bounds[0] ? [[Double(sum)]] : [] }
    return (0...min(bounds[0], sum)).flatMap { first in
      counts(upTo: Array(bounds.dropFirst()), sum: sum - first).map { [Double(first)] + $0 }
    }
  }

  private func checkCounts(_ distribution: some Distribution, _ outcomes: [[Double]], draws: Int = 20_000) {
    let events = Tensor(rows: outcomes).reshaped([outcomes.count] + distribution.eventShape)
    let mass = distribution.logProb(events).exp().doubles()
    #expect(abs(mass.reduce(0, +) - 1) < 1e-11)
    var rng = RandomGenerator(seed: 21)
    let places = Dictionary(uniqueKeysWithValues: outcomes.enumerated().map { ($1, $0) })
    var observed = [Double](repeating: 0, count: outcomes.count)
    let width = distribution.eventShape.elementCount
    let values = distribution.sample([draws], using: &rng).doubles()
    for start in stride(from: 0, to: values.count, by: width) {
      guard let place = places[Array(values[start..<(start + width)])] else {
        Issue.record("a draw is none of the outcomes")
        return
      }
      observed[place] += 1
    }
    #expect(chiSquareScore(observed: observed, expected: mass.map { $0 * Double(draws) }) < 5.2)
  }

  @Test func probabilitiesOfCountsSumToOneAndDrawsFollow() {
    let unbounded = { (classes: Int, sum: Int) in self.counts(upTo: [Int](repeating: sum, count: classes), sum: sum) }
    checkCounts(Multinomial(trials: 6, probabilities: tensor(.float64, 1, 2, 3)), unbounded(3, 6))
    checkCounts(Multinomial(trials: 1, probabilities: tensor(.float64, 1, 2, 3, 0, 2, 5, 1)), unbounded(7, 1))
    checkCounts(Multinomial(trials: 3, probabilities: Tensor([2.0])), unbounded(1, 3))
    // More than 10 expected successes take another branch of the binomial sampler.
    checkCounts(Multinomial(trials: 60, probabilities: tensor(.float64, 0.4, 0.6)), unbounded(2, 60))
    checkCounts(DirichletMultinomial(trials: 5, concentration: tensor(.float64, 0.3, 1, 2)), unbounded(3, 5))
    checkCounts(
      MultivariateHypergeometric(populations: tensor(.float64, 4, 0, 7, 3), draws: 6),
      counts(upTo: [4, 0, 7, 3], sum: 6))
    checkCounts(
      MultivariateHypergeometric(populations: tensor(.float64, 90, 150), draws: 100), counts(upTo: [90, 150], sum: 100))
    // Wide enough for draws by rejection.
    checkCounts(
      MultivariateHypergeometric(populations: tensor(.float64, 4000, 6000), draws: 3000),
      counts(upTo: [4000, 6000], sum: 3000))
    // A population beyond the table of log-factorials.
    checkCounts(
      MultivariateHypergeometric(populations: tensor(.float64, 40_000, 60_000), draws: 25),
      counts(upTo: [25, 25], sum: 25))
  }

  @Test func tablesSumToOneAndDrawsFollow() {
    let columns = [3, 4, 2]
    var tables: [[Double]] = []
    for first in counts(upTo: columns, sum: 4) {
      let left = zip(columns, first).map { $0 - Int($1) }
      for second in counts(upTo: left, sum: 3) {
        tables.append(first + second + zip(left, second).map { Double($0) - $1 })
      }
    }
    let sums = (rows: tensor(.float64, 4, 3, 2), columns: tensor(.float64, 3, 4, 2))
    checkCounts(RandomTable(rowSums: sums.rows, columnSums: sums.columns), tables)
    // One row, for which SciPy's default method returns memory that was never written.
    checkCounts(RandomTable(rowSums: Tensor([4.0]), columnSums: tensor(.float64, 1, 3)), [[1, 3]], draws: 10)
    let integers = RandomTable(rowSums: Tensor([2, 1]), columnSums: Tensor([1, 2]))
    #expect(
      integers.mean.dtype == .float64
        && integers.mean.isClose(to: Tensor(rows: [[2.0 / 3, 4.0 / 3], [1.0 / 3, 2.0 / 3]])))
  }

  // MARK: Densities in the plane and in space

  private func checkPlane(_ distribution: some Distribution, _ grid: Grid, blocks: Int, missing: Double = 1e-6) {
    let logProb = distribution.logProb(grid.points.reshaped([grid.points.size(0)] + distribution.eventShape))
    let integral = grid.integral(logProb: logProb)
    #expect(integral < 1 + missing && integral > 1 - missing, "the density integrates to \(integral)")
    var rng = RandomGenerator(seed: 22)
    let draws = distribution.sample([20_000], using: &rng).reshaped([20_000, 2])
    #expect(grid.chiSquareScore(of: draws, logProb: logProb, blocks: blocks) < 5.2)
  }

  @Test func densitiesInThePlaneIntegrateToOneAndDrawsFollow() throws {
    let matrix = Tensor(rows: [[1.0, 0.5], [0.5, 0.8]])
    let one = Tensor(rows: [[1.0]])
    let grid = Grid(bound: 12, cells: 240, dimensions: 2)
    checkPlane(
      try SingularNormal(location: tensor(.float64, 0.4, -0.3), covariance: matrix), grid, blocks: 60)
    // Student tails beyond the grid: the probability of a distance above 12 is about 12^-degreesOfFreedom.
    checkPlane(
      try MultivariateStudentT(
        degreesOfFreedom: tensor(.float64, 4.5), location: tensor(.float64, 0.4, -0.3), scaleMatrix: matrix), grid,
      blocks: 60, missing: 2e-3)
    checkPlane(
      try MatrixStudentT(
        degreesOfFreedom: tensor(.float64, 4.5), location: Tensor(rows: [[0.4, -0.3]]), rowScale: one * 2.5,
        columnScale: matrix), grid, blocks: 60, missing: 2e-3)
    checkPlane(
      try MatrixNormal(location: Tensor(rows: [[0.4], [-0.3]]), rowCovariance: matrix, columnCovariance: one), grid,
      blocks: 60)
    checkPlane(
      NormalInverseGamma(
        location: tensor(.float64, 0.3), precisionFactor: tensor(.float64, 0.7), concentration: tensor(.float64, 5),
        scale: tensor(.float64, 4)), grid, blocks: 60, missing: 2e-3)
  }

  @Test func theSimplexIntegratesToOneAndDrawsFollow() {
    struct FirstTwo: Distribution {
      let dirichlet: Dirichlet
      var batchShape: Shape { [] }
      var eventShape: Shape { [2] }
      var support: Support { .real(eventRank: 1) }
      func logProb(unchecked x: Tensor) -> Tensor {
        let last = 1.0 - x.sum(-1, keepingDimensions: true)
        return dirichlet.logProb(Tensor.concatenating([x, last], -1))
      }
      func sample(_ sampleShape: Shape, using rng: inout RandomGenerator) -> Tensor {
        dirichlet.sample(sampleShape, using: &rng).narrowed(-1, from: 0, length: 2)
      }
    }
    let dirichlet = Dirichlet(concentration: tensor(.float64, 2.5, 3, 4))
    checkPlane(FirstTwo(dirichlet: dirichlet), Grid(bound: 1, cells: 400, dimensions: 2), blocks: 80, missing: 1e-4)
  }

  /// Integrals over the three elements of positive definite matrices of size 2, through their Cholesky factors.
  @Test func densitiesOfMatricesIntegrateToOne() throws {
    let scale = Tensor(rows: [[0.5, 0.2], [0.2, 0.4]])
    let freedom = tensor(.float64, 5.5)
    let cells = 60
    let positive = Tensor.linear(from: 0.5, to: Double(cells) - 0.5, count: cells, dtype: .float64)
    for (distribution, width) in [
      (try Wishart(degreesOfFreedom: freedom, scaleMatrix: scale) as any Distribution, 0.08),
      (try InverseWishart(degreesOfFreedom: freedom, scaleMatrix: scale * 8.0), 0.13),
    ] {
      let diagonal = positive * width
      let below = (positive - Double(cells) / 2) * (2 * width)
      let a = diagonal.reshaped([cells, 1, 1]).broadcasted(to: [cells, cells, cells])
      let b = below.reshaped([1, cells, 1]).broadcasted(to: [cells, cells, cells])
      let c = diagonal.reshaped([1, 1, cells]).broadcasted(to: [cells, cells, cells])
      let rows = [Tensor.stacking([a.squared(), a * b], -1), Tensor.stacking([a * b, b.squared() + c.squared()], -1)]
      let logProb = distribution.logProb(Tensor.stacking(rows, -2))
      // The Jacobian of (a^2, a b, b^2 + c^2).
      let integral = (logProb.exp() * a.squared() * c * 4.0).sum().item() * 2 * width * width * width
      #expect(abs(integral - 1) < 2e-3, "\(type(of: distribution)): \(integral)")
    }
  }

  // MARK: Directions and groups

  /// The cosine of the angle to the mean direction has a density in closed form from that on the sphere.
  @Test(arguments: [2, 3, 4, 12]) func directionsFollowTheirDensity(_ features: Int) throws {
    var values = [Double](repeating: 0, count: features)
    values[features - 1] = 1
    let direction = Tensor(values)
    let grid = Grid(bound: 1, cells: 20_000, dimensions: 1)
    // Angles from 0 to pi at the middles of cells.
    let angle = (grid.points + 1.0) * (Double.pi / 2)
    var points = [Tensor](repeating: Tensor.zeros(like: angle), count: features)
    points[0] = angle.sin()
    points[features - 1] = angle.cos()
    let ring = log(2) + Double(features - 1) / 2 * log(Double.pi) - lgamma(Double(features - 1) / 2)
    var rng = RandomGenerator(seed: 23)
    for concentration in [0, 0.8, 9, 400.0] {
      let fisher = VonMisesFisher(meanDirection: direction, concentration: tensor(.float64, concentration))
      let density = fisher.logProb(Tensor.stacking(points, -1))
      let logProb = density + angle.sin().log() * Double(features - 2) + (ring + log(Double.pi / 2))
      #expect(abs(grid.integral(logProb: logProb) - 1) < 1e-5)
      let draws = fisher.sample([20_000], using: &rng)[.all, .at(features - 1)].clamped(from: -1, to: 1).acos()
      #expect(grid.kolmogorovDistance(of: draws * (2 / Double.pi) - 1.0, logProb: logProb) < 2.7)
    }
  }

  private func expectMean(_ values: Tensor, is expected: Double, _ comment: String) {
    let error = values.standardDeviation(0).item() / Double(values.elementCount).squareRoot()
    #expect(abs(values.mean().item() - expected) < 7 * error, "\(comment): \(values.mean().item()), not \(expected)")
  }

  /// Moments of traces (Diaconis and Shahshahani), which factors without the right signs or phases miss.
  @Test func groupsFollowTheHaarMeasure() {
    var rng = RandomGenerator(seed: 24)
    let orthogonal = OrthogonalGroup(4, dtype: .float64).sample([10_000], using: &rng)
    let trace = orthogonal.diagonal().sum(-1)
    expectMean(trace.squared(), is: 1, "trace^2 of orthogonal matrices")
    expectMean(trace.pow(4), is: 3, "trace^4 of orthogonal matrices")
    expectMean(orthogonal.signLogDeterminant().sign, is: 0, "determinants")
    let unitary = UnitaryGroup(3, dtype: .float64)
    let parts = unitary.sample([10_000], using: &rng).diagonal().sum(-1)
    let modulus = parts.squared().sum(-1)
    expectMean(modulus, is: 1, "|trace|^2 of unitary matrices")
    expectMean(modulus.squared(), is: 2, "|trace|^4 of unitary matrices")
    expectMean(parts[.all, .at(0)] * parts[.all, .at(1)], is: 0, "phases of unitary traces")
    // The angle of a rotation in space has density (1 - cos) / pi.
    let rotation = SpecialOrthogonalGroup(3, dtype: .float64).sample([10_000], using: &rng)
    #expect((rotation.signLogDeterminant().sign .> 0).all())
    let angle = ((rotation.diagonal().sum(-1) - 1.0) * 0.5).clamped(from: -1, to: 1).acos()
    let grid = Grid(bound: 1, cells: 10_000, dimensions: 1)
    let logProb = (1.0 - ((grid.points + 1.0) * (Double.pi / 2)).cos()).log() - Foundation.log(2.0)
    #expect(grid.kolmogorovDistance(of: angle * (2 / Double.pi) - 1.0, logProb: logProb) < 2.7)
    let single = SpecialOrthogonalGroup(1).sample([3], using: &rng)
    #expect(single.isEqual(to: Tensor.ones([3, 1, 1])))
  }

  private struct Correlations: Decodable {
    let eigenvalues: [Double]
    let moments, errors: ReferenceTensor
  }

  /// Exact eigenvalues, and the first, second and fourth moments of SciPy's draws.
  @Test func correlationsHaveTheirEigenvaluesAndSciPysMoments() throws {
    var rng = RandomGenerator(seed: 25)
    let count = 20_000
    for row in try reference("random_correlations", as: [Correlations].self) {
      let draws = RandomCorrelation(eigenvalues: Tensor(row.eigenvalues)).sample([count], using: &rng)
      let size = row.eigenvalues.count
      #expect((draws.diagonal() .== 1).all() && draws.isEqual(to: draws.transposed()))
      let found = try draws[.range(0..<100)].symmetricEigen().values
      expectClose(found, Tensor(row.eigenvalues).broadcasted(to: [100, size]), tolerance: 1e-12)
      let powers = Tensor.stacking([draws, draws.squared(), draws.pow(4)], 1)
      let errors = powers.standardDeviation(0) / Double(count).squareRoot()
      let allowed = (errors.squared() + row.errors.tensor.squared()).squareRoot() * 7.0 + 1e-9
      #expect(((powers.mean(0) - row.moments.tensor).absolute() .<= allowed).all(), "\(row.eigenvalues)")
    }
    let batch = RandomCorrelation(eigenvalues: Tensor(rows: [[1.0, 1], [0, 2]]).to(.float32)).sample([2], using: &rng)
    #expect(batch.shape == [2, 2, 2, 2] && batch.dtype == .float32)
    #expect(batch[0, 0].isClose(to: .identity(2)) && batch[0, 1].absolute().isClose(to: .ones([2, 2])))
  }
}
