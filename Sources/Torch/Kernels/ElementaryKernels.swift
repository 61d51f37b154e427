import CKernels

/// The elementary functions that all vectorized kernels share, over arrays: for tests of their accuracy.
package enum ElementaryKernels {
  /// exp of each element.
  package static func exp(_ x: [Float]) -> [Float] { map(x, ck_exp_f32) }
  /// exp of each element.
  package static func exp(_ x: [Double]) -> [Double] { map(x, ck_exp_f64) }
  /// The natural logarithm of each element.
  package static func log(_ x: [Float]) -> [Float] { map(x, ck_log_f32) }
  /// The natural logarithm of each element.
  package static func log(_ x: [Double]) -> [Double] { map(x, ck_log_f64) }

  private static func map<Element>(
    _ x: [Element], _ function: (UnsafePointer<Element>?, UnsafeMutablePointer<Element>?, Int) -> Void
  ) -> [Element] {
    [Element](unsafeUninitializedCapacity: x.count) { buffer, count in
      function(x, buffer.baseAddress, x.count)
      count = x.count
    }
  }
}
