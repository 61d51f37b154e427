public import Foundation
public import Torch

/// Real data that the package does not bring: they lie beside it, in `../shared/data`, or in the folder that the variable
/// DATA names. Tests that need them are skipped where they are absent.
public enum SharedData {
  /// The folder; nil where there is none.
  public static let folder: URL? = {
    let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    let folder =
      ProcessInfo.processInfo.environment["DATA"].map { URL(filePath: $0) } ?? package.appending(path: "../shared/data")
    return FileManager.default.fileExists(atPath: folder.path) ? folder.standardized : nil
  }()

  /// Whether the data are there.
  public static var isThere: Bool { folder != nil }

  /// Columns of a table of numbers, without its first line and the names of its rows, `[rows, columns]`.
  public static func table(_ path: String) throws -> Tensor {
    guard let folder else { throw CocoaError(.fileNoSuchFile) }
    let lines = try String(contentsOf: folder.appending(path: path), encoding: .utf8).split(separator: "\n")
    return Tensor(rows: lines.dropFirst().map { $0.split(separator: ",").dropFirst().compactMap { Double($0) } })
  }

  /// Durations of eruptions of Old Faithful and the waits before the next, in minutes, `[272, 2]`.
  ///
  /// Azzalini, Bowman, *A look at some data on the Old Faithful geyser*, 1990.
  public static func faithful() throws -> Tensor { try table("rdatasets/datasets/faithful.csv") }

  /// The velocities of 82 galaxies in 1000 km/s, `[82]`.
  ///
  /// Roeder, *Density estimation with confidence sets*, 1990.
  public static func galaxies() throws -> Tensor { try table("rdatasets/MASS/galaxies.csv").squeezed(1) / 1000 }
}
