import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

@Suite struct GaussianMixtureEstimatorTests {
  private func fit(
    _ x: Tensor, _ components: Int, _ covariance: CovarianceStructure = .full, weights: Tensor? = nil, seed: UInt64 = 1
  ) throws -> (mixture: GaussianMixture, report: GaussianMixtureReport) {
    var rng = RandomGenerator(seed: seed)
    var estimator = GaussianMixtureEstimator(components: components, covariance: covariance)
    estimator.starts = 2
    return try estimator.fitReporting(x, weights: weights, using: &rng)
  }

  @Test(arguments: CovarianceStructure.allCases) func theLogLikelihoodRisesInEveryStep(_ structure: CovarianceStructure)
    throws
  {
    for components in [2, 4] {
      let (mixture, report) = try fit(clouds(250, seed: 2), components, structure)
      #expect(report.isConverged && report.iterations > 5 && hasRisen(report.logLikelihoods))
      #expect(mixture.structure == structure && mixture.componentCount == components)
    }
  }

  @Test func parametersAreRecovered() throws {
    let x = clouds(4000, seed: 3)
    let (mixture, _) = try fit(x, 3)
    let order = mixture.weights.sorted(descending: true).indices
    // Standard errors of weights are below 0.008, of means below 0.04.
    expectClose(mixture.weights.selecting(order).doubles(), [0.5, 0.3, 0.2], tolerance: 0.05)
    let centers = Tensor(rows: [[0.0, 0, 0], [4, 1, -3], [-3, 4, 1]])
    #expect((mixture.means.selecting(order) - centers).absolute().max().item() < 0.25)
  }

  @Test(arguments: CovarianceStructure.allCases) func aWeightOfTwoIsARepetition(_ structure: CovarianceStructure) throws {
    let x = clouds(120, seed: 4)
    let weights = Tensor((0..<120).map { [1.0, 2, 0][$0 % 3] })
    let repeated = Tensor.concatenating([
      x.selecting(Tensor((0..<120).filter { $0 % 3 != 2 })), x.selecting(Tensor((0..<120).filter { $0 % 3 == 1 })),
    ])
    let start = try fit(x, 2, structure).mixture
    let estimator = GaussianMixtureEstimator(components: 2, covariance: structure)
    let weighted = try estimator.fit(x, weights: weights, from: start)
    let plain = try estimator.fit(repeated, from: start)
    expectClose(weighted.mixture.means, plain.mixture.means, tolerance: 1e-9)
    expectClose(weighted.mixture.covariances, plain.mixture.covariances, tolerance: 1e-9)
    expectClose([weighted.report.logLikelihood], [plain.report.logLikelihood], tolerance: 1e-11)
    expectClose(
      [try weighted.mixture.bic(x, weights: weights), try weighted.mixture.icl(x, weights: weights)],
      [try plain.mixture.bic(repeated), try plain.mixture.icl(repeated)], tolerance: 1e-8)
    // A row of weight 0 is as good as absent, whatever is in it.
    let spoilt = Tensor.concatenating([x, Tensor(rows: [[1e9, 0, .nan]])])
    let zero = try estimator.fit(spoilt, weights: Tensor.concatenating([weights, Tensor([0.0])]), from: start)
    expectClose(zero.mixture.means, weighted.mixture.means, tolerance: 1e-9)
  }

  /// The fit follows the data through affine maps: full covariances through all, diagonal ones through scales.
  @Test(arguments: [CovarianceStructure.full, .diagonal]) func fitsAreEquivariant(_ structure: CovarianceStructure) throws {
    let x = clouds(200, seed: 5)
    let map =
      structure == .full
      ? Tensor(rows: [[2.0, 0.5, 0], [0, 30, 0.1], [0.2, 0, 0.01]]) : Tensor([2.0, 30, 0.01]).diagonalMatrix()
    let start = try fit(x, 3, structure).mixture
    let moved = try GaussianMixture(
      weights: start.weights, means: start.means.matmul(map) + 7.0,
      covariances: structure == .full
        ? map.transposed().matmul(start.covariances).matmul(map) : start.covariances * map.diagonal().squared(),
      structure: structure)
    let estimator = GaussianMixtureEstimator(components: 3, covariance: structure)
    let (mixture, report) = try estimator.fit(x, from: start)
    let (mapped, mappedReport) = try estimator.fit(x.matmul(map) + 7.0, from: moved)
    #expect(report.iterations == mappedReport.iterations)
    let shift = map.signLogDeterminant().logAbsolute.item()
    expectClose(mapped.logProb(x.matmul(map) + 7.0) + shift, mixture.logProb(x), tolerance: 1e-6)
  }

  // MARK: 32 bits and singular data

  /// scikit-learn#30382: two points give a variance of -0.99999979 there in 32 bits.
  @Test(arguments: CovarianceStructure.allCases, [DType.float32, .float64])
  func variancesAreNeverNegative(_ structure: CovarianceStructure, _ type: DType) throws {
    let (mixture, report) = try fit(Tensor(rows: [[9999.0], [0]]).to(type), 2, structure)
    expectClose(mixture.means.flattened().sorted().values.doubles(), [0, 9999], tolerance: 1e-6)
    let least = 1e-6 * 9999 * 9999 / 4
    expectClose(mixture.covarianceMatrices.flattened().doubles(), [least, least], tolerance: 1e-6)
    #expect(report.degenerateComponents == [0, 1])
  }

  /// Clouds of variance 1 at a distance of 30 000, in 32 bits: moments about a common center would leave nothing.
  @Test(arguments: CovarianceStructure.allCases) func distantClustersIn32Bits(_ structure: CovarianceStructure) throws {
    var rng = RandomGenerator(seed: 6)
    // Multiples of 1/256, so that 32 bits hold them.
    let noise = (Tensor.normal([400, 2], dtype: .float64, using: &rng) * 256.0).rounded() / 256.0
    let x = noise + Tensor.range(400, dtype: .float64).remainder(2).unsqueezed(1) * 30_000.0 + 1000.0
    var estimator = GaussianMixtureEstimator(components: 2, covariance: structure)
    estimator.minimumVariance = 1e-12
    let wide = try estimator.fitReporting(x, using: &rng).mixture
    var same = RandomGenerator(seed: 7)
    let (single, report) = try estimator.fitReporting(x.to(.float32), using: &same)
    #expect(report.degenerateComponents.isEmpty)
    let order = wide.means[.all, 0].sorted().indices
    let singleOrder = single.means[.all, 0].sorted().indices
    expectClose(single.means.selecting(singleOrder), wide.means.selecting(order), tolerance: 1e-6)
    expectClose(
      single.covarianceMatrices.selecting(singleOrder), wide.covarianceMatrices.selecting(order), tolerance: 1e-3)
    #expect((wide.covarianceMatrices.diagonal() - 1.0).absolute().max().item() < 0.5)
  }

  /// pomegranate#615 and #478: truth values of which one is the product of two others; #904: many components of iris.
  @Test(arguments: CovarianceStructure.allCases, [DType.float32, .float64])
  func singularDataHaveAnAnswer(_ structure: CovarianceStructure, _ type: DType) throws {
    var rng = RandomGenerator(seed: 8)
    let bits = Tensor.integers(in: 0..<2, [100, 3], using: &rng).to(.float64)
    let product = bits.narrowed(1, from: 1, length: 1) * bits.narrowed(1, from: 2, length: 1)
    let sum = bits.sum(1, keepingDimensions: true)
    let x = Tensor.concatenating([bits, product, sum], 1).to(type)
    for (data, components) in [(x, 1), (x, 4), (try fixture("iris").to(type), 12)] {
      var estimator = GaussianMixtureEstimator(components: components, covariance: structure)
      (estimator.starts, estimator.maximumIterations, estimator.tolerance) = (1, 30, 1e-4)
      let (mixture, report) = try estimator.fitReporting(data, using: &rng)
      #expect(report.logLikelihood.isFinite && mixture.logProb(data).isFinite().all())
      #expect(mixture.covarianceMatrices.symmetricEigenvalues.min().item() > 0)
      // In 32 bits the likelihood wavers in its seventh digit.
      let path = report.logLikelihoods
      let slack = type == .float64 ? 1e-9 : 1e-5
      #expect(zip(path, path.dropFirst()).allSatisfy { $1 - $0 >= -slack * max(1, abs($0)) })
    }
  }

  @Test func componentsBeyondTheDifferentRowsDoNoHarm() throws {
    let x = Tensor(rows: [[Double]](repeating: [0, 1], count: 5) + [[Double]](repeating: [2, 5], count: 5))
    let (mixture, report) = try fit(x, 4)
    #expect(report.logLikelihood.isFinite && mixture.means.isFinite().all())
    expectClose([mixture.weights.sum().item()], [1])
  }

  /// A start with a collapsed component has a great likelihood that means nothing; another start is preferred.
  @Test func collapsedStartsAreNotPreferred() throws {
    // Twenty rows share a value of the second column, which invites a component of variance 0.
    var rng = RandomGenerator(seed: 9)
    let x = Tensor.normal([150, 2], dtype: .float64, using: &rng)
    let line = Tensor.linear(from: -1, to: 1, count: 20, dtype: .float64)
    let all = Tensor.concatenating([x, Tensor.stacking([line, Tensor.full([20], 0.5, dtype: .float64)], 1)])
    let (_, report) = try GaussianMixtureEstimator(components: 2).fitReporting(all, using: &rng)
    #expect(report.degenerateComponents.isEmpty)
    let start = try GaussianMixture(
      weights: Tensor([0.1, 0.9]), means: Tensor(rows: [[0.0, 0.5], [0, 0]]),
      covariances: Tensor([0.3, 0, 0, 1e-5, 1, 0, 0, 1], shape: [2, 2, 2]), structure: .full)
    let collapsed = try GaussianMixtureEstimator(components: 2).fit(all, from: start).report
    #expect(collapsed.degenerateComponents == [0] && collapsed.logLikelihood > report.logLikelihood + 20)
    #expect(hasRisen(collapsed.logLikelihoods), "the bound on variances must not cost likelihood")
  }

  /// scikit-learn#18216: a start so bad that densities underflow gives NaN there.
  @Test func badStartsDoNotMakeNaN() throws {
    let x = clouds(100, seed: 11)
    for scale in [1e-12, 1e12] {
      let start = try GaussianMixture(
        weights: Tensor([0.5, 0.5]), means: Tensor(rows: [[1e6, 0, 0], [-1e6, 0, 0]]),
        covariances: Tensor([scale, scale]), structure: .spherical)
      let (mixture, report) = try GaussianMixtureEstimator(components: 2, covariance: .spherical).fit(x, from: start)
      #expect(report.logLikelihoods.allSatisfy(\.isFinite) && mixture.means.isFinite().all())
      #expect(hasRisen(report.logLikelihoods))
    }
  }

  // MARK: Choices

  @Test func criteriaFindTheComponents() throws {
    let x = clouds(250, seed: 12)
    for criterion in GaussianMixtureEstimator.Criterion.allCases {
      var rng = RandomGenerator(seed: 13)
      var search = GaussianMixtureEstimator(components: 1...4, covariances: [.tied, .spherical], criterion: criterion)
      (search.starts, search.tolerance, search.maximumIterations) = (1, 1e-4, 100)
      let (mixture, report) = try search.fitReporting(x, using: &rng)
      // AIC and rows held out may like one component too many, not one too few.
      let isStrict = criterion == .bic || criterion == .icl
      #expect(isStrict ? mixture.componentCount == 3 : mixture.componentCount >= 3, "\(criterion)")
      #expect(report.candidates.count == 8 && mixture.structure == .tied)
      #expect(report.components == mixture.componentCount && report.covariance == mixture.structure)
      let best = try #require(report.candidates.map(\.criterion).min())
      let own = try #require(
        report.candidates.first { $0.components == report.components && $0.covariance == .tied })
      #expect(own.criterion == best)
      switch criterion {
      case .bic: expectClose([best], [try mixture.bic(x)], tolerance: 1e-9)
      case .aic: expectClose([best], [try mixture.aic(x)], tolerance: 1e-9)
      case .icl: expectClose([best], [try mixture.icl(x)], tolerance: 1e-9)
      case .heldOut: #expect(best > 0)
      }
    }
  }

  /// With one feature and one component all structures are the same model.
  @Test func criteriaAgreeWhereStructuresDo() throws {
    let x = clouds(50, seed: 14).narrowed(1, from: 0, length: 1)
    let values = try CovarianceStructure.allCases.map { try fit(x, 1, $0).mixture.bic(x) }
    expectClose(values, Array(repeating: values[0], count: 4), tolerance: 1e-12)
    let mixture = try fit(clouds(80, seed: 15), 2).mixture
    let r = mixture.responsibilities(clouds(80, seed: 15))
    let expected = try mixture.bic(clouds(80, seed: 15)) - 2 * r.max(-1).log().sum().item()
    expectClose([try mixture.icl(clouds(80, seed: 15))], [expected], tolerance: 1e-10)
  }

  @Test func parameterCounts() {
    let counts = CovarianceStructure.allCases.map {
      2 + 3 * 2 + $0.parameterCount(components: 3, features: 2)
    }
    #expect(counts == [17, 11, 14, 11])
  }

  // MARK: What is refused

  @Test func unfitDataAndSettingsAreRefused() throws {
    let x = clouds(20, seed: 16)
    func error(_ body: () throws -> Void) -> DensityEstimationError? {
      do { try body() } catch let error as DensityEstimationError { return error } catch {}
      return nil
    }
    var infinite = x.doubles()
    infinite[7] = .infinity
    #expect(error { _ = try fit(Tensor(infinite, shape: [20, 3]), 2) } == .notFinite(row: 2, column: 1))
    let constant = Tensor.concatenating([x, Tensor.full([20, 1], 0.1, dtype: .float64)], 1)
    #expect(error { _ = try fit(constant, 2) } == .constantColumn(column: 3))
    #expect(error { _ = try fit(constant.to(.float32), 2) } == .constantColumn(column: 3))
    #expect(error { _ = try fit(x.narrowed(0, from: 0, length: 2), 3) } == .tooFewRows(available: 2, needed: 3))
    #expect(error { _ = try fit(Tensor.zeros([0, 2]), 1) } == .tooFewRows(available: 0, needed: 2))
    for weights in [Tensor([1.0]), Tensor.full([20], -1.0), Tensor.full([20], Double.nan)] {
      guard case .invalidWeights = error({ _ = try fit(x, 2, weights: weights) }) else {
        Issue.record("weights \(weights) are accepted")
        continue
      }
    }
    let settings: [(String, (inout GaussianMixtureEstimator) -> Void)] = [
      ("components", { $0.components = [0] }), ("covariances", { $0.covariances = [] }), ("starts", { $0.starts = 0 }),
      ("tolerance", { $0.tolerance = -1 }), ("maximumIterations", { $0.maximumIterations = 0 }),
      ("minimumVariance", { $0.minimumVariance = 0 }), ("heldOutFraction", { $0.heldOutFraction = 1 }),
    ]
    for (name, change) in settings {
      var estimator = GaussianMixtureEstimator(components: 2)
      change(&estimator)
      var rng = RandomGenerator(seed: 1)
      guard case .invalidSetting(name, _, _) = error({ _ = try estimator.fit(x, using: &rng) }) else {
        Issue.record("\(name) is accepted")
        continue
      }
    }
  }

  // MARK: Files

  @Test(arguments: CovarianceStructure.allCases) func mixturesAreStored(_ structure: CovarianceStructure) throws {
    let mixture = try fit(clouds(60, seed: 17), 2, structure).mixture
    let back = try GaussianMixture(tensors: mixture.tensors)
    let x = clouds(10, seed: 18)
    #expect(back.logProb(x).isEqual(to: mixture.logProb(x)) && back.structure == structure)
    let name = "covariances.\(structure.rawValue)"
    let edits: [(inout [String: Tensor]) -> Void] = [
      { $0["means"] = nil }, { $0["extra"] = Tensor([1.0]) }, { $0["weights"] = Tensor([0.4, 0.5]) },
      { $0["weights"] = Tensor([1.5, -0.5]) }, { $0["weights"] = Tensor([1.0]) }, { $0["means"] = Tensor([1.0, 2]) },
      { $0["means"] = Tensor.zeros([2, 0]) }, { $0[name] = $0[name].map { $0 * -1.0 } },
      { $0[name] = $0[name].map { $0 * Double.nan } }, { $0[name] = Tensor([1.0, 1, 1]) },
      { $0[name] = $0[name]?.to(.int64) },
    ]
    for (index, edit) in edits.enumerated() {
      var tensors = mixture.tensors
      edit(&tensors)
      #expect(throws: DensityEstimationError.self, "edit \(index)") { try GaussianMixture(tensors: tensors) }
    }
    if structure == .full {
      var tensors = mixture.tensors
      tensors[name] = mixture.covariances.lowerTriangle()
      #expect(throws: DensityEstimationError.self) { try GaussianMixture(tensors: tensors) }
    }
  }

  @Test func settingsAreCodable() throws {
    var estimator = GaussianMixtureEstimator(components: [2, 5], covariances: [.tied], criterion: .icl)
    estimator.starts = 3
    let data = try JSONEncoder().encode(estimator)
    #expect(try JSONDecoder().decode(GaussianMixtureEstimator.self, from: data) == estimator)
  }
}

extension Tensor {
  fileprivate var symmetricEigenvalues: Tensor {
    (try? symmetricEigen().values) ?? Tensor.full([1], Double.nan, dtype: .float64)
  }
}
