import Datasets
import Foundation
import Probability
import Torch

/// The numbers that a column can take, by the user's declaration: those above a bound, or between two. The bounds are not
/// among them.
public struct ColumnSupport: Codable, Hashable, Sendable {
  /// The column's position in a row.
  public var column: Int
  /// What all numbers are above.
  public var lower: Double
  /// What all numbers are below; nil when there is no such bound.
  public var upper: Double?
}

/// What a user declares of one column, such as `age=positive`.
enum SupportDeclaration: Hashable {
  case interval(lower: Double, upper: Double?)
  case integer

  static let forms = "positive, unit, interval(LOW,HIGH) or integer"

  /// Reads `positive`, `unit`, `integer` or `interval(0,10)`.
  ///
  /// - Throws: `SettingsError.invalid`, which names the column.
  init(_ text: String, column: String) throws(SettingsError) {
    switch text {
    case "positive": self = .interval(lower: 0, upper: nil)
    case "unit": self = .interval(lower: 0, upper: 1)
    case "integer": self = .integer
    case "circle":
      throw .invalid(
        reason:
          "data.support: '\(column)' cannot be a circle, as no model of the catalogue joins the two ends of an angle; "
          + "model its sine and cosine as columns, or leave the declaration out")
    default:
      let bounds =
        text.hasPrefix("interval(") && text.hasSuffix(")")
        ? text.dropFirst(9).dropLast().split(separator: ",").map { Double($0.trimmingCharacters(in: .whitespaces)) }
        : []
      guard bounds.count == 2, let low = bounds[0], let high = bounds[1], low.isFinite, high.isFinite, low < high else {
        throw .invalid(reason: "data.support: '\(column)=\(text)' is no support; expected \(Self.forms)")
      }
      self = .interval(lower: low, upper: high)
    }
  }
}

extension DataSettings {
  /// The declarations of ``support``, by the name of the column.
  ///
  /// - Throws: `SettingsError.invalid` for one that cannot be read, or is the second one of a column.
  func supportDeclarations() throws(SettingsError) -> [String: SupportDeclaration] {
    var result: [String: SupportDeclaration] = [:]
    for text in support {
      guard let sign = text.lastIndex(of: "="), sign > text.startIndex else {
        throw .invalid(
          reason:
            "data.support: '\(text)' declares nothing; expected COLUMN=SUPPORT, which is \(SupportDeclaration.forms)")
      }
      let column = String(text[..<sign])
      let declaration = try SupportDeclaration(String(text[text.index(after: sign)...]), column: column)
      guard result.updateValue(declaration, forKey: column) == nil else {
        throw .invalid(reason: "data.support declares the column '\(column)' twice")
      }
      if case .interval = declaration, dequantize.contains(column) {
        throw .invalid(
          reason: "the column '\(column)' is dequantized, so its numbers have no bounds; leave one of both out")
      }
    }
    return result
  }

  /// The columns whose numbers are integers, those of data.dequantize included.
  func dequantizedColumns() throws(SettingsError) -> [String] {
    let integers = try supportDeclarations().filter { $0.value == .integer }.keys.sorted()
    return dequantize == ["*"] ? dequantize : dequantize + integers.filter { !dequantize.contains($0) }
  }
}

extension Table {
  /// The supports of columns, all of whose numbers must lie in them.
  ///
  /// - Throws: `DatasetError` for an unknown column, and for the first number outside.
  func supports(_ declarations: [String: SupportDeclaration]) throws(DatasetError) -> [ColumnSupport] {
    var result: [ColumnSupport] = []
    for (name, declaration) in declarations.sorted(by: { $0.key < $1.key }) {
      let column = try columnIndices([name])[0]
      guard case .interval(let lower, let upper) = declaration else { continue }
      let support = ColumnSupport(column: column, lower: lower, upper: upper)
      let numbers = values.narrowed(1, from: column, length: 1).squeezed(1).to(.float64).doubles()
      if let row = numbers.firstIndex(where: { $0 <= lower || $0 >= upper ?? .infinity }) {
        let place = DataLocation(path: path, row: row + 1, column: name)
        throw .invalidOptions(
          message:
            "\(place): \(numbers[row]) is not \(support.words), as data.support declares; correct the cell, or the "
            + "declaration")
      }
      result.append(support)
    }
    return result
  }
}

extension DataSettings {
  /// The supports of the columns of a table that is fitted to.
  func supports(of table: Table, for entry: CatalogueEntry) throws -> [ColumnSupport] {
    guard !support.isEmpty else { return [] }
    guard entry.takesSupports else {
      let able = Catalogue.entries.filter(\.takesSupports).map(\.name)
      throw ModelError.cannot(
        model: entry.name, action: "take supports of columns",
        instead: "leave --support out, or fit one of those that can: \(able.joined(separator: ", "))")
    }
    return try table.supports(try supportDeclarations())
  }
}

extension Table {
  /// Numbers that lie within bounds in 64 bits must not lie on them as the model sees them.
  func requireDistinguished(_ rows: Tensor, from supports: [ColumnSupport]) throws(DatasetError) {
    for support in supports {
      let width = support.upper.map { $0 - support.lower } ?? .infinity
      let numbers = rows.narrowed(1, from: support.column, length: 1).squeezed(1)
      let isOn = ((numbers .<= 0) .| (numbers .>= Tensor(width).to(rows.dtype))).doubles()
      guard let row = isOn.firstIndex(of: 1) else { continue }
      let place = DataLocation(path: path, row: row + 1, column: columnNames[support.column])
      throw .invalidOptions(
        message:
          "\(place): the number is so near a bound of its support that 32 bits cannot tell it from the bound; declare "
          + "wider bounds, or leave the declaration out")
    }
  }
}

extension TableInspection {
  /// Supports that columns seem to have, one sentence each: never applied unasked, since data that are positive by chance
  /// would be kept from ever being anything else.
  func supportHints(besides known: [String]) -> [String] {
    columns.filter { !$0.isEncoded && !$0.isConstant && !$0.isDiscrete && !known.contains($0.name) }.compactMap {
      column in
      func hint(_ looks: String, _ support: String) -> String {
        "column '\(column.name)' looks \(looks): consider --support \(column.name)=\(support)"
      }
      if column.isInteger, !column.isRowNumber { return hint("like integers", "integer") }
      guard column.minimum > 0 else { return nil }
      // Numbers near both ends, or many times larger than the smallest.
      if column.maximum < 1, column.minimum < 0.05, column.maximum > 0.95 { return hint("like shares", "unit") }
      return column.maximum > 100 * column.minimum && column.mean < 3 * column.standardDeviation
        ? hint("positive", "positive") : nil
    }
  }
}

extension ColumnSupport {
  /// `above 0` or `between 0 and 1`.
  var words: String { upper.map { "between \(lower) and \($0)" } ?? "above \(lower)" }
}

/// Takes columns with bounds to the whole line: the logarithm of the distance from a bound, or the logit between two.
///
/// Bounds lie at 0 here, since ``RowUnits`` takes the lower one off in 64 bits.
struct SupportBijection: Bijection {
  /// For each column with bounds its place and width; nil for no upper bound.
  let columns: [(place: Int, width: Double?)]
  let features: Int

  init(_ supports: [ColumnSupport], features: Int) {
    columns = supports.map { support in (support.column, support.upper.map { $0 - support.lower }) }
    self.features = features
  }

  var domain: Support {
    Support(.interval(lower: bounds(0, -.infinity), upper: bounds(.infinity, .infinity, width: true)), eventRank: 1)
  }
  var codomain: Support { .real(eventRank: 1) }

  func forwardWithLogDet(_ x: Tensor) -> (z: Tensor, logDet: Tensor) {
    var parts = x.unbound(-1)
    var logDet = Tensor.zeros(like: parts[0])
    for (place, width) in columns {
      let part = parts[place]
      let slope: Tensor
      if let width {
        let (low, high) = (part.log(), (width - part).log())
        parts[place] = low - high
        slope = Foundation.log(width) - low - high
      } else {
        parts[place] = part.log()
        slope = -parts[place]
      }
      // A missing cell has no density of its own.
      logDet = logDet + select(slope.isNaN(), 0.0, slope)
    }
    return (Tensor.stacking(parts, -1), logDet)
  }

  func inverseWithLogDet(_ z: Tensor) -> (x: Tensor, logDet: Tensor) {
    var parts = z.unbound(-1)
    let ulp = z.dtype.ulpOfOne
    for (place, width) in columns {
      // Numbers that round to a bound stay inside.
      parts[place] =
        width.map { (parts[place].sigmoid() * $0).clamped(from: 1e-30 * $0, to: $0 * (1 - ulp)) }
        ?? parts[place].clamped(from: -80, to: 80).exp()
    }
    let x = Tensor.stacking(parts, -1)
    return (x, -forwardWithLogDet(x).logDet)
  }

  /// The rows inside, and those outside moved to a place where the map is finite.
  func split(_ rows: Tensor) -> (isInside: Tensor, safe: Tensor) {
    let isInside = (rows .> domainLower(rows)) .& (rows .< domainUpper(rows)) .| rows.isNaN()
    let middle = bounds(1, 0, half: true).to(rows.dtype, rows.device)
    return (isInside.all(-1), select(isInside, rows, middle))
  }

  private func domainLower(_ rows: Tensor) -> Tensor { bounds(0, -.infinity).to(rows.dtype, rows.device) }

  private func domainUpper(_ rows: Tensor) -> Tensor {
    bounds(.infinity, .infinity, width: true).to(rows.dtype, rows.device)
  }

  /// A number for each column: one for those with bounds, or their width or its half, and another for the rest.
  private func bounds(_ own: Double, _ other: Double, width: Bool = false, half: Bool = false) -> Tensor {
    var numbers = [Double](repeating: other, count: features)
    for (place, size) in columns {
      numbers[place] = width ? size ?? own : half ? (size ?? 2) / 2 : own
    }
    return Tensor(numbers)
  }
}
