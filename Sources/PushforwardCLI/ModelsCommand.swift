import ArgumentParser
import Foundation
import Models

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "List the models, or show the settings of one.",
    discussion: """
      EXAMPLES
        pushforward models
        pushforward models --json                    # what each can do: sample, score, condition (fit with --given)
        pushforward models nsf > settings.yaml       # edit, then: pushforward fit nsf ... --config settings.yaml
      """)

  @Argument(help: "A model whose settings to print as YAML.")
  var model: String?

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  func run() throws {
    try Failure.handling {
      if let model {
        try show(model)
      } else if json {
        try Console.result(Console.json(Catalogue.entries.map(Line.init)))
      } else {
        let width = Catalogue.entries.map(\.name.count).max() ?? 0
        for entry in Catalogue.entries {
          let name = entry.name.padding(toLength: width, withPad: " ", startingAt: 0)
          try Console.result("\(name)  \(entry.summary)")
        }
      }
    }
  }

  private func show(_ model: String) throws {
    // The data and the model are named on the command line of a fit, so the file leaves them out.
    let all = try SettingsValue(encoding: try FitSettings(model: model, data: DataSettings(path: "")))
    guard case .object(var settings) = all else { return }
    settings["data"] = nil
    let tree = SettingsValue.object(settings)
    try Console.result(json ? tree.json() : Catalogue.entry(named: model).choicesComment + tree.yaml())
  }

  private struct Line: Encodable {
    var name: String
    var summary: String
    var abilities: [String]

    init(_ entry: CatalogueEntry) {
      name = entry.name
      summary = entry.summary
      abilities = entry.abilities.map(\.rawValue).sorted()
    }
  }
}
