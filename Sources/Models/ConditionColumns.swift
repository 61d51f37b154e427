public import Datasets
import Foundation
public import Torch

/// The columns that a conditional model takes as given.
///
/// Text becomes one column of 0 and 1 for each category, whatever their number: the first layer of every network that sees
/// them multiplies them by its weights, which is to look up a learned vector for the category. An embedding of its own
/// would only make this product of two matrices, one of them shared by the layers.
public struct ConditionColumns: Codable, Hashable, Sendable {
  /// The columns after encoding, in the order in which the model takes them.
  public var columns: [String]
  /// The columns in the file, before encoding.
  public var sourceColumns: [String]
  /// The categories of columns that were encoded.
  public var categories: [String: [String]]
  /// What is taken off each column before the model sees it.
  public var offsets: [Double]

  /// The columns of a table of conditions.
  init(_ table: Table, offsets: [Double]) {
    columns = table.columnNames
    sourceColumns = table.sourceColumns
    categories = table.categories
    self.offsets = offsets
  }

  /// Whether the fields fit together.
  ///
  /// - Parameter modelled: the names of the columns that are modelled.
  /// - Throws: `SettingsError.invalid` for the first that does not.
  func validate(beside modelled: [String]) throws(SettingsError) {
    guard !columns.isEmpty else { throw .invalid(reason: "its conditions have no columns") }
    var seen = Set(modelled)
    if let twice = columns.first(where: { !seen.insert($0).inserted }) {
      throw .invalid(reason: "the column '\(twice)' is there twice")
    }
    let read = sourceColumns.flatMap { name in categories[name]?.map { "\(name)=\($0)" } ?? [name] }
    guard read == columns else {
      throw .invalid(reason: "the sourceColumns and categories of its conditions do not make their columns")
    }
    guard offsets.count == columns.count, offsets.allSatisfy(\.isFinite) else {
      throw .invalid(reason: "the offsets of its conditions must be one finite number for each column")
    }
  }

  /// Rows of conditions, `[rows, columns]` in the user's units, as the columns of the table that they came from.
  ///
  /// - Parameter values: `[rows, columns]`.
  /// - Returns: numbers, and texts for columns that were encoded.
  public func outputColumns(_ values: Tensor) -> [OutputColumn] {
    decodedColumns(values, sourceColumns: sourceColumns, categories: categories)
  }

  /// One condition in words, such as `dose = 0.5, sex = female`.
  ///
  /// - Parameter values: `[columns]` in the user's units.
  /// - Returns: the words.
  public func words(_ values: Tensor) -> String {
    outputColumns(values.unsqueezed(0)).map { column in
      switch column.content {
      case .numbers(let number): "\(column.name) = \(String(format: "%.4g", number.to(.float64).item() as Double))"
      case .integers(let numbers): "\(column.name) = \(numbers[0])"
      case .texts(let texts): "\(column.name) = \(texts[0] ?? "")"
      }
    }.joined(separator: ", ")
  }

  /// Reads one condition, as `dose=0.5,sex=female`.
  ///
  /// - Parameter text: assignments, one for each of ``sourceColumns``, in any order.
  /// - Returns: the values, `[columns]`, 64-bit, in the user's units.
  /// - Throws: `SettingsError.invalid` when one is missing, unknown or twice there, is no number where one is needed, or is
  ///   a category that the model has not seen.
  public func values(of text: String) throws(SettingsError) -> Tensor {
    var assigned: [String: String] = [:]
    for assignment in text.split(separator: ",") {
      guard let sign = assignment.firstIndex(of: "="), sign > assignment.startIndex else {
        throw .invalid(reason: "'\(assignment)' gives no condition: expected \(example)")
      }
      let name = assignment[..<sign].trimmingCharacters(in: .whitespaces)
      guard sourceColumns.contains(name) else {
        let hint = nearestName(to: name, among: sourceColumns).map { "; did you mean '\($0)'?" } ?? "."
        throw .invalid(reason: "the model has no condition '\(name)'\(hint) Conditions: \(list)")
      }
      let value = assignment[assignment.index(after: sign)...].trimmingCharacters(in: .whitespaces)
      guard assigned.updateValue(value, forKey: name) == nil else {
        throw .invalid(reason: "the condition '\(name)' is given twice")
      }
    }
    let missing = sourceColumns.filter { assigned[$0] == nil }
    guard missing.isEmpty else {
      throw .invalid(
        reason: "no value is given for \(missing.map { "'\($0)'" }.joined(separator: ", ")): expected \(example)")
    }
    var values: [Double] = []
    for name in sourceColumns { values += try encoded(assigned[name] ?? "", of: name) }
    return Tensor(values)
  }

  private func encoded(_ text: String, of name: String) throws(SettingsError) -> [Double] {
    if let texts = categories[name] {
      guard texts.contains(text) else {
        let hint = nearestName(to: text, among: texts).map { "; did you mean '\($0)'?" } ?? "."
        throw .invalid(
          reason: "'\(text)' is no category of '\(name)' that the model has seen\(hint) Categories: "
            + texts.prefix(20).joined(separator: ", ") + (texts.count > 20 ? ", ..." : ""))
      }
      return texts.map { $0 == text ? 1 : 0 }
    }
    guard let number = Double(text), number.isFinite else {
      throw .invalid(reason: "'\(text)' is no number, which the condition '\(name)' must be")
    }
    return [number]
  }

  private var list: String { sourceColumns.joined(separator: ", ") }

  /// A condition as ``values(of:)`` reads it, with words where numbers belong.
  public var example: String {
    sourceColumns.map { name in "\(name)=\(categories[name]?.first ?? "NUMBER")" }.joined(separator: ",")
  }
}

extension DataSettings {
  /// Whether the columns that are given can be.
  ///
  /// - Throws: `SettingsError.invalid`.
  func validateConditions() throws(SettingsError) {
    var seen: Set<String> = []
    if let twice = given.first(where: { !seen.insert($0).inserted }) {
      throw .invalid(reason: "data.given names the column '\(twice)' twice")
    }
    if let column = given.first(where: exclude.contains) {
      throw .invalid(reason: "the column '\(column)' cannot be given and left out; take it from data.exclude")
    }
    if given.contains(weights) {
      throw .invalid(reason: "the column '\(weights)' cannot be a condition and hold the weights of rows")
    }
    if !columns.isEmpty, columns.allSatisfy(given.contains) {
      throw .invalid(reason: "all of data.columns are given, so that none is left to model")
    }
  }
}

/// Numbers, and for columns that were encoded as columns of 0 and 1 the text of the greatest of them, the first one when
/// several are.
func decodedColumns(
  _ values: Tensor, sourceColumns: [String], categories: [String: [String]]
) -> [OutputColumn] {
  var place = 0
  return sourceColumns.map { name in
    let width = categories[name]?.count ?? 1
    defer { place += width }
    let own = values.narrowed(1, from: place, length: width)
    guard let texts = categories[name] else { return OutputColumn(name, .numbers(own.squeezed(1))) }
    return OutputColumn(name, .texts(own.argMax(1).scalars(as: Int.self).map { texts[$0] }))
  }
}
