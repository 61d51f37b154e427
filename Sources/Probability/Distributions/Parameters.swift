import Torch

/// Parameters broadcast to one shape `[*batch, *event]`, of which the last `eventRank` dimensions are the event.
struct BroadcastParameters {
  let values: [Tensor]
  let batchShape: Shape
  let eventShape: Shape

  /// - Precondition: the shapes broadcast to rank `eventRank` or more, and the numbers are floating-point ones.
  init(_ name: String, _ tensors: [Tensor], eventRank: Int) {
    let shapes = tensors.map(\.shape)
    let common = shapes.dropFirst().reduce(shapes[0] as Shape?) { both, shape in
      both.flatMap { Shape.broadcasting($0, shape) }
    }
    guard let common, common.rank >= eventRank, eventRank >= 0 else {
      preconditionFailure("\(name): expected parameters that broadcast to rank \(eventRank) or more, got \(shapes)")
    }
    precondition(
      tensors.allSatisfy { $0.dtype.isFloatingPoint },
      "\(name): expected floating-point parameters, got \(tensors.map(\.dtype))")
    values = tensors.map { $0.broadcasted(to: common) }
    batchShape = common.droppingTrailing(eventRank)
    eventShape = common.trailing(eventRank)
  }
}

/// Two parameters broadcast to one shape.
func broadcastParameters(
  _ name: String, _ first: Tensor, _ second: Tensor, eventRank: Int
) -> (Tensor, Tensor) {
  let parameters = BroadcastParameters(name, [first, second], eventRank: eventRank)
  return (parameters.values[0], parameters.values[1])
}

extension Tensor {
  /// Whether no element is 0 or negative; NaN passes, and shows in every result.
  var isPositive: Bool { !(self .<= 0).any() }

  /// Whether no element lies outside [0, 1].
  var isProbability: Bool { !((self .< 0) .| (self .> 1)).any() }

  /// The elements, NaN where `probability` lies outside [0, 1].
  func defined(for probability: Tensor) -> Tensor {
    select((probability .< 0) .| (probability .> 1), Double.nan, self)
  }
}

/// Numbers at which a density is asked for, made safe: those outside of the support are replaced by one inside, so that
/// the density's formula and its gradient stay finite, and get minus infinity at the end. NaN counts as inside, and stays.
struct SafePoints {
  /// The numbers, without those that lie outside.
  let values: Tensor
  private let isOutside: Tensor

  /// Numbers of which a mask says where they lie outside.
  init(_ x: Tensor, isOutside: Tensor, inside: some ScalarConvertible) {
    self.isOutside = isOutside
    values = select(isOutside, inside, x)
  }

  /// Numbers of which a mask says where they lie outside.
  init(_ x: Tensor, isOutside: Tensor, inside: Tensor) {
    self.isOutside = isOutside
    values = select(isOutside, inside, x)
  }

  /// Numbers that should be counts between two bounds, both included; integers become numbers of the parameter's type.
  init(counts x: Tensor, from lower: Int = 0, to upper: Tensor? = nil, like parameter: Tensor) {
    let x = x.dtype.isFloatingPoint ? x : x.to(parameter.dtype)
    let isBroken = (x .< lower) .| ((x - x.floor()) .> 0) .| x.isInfinite()
    self.init(x, isOutside: upper.map { isBroken .| (x .> $0) } ?? isBroken, inside: lower)
  }

  /// Log-densities at `values`, with minus infinity for what lies outside.
  func logProb(_ each: Tensor) -> Tensor { select(isOutside, -Double.infinity, each) }
}

extension CumulativeDistribution {
  /// Draws by inverse transform sampling in 64 bits, through which gradients flow as far as the quantile function lets
  /// them.
  func inverseTransformSample(
    _ sampleShape: Shape, like parameter: Tensor, using rng: inout RandomGenerator
  ) -> Tensor {
    let noise = Tensor.openUniform(sampleShape + batchShape + eventShape, device: parameter.device, using: &rng)
    return quantile(noise).to(parameter.dtype)
  }
}
