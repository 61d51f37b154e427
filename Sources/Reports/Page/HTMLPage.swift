import Foundation
import Models
import Torch

/// The frame of a page: style, the program that draws, and a policy that forbids to load anything.
struct HTMLPage {
  let title: String
  /// Markup.
  let body: String

  /// The page.
  ///
  /// - Throws: `ReportError.missingResource` when a file of the package is not beside the program.
  func html() throws -> String {
    // Vega makes functions of its expressions, hence `unsafe-eval`.
    let policy =
      "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:"
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <meta name="generator" content="Pushforward \(HTMLText.escaped(packageVersion))">
      <title>\(HTMLText.escaped(title))</title>
      <style>
      \(try resource("page.css"))</style>
      </head>
      <body>
      \(body)
      <script type="application/json" id="looks">\(try looks())</script>
      <script>
      \(try resource("vega.js"))</script>
      <script>
      \(try resource("page.js"))</script>
      </body>
      </html>

      """
  }

  private func resource(_ name: String) throws -> String {
    guard let path = PackageResource.path(name, target: "Reports"),
      let text = try? String(contentsOfFile: path, encoding: .utf8)
    else { throw ReportError.missingResource(name: name) }
    return text
  }

  private func looks() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let looks = ["light": VegaLiteConfiguration.light, "dark": VegaLiteConfiguration.dark]
    return HTMLText.script(json: String(decoding: try encoder.encode(looks), as: UTF8.self))
  }
}
