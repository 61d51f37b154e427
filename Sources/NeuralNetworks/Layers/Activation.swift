public import Torch

/// An elementwise nonlinearity. It is a layer without parameters, and its raw value is its name in a configuration.
public enum Activation: String, Hashable, Sendable, Codable, CaseIterable, Layer {
  /// `max(x, 0)`.
  case relu
  /// `x * sigmoid(x)`.
  case silu
  /// The hyperbolic tangent.
  case tanh
  /// `x * normalCDF(x)`.
  case gelu
  /// `x` above 0, `exp(x) - 1` below.
  case elu
  /// `x` above 0, `0.01 x` below.
  case leakyRelu
  /// `1 / (1 + exp(-x))`.
  case sigmoid
  /// The input as it is.
  case identity

  /// The nonlinearity at each element.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    switch self {
    case .relu: input.relu()
    case .silu: input.silu()
    case .tanh: input.tanh()
    case .gelu: input.gelu()
    case .elu: input.elu()
    case .leakyRelu: input.leakyRelu()
    case .sigmoid: input.sigmoid()
    case .identity: input
    }
  }

  /// The nonlinearity at each element; the context does not matter.
  public func callAsFunction(_ input: Tensor, _ context: LayerContext) -> Tensor { self(input) }

  /// There is nothing to visit.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {}
}
