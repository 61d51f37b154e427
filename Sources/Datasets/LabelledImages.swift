import Foundation
public import Torch

/// Grey images of one size, with labels where there are some.
public struct LabelledImages {
  /// The data set's name, or its file.
  public let name: String
  /// The pixels, row by row from the top, `[images, height * width]`.
  public let values: Tensor
  /// The labels (64-bit integers), `[images]`; nil where there are none.
  public let labels: Tensor?
  /// Rows of pixels.
  public let height: Int
  /// Columns of pixels.
  public let width: Int
  /// Grey levels: pixels are the integers from 0 (background) to `levels - 1`.
  public let levels: Int

  /// The pixels as a table with columns `pixel_0_0`, `pixel_0_1`, and so on: row first.
  public var table: Table {
    let names = (0..<height).flatMap { row in (0..<width).map { "pixel_\(row)_\($0)" } }
    return Table(values: values, columnNames: names, path: name)
  }

  /// The name of the labels as a column.
  public static let labelColumn = "label"

  /// The pixels, and behind them the labels as a column of text that was encoded: `label=0`, `label=1`, and so on.
  ///
  /// - Parameter categories: the labels that have a column; those that there are by default.
  /// - Returns: the table, whose last source column is ``labelColumn``.
  /// - Throws: `DatasetError` when there are no labels, or one has no column.
  public func labelledTable(categories: [String]? = nil) throws(DatasetError) -> Table {
    guard let labels else {
      throw .invalidOptions(message: "\(name) has no labels; put their file, such as t10k-labels-idx1-ubyte, beside it")
    }
    let numbers = labels.scalars(as: Int.self)
    let texts = numbers.map { "\($0)" }
    let known = categories ?? Set(numbers).sorted().map { "\($0)" }
    let place: [String: Int] = Dictionary(known.enumerated().map { ($1, $0) }) { first, _ in first }
    if let row = texts.firstIndex(where: { place[$0] == nil }) {
      throw .unknownCategory(DataLocation(path: name, row: row + 1, column: Self.labelColumn), text: texts[row])
    }
    let encoded = Tensor(texts.map { place[$0] ?? 0 }).oneHot(known.count).to(values.dtype)
    let pixels = table
    return Table(
      path: name, columnNames: pixels.columnNames + known.map { "\(Self.labelColumn)=\($0)" },
      values: Tensor.concatenating([values, encoded], 1), sourceColumns: pixels.columnNames + [Self.labelColumn],
      categories: [Self.labelColumn: known], droppedRowCount: 0, warnings: [])
  }

  /// The images of a file in MNIST's format (`...idx3-ubyte`, also `.gz`) or those that the package brings under a name; nil
  /// when it is the name of neither.
  ///
  /// - Throws: `DatasetError` when there are images that cannot be read.
  public static func found(at path: String) throws(DatasetError) -> LabelledImages? {
    let isFile = FileManager.default.fileExists(atPath: path)
    if !isFile { return try BundledData.images(named: path) }
    let name = path.hasSuffix(".gz") ? path.dropLast(3) : path[...]
    return name.hasSuffix("idx3-ubyte") ? try LabelledImages(contentsOf: path) : nil
  }

  /// Reads images in the format of MNIST, with the labels of the file beside it that is named `label` instead of `image` and
  /// `idx1` instead of `idx3`, if there is one.
  ///
  /// - Throws: `DatasetError` when the file cannot be read, is damaged, or holds something else than images of bytes.
  /// - Reference: LeCun, Cortes, Burges, *The MNIST database of handwritten digits*, 1998 (the format IDX).
  public init(contentsOf path: String) throws(DatasetError) {
    let images = try IndexedFile(path, rank: 3)
    guard images.sizes[0] > 0, images.sizes[1] > 0, images.sizes[2] > 0 else { throw .emptyFile(path: path) }
    name = path
    (height, width, levels) = (images.sizes[1], images.sizes[2], 256)
    values = images.values.to(.float32).reshaped([images.sizes[0], height * width])
    let url = URL(fileURLWithPath: path)
    let other = url.lastPathComponent.replacing("image", with: "label").replacing("idx3", with: "idx1")
    let place = url.deletingLastPathComponent().appending(path: other)
    guard other != url.lastPathComponent, FileManager.default.fileExists(atPath: place.path) else {
      labels = nil
      return
    }
    let file = try IndexedFile(place.path, rank: 1)
    guard file.sizes[0] == images.sizes[0] else {
      throw .corrupt(path: place.path, message: "it has \(file.sizes[0]) labels for \(images.sizes[0]) images")
    }
    labels = file.values.to(.int64)
  }

  init(name: String, values: Tensor, labels: Tensor?, height: Int, width: Int, levels: Int) {
    (self.name, self.values, self.labels) = (name, values, labels)
    (self.height, self.width, self.levels) = (height, width, levels)
  }
}

/// An array of bytes in the format IDX.
private struct IndexedFile {
  let sizes: [Int]
  let values: Tensor

  init(_ path: String, rank: Int) throws(DatasetError) {
    let bytes: [UInt8]
    do { bytes = try GzipFile.contents(of: URL(fileURLWithPath: path)) } catch {
      throw .corrupt(path: path, message: "\(error)")
    }
    guard bytes.count >= 4 + 4 * rank, bytes[0] == 0, bytes[1] == 0, bytes[2] == 8, Int(bytes[3]) == rank else {
      throw .corrupt(path: path, message: "it does not begin as an IDX file of bytes in \(rank) dimensions does")
    }
    let sizes = (0..<rank).map { dimension in
      bytes[(4 + 4 * dimension)..<(8 + 4 * dimension)].reduce(0) { $0 << 8 | Int($1) }
    }
    var expected = 4 + 4 * rank
    var count = 1
    for size in sizes {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      guard !overflows, product <= bytes.count else {
        throw .corrupt(path: path, message: "it has \(bytes.count) bytes, fewer than an array of \(sizes)")
      }
      count = product
    }
    expected += count
    guard bytes.count == expected else {
      throw .corrupt(path: path, message: "it has \(bytes.count) bytes, an array of \(sizes) has \(expected)")
    }
    self.sizes = sizes
    values = Tensor(Array(bytes[(4 + 4 * rank)...]), shape: Shape(sizes))
  }
}
