public import Foundation

/// The values of `Tests/References/NAME.json`, which another program computed; its script lies beside it.
public func reference<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  let url = folder.appendingPathComponent("References/\(name).json")
  return try JSONDecoder().decode(Value.self, from: Data(contentsOf: url))
}

/// Runs the closure with a new folder, which is removed after it.
public func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pushforward-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}
