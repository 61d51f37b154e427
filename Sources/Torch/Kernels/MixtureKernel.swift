import CKernels

/// A weighted sum of exp(constant_k - |A_k (x - mean_k)|^2 / 2) over the components k of a Gaussian mixture, for passes
/// over many rows.
///
/// Log-densities, responsibilities and the sums of an EM step come from one reading of the rows, without temporaries of
/// size rows x components x features. Arithmetic within some hundred rows is of the rows' type, on deviations from the
/// component's mean; sums beyond are 64-bit, in an order that does not depend on threads. The tensor formula is
/// `GaussianMixture.logProb(unchecked:)`.
package struct MixtureKernel {
  package let features: Int
  package let components: Int
  private let isDiagonal: Bool
  private let center, constants, means, whitening: [Double]

  /// - Parameters:
  ///   - constants: `[components]`; minus infinity for a component of weight 0.
  ///   - means: `[components, features]`
  ///   - whitening: lower triangles A_k, `[components, features, features]`; their diagonals `[components, features]`
  ///     when there is nothing else.
  ///   - center: a point among the rows, `[features]`; nil for the average of the means.
  package init(constants: Tensor, means: Tensor, whitening: Tensor, center: [Double]? = nil) {
    let shape = means.shape
    (components, features) = (shape[0], shape[1])
    isDiagonal = whitening.rank == 2
    precondition(
      constants.shape == [components] && whitening.shape == (isDiagonal ? shape : shape + [features]),
      "MixtureKernel: expected \(components) components of \(features) features, got constants \(constants.shape), "
        + "whitening \(whitening.shape)")
    // A number of 32 bits, so that rows of either type lose nothing when it is subtracted.
    let center = (center ?? means.to(.float64).mean(0).doubles()).map { Double(Float($0)) }
    self.center = center.map { $0.isFinite ? $0 : 0 }
    self.constants = constants.doubles()
    self.means = (means.to(.float64) - Tensor(self.center)).doubles()
    self.whitening = whitening.doubles()
  }

  /// The log-density of each row.
  ///
  /// - Parameter rows: `[count, features]`, 32-bit or 64-bit floats on the processor.
  /// - Returns: `[count]` of the rows' type; NaN for a row with NaN, minus infinity for an infinite one.
  package func logProb(_ rows: Tensor) -> Tensor {
    Tensor.filled([rows.size(0)], dtype: rows.dtype) { memory in
      pass(rows, nil) { $0.log_densities = memory }
    }
  }

  /// The probability of each component given each row, `[count, components]` of the rows' type.
  package func responsibilities(_ rows: Tensor) -> Tensor {
    Tensor.filled([rows.size(0), components], dtype: rows.dtype) { memory in
      pass(rows, nil) { $0.responsibilities = memory }
    }
  }

  /// The sums of an EM step over rows.
  package struct Sums {
    /// The weighted sum of log-densities.
    package let logLikelihood: Double
    /// The sums of responsibilities times weights, `[components]`.
    package let counts: Tensor
    /// The same times deviations from the component's mean, `[components, features]`.
    package let deviations: Tensor
    /// The same times products of deviations, `[components, features, features]`, or their diagonal.
    package let products: Tensor
  }

  /// The sums of an EM step; `weights` is `[count]`.
  package func sums(_ rows: Tensor, weights: Tensor?) -> Sums {
    var logLikelihood = 0.0
    let table = Tensor.filled([components, width], dtype: .float64) { memory in
      withUnsafeMutablePointer(to: &logLikelihood) { sum in
        pass(rows, weights) {
          $0.statistics = memory.assumingMemoryBound(to: Double.self)
          $0.log_likelihood = sum
        }
      }
    }
    return sums(table, logLikelihood)
  }

  /// The sums of an EM step for responsibilities from elsewhere, `[count, components]`; both 64-bit, the rows finite. Their
  /// log-likelihood is NaN.
  package func sums(_ rows: Tensor, responsibilities: Tensor) -> Sums {
    precondition(
      rows.rank == 2 && rows.size(1) == features && responsibilities.shape == [rows.size(0), components]
        && rows.dtype == .float64 && responsibilities.dtype == .float64,
      "MixtureKernel: expected 64-bit rows and responsibilities, got \(rows.shape), \(responsibilities.shape)")
    let table = Tensor.filled([components, width], dtype: .float64) { memory in
      let sums = memory.assumingMemoryBound(to: Double.self)
      rows.withUnsafeBytes { rows in
        responsibilities.withUnsafeBytes { given in
          withMixture { mixture in
            let (rows, given) = (rows.bindMemory(to: Double.self), given.bindMemory(to: Double.self))
            let count = given.count / components
            requireMemory(
              ck_mixture_given_sums(mixture, rows.baseAddress, given.baseAddress, count, sums), "MixtureKernel")
          }
        }
      }
    }
    return sums(table, .nan)
  }

  /// The logarithm of each component's term at each row, `[count, components]`; NaN for a row with NaN, minus infinity for an
  /// infinite one.
  ///
  /// - Precondition: the rows are 64-bit.
  package func componentLogProbs(_ rows: Tensor) -> Tensor {
    precondition(
      rows.rank == 2 && rows.size(1) == features && rows.dtype == .float64,
      "MixtureKernel: expected 64-bit rows of \(features) numbers, got \(rows.shape) of \(rows.dtype)")
    let count = rows.size(0)
    return Tensor.filled([count, components], dtype: .float64) { memory in
      rows.withUnsafeBytes { bytes in
        withMixture { mixture in
          let rows = bytes.bindMemory(to: Double.self).baseAddress
          let out = memory.assumingMemoryBound(to: Double.self)
          requireMemory(ck_mixture_component_logs(mixture, rows, count, out), "MixtureKernel")
        }
      }
    }
  }

  /// The numbers of a component's sums.
  private var width: Int { 1 + features * (isDiagonal ? 2 : 1 + features) }

  private func sums(_ table: Tensor, _ logLikelihood: Double) -> Sums {
    let products = table.narrowed(1, from: 1 + features, length: width - 1 - features)
    return Sums(
      logLikelihood: logLikelihood, counts: table.narrowed(1, from: 0, length: 1).squeezed(1),
      deviations: table.narrowed(1, from: 1, length: features),
      products: isDiagonal ? products : products.reshaped([components, features, features]))
  }

  private func pass(_ rows: Tensor, _ weights: Tensor?, _ ask: (inout CKMixtureResults) -> Void) {
    precondition(
      rows.rank == 2 && rows.size(1) == features && (rows.dtype == .float32 || rows.dtype == .float64),
      "MixtureKernel: expected rows of \(features) floats, got \(rows.shape) of \(rows.dtype)")
    precondition(
      weights.map { $0.shape == [rows.size(0)] && $0.dtype == .float64 } ?? true,
      "MixtureKernel: expected \(rows.size(0)) weights of 64 bits")
    var results = CKMixtureResults()
    ask(&results)
    let (count, isSingle) = (rows.size(0), rows.dtype == .float32)
    rows.withUnsafeBytes { bytes in
      guard let weights else { return call(bytes, isSingle, nil, count, &results) }
      weights.withUnsafeBytes { call(bytes, isSingle, $0.assumingMemoryBound(to: Double.self), count, &results) }
    }
  }

  private func call(
    _ rows: UnsafeRawBufferPointer, _ isSingle: Bool, _ weights: UnsafeBufferPointer<Double>?, _ count: Int,
    _ results: inout CKMixtureResults
  ) {
    withMixture { mixture in
      let status =
        isSingle
        ? ck_mixture_pass_f32(
          mixture, rows.bindMemory(to: Float.self).baseAddress, weights?.baseAddress, count, &results)
        : ck_mixture_pass_f64(
          mixture, rows.bindMemory(to: Double.self).baseAddress, weights?.baseAddress, count, &results)
      requireMemory(status, "MixtureKernel")
    }
  }

  private func withMixture(_ body: (UnsafePointer<CKMixture>) -> Void) {
    center.withUnsafeBufferPointer { center in
      constants.withUnsafeBufferPointer { constants in
        means.withUnsafeBufferPointer { means in
          whitening.withUnsafeBufferPointer { whitening in
            var mixture = CKMixture(
              features: features, components: components, is_diagonal: isDiagonal, center: center.baseAddress,
              constants: constants.baseAddress, means: means.baseAddress, whitening: whitening.baseAddress)
            body(&mixture)
          }
        }
      }
    }
  }
}
