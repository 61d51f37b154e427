import Foundation
import NeuralNetworks
import Probability
import Torch

/// A likelihood with what it learns beside the decoder: from a decoder's output to probabilities, means and draws of rows.
struct DecodedRows: Module {
  let kind: DecoderLikelihood
  /// The logarithm of the standard deviation, of all columns or of each; nil when it is not learned here.
  let logScale: Parameter?

  /// Standard deviations stay within exp(-7) and exp(7) of the scaled rows: the density of a row is bounded.
  private static let largestLogScale = 7.0

  init(_ kind: DecoderLikelihood, features: Int) {
    self.kind = kind
    switch kind {
    case .sharedGaussian: logScale = Parameter(Tensor.zeros([1]))
    case .columnGaussian: logScale = Parameter(Tensor.zeros([features]))
    default: logScale = nil
    }
  }

  /// Starts learned standard deviations where a decoder that ignores its codes has them best: from far above, training would
  /// spend its first epochs on bringing them down.
  func fit(to scaled: Tensor) {
    guard let logScale else { return }
    withoutGradient {
      let wide = scaled.to(.float64)
      let variance = (wide - wide.mean(0)).squared().mean(0)
      let spread = logScale.elementCount == 1 ? variance.mean().reshaped([1]) : variance
      // Back through the bound; a constant column starts at a hundredth.
      let log = (spread.clamped(from: 1e-4).log() * 0.5 / Self.largestLogScale).clamped(from: -0.99, to: 0.99)
      logScale.assign(log.atanh() * Self.largestLogScale)
    }
  }

  /// What the likelihood is taken of: scaled rows, but bits drawn with them as probabilities for Bernoulli rows, and the
  /// nearest levels for discrete ones.
  ///
  /// - Parameters:
  ///   - scaled: `[*batch, features]`.
  ///   - uniform: numbers from 0 to 1 of the same shape, for bits.
  /// - Returns: `[*batch, features]`.
  func target(_ scaled: Tensor, uniform: Tensor?) -> Tensor {
    switch kind {
    case .bernoulli: uniform.map { ($0 .< scaled).to(scaled.dtype) } ?? scaled
    case .discretizedLogistic(let levels), .categorical(let levels):
      (scaled.clamped(from: 0, to: 1) * Double(levels - 1)).rounded()
    default: scaled
    }
  }

  /// log p of targets given a decoder's output, summed over the columns: `[..., features]` and `[..., outputs]` to `[...]`.
  func logProb(_ target: Tensor, given output: Tensor) -> Tensor {
    switch kind {
    case .gaussian(let scale): return normal(target, output, logScale: nil, constant: log(scale))
    case .sharedGaussian, .columnGaussian: return normal(target, output, logScale: boundedLogScale, constant: 0)
    case .decodedGaussian:
      let parts = output.chunks(2, -1)
      return normal(target, parts[0], logScale: Self.bounded(parts[1]), constant: 0)
    case .bernoulli:
      // log p = t o - softplus(o), which is -|o| smoothly, whatever the sign.
      return (target * output - output.softplus()).sum(-1)
    case .discretizedLogistic(let levels): return logistic(target, output.chunks(2, -1), levels).sum(-1)
    case .categorical(let levels):
      let logs = categories(output, levels).logSoftmax(-1)
      return logs.gathering(target.to(.int64).broadcasted(to: logs.shape.droppingTrailing(1)).unsqueezed(-1), -1)
        .squeezed(-1).sum(-1)
    }
  }

  /// The probability of each level of each column, `[..., features]` by levels, in 64 bits.
  ///
  /// - Precondition: the likelihood is discrete.
  func masses(given output: Tensor) -> Tensor {
    let wide = output.to(.float64)
    switch kind {
    case .bernoulli: return Tensor.stacking([(-wide).sigmoid(), wide.sigmoid()], -1)
    case .discretizedLogistic(let levels):
      let all = Tensor.range(levels, device: wide.device).to(.float64)
      return logistic(all, wide.chunks(2, -1).map { $0.unsqueezed(-1) }, levels).exp()
    case .categorical(let levels): return categories(wide, levels).softmax(-1)
    default: preconditionFailure("masses: rows have densities")
    }
  }

  /// The means of rows, scaled.
  func mean(of output: Tensor) -> Tensor {
    switch kind {
    case .gaussian, .sharedGaussian, .columnGaussian: return output
    case .decodedGaussian: return output.chunks(2, -1)[0]
    case .bernoulli: return output.sigmoid()
    case .discretizedLogistic: return output.chunks(2, -1)[0].sigmoid()
    case .categorical(let levels):
      let values = Tensor.linear(from: 0, to: 1, count: levels, dtype: output.dtype, device: output.device)
      return (categories(output, levels).softmax(-1) * values).sum(-1)
    }
  }

  /// Draws of rows, scaled.
  func sample(given output: Tensor, using rng: inout RandomGenerator) -> Tensor {
    func noise(_ like: Tensor) -> Tensor {
      Tensor.normal(like.shape, dtype: like.dtype, device: like.device, using: &rng)
    }
    func uniform(_ like: Tensor) -> Tensor {
      Tensor.uniform(like.shape, dtype: like.dtype, device: like.device, using: &rng)
    }
    switch kind {
    case .gaussian(let scale): return output + noise(output) * scale
    case .sharedGaussian, .columnGaussian: return output + noise(output) * (boundedLogScale?.exp() ?? output)
    case .decodedGaussian:
      let parts = output.chunks(2, -1)
      return parts[0] + noise(parts[0]) * Self.bounded(parts[1]).exp()
    case .bernoulli: return target(output.sigmoid(), uniform: uniform(output))
    case .discretizedLogistic(let levels):
      let parts = output.chunks(2, -1)
      let u = uniform(parts[0]).clamped(from: 1e-6, to: 1 - 1e-6)
      let value = parts[0].sigmoid() + Self.bounded(parts[1]).exp() * (u.log() - (1 - u).log())
      return (value.clamped(from: 0, to: 1) * Double(levels - 1)).rounded() / Double(levels - 1)
    case .categorical(let levels):
      let probabilities = categories(output, levels).softmax(-1)
      let flat = probabilities.reshaped([-1, levels]).multinomial(1, using: &rng)
      return flat.reshaped(probabilities.shape.droppingTrailing(1)).to(output.dtype) / Double(levels - 1)
    }
  }

  func visitParameters(_ visitor: inout some ParameterVisitor) {
    if let logScale { visitor.visit(logScale, named: "logScale") }
  }

  private var boundedLogScale: Tensor? { logScale.map { Self.bounded($0.value) } }

  private static func bounded(_ logScale: Tensor) -> Tensor { (logScale / largestLogScale).tanh() * largestLogScale }

  /// The logarithm of a normal density; the scale is exp(logScale + constant).
  private func normal(_ x: Tensor, _ mean: Tensor, logScale: Tensor?, constant: Double) -> Tensor {
    let normalization = 0.5 * log(2 * Double.pi) + constant
    guard let logScale else {
      let squares = (x - mean).squared().sum(-1)
      return squares * (-0.5 * exp(-2 * constant)) - normalization * Double(mean.size(-1))
    }
    let squares = ((x - mean) * (-logScale).exp()).squared()
    return (squares * -0.5 - logScale - normalization).sum(-1)
  }

  /// log p of levels given the decoder's two numbers of each column.
  private func logistic(_ level: Tensor, _ parts: [Tensor], _ levels: Int) -> Tensor {
    let (mean, inverse) = (parts[0].sigmoid(), (-Self.bounded(parts[1])).exp())
    let step = 1 / Double(levels - 1)
    let upper = ((level + 0.5) * step - mean) * inverse, lower = ((level - 0.5) * step - mean) * inverse
    // Between the middles: log(s(u) - s(l)) = log s(u) + log s(-l) + log(1 - e^(l-u)), which never cancels.
    let inside = upper.logSigmoid() + (-lower).logSigmoid() + (-(lower - upper).expMinusOne()).log()
    return select(level .<= 0, upper.logSigmoid(), select(level .>= Double(levels - 1), (-lower).logSigmoid(), inside))
  }

  /// `[..., levels * features]` as `[..., features, levels]`.
  private func categories(_ output: Tensor, _ levels: Int) -> Tensor {
    output.unflattened(-1, [levels, -1]).transposed()
  }
}
