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

/// Numbers that stand for counts: where they are none, and a count in the place of those.
struct Counts {
  /// The counts; the lowest one where a number is none. NaN stays.
  let values: Tensor
  private let isOutside: Tensor

  /// Numbers between two bounds, both included; `like` gives the type of numbers that are not floating-point ones.
  init(_ x: Tensor, from lower: some ScalarConvertible, to upper: Tensor? = nil, like parameter: Tensor) {
    let x = x.dtype.isFloatingPoint ? x : x.to(parameter.dtype)
    // NaN is not outside, and stays NaN.
    var isOutside = (x .< lower) .| ((x - x.floor()) .> 0) .| x.isInfinite()
    if let upper { isOutside = isOutside .| (x .> upper) }
    self.isOutside = isOutside
    values = select(isOutside, lower, x)
  }

  /// Log-probabilities, minus infinity where a number is no count.
  func logProb(_ values: Tensor) -> Tensor { select(isOutside, -Double.infinity, values) }
}
