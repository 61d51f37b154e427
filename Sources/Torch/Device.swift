import CTorch

/// Where a tensor's elements live and its operations run.
public struct Device: Hashable, Sendable, CustomStringConvertible {
  /// A kind of device.
  public enum Kind: Int8, Sendable {
    /// The processor and main memory.
    case cpu = 0
    /// An NVIDIA accelerator.
    case cuda = 1
  }

  /// The kind of device.
  public let kind: Kind
  /// Which one of its kind, from 0.
  public let index: Int

  private init(kind: Kind, index: Int) {
    self.kind = kind
    self.index = index
  }

  /// The processor.
  public static let cpu = Device(kind: .cpu, index: 0)

  /// The accelerator with this index; loads libtorch's CUDA library at the first call.
  ///
  /// - Throws: `TorchError` when libtorch has no CUDA, no driver or device is found, or the index is too large.
  public static func cuda(_ index: Int = 0) throws(TorchError) -> Device {
    var count: Int32 = 0
    try attemptNothing("CUDA") { ct_load_cuda(&count, $0) }
    guard index >= 0, index < Int(count) else {
      throw TorchError(operation: "CUDA", message: "there is no device \(index): \(count) found, counted from 0")
    }
    return Device(kind: .cuda, index: index)
  }

  /// The device that a text names: `cpu`, `cuda`, `cuda:1`, or `auto` (CUDA where it works, else the processor).
  ///
  /// - Throws: `TorchError` when the text names no device or the device cannot be used.
  public init(named name: String) throws(TorchError) {
    switch name {
    case "cpu": self = .cpu
    case "auto": self = (try? Device.cuda()) ?? .cpu
    case "cuda": self = try Device.cuda()
    default:
      guard name.hasPrefix("cuda:"), let index = Int(name.dropFirst(5)) else {
        throw TorchError(operation: "device", message: "'\(name)' is no device: expected auto, cpu, cuda or cuda:INDEX")
      }
      self = try Device.cuda(index)
    }
  }

  /// `cpu` or `cuda:0`.
  public var description: String { kind == .cpu ? "cpu" : "cuda:\(index)" }

  /// Bytes in use on an accelerator.
  public struct Memory: Sendable {
    /// Held by tensors.
    public let allocated: Int
    /// Held by libtorch's allocator, the tensors' included.
    public let reserved: Int
    /// The most that tensors have held.
    public let peak: Int
  }

  /// The memory in use, or nil for the processor.
  ///
  /// - Throws: `TorchError` when the device cannot be asked.
  public func memory() throws(TorchError) -> Memory? {
    guard kind == .cuda else { return nil }
    var allocated: Int64 = 0
    var reserved: Int64 = 0
    var peak: Int64 = 0
    try attemptNothing("memory") { ct_cuda_memory(Int8(index), &allocated, &reserved, &peak, $0) }
    return Memory(allocated: Int(allocated), reserved: Int(reserved), peak: Int(peak))
  }

  /// Gives memory that the allocator keeps for later use back to the device.
  ///
  /// - Throws: `TorchError` when the device cannot be asked.
  public func emptyCache() throws(TorchError) {
    guard kind == .cuda else { return }
    try attemptNothing("empty cache") { ct_cuda_empty_cache($0) }
  }

  /// Waits until all work given to the device is done.
  public func synchronize() { runNothing("synchronize") { ct_synchronize(raw, $0) } }

  var raw: CTDevice { CTDevice(kind: kind.rawValue, index: Int8(index)) }

  static var unspecified: CTDevice { CTDevice(kind: -1, index: 0) }

  init(raw: CTDevice) {
    kind = raw.kind == 0 ? .cpu : .cuda
    index = Int(raw.index)
  }
}

/// The version of the libtorch that is linked.
public var libtorchVersion: String { String(cString: ct_version()) }

/// The number of threads that one operation may use on the processor.
public func threadCount() -> Int { Int(ct_thread_count()) }

/// Sets the number of threads that one operation may use on the processor, for the whole process.
///
/// The last bits of results can depend on it; for one thread count they are reproducible.
public func setThreadCount(_ count: Int) {
  precondition(count > 0, "setThreadCount: expected a positive count, got \(count)")
  ct_set_thread_count(Int32(clamping: count))
}
