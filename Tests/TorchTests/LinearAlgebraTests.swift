import Testing
import Torch
import _TestSupport

struct LinearAlgebraTests {
  /// Batches of square matrices.
  private let a: Tensor = {
    var rng = RandomGenerator(seed: 1)
    return .normal([2, 4, 4], dtype: .float64, using: &rng)
  }()

  private var positive: Tensor { a.matmul(a.transposed()) + Tensor.identity(4, dtype: .float64) }

  private var identity: Tensor { Tensor.identity(4, dtype: .float64).broadcasted(to: [2, 4, 4]) }

  @Test func products() {
    expectClose(Tensor.einsum("bij,bjk->bik", a, positive), a.matmul(positive))
    let weight = a[0]
    let shift = Tensor([1.0, 2, 3, 4])
    expectClose(a.linear(weight, shift), a.matmul(weight.transposed()) + shift)
  }

  @Test func cholesky() throws {
    let factor = try positive.cholesky()
    expectClose(factor.matmul(factor.transposed()), positive)
    expectClose(factor.lowerTriangle(), factor)
    #expect(throws: TorchError.self) { try (-positive).cholesky() }
  }

  @Test func errorsNameTheOperation() throws {
    let error = #expect(throws: TorchError.self) { try Tensor(rows: [[1.0, 2], [2, 1]]).cholesky() }
    #expect(error?.operation == "linalg_cholesky" && error?.message.contains("positive") == true)
  }

  @Test func solving() throws {
    let right = a[.all, .all, .slice(to: 2)]
    expectClose(a.matmul(try a.solving(right)), right, tolerance: 1e-11)
    expectClose(a.matmul(try a.inverted()), identity, tolerance: 1e-11)
    let factor = try positive.cholesky()
    expectClose(factor.matmul(factor.solvingTriangular(right)), right, tolerance: 1e-11)
    #expect(throws: TorchError.self) { try Tensor.zeros([3, 3], dtype: .float64).inverted() }
    #expect(throws: TorchError.self) { try Tensor.ones([3, 3]).solving(Tensor.ones([3, 1])) }
  }

  @Test func factorizations() throws {
    let (values, vectors) = try positive.symmetricEigen()
    expectClose(vectors.matmul(values.diagonalMatrix()).matmul(vectors.transposed()), positive, tolerance: 1e-11)
    let (q, r) = try a.qr()
    expectClose(q.matmul(r), a)
    expectClose(q.transposed().matmul(q), identity)
    let (u, s, vh) = try a.singularValues()
    expectClose(u.matmul(s.diagonalMatrix()).matmul(vh), a)
    let nan = Tensor.full([3, 3], Double.nan, dtype: .float64)
    #expect(throws: TorchError.self) { try nan.symmetricEigen() }
    #expect(throws: TorchError.self) { try nan.singularValues() }
  }

  @Test func choleskyOfAMixedBatch() throws {
    let matrices = Tensor([4.0, 2, 2, 5, 1, 2, 2, 1], shape: [2, 2, 2])
    let (factor, isDefinite) = matrices.choleskyWhereDefinite()
    #expect(isDefinite.dtype == .bool && isDefinite.doubles() == [1, 0])
    expectClose(factor[0], Tensor(rows: [[2.0, 0], [1, 2]]))
  }

  /// The complex column (3 + 4i) / 5 comes out with the phase that it went in with.
  @Test func complexFactors() throws {
    var rng = RandomGenerator(seed: 6)
    let phase = try Tensor([3.0, 4], shape: [1, 1, 2]).complexOrthonormalFactor()
    expectClose(phase.doubles(), [0.6, 0.8])
    let q = try Tensor.normal([2, 3, 3, 2], dtype: .float64, using: &rng).complexOrthonormalFactor()
    let (real, imaginary) = (q[.ellipsis, .at(0)], q[.ellipsis, .at(1)])
    let product = real.transposed().matmul(real) + imaginary.transposed().matmul(imaginary)
    expectClose(product, Tensor.identity(3, dtype: .float64).broadcasted(to: [2, 3, 3]))
    let skew = real.transposed().matmul(imaginary)
    expectClose(skew, skew.transposed())
  }

  @Test func determinants() throws {
    let (sign, logAbsolute) = a.signLogDeterminant()
    let (_, s, _) = try a.singularValues()
    expectClose(logAbsolute, s.log().sum(-1))
    #expect((sign.absolute() .== 1).all())
    let zero = Tensor.zeros([2, 2]).signLogDeterminant()
    #expect(zero.sign.item() == 0 && zero.logAbsolute.item() == -.infinity)
  }

  @Test func gradientsPassThrough() throws {
    let x = positive[0].requiringGradient()
    let factor = try x.cholesky()
    let logDeterminant = 2 * factor.diagonal().log().sum()
    // The gradient of log det X is the inverse of X.
    let inverse = try x.detached().inverted()
    let gradient = gradients(of: logDeterminant, withRespectTo: [x])[0]
    expectClose(gradient, inverse, tolerance: 1e-11)
  }

  @Test func distances() {
    let x = Tensor(rows: [[0.0, 0], [3, 4]])
    #expect(x.distances(to: x).doubles() == [0, 5, 5, 0])
  }
}
