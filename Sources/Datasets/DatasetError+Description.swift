extension DataLocation: CustomStringConvertible {
  /// `path, row 3 (line 4), column 'name'`.
  public var description: String {
    var parts = [path]
    if let row { parts.append("row \(row)" + (line.map { " (line \($0))" } ?? "")) }
    if row == nil, let line { parts.append("line \(line)") }
    if let column { parts.append("column '\(column)'") }
    return parts.joined(separator: ", ")
  }
}

extension DatasetError: CustomStringConvertible {
  /// What is wrong, where, and the remedy.
  public var description: String {
    fileDescription ?? cellDescription ?? columnDescription
  }

  private var fileDescription: String? {
    switch self {
    case .notFound(let path): "\(path): there is no such file or folder; check the spelling and the current folder"
    case .isDirectory(let path): "\(path) is a folder; name a file in it"
    case .notPermitted(let path): "\(path): permission denied; change the file's permissions or choose another place"
    case .inputOutput(let path, let message): "\(path): \(message)"
    case .diskFull(let path):
      "\(path): the disk is full; free some space and run again (a file that was there before is unchanged)"
    case .emptyFile(let path): "\(path) is empty; was it written completely?"
    case .tooFewRows(let path, let count, let required):
      "\(path) holds \(Self.counted(count, "data row")); at least \(required) needed"
        + (count == 0 ? "; is there only a header?" : "")
    case .unknownFormat(let path):
      "\(path): the name does not tell the format; known extensions are \(TableFormat.knownExtensions), "
        + "and .gz after those of text"
    case .wrongFormat(let path, let looksLike):
      "\(path) holds \(looksLike), not what its name says; rename it, or export the table as CSV or Parquet"
    case .corrupt(let path, let message): "\(path) is damaged or incomplete (\(message)); write or download it again"
    case .outOfMemory(let path): "\(path): not enough memory; read fewer columns, or stream the file in batches"
    case .unexpected(let path, let message): "\(path): unexpected failure: \(message)"
    default: nil
    }
  }

  private var cellDescription: String? {
    switch self {
    case .raggedRow(let place, let expected, let actual):
      "\(place): expected \(Self.counted(expected, "field")), found \(actual); mend the row"
        + (expected == 1 ? ", or name the delimiter" : "")
    case .textColumn(let place, let example):
      "\(place) holds text, for example '\(example)'; leave the column out or ask for one-hot encoding"
    case .notANumber(let place, let text):
      "\(place): '\(text)' is not a number; correct the cell, leave the column out, "
        + "or name '\(text)' as a spelling of a missing value"
    case .mixedColumn(let place): "\(place): numbers and true/false stand in one column; use one of them throughout"
    case .missingValue(let place, let text):
      "\(place): the value is missing\(text.isEmpty ? "" : " ('\(text)')"); "
        + "fill it in, drop such rows, or leave the column out"
    case .notFinite(let place, let text):
      "\(place): \(text) is infinite or too large for the floating-point type; "
        + "correct it, drop such rows, or read as 64-bit floats"
    case .unknownCategory(let place, let text):
      "\(place): '\(text)' is not among the categories that the model knows; correct the cell or drop the row"
    default: nil
    }
  }

  private var columnDescription: String {
    switch self {
    case .dateColumn(let place, let example):
      "\(place) holds dates or times (\(example)); leave it out, or turn it into a number such as days since the first"
    case .unreadableColumns(let path, let texts, let dates):
      "\(path): "
        + [(texts, "text"), (dates, "dates or times")].filter { !$0.0.isEmpty }.map { names, content in
          names.count == 1
            ? "column \(Self.list(names)) holds \(content)" : "columns \(Self.list(names)) hold \(content)"
        }.joined(separator: ", ")
        + "; leave them out" + (texts.isEmpty ? "" : " or ask for one-hot encoding of text")
    case .unsupportedColumn(let place, let type):
      "\(place) is of type \(type), which has no meaning as one number; leave it out"
    case .tooManyCategories(let place, let example):
      "\(place) has too many different texts for one-hot encoding, for example '\(example)'; leave it out"
    case .unknownColumn(let path, let name, let suggestion, let available):
      "\(path) has no column '\(name)'" + (suggestion.map { "; did you mean '\($0)'?" } ?? ";")
        + " columns: \(Self.list(available))"
    case .duplicateColumn(let path, let name): "\(path): two columns are named '\(name)'; rename one of them"
    case .noColumns(let path): "\(path): no column is left to read; choose at least one"
    case .constantColumns(let path, let names):
      "\(path): \(names.count == 1 ? "column" : "columns") \(Self.list(names)) "
        + "\(names.count == 1 ? "holds" : "hold") one value only, where a density is infinite; "
        + "exclude \(names.count == 1 ? "it" : "them")"
    case .unknownDataset(let name, let available):
      "there is no data set '\(name)' in the package; there are: \(available.joined(separator: ", "))"
    case .missingResource(let name):
      "the package's file '\(name)' is missing; keep the folder 'pushforward_Datasets.resources' beside the program"
    case .invalidOptions(let message): message
    default: "unexpected failure"
    }
  }

  static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  static func list(_ names: [String], limit: Int = 20) -> String {
    let quoted = names.prefix(limit).map { "'\($0)'" }.joined(separator: ", ")
    return names.count > limit ? "\(quoted) and \(names.count - limit) more" : quoted
  }
}
