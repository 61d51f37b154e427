/// The type of a tensor's elements. Raw values are libtorch's codes.
public enum DType: Int8, Hashable, Sendable, Codable, CaseIterable {
  /// 8-bit unsigned integer.
  case uint8 = 0
  /// 8-bit signed integer.
  case int8 = 1
  /// 16-bit signed integer.
  case int16 = 2
  /// 32-bit signed integer.
  case int32 = 3
  /// 64-bit signed integer; the type of indices.
  case int64 = 4
  /// 16-bit IEEE float.
  case float16 = 5
  /// 32-bit float; the default for values.
  case float32 = 6
  /// 64-bit float; statistics and tests of mathematics.
  case float64 = 7
  /// Truth values, one byte each.
  case bool = 11
  /// 16-bit float with the exponent range of 32-bit.
  case bfloat16 = 15

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .int16, .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// Whether elements are floating-point numbers, which alone can carry gradients.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .float32, .float64, .bfloat16: true
    default: false
    }
  }

  /// The distance from 1 to the next number, for floating-point types.
  public var ulpOfOne: Double {
    switch self {
    case .float64: Double.ulpOfOne
    case .float16: 0x1p-10
    case .bfloat16: 0x1p-7
    default: Double(Float.ulpOfOne)
    }
  }
}

/// A Swift type whose arrays can become tensors and back without a change of representation.
public protocol TensorElement: Sendable {
  /// The tensor type of the same layout.
  static var dtype: DType { get }
}

extension Float: TensorElement {
  /// 32-bit float.
  public static var dtype: DType { .float32 }
}

extension Double: TensorElement {
  /// 64-bit float.
  public static var dtype: DType { .float64 }
}

extension Int: TensorElement {
  /// 64-bit signed integer.
  public static var dtype: DType { .int64 }
}

extension Int32: TensorElement {
  /// 32-bit signed integer.
  public static var dtype: DType { .int32 }
}

extension UInt8: TensorElement {
  /// 8-bit unsigned integer.
  public static var dtype: DType { .uint8 }
}

extension Bool: TensorElement {
  /// Truth value.
  public static var dtype: DType { .bool }
}
