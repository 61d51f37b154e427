import Datasets
import Foundation
import NeuralNetworks
public import Probability
public import Torch
import Training

/// The classifier two-sample test (C2ST): when a classifier cannot tell two samples apart, its accuracy on rows that it has
/// not seen is 1/2; when it always can, 1.
///
///     let result = try ClassifierTwoSampleTest().test(draws, data, using: &rng)
///     result.accuracy.value, result.confidenceInterval, result.test.pValue
///
/// The accuracy is a mean over folds with as many rows of both samples, each predicted by a classifier that was trained on the
/// others. Hits of different folds depend on each other, so its error is wider than that of as many coin flips. The p-value
/// is that of a permutation test, and exact: for the logistic classifier everything is done again with permuted labels; a
/// neural network is trained once, on half of the rows, and the labels of the other half are permuted.
///
/// - Reference: Friedman, *On Multivariate Goodness-of-Fit and Two-Sample Testing*, 2003; Lopez-Paz and Oquab, *Revisiting
///   Classifier Two-Sample Tests*, 2017; Lueckmann et al., *Benchmarking Simulation-Based Inference*, 2021 (the network); Nadeau and
///   Bengio, *Inference for the Generalization Error*, 2003 (the error of the accuracy).
public struct ClassifierTwoSampleTest: Hashable, Sendable {
  /// What tells the samples apart.
  public enum Classifier: String, Hashable, Sendable, Codable, CaseIterable {
    /// Two hidden layers, ten times as wide as a row each (from 32 to 256), stopped early on held-out rows.
    case neuralNetwork
    /// A linear function of the columns: quick; sees a shift of means, not a change of shape.
    case logistic
  }

  /// What the test found.
  public struct Result: Hashable, Sendable, Codable {
    /// The share of rows that were told apart: 1/2 for equal distributions; with its standard error.
    public var accuracy: Estimate
    /// Where the accuracy lies with a probability of 95 % or more: Wilson's interval for the rows that the dependent hits are
    /// worth.
    public var confidenceInterval: ClosedRange<Double>
    /// The permutation test of the accuracy.
    public var test: TwoSampleTestResult
  }

  /// What tells the samples apart.
  public var classifier: Classifier
  /// How many parts are held out in turn.
  public var folds: Int
  /// How often labels are permuted for the p-value.
  public var permutations: Int

  /// A test.
  ///
  /// - Parameters:
  ///   - classifier: what tells the samples apart.
  ///   - folds: how many parts are held out in turn.
  ///   - permutations: how often labels are permuted for the p-value, which is at least 1 / (permutations + 1).
  /// - Precondition: at least two folds and one permutation.
  public init(_ classifier: Classifier = .neuralNetwork, folds: Int = 5, permutations: Int = 199) {
    precondition(
      folds >= 2 && permutations >= 1,
      "ClassifierTwoSampleTest: expected at least two folds and one permutation, got \(folds), \(permutations)")
    self.classifier = classifier
    self.folds = folds
    self.permutations = permutations
  }

  /// Tells two samples apart.
  ///
  /// The larger sample is thinned at random to the size of the smaller one, so that guessing has the accuracy 1/2. Columns
  /// are standardized together.
  ///
  /// - Parameters:
  ///   - first: independent rows, `[count, columns]`.
  ///   - second: independent rows, `[count, columns]`.
  ///   - rng: the source of random numbers.
  /// - Returns: accuracy, interval and p-value.
  /// - Throws: `TrainingError` when a network's training fails.
  /// - Precondition: both have the same columns and at least two rows a fold; all numbers are finite.
  /// - Complexity: `folds` + 1 trainings of a network; (`folds` x (`permutations` + 1)) of a linear classifier.
  public func test(_ first: Tensor, _ second: Tensor, using rng: inout RandomGenerator) throws -> Result {
    let count = min(first.size(0), second.size(0))
    precondition(
      first.rank == 2 && second.rank == 2 && first.size(1) == second.size(1) && count >= 2 * folds,
      "ClassifierTwoSampleTest: expected two samples of the same columns with at least \(2 * folds) rows, got "
        + "\(first.shape) and \(second.shape)")
    precondition(
      first.isFinite().all() && second.isFinite().all(), "ClassifierTwoSampleTest: expected finite numbers")
    let rows = Tensor.concatenating([first, second].map { Self.thinned($0, to: count, using: &rng) })
    let deviation = rows.standardDeviation(0)
    let standardized = (rows - rows.mean(0)) / select(deviation .> 0, deviation, 1.0)
    let labels = [Double](repeating: 0, count: count) + [Double](repeating: 1, count: count)
    return try withoutGradient { try result(standardized, labels, using: &rng) }
  }

  private static func thinned(_ rows: Tensor, to count: Int, using rng: inout RandomGenerator) -> Tensor {
    guard rows.size(0) > count else { return rows.to(.float64) }
    return rows.selecting(Tensor.permutation(rows.size(0), using: &rng)[.slice(to: count)]).to(.float64)
  }

  private func result(_ rows: Tensor, _ labels: [Double], using rng: inout RandomGenerator) throws -> Result {
    let total = labels.count
    let accuracy = try crossValidatedAccuracy(rows, labels, using: &rng)
    let test: TwoSampleTestResult
    switch classifier {
    case .logistic:
      let null = try (0..<permutations).map { _ in
        try crossValidatedAccuracy(rows, labels.shuffled(using: &rng), using: &rng)
      }
      test = TwoSampleTestResult(statistic: accuracy, permutations: null)
    case .neuralNetwork:
      let (shuffled, order) = Self.alternating(rows, labels, using: &rng)
      let half = total / 4 * 2
      let guesses = try predictions(shuffled, order, heldOut: half..<total, using: &rng)
      let known = Array(order[half...])
      let null = (0..<permutations).map { _ in Self.agreement(guesses, known.shuffled(using: &rng)) }
      test = TwoSampleTestResult(statistic: Self.agreement(guesses, known), permutations: null)
    }
    // The variance of a cross-validated mean is larger by 1 + folds * (tested rows) / (training rows).
    let worth = Double(total) / (1 + Double(folds) / Double(folds - 1))
    let error = (accuracy * (1 - accuracy) / worth).squareRoot()
    return Result(
      accuracy: Estimate(accuracy, standardError: error),
      confidenceInterval: Self.wilsonInterval(accuracy, count: worth), test: test)
  }

  private func crossValidatedAccuracy(
    _ rows: Tensor, _ labels: [Double], using rng: inout RandomGenerator
  ) throws -> Double {
    let (rows, labels) = Self.alternating(rows, labels, using: &rng)
    let pairs = labels.count / 2
    var hits = 0.0
    for fold in 0..<folds {
      let range = (2 * (fold * pairs / folds))..<(2 * ((fold + 1) * pairs / folds))
      let guesses = try predictions(rows, labels, heldOut: range, using: &rng)
      hits += Self.agreement(guesses, Array(labels[range])) * Double(range.count)
    }
    return hits / Double(labels.count)
  }

  /// Rows in random order, the labels by turns: every range of even length from an even place has as many of both, without
  /// which a classifier guesses worse than a coin.
  private static func alternating(
    _ rows: Tensor, _ labels: [Double], using rng: inout RandomGenerator
  ) -> (rows: Tensor, labels: [Double]) {
    let first = labels.indices.filter { labels[$0] == 0 }.shuffled(using: &rng)
    let second = labels.indices.filter { labels[$0] == 1 }.shuffled(using: &rng)
    let order = zip(first, second).flatMap { [$0, $1] }
    return (rows.selecting(Tensor(order)), order.map { labels[$0] })
  }

  /// The labels that a classifier of the other rows gives the held-out ones.
  private func predictions(
    _ rows: Tensor, _ labels: [Double], heldOut: Range<Int>, using rng: inout RandomGenerator
  ) throws -> [Double] {
    let kept = Array(0..<heldOut.lowerBound) + Array(heldOut.upperBound..<labels.count)
    let (training, known) = (rows.selecting(Tensor(kept)), Tensor(kept.map { labels[$0] }))
    let tested = rows[.range(heldOut)]
    let logits: Tensor
    switch classifier {
    case .logistic: logits = LogisticRegression(training, known).logits(tested)
    case .neuralNetwork: logits = try networkLogits(training, known, at: tested, using: &rng)
    }
    return (logits .> 0).to(.float64).doubles()
  }

  private func networkLogits(
    _ rows: Tensor, _ labels: Tensor, at tested: Tensor, using rng: inout RandomGenerator
  ) throws -> Tensor {
    let width = min(max(10 * rows.size(1), 32), 256)
    let network = MultilayerPerceptron(
      inputFeatures: rows.size(1), hidden: [width, width], outputFeatures: 1, using: &rng)
    let configuration = TrainingConfiguration(
      batchSize: min(200, max(1, rows.size(0) / 4)), maximumEpochs: 200, patience: 10, averagingDecay: 0)
    _ = try withGradient {
      try Trainer(configuration).fit(
        network, to: Batch(values: rows.to(.float32), context: labels.to(.float32)),
        objective: { batch, context in
          let logits = network(batch.values, given: nil, context).squeezed(-1)
          return (logits.softplus() - logits * (batch.context ?? logits)).mean()
        }, using: &rng)
    }
    return network(tested.to(.float32), given: nil, .inference).squeezed(-1).to(.float64)
  }

  private static func agreement(_ guesses: [Double], _ labels: [Double]) -> Double {
    Double(zip(guesses, labels).count { $0 == $1 }) / Double(labels.count)
  }

  /// - Reference: Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*, 1927.
  private static func wilsonInterval(_ share: Double, count n: Double) -> ClosedRange<Double> {
    let z = 1.959963984540054
    let centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    let width = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return max(0, centre - width)...min(1, centre + width)
  }
}

/// A linear function of columns whose sign tells two classes apart, by Newton's method on the penalized log-likelihood.
private struct LogisticRegression {
  let coefficients: Tensor

  init(_ rows: Tensor, _ labels: Tensor) {
    let design = Self.design(rows)
    let width = design.size(1)
    // A weak penalty keeps classes that can be told apart perfectly from infinite coefficients.
    let ridge = Tensor.identity(width, dtype: .float64) * 1.0
    var beta = Tensor.zeros([width], dtype: .float64)
    for _ in 0..<25 {
      let probability = design.matmul(beta).sigmoid()
      let slope = design.transposed().matmul(labels - probability) - beta
      let weight = (probability * (1.0 - probability)).unsqueezed(1)
      let curvature = design.transposed().matmul(design * weight) + ridge
      guard let step = try? curvature.solving(slope) else { break }
      beta = beta + step
      if step.absolute().max().item() < 1e-6 { break }
    }
    coefficients = beta
  }

  func logits(_ rows: Tensor) -> Tensor { Self.design(rows).matmul(coefficients) }

  private static func design(_ rows: Tensor) -> Tensor {
    Tensor.concatenating([rows, Tensor.ones([rows.size(0), 1], dtype: .float64)], 1)
  }
}
