public import Torch

/// What a model of rows given conditions can be asked for, whatever kind of model it is.
public struct ConditionalModelUnderTest {
  /// The model of rows at one condition, `[conditions]`.
  public var given: (_ condition: Tensor) -> ModelUnderTest
  /// Rows, `[count, rows, columns]`, `count` for each condition, `[rows, conditions]`.
  public var sample: (_ count: Int, _ conditions: Tensor, _ rng: inout RandomGenerator) -> Tensor
  /// The log-density of rows, `[rows, columns]`, given their conditions, `[rows, conditions]`, in nats, `[rows]`; nil for a
  /// model without a density.
  public var logProb: ((_ rows: Tensor, _ conditions: Tensor) -> Tensor)?
  /// The codes of rows given their conditions, `[rows, columns]`, standard normal when the model is right; nil for a model
  /// without.
  public var codes: ((_ rows: Tensor, _ conditions: Tensor) -> Tensor)?

  /// A model of rows given conditions.
  ///
  /// - Parameters:
  ///   - given: the model of rows at one condition.
  ///   - sample: rows, some for each condition.
  ///   - logProb: the log-density of rows given their conditions; nil when there is none.
  ///   - codes: the codes of rows given their conditions; nil when there are none.
  public init(
    given: @escaping (_ condition: Tensor) -> ModelUnderTest,
    sample: @escaping (_ count: Int, _ conditions: Tensor, _ rng: inout RandomGenerator) -> Tensor,
    logProb: ((_ rows: Tensor, _ conditions: Tensor) -> Tensor)?,
    codes: ((_ rows: Tensor, _ conditions: Tensor) -> Tensor)? = nil
  ) {
    self.given = given
    self.sample = sample
    self.logProb = logProb
    self.codes = codes
  }
}
