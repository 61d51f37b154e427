import Diagnostics

/// What of a report a terminal shows: loss curves, columns and log-densities.
struct ReportGlance: Sendable {
  /// The losses by epochs, under their names.
  let losses: [NamedLine]
  /// The most telling columns, data (when there are some) and samples.
  let columns: [(name: String, samples: [NamedSample])]
  /// Log-densities, data (when there are some) and samples.
  let scores: [NamedSample]

  func text(_ style: TerminalStyle) -> [String] {
    var parts: [String] = []
    for line in losses where line.x.count > 1 {
      parts.append("Loss, \(line.name), by epoch\n" + TerminalPlot(x: line.x, y: line.y, isLine: true).text(style))
    }
    for column in columns { parts.append(column.name + "\n" + histograms(column.samples, style)) }
    if !scores.isEmpty { parts.append("log p in nats\n" + histograms(scores, style)) }
    return parts
  }

  private func histograms(_ samples: [NamedSample], _ style: TerminalStyle) -> String {
    samples.map { TerminalHistogram($0, comparedWith: samples, height: 4).text(style) }.joined(separator: "\n")
  }
}

extension ReportParts {
  var glance: ReportGlance {
    let history = evidence.history
    let validated = history.filter { $0.validationLoss != nil }
    let training = NamedLine("training", x: history.map { Double($0.epoch) }, y: history.map(\.trainingLoss))
    let heldOut = NamedLine(
      "held out", x: validated.map { Double($0.epoch) }, y: validated.compactMap(\.validationLoss))
    let shown = columnsByDistance.prefix(6).sorted()
    let drawn = evidence.sampleScores.map { [NamedSample("samples", $0)] } ?? []
    return ReportGlance(
      losses: [training, heldOut].filter { !$0.x.isEmpty },
      columns: shown.map { (evidence.columnNames[$0], samples(of: $0)) },
      scores: (evidence.dataScores.map { [NamedSample("data", $0)] } ?? []) + drawn)
  }
}

extension RunReport {
  /// The report for a terminal: summary, loss curves, histograms of the columns whose samples are farthest from the data.
  public func text(_ style: TerminalStyle) -> String {
    let sentences = ([title, subtitle] + summary).map { Self.wrapped($0, width: style.width) }
    let checks = verification.map { [Self.checks($0)] } ?? []
    let text = (sentences + checks + glance.text(style)).joined(separator: "\n\n") + "\n"
    return style.isUnicode ? text : TerminalStyle.ascii(text)
  }

  private static func checks(_ verification: Verification) -> String {
    verification.checks.map { "\($0.outcome.rawValue): \($0.name). \($0.finding)" }.joined(separator: "\n")
  }

  /// A sentence in lines of at most so many characters; longer words stay whole.
  static func wrapped(_ text: String, width: Int) -> String {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines.joined(separator: "\n")
  }
}
