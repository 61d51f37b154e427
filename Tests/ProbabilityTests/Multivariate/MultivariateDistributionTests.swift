import Foundation
import Probability
import Testing
import Torch
import _TestSupport

extension DistributionCase {
  /// One row of a type whose entropy is known.
  private init<Distributed: Distribution & SendableMetatype>(
    _ name: String, _ entropy: @escaping @Sendable (Distributed) -> Tensor?,
    _ make: @escaping @Sendable () throws -> Distributed
  ) {
    self.init(name: name) {
      let distribution = try make()
      return (distribution, entropy: entropy(distribution))
    }
  }

  static let multivariate: [DistributionCase] = [
    DistributionCase("singular normal", { $0.entropy }) {
      // A line, the whole plane and another line.
      try SingularNormal(
        location: tensor(.float64, 1, -1),
        covariance: Tensor([4.0, 2, 2, 1, 2, 0.5, 0.5, 1, 1, -1, -1, 1], shape: [3, 2, 2]))
    },
    DistributionCase("singular normal in 32-bit", { $0.entropy }) {
      try SingularNormal(
        location: tensor(.float32, 100, -3), covariance: Tensor(rows: [[4.0, 2], [2, 1]]).to(.float32))
    },
    DistributionCase("multivariate Student t", { $0.entropy }) {
      try MultivariateStudentT(
        degreesOfFreedom: tensor(.float64, 12, .infinity), location: tensor(.float64, 1, -1),
        scaleMatrix: Tensor([2.0, 0.7, 0.7, 1, 1, -0.9, -0.9, 1], shape: [2, 2, 2]))
    },
    DistributionCase("Dirichlet", { $0.entropy }) {
      Dirichlet(concentration: Tensor(rows: [[0.5, 1, 3], [20, 30, 0.1]]))
    },
    DistributionCase("Dirichlet-multinomial", { _ in nil }) {
      DirichletMultinomial(
        trials: tensor(.float64, 7, 100), concentration: Tensor(rows: [[0.5, 1, 3, 2, 2], [20, 30, 1, 1, 0.3]]))
    },
    DistributionCase("multinomial", { $0.entropy }) {
      Multinomial(
        trials: tensor(.float64, 7, 200), probabilities: Tensor(rows: [[0.5, 1, 3, 2, 2], [20, 30, 1, 1, 0.3]]))
    },
    DistributionCase("multivariate hypergeometric", { _ in nil }) {
      MultivariateHypergeometric(
        populations: Tensor(rows: [[5.0, 9, 3], [400, 120, 2000]]), draws: tensor(.float64, 6, 300))
    },
    DistributionCase("Wishart", { $0.entropy }) {
      try Wishart(
        degreesOfFreedom: tensor(.float64, 2.5, 9),
        scaleMatrix: Tensor([2.0, 0.7, 0.7, 1, 1, -0.9, -0.9, 1], shape: [2, 2, 2]))
    },
    DistributionCase("inverse Wishart", { $0.entropy }) {
      try InverseWishart(
        degreesOfFreedom: tensor(.float64, 15, 40),
        scaleMatrix: Tensor([2.0, 0.7, 0.7, 1, 1, -0.9, -0.9, 1], shape: [2, 2, 2]))
    },
    DistributionCase("matrix normal", { $0.entropy }) {
      try MatrixNormal(
        location: Tensor.zeros([2, 3], dtype: .float64),
        rowCovariance: Tensor([2.0, 0.7, 0.7, 1, 1, -0.9, -0.9, 1], shape: [2, 2, 2]),
        columnCovariance: Tensor(rows: [[1.0, 0.2, 0], [0.2, 2, 0.5], [0, 0.5, 3]]))
    },
    DistributionCase("wide matrix Student t", { $0.entropy }) {
      try MatrixStudentT(
        degreesOfFreedom: tensor(.float64, 12, 20), location: Tensor.ones([2, 3], dtype: .float64),
        rowScale: Tensor([2.0, 0.7, 0.7, 1, 1, -0.9, -0.9, 1], shape: [2, 2, 2]),
        columnScale: Tensor(rows: [[1.0, 0.2, 0], [0.2, 2, 0.5], [0, 0.5, 3]]))
    },
    DistributionCase("tall matrix Student t", { $0.entropy }) {
      try MatrixStudentT(
        degreesOfFreedom: tensor(.float64, 12, 20), location: Tensor.ones([3, 2], dtype: .float64),
        rowScale: Tensor(rows: [[1.0, 0.2, 0], [0.2, 2, 0.5], [0, 0.5, 3]]),
        columnScale: Tensor([2.0, 0.7, 0.7, 1, 1, -0.9, -0.9, 1], shape: [2, 2, 2]))
    },
    DistributionCase("normal-inverse-gamma", { $0.entropy }) {
      NormalInverseGamma(
        location: tensor(.float64, 1, -2), precisionFactor: tensor(.float64, 0.3),
        concentration: tensor(.float64, 8, 30),
        scale: tensor(.float64, 2, 0.1))
    },
    DistributionCase("von Mises-Fisher", { $0.entropy }) {
      VonMisesFisher(
        meanDirection: Tensor(rows: [[0.6, 0.8, 0], [0, 0, 1], [1, 0, 0]]), concentration: tensor(.float64, 2, 100, 0))
    },
    DistributionCase("von Mises-Fisher in the plane", { $0.entropy }) {
      VonMisesFisher(meanDirection: tensor(.float64, 0.6, -0.8), concentration: tensor(.float64, 1.5))
    },
    DistributionCase("von Mises-Fisher in 32-bit", { $0.entropy }) {
      VonMisesFisher(meanDirection: tensor(.float32, 0.6, -0.8, 0, 0), concentration: tensor(.float32, 1e6))
    },
    DistributionCase("uniform direction", { $0.entropy }) {
      UniformDirection(4, batchShape: [2], dtype: .float64)
    },
    DistributionCase("orthogonal group", { $0.entropy }) { OrthogonalGroup(3, batchShape: [2], dtype: .float64) },
    DistributionCase("special orthogonal group", { $0.entropy }) { SpecialOrthogonalGroup(3, batchShape: [2]) },
    DistributionCase("unitary group", { $0.entropy }) { UnitaryGroup(2, batchShape: [2], dtype: .float64) },
    DistributionCase("random table", { _ in nil }) {
      RandomTable(
        rowSums: Tensor(rows: [[5.0, 9], [40, 12]]), columnSums: Tensor(rows: [[4.0, 4, 6], [20, 30, 2]]))
    },
  ]
}

@Suite struct MultivariateDistributionTests {
  @Test(arguments: DistributionCase.multivariate) func keepsItsPromises(_ row: DistributionCase) throws {
    let (distribution, entropy) = try row.make()
    checkDistribution(distribution, draws: 10_000)
    if let entropy { checkEntropy(distribution, entropy: entropy, draws: 10_000) }
  }

  @Test func drawsCarryGradients() throws {
    var rng = RandomGenerator(seed: 3)
    let freedom = tensor(.float64, 6).requiringGradient()
    let matrix = Tensor(rows: [[2.0, 0.3], [0.3, 1]]).requiringGradient()
    let location = tensor(.float64, 1, 2).requiringGradient()
    let table = Tensor(rows: [[1.0, 2], [3, 4]]).requiringGradient()
    let positive = tensor(.float64, 2, 0.3).requiringGradient()
    let cases: [(any ReparameterizedDistribution, [Tensor])] = [
      (try SingularNormal(location: location, covariance: matrix), [location, matrix]),
      (
        try MultivariateStudentT(degreesOfFreedom: freedom, location: location, scaleMatrix: matrix),
        [freedom, location, matrix]
      ),
      (Dirichlet(concentration: positive), [positive]),
      (try Wishart(degreesOfFreedom: freedom, scaleMatrix: matrix), [freedom, matrix]),
      (try InverseWishart(degreesOfFreedom: freedom, scaleMatrix: matrix), [freedom, matrix]),
      (try MatrixNormal(location: table, rowCovariance: matrix, columnCovariance: matrix), [table, matrix]),
      (
        try MatrixStudentT(degreesOfFreedom: freedom, location: table, rowScale: matrix, columnScale: matrix),
        [freedom, table, matrix]
      ),
      (
        NormalInverseGamma(location: location, precisionFactor: freedom, concentration: positive, scale: freedom),
        [location, freedom, positive]
      ),
    ]
    for (distribution, parameters) in cases {
      let draw = distribution.reparameterizedSample([5], using: &rng)
      let weights = Tensor.normal(draw.shape, dtype: .float64, using: &rng)
      for gradient in gradients(of: (draw * weights).sum(), withRespectTo: parameters) {
        #expect(gradient.isFinite().all() && gradient.absolute().max().item() > 0, "\(type(of: distribution))")
      }
    }
  }

  /// The mean gradient of draws is the gradient of the mean, within 7 standard errors.
  @Test func gradientsOfDrawsAreUnbiased() throws {
    var rng = RandomGenerator(seed: 4)
    let count = 20_000
    // One leaf for each draw, so that each draw has its own gradient.
    let concentration = Tensor.full([count, 1], 0.4, dtype: .float64).requiringGradient()
    let others = Tensor.full([count, 1], 1.5, dtype: .float64)
    let share = Dirichlet(concentration: Tensor.concatenating([concentration, others], -1))
      .reparameterizedSample([], using: &rng)[.all, .at(0)]
    expectMean(gradients(of: share.sum(), withRespectTo: [concentration])[0], is: 1.5 / (1.9 * 1.9))

    let freedom = Tensor.full([count], 4.5, dtype: .float64).requiringGradient()
    let wishart = try Wishart(degreesOfFreedom: freedom, scaleMatrix: Tensor(rows: [[2.0, 0.3], [0.3, 1]]))
    let trace = wishart.reparameterizedSample([], using: &rng).diagonal().sum()
    expectMean(gradients(of: trace, withRespectTo: [freedom])[0], is: 3)
  }

  private func expectMean(_ values: Tensor, is expected: Double) {
    let error = values.standardDeviation(0).item() / Double(values.elementCount).squareRoot()
    #expect(abs(values.mean().item() - expected) < 7 * error)
  }

  @Test func wrongParametersStop() async {
    await #expect(processExitsWith: .failure) { _ = Dirichlet(concentration: tensor(.float64, 1, 0)) }
    await #expect(processExitsWith: .failure) { _ = Multinomial(trials: 3, probabilities: tensor(.float64, 1, -1)) }
    await #expect(processExitsWith: .failure) {
      _ = Multinomial(trials: 1 << 25, probabilities: tensor(.float32, 1, 1))
    }
    await #expect(processExitsWith: .failure) {
      _ = RandomTable(rowSums: tensor(.float64, 1, 2), columnSums: tensor(.float64, 4))
    }
    await #expect(processExitsWith: .failure) {
      _ = VonMisesFisher(meanDirection: tensor(.float64, 1, 1), concentration: tensor(.float64, 1))
    }
    await #expect(processExitsWith: .failure) {
      _ = try Wishart(degreesOfFreedom: tensor(.float64, 1), scaleMatrix: .identity(2, dtype: .float64))
    }
    await #expect(processExitsWith: .failure) { _ = RandomCorrelation(eigenvalues: tensor(.float64, 1, 2)) }
  }

  @Test func matricesThatAreNoCovariancesThrow() {
    let indefinite = Tensor(rows: [[1.0, 2], [2, 1]])
    let one = tensor(.float64, 5)
    #expect(throws: DistributionError.notPositiveSemidefinite(shape: [2, 2])) {
      try SingularNormal(location: .zeros([2]), covariance: indefinite)
    }
    #expect(throws: DistributionError.notPositiveSemidefinite(shape: [1, 1])) {
      try SingularNormal(location: .zeros([1]), covariance: Tensor(rows: [[Double.nan]]))
    }
    #expect(throws: DistributionError.notPositiveDefinite(shape: [2, 2])) {
      try Wishart(degreesOfFreedom: one, scaleMatrix: indefinite)
    }
    #expect(throws: DistributionError.notPositiveDefinite(shape: [2, 2])) {
      try MultivariateStudentT(degreesOfFreedom: one, location: .zeros([2]), scaleMatrix: indefinite)
    }
    for error in [
      DistributionError.notPositiveSemidefinite(shape: [2, 2]), DistributionError.notPositiveDefinite(shape: [2, 2]),
    ] {
      #expect(error.description.contains("[2, 2]"))
    }
  }
}
