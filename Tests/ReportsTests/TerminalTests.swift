import Testing

@testable import Reports

@Suite struct TerminalTests {
  @Test func aHistogramHasTheHeightsOfItsCounts() {
    let values = [Double](repeating: 1, count: 8) + [2, 2, 2, 2] + [3]
    let text = TerminalHistogram(NamedSample("x", values), height: 2).text(TerminalStyle(width: 20))
    #expect(
      text == """
        x
        ██████            
        ████████████▂▂▂▂▂▂
        ──────────────────
        1                3
        """)
  }

  @Test func plainASCIIHasNothingElse() {
    let values = (0..<500).map { Double($0 * 7919 % 1000) / 100 }
    let style = TerminalStyle(width: 60, isUnicode: false)
    let texts = [
      TerminalHistogram(NamedSample("x", values)).text(style),
      TerminalPlot(x: values, y: values, isLine: false).text(style), TerminalStyle.ascii("1 \u{00B1} ü"),
    ]
    for text in texts { #expect(text.allSatisfy { $0.isASCII }, "\(text)") }
    #expect(texts[2] == "1 +- ?")
  }

  @Test(arguments: [20, 33, 80, 200]) func linesFitTheWidth(width: Int) {
    let values = (0..<500).map { Double($0 * 7919 % 1000) / 100 }
    for isUnicode in [true, false] {
      let style = TerminalStyle(width: width, isUnicode: isUnicode)
      let text =
        TerminalHistogram(NamedSample("a name that is longer than the line", values)).text(style) + "\n"
        + TerminalPlot(x: values, y: values.map { $0 * 1e9 }, isLine: true).text(style)
      #expect(text.split(separator: "\n").allSatisfy { $0.count <= width })
    }
  }

  @Test func aFallingLineIsDrawnFromTopLeftToBottomRight() {
    let lines = TerminalPlot(x: [0, 1, 2, 3], y: [3, 2, 1, 0], isLine: true, height: 4)
      .text(TerminalStyle(width: 20, isUnicode: false)).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 5)
    #expect(lines[0].hasPrefix("3 |**") && lines[3].hasSuffix("**") && lines[3].hasPrefix("0 |"))
    #expect(lines[4].contains("0") && lines[4].hasSuffix("3"))
    let dots = TerminalPlot(x: [0, 1], y: [0, 1], isLine: false, height: 1).text(TerminalStyle(width: 20))
    // The lowest left and the highest right dot of the line.
    #expect(dots.contains("⡀") && dots.contains("⠈"))
  }

  @Test func theEnvironmentDecides() {
    func style(_ environment: [String: String], _ width: Int? = nil) -> TerminalStyle {
      TerminalStyle(environment: environment, width: width)
    }
    #expect(style(["LANG": "de_DE.UTF-8", "TERM": "xterm"]) == TerminalStyle(width: 80, isUnicode: true))
    #expect(!style(["LANG": "de_DE.UTF-8", "TERM": "dumb"]).isUnicode)
    #expect(!style(["LANG": "en_US.UTF-8", "LC_ALL": "C"]).isUnicode)
    #expect(style(["LC_ALL": "", "LC_CTYPE": "C.utf8", "LANG": "C"]).isUnicode)
    #expect(!style([:]).isUnicode)
    #expect(style(["COLUMNS": "120"]).width == 120 && style(["COLUMNS": "120"], 50).width == 50)
    #expect(style(["COLUMNS": "3"]).width == 20)
  }

  @Test func sentencesAreWrapped() {
    #expect(RunReport.wrapped("one two three four", width: 9) == "one two\nthree\nfour")
  }
}
