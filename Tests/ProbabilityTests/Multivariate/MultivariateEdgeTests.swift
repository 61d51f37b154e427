import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// Boundaries, degenerate parameters, and cases in which SciPy 1.17 gives another answer than mathematics.
@Suite struct MultivariateEdgeTests {
  // MARK: Singular covariances

  private let location = tensor(.float64, 1, 1)

  /// SciPy's tolerance is an absolute length, so that the draws of a small covariance lie off its own subspace.
  @Test(arguments: [1e-20, 1e-8, 1, 1e12]) func aSubspaceDoesNotDependOnUnits(_ scale: Double) throws {
    var rng = RandomGenerator(seed: 31)
    let covariance = Tensor(rows: [[1.0, 2], [2, 4]])
    let unit = scale.squareRoot()
    let normal = try SingularNormal(location: location * unit, covariance: covariance * scale)
    let draws = normal.sample([200], using: &rng)
    let logProb = normal.logProb(draws)
    #expect(normal.rank.integerItem() == 1 && logProb.isFinite().all())
    let standard = try SingularNormal(location: location, covariance: covariance)
    expectClose(logProb + log(unit), standard.logProb(draws / unit), tolerance: 1e-9)
    let across = tensor(.float64, 2, -1) * (0.01 * unit)
    #expect((normal.logProb(draws + across) .== -Double.infinity).all())
  }

  @Test func fewerRowsThanColumnsAreADistribution() throws {
    var rng = RandomGenerator(seed: 32)
    let rows = Tensor.normal([4, 10], dtype: .float64, using: &rng)
    let centered = rows - rows.mean(0)
    let normal = try SingularNormal(location: rows.mean(0), covariance: centered.transposed().matmul(centered) / 3.0)
    #expect(normal.rank.integerItem() == 3)
    #expect(normal.logProb(rows).isFinite().all())
    #expect(normal.logProb(rows + 0.1 * Tensor.normal([4, 10], dtype: .float64, using: &rng)).isInfinite().all())
    // In the coordinates of the subspace it is a standard normal.
    let whitening = normal.whitening
    let (codes, logDeterminant) = whitening.forwardWithLogDet(rows)
    #expect(codes.shape == [4, 3] && whitening.domain.contains(rows).all())
    #expect(!whitening.domain.contains(rows + 0.1).any())
    expectClose(whitening.inverse(codes), rows, tolerance: 1e-12)
    let base = StandardNormal([3], dtype: .float64)
    expectClose(base.logProb(codes) + logDeterminant, normal.logProb(rows), tolerance: 1e-10)
    expectClose(base.entropy - whitening.logDeterminant, normal.entropy, tolerance: 1e-10)
  }

  @Test func aPointIsADistribution() throws {
    var rng = RandomGenerator(seed: 33)
    let point = try SingularNormal(location: location, covariance: Tensor.zeros([2, 2], dtype: .float64))
    #expect(point.rank.integerItem() == 0 && point.entropy.item() == 0 && point.variance.max().item() == 0)
    #expect(point.logProb(point.sample(using: &rng)).item() == 0)
    #expect(point.logProb(location + 1e-6).item() == -.infinity)
  }

  @Test func bothWhiteningsAreBijectionsToStandardNormals() throws {
    var rng = RandomGenerator(seed: 34)
    let covariance = Tensor(rows: [[2.0, 0.6, -0.3], [0.6, 1, 0.2], [-0.3, 0.2, 0.5]])
    let mean = tensor(.float64, 1, -2, 0.5)
    let normal = try MultivariateNormal(location: mean, covariance: covariance)
    let singular = try SingularNormal(location: mean, covariance: covariance)
    let x = normal.sample([5], using: &rng)
    for whitening in [normal.whitening, singular.whitening] {
      checkBijection(whitening, on: x)
      let pushed = Transformed(StandardNormal([3], dtype: .float64), through: whitening)
      expectClose(pushed.logProb(x), normal.logProb(x), tolerance: 1e-12)
      let unit = whitening.matrix.transposed().matmul(covariance).matmul(whitening.matrix)
      expectClose(unit, Tensor.identity(3, dtype: .float64), tolerance: 1e-12)
    }
    // The eigenvectors' map: the square of its matrix is U lambda^-1 transpose(U), the inverse covariance.
    let matrix = singular.whitening.matrix
    expectClose(matrix.matmul(matrix.transposed()), try covariance.inverted(), tolerance: 1e-12)
  }

  // MARK: The simplex

  /// SciPy refuses events at a pole, and gives an error for a 0 beside it.
  @Test func theBoundaryOfTheSimplexIsTheLimit() {
    let half = 0.5
    let x = Tensor(rows: [[0, half, half]])
    func logProb(_ concentration: Double...) -> Double {
      Dirichlet(concentration: Tensor(concentration)).logProb(x).item()
    }
    #expect(logProb(2, 1, 1) == -.infinity)
    #expect(abs(logProb(1, 2, 1) - log(3)) < 1e-14)
    #expect(logProb(0.5, 1, 1) == .infinity)
    let corner = Tensor([0.0, 0, 1])
    #expect(Dirichlet(concentration: tensor(.float64, 0.5, 2, 1)).logProb(corner).item() == -.infinity)
    let dirichlet = Dirichlet(concentration: tensor(.float64, 2, 1, 1))
    let outside = Tensor(rows: [[0.2, 0.3, 0.6], [-0.1, 0.5, 0.6], [.infinity, 0, 0]])
    #expect((dirichlet.logProb(outside) .== -Double.infinity).all())
    #expect(dirichlet.logProb(Tensor([0.2, .nan, 0.3])).item().isNaN)
  }

  @Test func sharesIn32BitsSumToOne() {
    var rng = RandomGenerator(seed: 35)
    let dirichlet = Dirichlet(concentration: Tensor.full([1000], 0.7))
    let x = dirichlet.sample([20], using: &rng)
    #expect(x.dtype == .float32 && dirichlet.logProb(x).isFinite().all())
  }

  /// Gamma draws of such a concentration are all 0 in 64 bits.
  @Test func tinyConcentrationsGiveCorners() {
    var rng = RandomGenerator(seed: 36)
    let dirichlet = Dirichlet(concentration: Tensor.full([4], 1e-5, dtype: .float64))
    let x = dirichlet.sample([4000], using: &rng)
    #expect(x.isFinite().all())
    // Each is the corner in a quarter of the draws: 5 standard errors are 0.035.
    #expect(((x.mean(0) - 0.25).absolute() .< 0.035).all())
  }

  @Test func modesAreWhereTheDensityIsGreatest() throws {
    let dirichlet = Dirichlet(concentration: tensor(.float64, 2, 3, 4))
    expectClose(dirichlet.mode.doubles(), [1.0 / 6, 2.0 / 6, 3.0 / 6], tolerance: 1e-15)
    #expect(Dirichlet(concentration: tensor(.float64, 0.5, 2)).mode.isNaN().all())
    let scale = Tensor(rows: [[2.0, 0.3], [0.3, 1]])
    let wishart = try Wishart(degreesOfFreedom: tensor(.float64, 7), scaleMatrix: scale)
    let inverse = try InverseWishart(degreesOfFreedom: tensor(.float64, 7), scaleMatrix: scale)
    let pair = NormalInverseGamma(
      location: tensor(.float64, 1), precisionFactor: tensor(.float64, 2), concentration: tensor(.float64, 3),
      scale: tensor(.float64, 4))
    for (distribution, mode) in [
      (wishart as any Distribution, wishart.mode), (inverse, inverse.mode), (pair, pair.mode),
    ] {
      let leaf = mode.requiringGradient()
      let slope = gradients(of: distribution.logProb(leaf).sum(), withRespectTo: [leaf])[0]
      #expect(slope.absolute().max().item() < 1e-12, "\(type(of: distribution))")
    }
  }

  // MARK: Large parameters

  /// SciPy is off by 1.2e-5 at 10^10 degrees of freedom.
  @Test func studentsGoToTheNormal() throws {
    let covariance = Tensor(rows: [[2.0, 0.3], [0.3, 1]])
    let normal = try MultivariateNormal(location: location, covariance: covariance)
    let x = Tensor(rows: [[1.0, 2], [-3, 4]])
    for (freedom, tolerance) in [(1e10, 1e-8), (1e14, 1e-11), (.infinity, 1e-14)] {
      let student = try MultivariateStudentT(
        degreesOfFreedom: tensor(.float64, freedom), location: location, scaleMatrix: covariance)
      expectClose(student.logProb(x), normal.logProb(x), tolerance: tolerance)
      expectClose(student.entropy, normal.entropy, tolerance: tolerance)
    }
  }

  /// SciPy is off by 3e-4 at concentrations of 10^12.
  @Test func dirichletMultinomialsGoToTheMultinomial() {
    let shares = tensor(.float64, 0.2, 0.3, 0.5)
    let x = Tensor(rows: [[1.0, 4, 5], [10, 0, 0]])
    let limit = Multinomial(trials: 10, probabilities: shares).logProb(x)
    expectClose(DirichletMultinomial(trials: 10, concentration: shares * 1e12).logProb(x), limit, tolerance: 1e-9)
  }

  /// SciPy gives infinity, since exp(-x) I_v(x) underflows for 1000 features.
  @Test func directionsInHighDimensionsHaveADensity() {
    let direction = Tensor.ones([1000], dtype: .float64) / 1000.0.squareRoot()
    let fisher = VonMisesFisher(meanDirection: direction, concentration: tensor(.float64, 1))
    let uniform = UniformDirection(1000, dtype: .float64)
    // log of the sum of (c^2/4)^k / (k! (d/2)_k): 1/2000 and less.
    let expected = uniform.logProb(direction).item() + 1 - 1.0 / 2000
    #expect(abs(fisher.logProb(direction).item() - expected) < 1e-6)
    #expect(abs(fisher.entropy.item() - uniform.entropy.item() + 1.0 / 2000) < 1e-6)
  }

  @Test func aLineHasTwoDirections() {
    var rng = RandomGenerator(seed: 39)
    let sign = UniformDirection(1)
    let draws = sign.sample([100], using: &rng)
    #expect((draws.absolute() .== 1).all() && draws.sum().absolute().item() < 70)
    expectClose(sign.logProb(draws), Tensor.full([100], -Foundation.log(2.0)), tolerance: 1e-7)
    #expect(sign.logProb(Tensor([Float(0.5)])).item() == -.infinity)
  }

  /// The slope in the concentration is the height above the mean height.
  @Test func directionsGiveGradients() {
    let direction = tensor(.float64, 0.6, 0, 0.8)
    let x = tensor(.float64, 0, 0.6, 0.8)
    let concentration = tensor(.float64, 0, 1e-5, 3, 29.9, 1e3).requiringGradient()
    let fisher = VonMisesFisher(meanDirection: direction, concentration: concentration)
    let slope = gradients(of: fisher.logProb(x).sum(), withRespectTo: [concentration])[0]
    expectClose(slope, 0.64 - fisher.meanResultantLength.detached(), tolerance: 1e-12)
  }

  @Test func concentratedDirectionsAreNormalAcross() {
    var rng = RandomGenerator(seed: 37)
    let direction = tensor(.float64, 0, 0.6, 0.8)
    for concentration in [1e3, 1e6, 1e12] {
      let fisher = VonMisesFisher(meanDirection: direction, concentration: tensor(.float64, concentration))
      // 1 - length and the variances of the exact distribution in space: coth(c) - 1/c and its derivative.
      let along = 1 / (concentration * concentration)
      let variance = fisher.covariance
      let found = direction.unsqueezed(0).matmul(variance).matmul(direction.unsqueezed(-1)).item()
      #expect(abs(found / along - 1) < 1e-6 || concentration > 1e6)
      #expect(abs(variance[0, 0].item() * concentration - (1 - 1 / concentration)) < 1e-12)
      #expect((fisher.variance .> 0).all())
      let draws = fisher.sample([10_000], using: &rng)
      let squares = draws[.all, .at(0)].squared() * concentration
      #expect(abs(squares.mean().item() - 1) < 7 * (2 / 1e4).squareRoot())
      #expect(fisher.logProb(draws).isFinite().all())
    }
  }

  @Test func momentsThatDoNotExistAreNaN() throws {
    let one = Tensor(rows: [[1.0]])
    let student = try MultivariateStudentT(
      degreesOfFreedom: tensor(.float64, 1, 2, 4), location: Tensor([0.0]), scaleMatrix: one)
    let (mean, variance) = (student.mean.doubles(), student.variance.doubles())
    #expect(mean[0].isNaN && mean[1] == 0 && variance[0].isNaN && variance[1] == .infinity && variance[2] == 2)
    let inverse = try InverseWishart(degreesOfFreedom: tensor(.float64, 2, 4, 5), scaleMatrix: one)
    #expect(inverse.mean.doubles()[0].isNaN && inverse.mean.doubles()[1] == 0.5)
    #expect(inverse.variance.doubles()[1].isNaN && abs(inverse.variance.doubles()[2] - 2.0 / 9) < 1e-15)
  }

  // MARK: Off the support

  @Test func whatIsNotInTheSetHasNoDensity() throws {
    let wishart = try Wishart(degreesOfFreedom: tensor(.float64, 4), scaleMatrix: .identity(2, dtype: .float64))
    // Asymmetric, indefinite, singular, infinite, inside.
    let matrices = Tensor(
      [1, 0.5, 0, 1, 1, 2, 2, 1, 1, 1, 1, 1, .infinity, 0, 0, 1, 2, 0.5, 0.5, 1], shape: [5, 2, 2])
    let logProb = wishart.logProb(matrices).doubles()
    #expect(logProb[..<4].allSatisfy { $0 == -.infinity } && logProb[4].isFinite)
    let counts = Multinomial(trials: 3, probabilities: tensor(.float64, 1, 1))
    let events = Tensor(rows: [[1.0, 1], [1.5, 1.5], [-1, 4], [.infinity, 0], [1, 2]])
    #expect(counts.logProb(events).isFinite().doubles() == [0, 0, 0, 0, 1])
    let objects = MultivariateHypergeometric(populations: tensor(.float64, 2, 5), draws: 3)
    #expect(objects.logProb(Tensor(rows: [[3.0, 0], [1, 2], [1, 1]])).isFinite().doubles() == [0, 1, 0])
    let group = SpecialOrthogonalGroup(2, dtype: .float64)
    let reflection = Tensor(rows: [[1.0, 0], [0, -1]])
    #expect(group.logProb(reflection).item() == -.infinity)
    #expect(OrthogonalGroup(2, dtype: .float64).logProb(reflection).item() == 0)
    #expect(OrthogonalGroup(2, dtype: .float64).logProb(reflection * 1.1).item() == -.infinity)
    let unitary = UnitaryGroup(1, dtype: .float64)
    #expect(unitary.logProb(Tensor([0.6, 0.8], shape: [2, 1, 1])).item() == 0)
    #expect(unitary.logProb(Tensor([0.6, 0.7], shape: [2, 1, 1])).item() == -.infinity)
    #expect(UniformDirection(2, dtype: .float64).logProb(Tensor([0.6, 0.7])).item() == -.infinity)
  }

  @Test func nothingToCountIsCertain() {
    var rng = RandomGenerator(seed: 38)
    let zero = tensor(.float64, 0, 0)
    let none = Multinomial(trials: 0, probabilities: tensor(.float64, 1, 1))
    #expect(none.sample(using: &rng).isEqual(to: zero) && none.logProb(zero).item() == 0 && none.entropy.item() == 0)
    let empty = MultivariateHypergeometric(populations: zero, draws: 0)
    #expect(empty.sample(using: &rng).isEqual(to: zero) && empty.logProb(zero).item() == 0)
    #expect(empty.mean.isEqual(to: zero) && empty.variance.isEqual(to: zero))
    let table = RandomTable(rowSums: zero, columnSums: zero)
    #expect(table.mean.max().item() == 0 && table.logProb(table.sample(using: &rng)).item() == 0)
  }
}
