import Foundation
import Models
import Training

extension ReportParts {
  /// Settings and provenance.
  func provenance(_ folder: RunFolder) -> [(name: String, value: String)] {
    let description = evidence.description
    var lines: [(name: String, value: String)] = [
      ("run", folder.path), ("model", description.model), ("Pushforward", packageVersion),
      ("seed", "\(description.seed)"), ("data", description.data.path.isEmpty ? "none" : description.data.path),
    ]
    if case .given(let path) = evidence.data.source { lines.append(("held against", path)) }
    if let training = description.training {
      lines.append(("rows", "\(training.trainingRows) trained on, \(training.validationRows) held out"))
    } else if let estimation = description.estimation {
      lines.append(("rows", "\(estimation.rows), of which \(estimation.completeRows) without missing cells"))
    }
    let names = description.columns
    let listed = names.prefix(40).joined(separator: ", ") + (names.count > 40 ? ", ..." : "")
    lines.append(("columns", "\(names.count): \(listed)"))
    if let date = modelDate(folder) { lines.append(("model written", date)) }
    let seconds = description.training?.seconds ?? description.estimation?.seconds ?? 0
    lines.append(("time of the fit", "\(FormattedNumber.general(seconds, digits: 3)) s"))
    if let settings = try? String(contentsOf: folder.settings, encoding: .utf8) { lines.append(("settings", settings)) }
    return lines
  }

  /// When the model file was written, in UTC.
  private func modelDate(_ folder: RunFolder) -> String? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: folder.model.path)
    guard let date = attributes?[.modificationDate] as? Date else { return nil }
    return date.formatted(.iso8601)
  }
}
