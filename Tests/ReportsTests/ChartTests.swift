import Foundation
import Testing

@testable import Reports

@Suite struct ChartTests {
  private func object(_ specification: VegaLiteSpecification) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: specification.json()) as? [String: Any])
  }

  private var charts: [(String, VegaLiteSpecification)] {
    let values = (0..<300).map { Double($0 * 7919 % 1000) / 100 }
    let points = NamedPoints("points", x: values, y: values.reversed())
    return [
      ("histogram", .histogram([NamedSample("a", values), NamedSample("b", values)], title: "x")),
      ("bars", .histogram([NamedSample("a", values.map { ($0 / 3).rounded() })], title: "x")),
      (
        "lines",
        .lines(
          [NamedLine("a", x: values, y: values)], x: "x", y: "y", xRange: 0...1,
          band: ChartBand(x: [0, 1], lower: [0, 0], upper: [1, 1]), references: [NamedLine("r", x: [0, 1], y: [0, 1])])
      ),
      ("scatter", .scatter([points, points], x: "x", y: "y")),
      ("boxes", .boxes([PlaneBox(x: 0...1, y: 0...1, value: 3)], points: points, x: "x", y: "y", value: "v")),
      ("pairs", .pairs(PairColumns(names: ["a", "b"], data: [values, values], samples: [values, values]))),
      ("smoothed", .smoothed([NamedSample("a", values)], title: "x")),
      ("counts", .counts(points, x: "x", y: "y")),
    ]
  }

  @Test func specificationsAreOfTheLanguageAndComeBack() throws {
    for (name, chart) in charts {
      let json = try object(chart)
      #expect(json["$schema"] as? String == "https://vega.github.io/schema/vega-lite/v6.json", "\(name)")
      #expect(!((json["description"] as? String) ?? "").isEmpty, "\(name)")
      // A hidden legend is null, which reading takes for nothing; everything else comes back.
      guard name != "pairs" else { continue }
      #expect(try JSONDecoder().decode(VegaLiteSpecification.self, from: chart.json()) == chart, "\(name)")
    }
  }

  @Test func theSameChartHasTheSameBytes() throws {
    for ((name, first), (_, second)) in zip(charts, charts) {
      #expect(try first.json() == second.json(), "\(name)")
    }
  }

  @Test func aFileOfItsOwnHasALookAndAWidth() throws {
    let whole = try object(charts[0].1.standalone(.dark, width: 500))
    #expect(whole["width"] as? Double == 500)
    #expect((whole["config"] as? [String: Any])?["background"] as? String == "#15191f")
    #expect(try object(charts[0].1)["width"] as? String == "container")
  }

  /// Some scalars make one character of themselves and a < that follows; a browser sees the < all the same.
  @Test func scriptsHoldNoBracketWhateverStandsBesideIt() {
    let json = "{\"x\": \"\u{600}</script \u{600}><img src=x> & \u{2028}\"}"
    let text = HTMLText.script(json: json)
    #expect(!text.utf8.contains { [UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&")].contains($0) })
    let back = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String]
    #expect(back?["x"] == "\u{600}</script \u{600}><img src=x> & \u{2028}")
  }

  @Test func numbersThatAreNotFiniteAreNull() throws {
    let values: [VegaLiteValue] = [.number(.nan), .number(.infinity), .missing, 1.5, "a"]
    #expect(String(decoding: try JSONEncoder().encode(values), as: UTF8.self) == #"[null,null,null,1.5,"a"]"#)
    let (large, small) = (1234.5678, -0.000123456)
    #expect(VegaLiteValue(large) == .number(1234.6) && VegaLiteValue(small, digits: 3) == .number(-0.000123))
  }

  @Test func manyPointsAreThinned() throws {
    let many = (0..<30_000).map(Double.init)
    let points = NamedPoints("a", x: many, y: many)
    let scatter = VegaLiteSpecification.scatter([points, points], x: "x", y: "y")
    #expect(scatter.view.data?.values?.count ?? scatter.view.layer?.count ?? 0 <= 2000)
    #expect(try scatter.json().count < 120_000)
    let line = VegaLiteSpecification.lines([NamedLine("a", x: many, y: many)], x: "x", y: "y")
    #expect(line.view.layer?.last?.data?.values?.count == 500)
    // The first and the last place are always there.
    #expect(line.view.layer?.last?.data?.values?.first?["x"] == 0.0)
    #expect(line.view.layer?.last?.data?.values?.last?["x"] == .number(29_999))
  }
}

@Suite struct BinningTests {
  @Test func sharesAreOfAllRowsAndDensitiesHaveTheAreaOne() {
    let values = (0..<2000).map { Double($0 * 7919 % 2003) / 100 }
    let other = values.map { $0 * 1.5 - 3 }
    let binning = Binning([values, other])
    #expect(!binning.isDiscrete && (8...60).contains(binning.edges.count - 1))
    for sample in [values, other] {
      #expect(abs(binning.shares(of: sample).reduce(0, +) - 1) < 1e-12)
      let area = zip(binning.densities(of: sample), zip(binning.edges, binning.edges.dropFirst()))
        .reduce(0) { $0 + $1.0 * ($1.1.1 - $1.1.0) }
      #expect(abs(area - 1) < 1e-12)
    }
    #expect(binning.edges.first == values.min() || (binning.edges.first ?? 0) < 0)
    #expect((binning.edges.last ?? 0) >= (values.max() ?? 0))
  }

  @Test func fewValuesAreCountedOneByOne() {
    let binning = Binning([[1, 1, 2, 5, 5, 5, 1, 2, 5, 5], [1, 2, 5, 7]])
    #expect(binning.values == [1, 2, 5, 7])
    #expect(binning.shares(of: [1, 1, 5, 7]) == [0.5, 0, 0.25, 0.25])
  }

  @Test func oneFarRowDoesNotFlattenTheRest() {
    let values = (0..<1000).map { Double($0 % 100) + Double($0) / 1e6 } + [1e9]
    let binning = Binning([values])
    #expect(binning.isClipped && (binning.edges.last ?? 0) < 200)
    #expect(abs(binning.shares(of: values).reduce(0, +) - 1) < 1e-12)
  }

  @Test(
    arguments: [[], [.nan], [3], [3, 3, 3], [-.infinity, .infinity], [0, 1e300, -1e300], [-1.7e308, 0, 1.7e308]]
      as [[Double]])
  func strangeSamplesDoNotStop(values: [Double]) throws {
    let chart = VegaLiteSpecification.histogram([NamedSample("a", values)], title: "x")
    #expect(try !chart.json().isEmpty)
    _ = VegaLiteSpecification.scatter([NamedPoints("a", x: values, y: values)], x: "x", y: "y")
    _ = VegaLiteSpecification.pairs(PairColumns(names: ["a"], data: [values], samples: [values]))
    _ = TerminalHistogram(NamedSample("a", values)).text(TerminalStyle())
    _ = TerminalPlot(x: values, y: values, isLine: true).text(TerminalStyle())
  }
}

@Suite struct SampleStatisticsTests {
  @Test func quantilesAndCorrelations() {
    #expect(SampleStatistics.quantile([1, 2, 4], 0.75) == 3 && SampleStatistics.quantile([1, 2, 4], 0) == 1)
    let matrix = SampleStatistics.correlations([[1, 2, 3, .nan], [2, 4, 6, 0], [3, 2, 1, 0], [1, 1, 1, 1]])
    #expect(abs(matrix[0][1] - 1) < 1e-12 && abs(matrix[0][2] + 1) < 1e-12 && matrix[0][3] == 0)
    #expect(SampleStatistics.thinned(0..<10, to: 4) == [0, 3, 6, 9])
  }

  @Test func numbersAreWrittenAsReadersWantThem() {
    let cases: [(Double, String)] = [
      (0, "0"), (0.0001234567, "0.0001235"), (1.5e-7, "1.5e-07"), (41_487.3, "41487"), (9999.6, "10000"),
      (-1_234_567, "-1234567"), (5.016e12, "5.016e+12"), (12.3456, "12.35"),
    ]
    for (value, text) in cases { #expect(FormattedNumber.general(value) == text) }
    #expect(FormattedNumber.general(.infinity) == "inf" && FormattedNumber.general(.nan) == "nan")
  }
}

@Suite struct AxisTests {
  @Test func longNumbersAreShortened() {
    #expect(TickFormat.of(0...100) == nil && TickFormat.of(-5e5...5e5) == nil && TickFormat.of(0.001...0.03) == nil)
    #expect(TickFormat.of(1e12...9e12) == ".2~g" && TickFormat.of(0...2.5e-5) == ".2~g")
    // Digits that tell neighbours apart, or else all of them.
    #expect(TickFormat.of(1.5e6...1.6e6) == ".3~g" && TickFormat.of(1_700_000_000...1_700_000_900) == nil)
    #expect(TickFormat.of([]) == nil && TickFormat.of([3e7, 3e7]) == nil && TickFormat.of([.nan, .infinity]) == nil)
  }

  private func channel(_ chart: VegaLiteSpecification) -> VegaLiteChannel? { chart.view.layer?.first?.encoding?.x }

  @Test func fewValuesAreTheNumbersOfTheAxis() {
    let flags = (0..<60).map { Double($0 % 2) }
    #expect(channel(.histogram([NamedSample("a", flags)], title: "x"))?.axis?.values == [0, 1])
    let many = (0..<600).map { Double($0 % 20) }
    #expect(channel(.histogram([NamedSample("a", many)], title: "x"))?.axis?.values == nil)
    let huge = (0..<600).map { Double($0) * 1e10 }
    #expect(channel(.histogram([NamedSample("a", huge)], title: "x"))?.axis?.format == ".2~g")
    let axis = PairAxis(0, PairColumns(names: ["a"], data: [flags], samples: [flags]))
    #expect(axis.channel(isNamed: true).axis?.values == [0, 1])
  }

  /// Points of columns of few values are spread independently: in 400 points the correlation of two spreads, normal with
  /// deviation 0.05, exceeds 0.25 with probability 6e-7; and so do the neighbours in the order of rows.
  @Test func pointsOfFewValuesAreSpreadByChance() {
    let flags = (0..<400).map { Double($0 % 2) }
    let columns = PairColumns(names: ["a", "b"], data: [flags, flags], samples: [flags, flags])
    let rows = VegaLiteSpecification.pairs(columns).datasets?["data"] ?? []
    let spreads = ["c0", "c1"].map { name in
      zip(rows, flags).map { row, flag -> Double in
        guard case .number(let value)? = row[name] else { return .nan }
        return value - flag
      }
    }
    #expect(spreads.allSatisfy { $0.allSatisfy { abs($0) <= 0.35 } && $0.contains { abs($0) > 0.3 } })
    #expect(abs(SampleStatistics.correlations(spreads)[0][1]) < 0.25)
    let next = [Array(spreads[0].dropLast()), Array(spreads[0].dropFirst())]
    #expect(abs(SampleStatistics.correlations(next)[0][1]) < 0.25)
    #expect(rows == VegaLiteSpecification.pairs(columns).datasets?["data"])
  }
}
