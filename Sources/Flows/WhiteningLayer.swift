public import NeuralNetworks
public import Probability
public import Torch

/// The mean and covariance of data, kept inside the model, so that the model takes data in their own units.
///
/// The matrix is the symmetric root of the inverse correlation matrix after each feature was divided by its standard
/// deviation (ZCA-cor), which among all whitenings keeps each code closest to its feature. It starts as the identity.
///
/// - Reference: Kessy, Lewin, Strimmer, *Optimal whitening and decorrelation*, 2018. https://arxiv.org/abs/1512.00809
public struct WhiteningLayer: PreprocessingLayer {
  /// The mean of the data, `[features]`.
  public let mean: Buffer
  /// Takes centered data to codes, `[features, features]`.
  public let matrix: Buffer
  /// The inverse of the matrix.
  public let inverseMatrix: Buffer
  /// The logarithm of the matrix's determinant, `[]`.
  public let logDeterminant: Buffer

  /// Variances of the standardized data below this share of the largest are raised to it: float32 cannot tell more.
  private static let smallestVarianceShare = 1e-6

  /// The identity of a number of features.
  public init(features: Int) {
    mean = Buffer(Tensor.zeros([features]))
    matrix = Buffer(Tensor.identity(features))
    inverseMatrix = Buffer(Tensor.identity(features))
    logDeterminant = Buffer(Tensor.zeros([]))
  }

  /// Takes mean and covariance from data.
  ///
  /// - Parameter data: `[count, features]`.
  /// - Precondition: there is at least one row, of `features` columns.
  /// - Complexity: O(count features^2 + features^3).
  public func fit(to data: Tensor) {
    let standardization = StandardizationLayer(features: mean.value.elementCount)
    standardization.convert(to: .float64, device: data.device)
    standardization.fit(to: data)
    withoutGradient {
      let (center, scale) = (standardization.mean.value, standardization.scale.value)
      let z = (data.to(.float64) - center) / scale
      let correlation = z.transposed().matmul(z) / z.size(0)
      let identity = Tensor.identity(mean.value.elementCount, dtype: .float64, device: data.device)
      // The iteration fails for numbers that are not finite only; such features then count as uncorrelated.
      let (values, vectors) =
        (try? correlation.symmetricEigen()) ?? (values: Tensor.ones(like: center), vectors: identity)
      let variances = maximum(values, values.max() * Self.smallestVarianceShare)
      let roots = variances.squareRoot()
      mean.assign(center)
      matrix.assign((vectors / roots).matmul(vectors.transposed()) / scale.unsqueezed(-1))
      inverseMatrix.assign((vectors * roots).matmul(vectors.transposed()) * scale)
      logDeterminant.assign(-(roots.log().sum() + scale.log().sum()))
    }
  }

  /// The whitening; it does not depend on the context.
  public func bijection(given context: Tensor?, _ layerContext: LayerContext) -> any Bijection {
    Whitening(
      mean: mean.value, matrix: matrix.value, inverseMatrix: inverseMatrix.value, logDeterminant: logDeterminant.value)
  }

  /// A buffer that is not finite, or matrices that are not the inverse of each other to 32-bit rounding.
  public var defect: String? {
    let named = [
      ("mean", mean), ("matrix", matrix), ("inverseMatrix", inverseMatrix), ("logDeterminant", logDeterminant),
    ]
    if let (name, _) = named.first(where: { !$1.value.isFinite().all() }) { return "\(name) is not finite" }
    let (left, right) = (inverseMatrix.value.to(.float64), matrix.value.to(.float64))
    let identity = Tensor.identity(left.size(0), dtype: .float64, device: left.device)
    // Each product of two rounded numbers is off by a share of itself.
    let rounding = left.absolute().matmul(right.absolute()) * 1e-5
    let isInverse = ((left.matmul(right) - identity).absolute() .<= rounding).all()
    return isInverse ? nil : "inverseMatrix is not the inverse of matrix"
  }

  /// Visits `mean`, `matrix`, `inverseMatrix`, `logDeterminant`.
  public func visitParameters(_ visitor: inout some ParameterVisitor) {
    visitor.visit(mean, named: "mean")
    visitor.visit(matrix, named: "matrix")
    visitor.visit(inverseMatrix, named: "inverseMatrix")
    visitor.visit(logDeterminant, named: "logDeterminant")
  }
}

extension WhiteningLayer: FusibleLayer {
  func kernelStep(contextFeatures: Int, _ layerContext: LayerContext) -> FlowKernelStep? {
    .whitening(
      mean: mean.value, matrix: matrix.value, inverseMatrix: inverseMatrix.value, logDeterminant: logDeterminant.value)
  }
}
