import CTorch

/// The owner of one reference to a libtorch tensor. Nothing else frees one.
final class Handle {
  let raw: CTTensor

  init(owning raw: CTTensor) { self.raw = raw }

  deinit { ct_release(raw) }
}

typealias Output = UnsafeMutablePointer<CTTensor?>
typealias Message = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// The number of tensors that Swift holds at the moment; constant over training steps that leak nothing.
public func liveTensorCount() -> Int { Int(ct_live_tensor_count()) }

// Two ways to call C: `run...` stops the program, `attempt...` throws. An operation that fails for what its caller got
// wrong (a shape, a dtype) stops; one that fails for what the data hold is bound as throwing.

private func takeError(_ operation: StaticString, _ status: Int32, _ message: UnsafeMutablePointer<CChar>?)
  -> TorchError
{
  defer { ct_free_message(message) }
  let text = message.map { String(cString: $0) } ?? "no message"
  return TorchError(code: .init(rawValue: status) ?? .unknown, operation: "\(operation)", message: text)
}

@inline(never)
private func stop(_ operation: StaticString, _ status: Int32, _ message: UnsafeMutablePointer<CChar>?) -> Never {
  // Reached only through a programming error or exhausted memory; a plain expression has no way to throw.
  fatalError(takeError(operation, status, message).description)
}

@inline(__always)
func runNothing(_ operation: StaticString, _ body: (Message) -> Int32) {
  var message: UnsafeMutablePointer<CChar>?
  let status = body(&message)
  if status != 0 { stop(operation, status, message) }
}

@inline(__always)
func run1(_ operation: StaticString, _ body: (Output, Message) -> Int32) -> Tensor {
  var out: CTTensor?
  var message: UnsafeMutablePointer<CChar>?
  let status = body(&out, &message)
  guard status == 0, let out else { stop(operation, status, message) }
  return Tensor(handle: Handle(owning: out))
}

@inline(__always)
func run2(_ operation: StaticString, _ body: (Output, Output, Message) -> Int32) -> (Tensor, Tensor) {
  var first: CTTensor?
  var second: CTTensor?
  var message: UnsafeMutablePointer<CChar>?
  let status = body(&first, &second, &message)
  guard status == 0, let first, let second else { stop(operation, status, message) }
  return (Tensor(handle: Handle(owning: first)), Tensor(handle: Handle(owning: second)))
}

@inline(__always)
func run3(
  _ operation: StaticString, _ body: (Output, Output, Output, Message) -> Int32
) -> (Tensor, Tensor, Tensor) {
  var out: (CTTensor?, CTTensor?, CTTensor?)
  var message: UnsafeMutablePointer<CChar>?
  let status = body(&out.0, &out.1, &out.2, &message)
  guard status == 0, let first = out.0, let second = out.1, let third = out.2 else { stop(operation, status, message) }
  return (
    Tensor(handle: Handle(owning: first)), Tensor(handle: Handle(owning: second)), Tensor(handle: Handle(owning: third))
  )
}

@inline(__always)
func runList(
  _ operation: StaticString,
  _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CTTensor?>?>, UnsafeMutablePointer<Int>, Message) -> Int32
) -> [Tensor] {
  var list: UnsafeMutablePointer<CTTensor?>?
  var count = 0
  var message: UnsafeMutablePointer<CChar>?
  let status = body(&list, &count, &message)
  guard status == 0, let list else { stop(operation, status, message) }
  defer { ct_free_list(list) }
  return (0..<count).compactMap { index in list[index].map { Tensor(handle: Handle(owning: $0)) } }
}

@inline(__always)
func runBool(_ operation: StaticString, _ body: (UnsafeMutablePointer<Bool>, Message) -> Int32) -> Bool {
  var result = false
  var message: UnsafeMutablePointer<CChar>?
  let status = body(&result, &message)
  if status != 0 { stop(operation, status, message) }
  return result
}

func attemptNothing(_ operation: StaticString, _ body: (Message) -> Int32) throws(TorchError) {
  var message: UnsafeMutablePointer<CChar>?
  let status = body(&message)
  if status != 0 { throw takeError(operation, status, message) }
}

func attempt1(_ operation: StaticString, _ body: (Output, Message) -> Int32) throws(TorchError) -> Tensor {
  var out: CTTensor?
  var message: UnsafeMutablePointer<CChar>?
  let status = body(&out, &message)
  guard status == 0, let out else { throw takeError(operation, status, message) }
  return Tensor(handle: Handle(owning: out))
}

func attempt2(
  _ operation: StaticString, _ body: (Output, Output, Message) -> Int32
) throws(TorchError) -> (Tensor, Tensor) {
  var out: (CTTensor?, CTTensor?)
  var message: UnsafeMutablePointer<CChar>?
  let status = body(&out.0, &out.1, &message)
  guard status == 0, let first = out.0, let second = out.1 else { throw takeError(operation, status, message) }
  return (Tensor(handle: Handle(owning: first)), Tensor(handle: Handle(owning: second)))
}

func attempt3(
  _ operation: StaticString, _ body: (Output, Output, Output, Message) -> Int32
) throws(TorchError) -> (Tensor, Tensor, Tensor) {
  var out: (CTTensor?, CTTensor?, CTTensor?)
  var message: UnsafeMutablePointer<CChar>?
  let status = body(&out.0, &out.1, &out.2, &message)
  guard status == 0, let first = out.0, let second = out.1, let third = out.2 else {
    throw takeError(operation, status, message)
  }
  return (
    Tensor(handle: Handle(owning: first)), Tensor(handle: Handle(owning: second)), Tensor(handle: Handle(owning: third))
  )
}
