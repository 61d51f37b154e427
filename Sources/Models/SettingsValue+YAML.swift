import Yams

extension SettingsValue {
  /// Reads settings from YAML, of which JSON is a part.
  ///
  /// - Throws: `SettingsError.invalid` with the line where the text cannot be read.
  public init(yaml text: String, path: String) throws(SettingsError) {
    do {
      self = try YAMLDecoder().decode(SettingsValue.self, from: text)
    } catch let error as YamlError {
      throw .invalid(reason: "\(path) cannot be read as YAML: \(error)")
    } catch {
      throw .invalid(reason: "\(path) cannot be read as YAML: \(SettingsError(wrapping: error))")
    }
  }

  /// A value as it is written in YAML: `3` is an integer, `[a, b]` a list, `text` a text.
  public static func yamlValue(_ text: String) throws -> SettingsValue {
    if text.isEmpty { return .string("") }
    return try SettingsValue(yaml: text, path: "'\(text)'")
  }

  /// The settings as YAML, sorted by name.
  public func yaml() throws -> String {
    let encoder = YAMLEncoder()
    encoder.options.sortKeys = true
    encoder.options.width = -1
    return try encoder.encode(self)
  }
}
