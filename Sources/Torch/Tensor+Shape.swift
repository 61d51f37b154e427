import CKernels
import CTorch

extension Tensor {
  /// The same elements in another shape; one size may be -1, which is then found.
  public func reshaped(_ shape: Shape) -> Tensor { Operation.reshape(self, shape.sizes) }

  /// The dimensions in another order.
  public func permuted(_ dimensions: [Int]) -> Tensor { Operation.permute(self, dimensions) }

  /// Two dimensions exchanged; the last two by default.
  public func transposed(_ first: Int = -2, _ second: Int = -1) -> Tensor {
    Operation.transpose_int(self, first, second)
  }

  /// One dimension moved to another place.
  public func movingDimension(_ source: Int, to destination: Int) -> Tensor {
    Operation.movedim_int(self, source, destination)
  }

  /// Without all dimensions of size 1.
  public func squeezed() -> Tensor { Operation.squeeze(self) }

  /// Without the given dimensions, where their size is 1.
  public func squeezed(_ dimensions: Int...) -> Tensor { Operation.squeeze_dims(self, dimensions) }

  /// With a new dimension of size 1 at a position.
  public func unsqueezed(_ dimension: Int) -> Tensor { Operation.unsqueeze(self, dimension) }

  /// Stretched to a shape without copying; see the rules of broadcasting.
  public func broadcasted(to shape: Shape) -> Tensor { Operation.broadcast_to(self, shape.sizes) }

  /// Dimensions from `start` to `end` made one.
  public func flattened(from start: Int = 0, to end: Int = -1) -> Tensor {
    Operation.flatten_using_ints(self, start, end)
  }

  /// One dimension split into several; one of the sizes may be -1.
  public func unflattened(_ dimension: Int, _ sizes: [Int]) -> Tensor {
    Operation.unflatten_int(self, dimension, sizes)
  }

  /// Tensors joined along an existing dimension.
  public static func concatenating(_ tensors: [Tensor], _ dimension: Int = 0) -> Tensor {
    Operation.cat(tensors, dimension)
  }

  /// Tensors of equal shape joined along a new dimension.
  public static func stacking(_ tensors: [Tensor], _ dimension: Int = 0) -> Tensor {
    Operation.stack(tensors, dimension)
  }

  /// Parts of given sizes along a dimension, without copying.
  public func split(_ sizes: [Int], _ dimension: Int) -> [Tensor] { Operation.split_with_sizes(self, sizes, dimension) }

  /// Parts of one size along a dimension; the last may be smaller.
  public func split(size: Int, _ dimension: Int = 0) -> [Tensor] { Operation.split_Tensor(self, size, dimension) }

  /// `count` parts along a dimension.
  public func chunks(_ count: Int, _ dimension: Int) -> [Tensor] { Operation.chunk(self, count, dimension) }

  /// The slices along a dimension, which is removed.
  public func unbound(_ dimension: Int = 0) -> [Tensor] { Operation.unbind_int(self, dimension) }

  /// A range along a dimension, without copying.
  public func narrowed(_ dimension: Int, from start: Int, length: Int) -> Tensor {
    Operation.narrow(self, dimension, start, length)
  }

  /// The slices at given positions of a dimension, in their order.
  public func selecting(_ indices: Tensor, _ dimension: Int = 0) -> Tensor {
    Operation.index_select(self, dimension, indices)
  }

  /// Element `[..., indices[...], ...]` for each position of `indices`.
  public func gathering(_ indices: Tensor, _ dimension: Int) -> Tensor { Operation.gather(self, dimension, indices) }

  /// Like ``gathering(_:_:)``, with broadcasting of the other dimensions.
  public func takingAlong(_ indices: Tensor, _ dimension: Int) -> Tensor {
    Operation.take_along_dim(self, indices, dimension)
  }

  /// This tensor with `values` added at positions of a dimension.
  public func addingAt(_ indices: Tensor, _ dimension: Int, _ values: Tensor) -> Tensor {
    Operation.index_add(self, dimension, indices, values)
  }

  /// This tensor with the elements under a mask replaced by a number.
  public func masked(_ mask: Tensor, with value: some ScalarConvertible) -> Tensor {
    Operation.masked_fill_Scalar(self, mask, value.scalar)
  }

  /// The elements under a mask, as a vector.
  public func selecting(where mask: Tensor) -> Tensor { Operation.masked_select(self, mask) }

  /// The order of a dimension reversed.
  public func flipped(_ dimensions: Int...) -> Tensor { Operation.flip(self, dimensions) }

  /// The whole repeated along each dimension.
  public func tiled(_ counts: [Int]) -> Tensor { Operation.repeat(self, counts) }

  /// Each slice of a dimension repeated.
  public func repeatingEach(_ count: Int, _ dimension: Int) -> Tensor {
    Operation.repeat_interleave_self_int(self, count, dimension)
  }

  /// Zeros above a diagonal of the last two dimensions.
  public func lowerTriangle(_ diagonal: Int = 0) -> Tensor { Operation.tril(self, diagonal) }

  /// Zeros below a diagonal of the last two dimensions.
  public func upperTriangle(_ diagonal: Int = 0) -> Tensor { Operation.triu(self, diagonal) }

  /// The diagonal of the last two dimensions.
  public func diagonal() -> Tensor { Operation.diagonal(self, 0, -2, -1) }

  /// Matrices with the last dimension on their diagonal.
  public func diagonalMatrix() -> Tensor { Operation.diag_embed(self) }

  /// Indicators of integer classes in a new last dimension, as 64-bit integers.
  public func oneHot(_ classCount: Int) -> Tensor { Operation.one_hot(self, classCount) }

  /// A border of a number: sizes before and after, from the last dimension on.
  public func padded(_ sizes: [Int], with value: some ScalarConvertible) -> Tensor {
    Operation.constant_pad_nd(self, sizes, value.scalar)
  }

  /// The positions of the elements that are not 0, [count, rank].
  public func nonzero() -> Tensor { Operation.nonzero(self) }

  /// The same elements in row-major memory; itself when they are already.
  public func contiguous() -> Tensor { Operation.contiguous(self) }

  /// A copy of the elements.
  public func cloned() -> Tensor {
    // From here on libtorch's loop has several threads, which then spin beside those of the kernels.
    guard isPlain, elementCount > 1 << 15, !(isRecordingGradients() && requiresGradient), let from = ct_data(raw) else {
      return Operation.clone(self)
    }
    let copy = Tensor.empty(shape, dtype: dtype)
    defer { withExtendedLifetime((self, copy)) {} }
    guard let to = ct_data(copy.raw) else { return Operation.clone(self) }
    ck_copy(from, to, elementCount * dtype.byteCount)
    return copy
  }

  /// Elements converted to another type.
  public func to(_ dtype: DType) -> Tensor { dtype == self.dtype ? self : Operation._to_copy(self, dtype: dtype) }

  /// Elements on another device.
  public func to(_ device: Device) -> Tensor { device == self.device ? self : Operation._to_copy(self, device: device) }

  /// Elements converted to another type, on another device.
  public func to(_ dtype: DType, _ device: Device) -> Tensor {
    dtype == self.dtype && device == self.device ? self : Operation._to_copy(self, dtype: dtype, device: device)
  }
}
