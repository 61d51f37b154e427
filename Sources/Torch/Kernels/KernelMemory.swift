import CKernels

extension Tensor {
  /// A tensor on the processor whose memory a kernel fills, row-major.
  package static func filled(
    _ shape: Shape, dtype: DType, by fill: (UnsafeMutableRawPointer) -> Void
  ) -> Tensor {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: Swift.max(1, shape.elementCount * dtype.byteCount), alignment: 64)
    fill(memory)
    let address = Int(bitPattern: memory)
    do {
      return try Tensor(adopting: memory, shape: shape, dtype: dtype) {
        UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
      }
    } catch {
      preconditionFailure("Tensor: memory of a kernel cannot become a tensor: \(error)")
    }
  }
}

/// Stops when a kernel found no memory; a plain expression has no way to throw.
func requireMemory(_ status: Int32, _ kernel: StaticString) {
  precondition(status == CK_OK.rawValue, "\(kernel): out of memory")
}
