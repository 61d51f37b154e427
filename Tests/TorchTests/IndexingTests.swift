import Testing
import Torch

struct IndexingTests {
  private let x = Tensor.range(24).reshaped([2, 3, 4])

  private func integers(_ tensor: Tensor) -> [Int] { tensor.scalars(as: Int.self) }

  @Test func integersAndSlices() {
    #expect(integers(x[1, 2]) == [20, 21, 22, 23])
    #expect(integers(x[.at(-1), .at(-1), .at(-1)]) == [23])
    #expect(integers(x[0, .all, 1]) == [1, 5, 9])
    #expect(integers(x[0, 0, .slice(from: 1)]) == [1, 2, 3])
    #expect(integers(x[0, 0, .slice(to: -1)]) == [0, 1, 2])
    #expect(integers(x[0, 0, .slice(step: 2)]) == [0, 2])
    #expect(integers(x[0, 0, .range(1..<3)]) == [1, 2])
  }

  @Test func ellipsisAndNewAxes() {
    #expect(integers(x[.ellipsis, 0]) == [0, 4, 8, 12, 16, 20])
    #expect(x[.ellipsis, .newAxis].shape == [2, 3, 4, 1])
    #expect(x[.newAxis, 0].shape == [1, 3, 4])
    #expect(x[0, .ellipsis, .slice(to: 2)].shape == [3, 2])
  }

  @Test func positionsAndMasks() {
    #expect(integers(x[0, .indices(Tensor([2, 0])), 0]) == [8, 0])
    #expect(integers(x[0, .indices(Tensor([true, false, true])), 0]) == [0, 8])
    #expect(integers(x.selecting(where: x .> 21)) == [22, 23])
    #expect(integers(x.gathering(Tensor([0, 3], shape: [1, 1, 2]), 2)) == [0, 3])
    #expect(integers(x[0].takingAlong(Tensor([1, 2, 3], shape: [3, 1]), 1)) == [1, 6, 11])
  }

  @Test func shapesChange() {
    #expect(x.permuted([2, 0, 1]).shape == [4, 2, 3] && x.transposed().shape == [2, 4, 3])
    #expect(x.flattened().shape == [24] && x.flattened(from: 1).shape == [2, 12])
    #expect(x.unflattened(2, [2, -1]).shape == [2, 3, 2, 2])
    #expect(x.unsqueezed(0).squeezed().shape == [2, 3, 4])
    #expect(x.movingDimension(0, to: -1).shape == [3, 4, 2])
    #expect(Tensor.concatenating([x, x], 1).shape == [2, 6, 4] && Tensor.stacking([x, x]).shape == [2, 2, 3, 4])
    #expect(x.split([1, 3], 2).map(\.shape) == [[2, 3, 1], [2, 3, 3]])
    #expect(x.chunks(2, 0).count == 2 && x.unbound(1).count == 3)
    #expect(integers(Tensor([1, 2]).repeatingEach(2, 0)) == [1, 1, 2, 2])
    #expect(integers(Tensor([1, 2]).tiled([2])) == [1, 2, 1, 2])
    #expect(integers(Tensor([1, 2, 3]).flipped(0)) == [3, 2, 1])
    #expect(integers(Tensor([2, 0]).oneHot(3)) == [0, 0, 1, 1, 0, 0])
    #expect(integers(Tensor([1, 2]).padded([1, 2], with: 9)) == [9, 1, 2, 9, 9])
    #expect(integers(Tensor.ones([2, 2], dtype: .int64).lowerTriangle()) == [1, 0, 1, 1])
    #expect(integers(Tensor([1, 2]).diagonalMatrix().diagonal()) == [1, 2])
  }

  @Test func shapesBroadcast() {
    #expect(Shape.broadcasting([2, 1, 4], [3, 1]) == [2, 3, 4])
    #expect(Shape.broadcasting([], [3]) == [3])
    #expect(Shape.broadcasting([], []) == [])
    #expect(Shape.broadcasting([2], [3]) == nil)
    let shape: Shape = [2, 3, 4]
    #expect(shape.leading(1) == [2] && shape.trailing(2) == [3, 4] && shape.droppingTrailing(1) == [2, 3])
    #expect(shape.elementCount == 24 && Shape.scalar.elementCount == 1 && "\(shape)" == "[2, 3, 4]")
  }
}
