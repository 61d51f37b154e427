public import Datasets
public import Torch

extension ModelDescription {
  /// Rows that a model drew, as the columns of the table that it was fitted to.
  ///
  /// - Parameter rows: `[rows, columns]`, as the model gives them.
  /// - Returns: numbers in the user's units; of a column that was encoded as columns of 0 and 1 the text of the greatest of
  ///   them, the first one when several are.
  public func outputColumns(_ rows: Tensor) -> [OutputColumn] {
    decodedColumns(dataRows(rows), sourceColumns: sourceColumns, categories: categories)
  }

  /// Rows in the user's units as the columns of the table that the model was fitted to, texts decoded.
  ///
  /// - Parameter values: `[rows, columns]`.
  /// - Returns: the columns.
  public func tableColumns(_ values: Tensor) -> [OutputColumn] {
    decodedColumns(values, sourceColumns: sourceColumns, categories: categories)
  }

  /// Whether the model gives a row with missing cells the density of the cells that are there.
  public var scoresMissingCells: Bool {
    (try? Catalogue.entry(named: model))?.accepts(.missingCells) ?? false
  }
}
