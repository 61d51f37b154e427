import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// A tensor in a file of reference values, where -1e300 and 1e300 stand for the infinities.
struct ReferenceTensor: Decodable, Sendable {
  let shape: [Int]
  let values: [Double]
  var dtype = DType.float64

  private enum CodingKeys: CodingKey { case shape, values }

  var tensor: Tensor {
    Tensor(values.map { abs($0) > 1e299 ? ($0 < 0 ? -.infinity : .infinity) : $0 }, shape: Shape(shape)).to(dtype)
  }
}

/// One set of parameters of a family with what SciPy gives for it.
struct MultivariateReference: Decodable, Sendable {
  let name: String
  var parameters: [String: ReferenceTensor]
  var x: ReferenceTensor
  let logProb: ReferenceTensor
  let expected: [String: ReferenceTensor]

  func parameter(_ name: String) throws -> Tensor { try #require(parameters[name]).tensor }

  /// The same parameters and events in 32 bits.
  var narrowed: MultivariateReference {
    var copy = self
    for name in copy.parameters.keys { copy.parameters[name]?.dtype = .float32 }
    copy.x.dtype = .float32
    return copy
  }
}

/// A distribution with what it tells beside its protocols, by the names of the reference file.
struct DescribedDistribution {
  let distribution: any Distribution
  var values: [String: Tensor] = [:]

  init(_ distribution: any Distribution, _ values: [String: Tensor] = [:]) {
    self.distribution = distribution
    self.values = values
    guard let moments = distribution as? any MomentDistribution else { return }
    self.values["mean"] = moments.mean
    self.values["variance"] = moments.variance
  }
}

/// A family of the reference file and how its distributions are made.
struct MultivariateFamily: Sendable, CustomTestStringConvertible {
  let name: String
  let make: @Sendable (MultivariateReference) throws -> [DescribedDistribution]
  var testDescription: String { name }

  static let all: [MultivariateFamily] = [
    MultivariateFamily(name: "normal") { row in
      let (location, covariance) = (try row.parameter("location"), try row.parameter("covariance"))
      let normal = try MultivariateNormal(location: location, covariance: covariance)
      let singular = try SingularNormal(location: location, covariance: covariance)
      return [
        DescribedDistribution(normal, ["entropy": normal.entropy, "covariance": normal.covariance]),
        DescribedDistribution(singular, ["entropy": singular.entropy, "covariance": singular.covariance]),
      ]
    },
    MultivariateFamily(name: "singularNormal") { row in
      let normal = try SingularNormal(
        location: row.parameter("location"), covariance: row.parameter("covariance"))
      return [
        DescribedDistribution(
          normal,
          [
            "entropy": normal.entropy, "rank": normal.rank.to(normal.location.dtype),
            "logPseudoDeterminant": normal.logPseudoDeterminant,
          ])
      ]
    },
    MultivariateFamily(name: "studentT") { row in
      let student = try MultivariateStudentT(
        degreesOfFreedom: row.parameter("degreesOfFreedom"), location: row.parameter("location"),
        scaleMatrix: row.parameter("scaleMatrix"))
      return [DescribedDistribution(student, ["entropy": student.entropy])]
    },
    MultivariateFamily(name: "dirichlet") { row in
      let dirichlet = Dirichlet(concentration: try row.parameter("concentration"))
      return [
        DescribedDistribution(dirichlet, ["entropy": dirichlet.entropy, "covariance": dirichlet.covariance])
      ]
    },
    MultivariateFamily(name: "dirichletMultinomial") { row in
      let counts = DirichletMultinomial(
        trials: try row.parameter("trials"), concentration: try row.parameter("concentration"))
      return [DescribedDistribution(counts, ["covariance": counts.covariance])]
    },
    MultivariateFamily(name: "multinomial") { row in
      let counts = Multinomial(trials: try row.parameter("trials"), probabilities: try row.parameter("probabilities"))
      return [DescribedDistribution(counts, ["entropy": counts.entropy, "covariance": counts.covariance])]
    },
    MultivariateFamily(name: "hypergeometric") { row in
      let counts = MultivariateHypergeometric(
        populations: try row.parameter("populations"), draws: try row.parameter("draws"))
      return [DescribedDistribution(counts, ["covariance": counts.covariance])]
    },
    MultivariateFamily(name: "wishart") { row in
      let wishart = try Wishart(
        degreesOfFreedom: row.parameter("degreesOfFreedom"), scaleMatrix: row.parameter("scaleMatrix"))
      return [DescribedDistribution(wishart, ["entropy": wishart.entropy])]
    },
    MultivariateFamily(name: "inverseWishart") { row in
      let wishart = try InverseWishart(
        degreesOfFreedom: row.parameter("degreesOfFreedom"), scaleMatrix: row.parameter("scaleMatrix"))
      return [DescribedDistribution(wishart, ["entropy": wishart.entropy])]
    },
    MultivariateFamily(name: "matrixNormal") { row in
      let normal = try MatrixNormal(
        location: row.parameter("location"), rowCovariance: row.parameter("rowCovariance"),
        columnCovariance: row.parameter("columnCovariance"))
      return [DescribedDistribution(normal, ["entropy": normal.entropy])]
    },
    MultivariateFamily(name: "matrixStudentT") { row in
      [
        DescribedDistribution(
          try MatrixStudentT(
            degreesOfFreedom: row.parameter("degreesOfFreedom"), location: row.parameter("location"),
            rowScale: row.parameter("rowScale"), columnScale: row.parameter("columnScale")))
      ]
    },
    MultivariateFamily(name: "normalInverseGamma") { row in
      [
        DescribedDistribution(
          NormalInverseGamma(
            location: try row.parameter("location"), precisionFactor: try row.parameter("precisionFactor"),
            concentration: try row.parameter("concentration"), scale: try row.parameter("scale")))
      ]
    },
    MultivariateFamily(name: "vonMisesFisher") { row in
      let fisher = VonMisesFisher(
        meanDirection: try row.parameter("meanDirection"), concentration: try row.parameter("concentration"))
      return [DescribedDistribution(fisher, ["entropy": fisher.entropy])]
    },
    MultivariateFamily(name: "randomTable") { row in
      [
        DescribedDistribution(
          RandomTable(rowSums: try row.parameter("rowSums"), columnSums: try row.parameter("columnSums")))
      ]
    },
  ]
}

@Suite struct MultivariateReferenceTests {
  @Test(arguments: MultivariateFamily.all) func agreesWithSciPy(_ family: MultivariateFamily) throws {
    let file = try reference("multivariate_families", as: [String: [MultivariateReference]].self)
    for row in try #require(file[family.name]) {
      for described in try family.make(row) {
        expectClose(
          described.distribution.logProb(row.x.tensor), row.logProb.tensor, tolerance: 1e-10,
          "\(family.name) \(row.name)")
        for (name, value) in row.expected {
          let actual = try #require(described.values[name], "\(family.name) has no \(name)")
          expectClose(actual, value.tensor, tolerance: 1e-10, "\(family.name) \(row.name) \(name)")
        }
      }
    }
  }

  /// The same parameters and events in 32-bit: the result has that type and agrees to its precision.
  @Test(arguments: MultivariateFamily.all) func takes32Bits(_ family: MultivariateFamily) throws {
    let file = try reference("multivariate_families", as: [String: [MultivariateReference]].self)
    for row in try #require(file[family.name]) where !row.name.contains("ill-conditioned") {
      let narrow = row.narrowed
      for described in try family.make(narrow) {
        let logProb = described.distribution.logProb(narrow.x.tensor)
        #expect(logProb.dtype == .float32 && described.values.values.allSatisfy { $0.dtype != .float64 })
        let wide = row.logProb.tensor
        #expect(logProb.isInfinite().isEqual(to: wide.isInfinite()), "\(family.name) \(row.name)")
        let error = select(wide.isInfinite(), 0.0, (logProb - wide).absolute() / wide.absolute().clamped(from: 1))
        #expect(error.max().item() < 1e-3, "\(family.name) \(row.name)")
      }
    }
  }
}
