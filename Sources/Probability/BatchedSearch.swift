import Torch

extension Tensor {
  /// For numbers `[*sample, *batch]`, their places in sorted rows `[*batch, count]`: how many elements of the row of the
  /// same batch are below (`right`: below or equal), as 64-bit integers of the numbers' broadcast shape.
  func places(in rows: Tensor, right: Bool = false) -> Tensor {
    let batch = rows.shape.droppingTrailing(1)
    guard let shape = Shape.broadcasting(self.shape, batch) else {
      preconditionFailure("places: expected numbers that broadcast with the batch \(batch), got \(self.shape)")
    }
    guard batch.elementCount > 1 else {
      return rows.flattened().searchSorted(self, right: right).reshaped(shape)
    }
    let (count, columns) = (batch.elementCount, rows.size(-1))
    let numbers = broadcasted(to: shape).reshaped([-1, count]).transposed()
    return rows.reshaped([count, columns]).searchSorted(numbers, right: right).transposed().reshaped(shape)
  }

  /// Elements `[*sample, *batch]` of rows `[*batch, count]` at places `[*sample, *batch]`.
  func elements(at places: Tensor) -> Tensor {
    // The rows are stretched without a copy.
    broadcasted(to: places.shape + [size(-1)]).gathering(places.unsqueezed(-1), -1).squeezed(-1)
  }
}
