/// Lines or points in a terminal: dots of Braille, eight to a character, or `*`.
public struct TerminalPlot: Sendable {
  private let x: [Double]
  private let y: [Double]
  private let isLine: Bool
  private let height: Int

  /// A plot of points.
  ///
  /// - Parameters:
  ///   - x: from left to right.
  ///   - y: upward.
  ///   - isLine: whether points are joined in their order.
  ///   - height: lines of the chart.
  /// - Precondition: there is a `y` for each `x`, and the height is positive.
  public init(x: [Double], y: [Double], isLine: Bool, height: Int = 10) {
    precondition(
      x.count == y.count && height > 0, "TerminalPlot: expected a y for each x, got \(x.count) and \(y.count)")
    let finite = x.indices.filter { x[$0].isDrawable && y[$0].isDrawable }
    self.x = finite.map { x[$0] }
    self.y = finite.map { y[$0] }
    self.isLine = isLine
    self.height = height
  }

  /// The chart in lines of at most the style's width.
  public func text(_ style: TerminalStyle) -> String {
    guard let left = x.min(), let right = x.max(), let low = y.min(), let high = y.max() else { return "no numbers" }
    let labels = [high, low].map { FormattedNumber.general($0) }
    let margin = (labels.map(\.count).max() ?? 0) + 2
    let width = max(8, min(style.width - margin, 72))
    var canvas = DotCanvas(width: width, height: height, isUnicode: style.isUnicode)
    func place(_ value: Double, _ low: Double, _ high: Double, _ count: Int) -> Int {
      high > low ? Int(((value - low) / (high - low) * Double(count - 1)).rounded()) : count / 2
    }
    let dots = zip(x, y).map { (place($0, left, right, canvas.columns), place($1, low, high, canvas.rows)) }
    for (index, dot) in dots.enumerated() {
      if isLine, index > 0 { canvas.join(dots[index - 1], dot) }
      canvas.set(dot.0, dot.1)
    }
    let bar = style.isUnicode ? "│" : "|"
    let lines = canvas.lines.enumerated().map { row, line in
      let label = row == 0 ? labels[0] : row == height - 1 ? labels[1] : ""
      return String(repeating: " ", count: margin - 2 - label.count) + label + " " + bar + line
    }
    let ends = [left, right].map { FormattedNumber.general($0) }
    let gap = max(1, width - ends[0].count - ends[1].count)
    let axis = String(repeating: " ", count: margin) + ends[0] + String(repeating: " ", count: gap) + ends[1]
    return (lines + [axis]).map { String($0.prefix(style.width)) }.joined(separator: "\n")
  }
}

/// Dots that become characters: 2 x 4 of them a character of Braille, one an asterisk.
private struct DotCanvas {
  let columns: Int
  let rows: Int
  private let width: Int
  private let height: Int
  private let isUnicode: Bool
  private var dots: [UInt32]

  init(width: Int, height: Int, isUnicode: Bool) {
    (self.width, self.height, self.isUnicode) = (width, height, isUnicode)
    columns = isUnicode ? 2 * width : width
    rows = isUnicode ? 4 * height : height
    dots = [UInt32](repeating: 0, count: width * height)
  }

  /// The bit of each dot of a character, by its row from the top: left, right.
  private static let bits: [(UInt32, UInt32)] = [(0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80)]

  /// Sets a dot; rows count upward.
  mutating func set(_ column: Int, _ row: Int) {
    let down = rows - 1 - row
    guard isUnicode else {
      dots[down * width + column] = 1
      return
    }
    let bit = Self.bits[down % 4]
    dots[down / 4 * width + column / 2] |= column.isMultiple(of: 2) ? bit.0 : bit.1
  }

  /// Sets the dots of a straight line.
  mutating func join(_ from: (Int, Int), _ to: (Int, Int)) {
    let steps = max(abs(to.0 - from.0), abs(to.1 - from.1))
    guard steps > 1 else { return }
    for step in 1..<steps {
      let share = Double(step) / Double(steps)
      set(
        Int((Double(from.0) + share * Double(to.0 - from.0)).rounded()),
        Int((Double(from.1) + share * Double(to.1 - from.1)).rounded()))
    }
  }

  var lines: [String] {
    (0..<height).map { row in
      String(
        dots[(row * width)..<((row + 1) * width)].map { bits -> Character in
          guard isUnicode else { return bits == 0 ? " " : "*" }
          return Unicode.Scalar(0x2800 + bits).map { Character($0) } ?? " "
        })
    }
  }
}
