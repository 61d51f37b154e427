import Torch

/// What is done to scaled rows in training before the encoder sees them; the decoder is to give back the rows as they were.
///
/// - Reference: Vincent, Larochelle, Lajoie, Bengio, Manzagol, *Stacked denoising autoencoders*, 2010.
public enum Corruption: Hashable, Sendable, Codable {
  /// Nothing.
  case none
  /// Normal noise is added.
  case gaussian(standardDeviation: Double)
  /// Numbers become 0 with a probability.
  case masking(probability: Double)
  /// Numbers become the least or the largest of the batch's column with a probability, either as likely.
  case saltAndPepper(probability: Double)

  /// Rows as the encoder sees them.
  func callAsFunction(_ rows: Tensor, using rng: inout RandomGenerator) -> Tensor {
    func uniform() -> Tensor { Tensor.uniform(rows.shape, dtype: rows.dtype, device: rows.device, using: &rng) }
    switch self {
    case .none: return rows
    case .gaussian(let scale):
      return rows + Tensor.normal(rows.shape, dtype: rows.dtype, device: rows.device, using: &rng) * scale
    case .masking(let probability): return rows * (uniform() .>= probability).to(rows.dtype)
    case .saltAndPepper(let probability):
      let chance = uniform()
      let low = rows.min(0), high = rows.max(0)
      return select(chance .< probability / 2, low, select(chance .< probability, high, rows))
    }
  }

  func validate() throws(AutoencoderConfigurationError) {
    switch self {
    case .none: return
    case .gaussian(let scale):
      try require(scale > 0 && scale.isFinite, "corruption.gaussian.standardDeviation", scale, "positive")
    case .masking(let probability), .saltAndPepper(let probability):
      try require(probability > 0 && probability < 1, "corruption's probability", probability, "above 0 and below 1")
    }
  }
}
