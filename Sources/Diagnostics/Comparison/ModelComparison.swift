public import Probability

/// Models side by side on the same rows, with what is chance told from what is not.
public struct ModelComparison: Hashable, Sendable {
  /// One model's figures.
  public struct Entry: Hashable, Sendable {
    /// The model's name.
    public var name: String
    /// The mean log-density of the rows in nats, with its standard error; minus infinity when a row has density 0; nil for
    /// a model without a density, and for a discrete or dequantized one none that another kind could be held against.
    public var logProb: Estimate?
    /// Minus the log-density in bits, over the number of columns.
    public var bitsPerDimension: Estimate?
    /// Rows that the model holds to be impossible.
    public var impossibleRows: Int
    /// The mean of the rows' log-densities minus those of the best model, with the standard error of the paired
    /// differences; nil for the best one, and where there is no finite one.
    public var difference: Estimate?
    /// The squared maximum mean discrepancy of draws and rows, unbiased, standardized columns, bandwidth by the median.
    public var discrepancy: Estimate
    /// Whether the discrepancy could be chance, by permutations.
    public var discrepancyPValue: Double
    /// How well a classifier tells draws from rows: 1/2 for a perfect model.
    public var accuracy: Estimate
    /// Whether the accuracy could be chance, by permutations.
    public var accuracyPValue: Double
    /// The sliced Wasserstein distance of draws and rows, standardized columns; its error is over directions.
    public var slicedWasserstein: Estimate
    /// How real draws look and how much of the rows they reach, standardized columns.
    public var fidelity: FidelityAndDiversity
    /// Microseconds to draw a row, of many at a time.
    public var samplingMicroseconds: Double
    /// Microseconds to score a row, of many at a time; nil for a model without a density.
    public var scoringMicroseconds: Double?
    /// The size of the model's file; nil when it has none.
    public var bytes: Int?
    /// The size of a code; nil for a model without codes.
    public var codeSize: Int?
    /// The root mean squared difference of rows from what their codes give back, in standard deviations, the mean over the
    /// columns; nil for a model without codes.
    public var reconstructionError: Double?

    /// Whether the model is worse than the best one beyond noise: by more than three standard errors of paired differences.
    public var isWorse: Bool {
      guard let difference else { return logProb.map { !$0.value.isFinite } ?? false }
      return difference.value < -3 * difference.standardError
    }
  }

  /// The models in the order in which they were given.
  public var entries: [Entry]
  /// The rows that densities were taken of.
  public var rowCount: Int
  /// The rows and draws that were held against each other.
  public var sampleCount: Int
  /// The sliced Wasserstein distance that chance alone makes of two samples of so many rows.
  public var noise: Double
  /// The figures of one half of the rows held against the other: what a perfect model has with half as many.
  public var halves: FidelityAndDiversity
  /// The place of the model with the highest mean log-density; nil when no model has a finite one.
  public var best: Int?
}
