import Flows
import Probability
import Torch

/// A conditional model of one column whose distribution function is known and can be inverted.
protocol ConditionalQuantiles: DensityModel {
  /// The probability of numbers up to each one, `[rows, 1]` given `[rows, conditions]` to `[rows]`.
  ///
  /// - Precondition: the model has one column.
  func cumulative(_ rows: Tensor, given context: Tensor) -> Tensor
  /// The numbers that have a probability below them, `[rows]`, one for each condition.
  ///
  /// - Precondition: the model has one column, and the probability is within (0, 1).
  func quantile(_ probability: Double, given context: Tensor) -> Tensor
}

extension FlowModel: ConditionalQuantiles {
  func cumulative(_ rows: Tensor, given context: Tensor) -> Tensor {
    let below = encode(rows, given: context).to(.float64).normalCDF().squeezed(1)
    return select(rises(given: context), below, 1.0 - below)
  }

  func quantile(_ probability: Double, given context: Tensor) -> Tensor {
    let code: Double = Tensor([probability]).normalQuantile().item()
    return select(rises(given: context), decoded(code, context), decoded(-code, context))
  }

  /// Whether the code rises with the number: a monotone map may fall.
  private func rises(given context: Tensor) -> Tensor { decoded(1, context) .> decoded(-1, context) }

  /// The number of a code under each condition, `[rows]`, 64-bit.
  private func decoded(_ code: Double, _ context: Tensor) -> Tensor {
    withoutGradient {
      Tensor.concatenating(
        context.split(size: chunkSize).map { part in
          let codes = Tensor.full([part.size(0), 1], code, dtype: part.dtype, device: part.device)
          return flow.decode(codes, given: part).to(.float64).squeezed(1)
        })
    }
  }
}

extension ConditionalMixtureModel: ConditionalQuantiles {
  func cumulative(_ rows: Tensor, given context: Tensor) -> Tensor {
    distribution(given: context).numbers.cdf(rows.to(.float64).squeezed(1))
  }

  func quantile(_ probability: Double, given context: Tensor) -> Tensor {
    distribution(given: context).numbers.quantile(Tensor([probability]))
  }
}
