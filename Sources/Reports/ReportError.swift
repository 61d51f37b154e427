/// Why a report or a chart cannot be made.
public enum ReportError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file of the package is not beside the program.
  case missingResource(name: String)
  /// Neither `vl-convert` nor the Python module `vl_convert` is there.
  case noConverter(format: String)
  /// The converter did not make a picture.
  case conversionFailed(reason: String)
  /// A chart cannot be drawn from what was given.
  case cannotDraw(reason: String)

  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .missingResource(let name):
      "the package's file '\(name)' is missing; keep the folder 'pushforward_Reports.resources' beside the program"
    case .noConverter(let format):
      """
      charts become .\(format) files through vl-convert, which is not here; install it with `pip install \
      vl-convert-python` (python3 must find it) or `cargo install vl-convert`, or write .html or .vl.json
      """
    case .conversionFailed(let reason): "vl-convert did not draw the chart: \(reason)"
    case .cannotDraw(let reason): reason
    }
  }
}
