public import Datasets
public import Torch

extension ModelDescription {
  /// Rows that a model drew, as the columns of the table that it was fitted to.
  ///
  /// - Parameter rows: `[rows, columns]`, as the model gives them.
  /// - Returns: numbers in the user's units; of a column that was encoded as columns of 0 and 1 the text of the greatest of
  ///   them, the first one when several are.
  public func outputColumns(_ rows: Tensor) -> [OutputColumn] {
    let values = dataRows(rows)
    var place = 0
    return sourceColumns.map { name in
      let width = categories[name]?.count ?? 1
      defer { place += width }
      let own = values.narrowed(1, from: place, length: width)
      guard let texts = categories[name] else { return OutputColumn(name, .numbers(own.squeezed(1))) }
      return OutputColumn(name, .texts(own.argMax(1).scalars(as: Int.self).map { texts[$0] }))
    }
  }

  /// Whether the model gives a row with missing cells the density of the cells that are there.
  public var scoresMissingCells: Bool {
    (try? Catalogue.entry(named: model))?.accepts(.missingCells) ?? false
  }
}
