/// A histogram in a terminal: columns of blocks, or of `#`.
public struct TerminalHistogram: Sendable {
  private let binning: Binning
  private let sample: NamedSample
  private let height: Int

  /// The histogram of a sample.
  ///
  /// - Parameters:
  ///   - sample: the numbers; those that are not finite are left out.
  ///   - others: samples whose cells it shares, so that they can be compared.
  ///   - height: lines of the chart.
  /// - Precondition: the height is positive.
  public init(_ sample: NamedSample, comparedWith others: [NamedSample] = [], height: Int = 8) {
    precondition(height > 0, "TerminalHistogram: expected a positive height, got \(height)")
    self.sample = sample
    self.height = height
    binning = Binning(others.map(\.values) + [sample.values])
  }

  /// The chart in lines of at most the style's width.
  public func text(_ style: TerminalStyle) -> String {
    let shares = binning.shares(of: sample.values)
    guard !shares.isEmpty, sample.values.contains(where: \.isDrawable) else { return "\(sample.name): no numbers" }
    let labels = binning.isDiscrete ? binning.values : binning.edges
    let ends = [labels.first ?? 0, labels.last ?? 0].map { FormattedNumber.general($0) }
    let columns = spread(
      shares, over: max(min(style.width - 2, 72), shares.count <= style.width - 2 ? shares.count : 1))
    let lines = rows(of: columns, style)
    let gap = max(1, columns.count - ends[0].count - ends[1].count)
    let rule = String(repeating: style.isUnicode ? "─" : "-", count: columns.count)
    return ([sample.name] + lines + [rule, ends[0] + String(repeating: " ", count: gap) + ends[1]])
      .map { String($0.prefix(style.width)) }.joined(separator: "\n")
  }

  /// Cells as columns of the terminal: each cell takes the same number, or several cells share one.
  private func spread(_ shares: [Double], over width: Int) -> [Double] {
    if shares.count > width {
      return (0..<width).map { column in
        shares[(column * shares.count / width)..<((column + 1) * shares.count / width)].max() ?? 0
      }
    }
    return shares.flatMap { [Double](repeating: $0, count: width / shares.count) }
  }

  private func rows(of columns: [Double], _ style: TerminalStyle) -> [String] {
    let blocks: [Character] = style.isUnicode ? Array(" ▁▂▃▄▅▆▇█") : [" ", "#"]
    let steps = blocks.count - 1
    let greatest = columns.max() ?? 1
    return (0..<height).reversed().map { row in
      String(
        columns.map { value in
          let level = value / max(greatest, .leastNonzeroMagnitude) * Double(height * steps)
          // Something is never shown as nothing.
          let shown = value > 0 ? max(1, Int(level.rounded())) : 0
          return blocks[min(max(shown - row * steps, 0), steps)]
        })
    }
  }
}
