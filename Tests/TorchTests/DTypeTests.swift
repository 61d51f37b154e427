import Testing
import Torch

struct DTypeTests {
  @Test(arguments: DType.allCases)
  func numbersSurviveConversion(_ dtype: DType) {
    let x = Tensor([0.0, 1, 1]).to(dtype)
    #expect(x.dtype == dtype && x.doubles() == [0, 1, 1])
    #expect(Tensor.zeros([2], dtype: dtype).dtype == dtype)
  }

  @Test func arraysKeepTheirType() {
    #expect(Tensor([1.5 as Float]).dtype == .float32 && Tensor([1.5]).dtype == .float64)
    #expect(Tensor([1]).dtype == .int64 && Tensor([1 as Int32]).dtype == .int32)
    #expect(Tensor([1 as UInt8]).dtype == .uint8 && Tensor([true]).dtype == .bool)
    #expect(Tensor([true, false]).scalars(as: Bool.self) == [true, false])
    #expect(Tensor([Int.max, Int.min]).scalars(as: Int.self) == [Int.max, Int.min])
    #expect(Tensor([Int.max]).integerItem() == Int.max)
  }

  @Test func integersStayIntegers() {
    #expect((Tensor([1, 2]) + 1).dtype == .int64)
    #expect((Tensor([1, 2]) * 0.5).doubles() == [0.5, 1])
    #expect((Tensor([1, 2]) / Tensor([2, 2])).doubles() == [0.5, 1])
  }

  @Test func sixteenBitFloatsRound() {
    #expect(Tensor([1 + 0x1p-7]).to(.bfloat16).item() == 1 + 0x1p-7)
    #expect(Tensor([1 + 0x1p-9]).to(.bfloat16).item() == 1)
    #expect(Tensor([1e30]).to(.bfloat16).item() > 9e29)
    #expect(Tensor([1e30]).to(.float16).item() == .infinity)
    let product = Tensor([3.0]).to(.bfloat16) * Tensor([0.5]).to(.bfloat16)
    #expect(product.dtype == .bfloat16 && product.item() == 1.5)
    for dtype in [DType.float16, .bfloat16, .float32, .float64] {
      let one = Tensor.ones([1], dtype: dtype)
      #expect((one + dtype.ulpOfOne).item() > 1 && (one + dtype.ulpOfOne / 4).item() == 1)
    }
  }

  @Test func gradientsInBfloat16() {
    let x = Tensor([3.0]).to(.bfloat16).requiringGradient()
    let gradient = gradients(of: x.squared().sum(), withRespectTo: [x])[0]
    #expect(gradient.dtype == .bfloat16 && gradient.item() == 6)
  }

  @Test func devicesHaveNames() throws {
    #expect(try Device(named: "cpu") == .cpu && Device.cpu.description == "cpu")
    #expect(throws: TorchError.self) { try Device(named: "gpu") }
    #expect(throws: TorchError.self) { try Device(named: "cuda:99") }
    #expect(try Device.cpu.memory() == nil)
  }
}
