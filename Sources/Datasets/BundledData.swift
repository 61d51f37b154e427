import Foundation
import Torch

/// Data that the package brings.
public enum BundledData {
  /// The names that ``named(_:)`` knows.
  public static let names = ["digits"]

  /// A data set by its name, as a table.
  ///
  /// - Throws: `DatasetError.unknownDataset` if there is none of this name.
  public static func named(_ name: String) throws(DatasetError) -> Table {
    switch name {
    case "digits": try digits().table
    default: throw .unknownDataset(name: name, available: names)
    }
  }

  /// Images that the package brings, or nil when the name is none of them or a file of the name is there.
  ///
  /// - Throws: `DatasetError.missingResource` if the package's own file is not beside the program.
  public static func images(named name: String) throws(DatasetError) -> LabelledImages? {
    name == "digits" && !FileManager.default.fileExists(atPath: name) ? try digits() : nil
  }

  /// 1797 handwritten digits in images of 8 x 8 pixels, values 0 to 16.
  ///
  /// The pixels are integers: before a density is fitted, add noise of step 1 with ``Dequantization``.
  ///
  /// - Reference: Alpaydin and Kaynak, *Optical Recognition of Handwritten Digits*, UCI, 1998; in the form of
  ///   scikit-learn, under the BSD 3-clause licence (beside the file).
  public static func digits() throws(DatasetError) -> LabelledImages {
    let path = try resource("digits.csv.gz")
    let all = try Table(contentsOf: path, options: TableOptions(header: .absent))
    return LabelledImages(
      name: "digits", values: all.values.narrowed(1, from: 0, length: 64).contiguous(),
      labels: all.values.narrowed(1, from: 64, length: 1).squeezed(1).to(.int64), height: 8, width: 8, levels: 17)
  }

  private static func resource(_ name: String) throws(DatasetError) -> String {
    guard let path = PackageResource.path(name, target: "Datasets") else { throw .missingResource(name: name) }
    return path
  }
}
