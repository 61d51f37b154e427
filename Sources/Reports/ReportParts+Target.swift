import Foundation
import Models
import Probability

extension ReportParts {
  /// What a look at a model found that was fitted to a target; nil for one that was fitted to data.
  private var diagnosis: ReverseKullbackLeibler.Diagnosis? { evidence.description.diagnosis }

  /// Sentences about a fit to a target.
  var targetSummary: [String] {
    guard let diagnosis else { return [] }
    var sentences: [String] = []
    if let fraction = diagnosis.effectiveFraction {
      var text = "Weighted towards the target, its draws are worth \(percent(fraction)) of as many independent ones"
      if !diagnosis.isReliable {
        let shape = diagnosis.paretoShape.map { " (Pareto shape \(FormattedNumber.fixed($0, 2)))" } ?? ""
        text += ", but the weights are too uneven for this to be trusted\(shape)"
      }
      sentences.append(text + ".")
    }
    if let partition = diagnosis.logPartition {
      sentences.append(
        "The logarithm of the target's constant is estimated as \(words(partition)) nats"
          + (diagnosis.isReliable ? "." : ", which is unreliable for the same reason."))
    }
    if let overlap = diagnosis.overlap {
      sentences.append(
        "Model and target have \(percent(overlap.value)) of their mass in common, of what the search for modes reached."
      )
    }
    return sentences + modeSentences(diagnosis)
  }

  private func modeSentences(_ diagnosis: ReverseKullbackLeibler.Diagnosis) -> [String] {
    let (found, missed) = (diagnosis.modes.count, diagnosis.missedModes.count)
    guard found > 0 else { return [] }
    let ridges = diagnosis.modes.count(where: \.isRidge)
    let text =
      found == 1
      ? "One mode was found, which it \(missed == 0 ? "reaches" : "misses")."
      : missed == 0
        ? "It covers each of the \(FormattedNumber.count(found, "mode")) that were found."
        : "It misses \(FormattedNumber.count(missed)) of the \(FormattedNumber.count(found, "mode")) that were found."
    return [text] + (ridges == 0 ? [] : [ridgeWords(ridges, of: found)])
  }

  /// What counting modes is worth when searches end all along one.
  private func ridgeWords(_ ridges: Int, of found: Int) -> String {
    let subject =
      found == 1
      ? "The mode is a ridge" : "\(FormattedNumber.count(ridges)) of them \(ridges == 1 ? "is a ridge" : "are ridges")"
    return
      "\(subject), along which searches end apart; how far the model reaches along it, counting modes does not say."
  }

  /// The modes of the target, and how much of the model's mass is at each.
  var modeSection: ReportSection? {
    guard let diagnosis, !diagnosis.modes.isEmpty else { return nil }
    let columns = evidence.columnNames.indices.prefix(6)
    let rows = diagnosis.modes.enumerated().map { index, mode in
      ["\(index + 1)", mode.isMissed ? "missed" : "covered", words(mode.modelShare), words(mode.targetShare)]
        + columns.map { FormattedNumber.general(mode.location[$0], digits: 3) }
    }
    let table = ReportTable(
      "Modes of the target, with the share of the mass around each",
      header: ["mode", "", "share of the model", "share of the target"] + columns.map { evidence.columnNames[$0] },
      rows: rows)
    return ReportSection(
      "modes", "Modes",
      paragraphs: [
        "A mode is missed when the model gives it less than a tenth of the mass that it has. Modes that no search reached "
          + "are not listed."
      ], figures: [modeFigure(diagnosis)].compactMap { $0 }, tables: [table])
  }

  /// Draws and modes in the plane of the first two columns.
  private func modeFigure(_ diagnosis: ReverseKullbackLeibler.Diagnosis) -> ReportFigure? {
    let names = evidence.columnNames
    guard names.count > 1 else { return nil }
    func points(_ name: String, _ modes: [ReverseKullbackLeibler.Diagnosis.Mode]) -> NamedPoints {
      NamedPoints(name, x: modes.map { $0.location[0] }, y: modes.map { $0.location[1] })
    }
    let samples = NamedPoints(
      "samples", x: Array(evidence.samples[0].prefix(1500)), y: Array(evidence.samples[1].prefix(1500)))
    var chart = VegaLiteSpecification.scatter([samples], x: names[0], y: names[1])
    chart = chart.adding([
      points("covered", diagnosis.modes.filter { !$0.isMissed }), points("missed", diagnosis.missedModes),
    ])
    return ReportFigure(
      "modes", "Samples and modes",
      reading:
        "Small points are samples of the model. A letter stands at each mode of the target: C where the model covers it, "
        + "M where it misses it, so that no samples are around.",
      .chart(chart))
  }

  private func percent(_ share: Double) -> String { "\(FormattedNumber.fixed(100 * share, 1)) %" }

  private func words(_ estimate: Estimate) -> String {
    let spread =
      estimate.standardError.isFinite ? " \u{00B1} \(FormattedNumber.general(estimate.standardError, digits: 2))" : ""
    return FormattedNumber.general(estimate.value, digits: 4) + spread
  }
}

extension VegaLiteSpecification {
  /// The chart with the first letters of groups of points over it, in capitals.
  fileprivate func adding(_ groups: [NamedPoints]) -> VegaLiteSpecification {
    let rows = groups.flatMap { group in
      group.x.indices.map {
        [
          "x": VegaLiteValue(group.x[$0]), "y": VegaLiteValue(group.y[$0]),
          "letter": VegaLiteValue.text(group.name.prefix(1).uppercased()), "mode": .text(group.name),
        ]
      }
    }
    var base = VegaLiteView(layer: [])
    (base.width, base.height) = (view.width, view.height)
    var points = view
    (points.width, points.height) = (nil, nil)
    var mark = VegaLiteMark(.text, style: "density")
    (mark.size, mark.stroke, mark.strokeWidth) = (22, nil, nil)
    base.layer = [
      points,
      VegaLiteView(
        mark,
        VegaLiteEncoding(
          x: points.encoding?.x, y: points.encoding?.y, text: VegaLiteChannel("letter", .nominal),
          tooltip: [VegaLiteChannel("mode", .nominal)]),
        data: VegaLiteData(rows)),
    ]
    var whole = self
    whole.view = base
    return whole
  }
}
