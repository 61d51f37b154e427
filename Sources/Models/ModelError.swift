/// Why a model or a run folder cannot be used.
public enum ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The catalogue has no such model.
  case unknownModel(name: String, nearest: String?, known: [String])
  /// A configuration does not fit the model.
  case configuration(model: String, reason: String)
  /// The folder has no finished model.
  case noModel(folder: String, isUnfinished: Bool)
  /// The folder already holds a run.
  case runExists(folder: String, isUnfinished: Bool)
  /// The file is no model of this package.
  case notAModel(path: String, reason: String)
  /// The file was written by a newer version.
  case newerFormat(path: String, format: Int, supported: Int, version: String)
  /// The weights do not fit the configuration.
  case weights(path: String, reason: String)
  /// The model cannot be asked for this.
  case cannot(model: String, action: String, instead: String)
  /// A table has other columns than the model.
  case columns(path: String, reason: String)
  /// A file or folder cannot be written or read.
  case inputOutput(path: String, reason: String)

  /// A fit with conditions of a model that takes none.
  static func cannotBeConditioned(_ model: String) -> ModelError {
    let able = Catalogue.entries.filter { $0.abilities.contains(.condition) }.map(\.name)
    return .cannot(
      model: model, action: "be conditioned on columns",
      instead: "leave --given out, or fit one of those that can: \(able.joined(separator: ", "))")
  }

  /// A question that a model without conditions cannot answer.
  public static func noConditions(_ model: String) -> ModelError {
    .cannot(
      model: model, action: "take conditions, since it was fitted without",
      instead: "fit it with --given, followed by the columns to condition on")
  }

  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .unknownModel(let name, let nearest, let known):
      let hint = nearest.map { "; did you mean '\($0)'?" } ?? "."
      return "there is no model '\(name)'\(hint) Models: \(known.joined(separator: ", "))"
    case .configuration(let model, let reason):
      return "the configuration does not fit the model \(model): \(reason)"
    case .noModel(let folder, let isUnfinished):
      return isUnfinished
        ? "the run in \(folder) is not finished; go on with: pushforward resume \(folder)"
        : "there is no model in \(folder): expected \(folder)/model.safetensors, which `pushforward fit` writes"
    case .runExists(let folder, let isUnfinished):
      return isUnfinished
        ? "\(folder) holds an unfinished run; go on with `pushforward resume \(folder)`, or start anew with --overwrite"
        : "\(folder) already holds a model; choose another folder with --out, or replace it with --overwrite"
    case .notAModel(let path, let reason):
      return "\(path) is no model of Pushforward: \(reason)"
    case .newerFormat(let path, let format, let supported, let version):
      return """
        \(path) has format \(format), written by Pushforward \(version); this version reads formats up to \(supported). \
        Update Pushforward
        """
    case .weights(let path, let reason):
      return "\(path) does not hold the weights of the model that it describes: \(reason)"
    case .cannot(let model, let action, let instead):
      return "the model \(model) cannot \(action); \(instead)"
    case .columns(let path, let reason):
      return "\(path) does not have the columns that the model was fitted to: \(reason)"
    case .inputOutput(let path, let reason):
      return "\(path): \(reason)"
    }
  }
}
