/// An error that libtorch reported for a reason that data or the machine can cause.
public struct TorchError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it was.
  public enum Code: Int32, Sendable {
    /// The operation rejected its input, for instance a matrix that is not positive definite.
    case failed = 1
    /// There was not enough memory.
    case outOfMemory = 2
    /// An exception of a type that libtorch does not document.
    case unknown = 3
  }

  /// The kind of failure.
  public let code: Code
  /// The operation, by its name in libtorch.
  public let operation: String
  /// What libtorch said, first line first.
  public let message: String

  /// Makes an error; the package's own readers use it too.
  public init(code: Code = .failed, operation: String, message: String) {
    self.code = code
    self.operation = operation
    self.message = message
  }

  /// `operation: message`.
  public var description: String { "\(operation): \(message)" }
}
