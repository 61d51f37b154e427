import Models
import Reports
import Torch

extension OutputFile {
  private static let mostImages = 10_000

  /// Whether the name is that of a picture.
  var isPicture: Bool { path.lowercased().hasSuffix(".png") }

  /// Looks whether rows of a model can be drawn as images.
  ///
  /// - Throws: `SettingsError.invalid` when rows are no images, or there are too many.
  func requireImages(_ description: ModelDescription, count: Int) throws(SettingsError) {
    guard description.imageSize?.count == 2 else {
      throw .invalid(reason: "\(path): the model's rows are no images; write a table, such as rows.csv")
    }
    guard count <= Self.mostImages else {
      throw .invalid(reason: "\(path): a picture holds at most \(Self.mostImages) images; take fewer rows")
    }
  }

  /// Draws rows, as a model sees them, side by side.
  func write(images rows: Tensor, _ description: ModelDescription) throws {
    try requireImages(description, count: rows.size(0))
    guard let size = description.imageSize else { return }
    try write(ImageGrid(description.dataRows(rows), height: size[0], width: size[1]).png(scale: max(1, 32 / size[1])))
  }
}
