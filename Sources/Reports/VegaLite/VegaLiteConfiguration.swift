/// The look of charts: Vega-Lite's `config`. Data are blue and samples orange, which all eyes can tell apart.
///
/// - Reference: Okabe and Ito, *Color Universal Design*, 2008, for the colours.
public struct VegaLiteConfiguration: Codable, Hashable, Sendable {
  /// The colour behind the chart.
  public var background: String
  /// The letters.
  public var font: String
  /// Axes.
  public var axis: Guide
  /// Words at the lower axis.
  public var axisX = Words(titleLimit: 560)
  /// Words at the left axis.
  public var axisY = Words(titleLimit: 200)
  /// Legends.
  public var legend: Guide
  /// Words above views.
  public var title: Title
  /// Colours by use: `category` for names, `ramp` for data, `heatmap` for samples.
  public var range: [String: [String]]
  /// The looks that marks name.
  public var style: [String: Style]
  /// The frame of a view.
  public var view: View
  /// What all marks share.
  public var mark: Mark
  /// Whether each mark is told to screen readers one by one; the page tells the chart as a whole instead.
  public var aria: Bool

  /// Colours and sizes of an axis or a legend.
  public struct Guide: Codable, Hashable, Sendable {
    var labelColor: String
    var titleColor: String
    var labelFontSize = 12
    var titleFontSize = 13
    var titleFontWeight = "normal"
    var gridColor: String?
    var domainColor: String?
    var tickColor: String?
    var orient: String?
    var columns: Int?
    var labelLimit: Int?
    /// About how many numbers an axis has.
    var tickCount: Int?
  }

  /// The words at an axis.
  public struct Words: Codable, Hashable, Sendable {
    /// The most pixels of it; the rest is left out.
    var titleLimit: Double
  }

  /// Words above a view.
  public struct Title: Codable, Hashable, Sendable {
    var color: String
    var fontSize = 13
    var fontWeight = "normal"
  }

  /// A look that marks name.
  public struct Style: Codable, Hashable, Sendable {
    var color: String
    var opacity: Double?
    var strokeDash: [Double]?
  }

  /// The frame of a view.
  public struct View: Codable, Hashable, Sendable {
    var stroke: String
  }

  /// What all marks share.
  public struct Mark: Codable, Hashable, Sendable {
    var color: String
    var tooltip = true
  }

  private init(
    background: String, text: String, faint: String, lines: String, data: String, samples: String,
    others: [String], dataRamp: [String], samplesRamp: [String]
  ) {
    self.background = background
    font = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
    axis = Guide(
      labelColor: faint, titleColor: text, gridColor: lines, domainColor: faint, tickColor: faint, tickCount: 6)
    legend = Guide(labelColor: text, titleColor: text, orient: "top", columns: 4, labelLimit: 130)
    title = Title(color: text)
    range = ["category": [data, samples] + others, "ramp": dataRamp, "heatmap": samplesRamp]
    style = [
      "data": Style(color: data), "samples": Style(color: samples),
      "reference": Style(color: faint, strokeDash: [5, 4]), "band": Style(color: faint, opacity: 0.2),
      "density": Style(color: text),
    ]
    view = View(stroke: lines)
    mark = Mark(color: data)
    aria = false
  }

  /// Dark on white.
  public static let light = VegaLiteConfiguration(
    background: "#ffffff", text: "#1f2328", faint: "#59636e", lines: "#e3e6ea", data: "#0072b2", samples: "#d55e00",
    others: ["#00795a", "#b0478b", "#7a5c00", "#4a4fb5", "#8a1c1c", "#3d7a1f"],
    dataRamp: ["#eef5fa", "#0072b2"], samplesRamp: ["#fdf1e8", "#d55e00"])

  /// Light on black.
  public static let dark = VegaLiteConfiguration(
    background: "#15191f", text: "#e6edf3", faint: "#9aa5b1", lines: "#2d343d", data: "#56b4e9", samples: "#ffa24d",
    others: ["#3ccf9f", "#e58ac4", "#e0c341", "#a3a8ff", "#ff8c8c", "#9bd672"],
    dataRamp: ["#1a2530", "#56b4e9"], samplesRamp: ["#2a221b", "#ffa24d"])
}
