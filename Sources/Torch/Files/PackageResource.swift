import Foundation

/// The files that a target of this package brings along.
package enum PackageResource {
  /// The path of a file of a target's `Resources` folder; nil when it is not beside the program.
  ///
  /// `Bundle.module` stops the program when the folder is missing; a moved program should be able to say so instead.
  package static func path(_ name: String, target: String) -> String? {
    let program = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
    let folders = [Bundle.main.bundleURL, Bundle.main.resourceURL, program.deletingLastPathComponent()]
    for folder in folders.compactMap({ $0 }) {
      for bundle in ["pushforward_\(target).resources", "pushforward_\(target).bundle"] {
        for inner in ["", "Resources/", "Contents/Resources/Resources/"] {
          let path = folder.appendingPathComponent("\(bundle)/\(inner)\(name)").path
          if FileManager.default.fileExists(atPath: path) { return path }
        }
      }
    }
    return nil
  }
}
