/// All columns of text and of dates of a file, once one of them could not be read: who has to leave out five columns wants
/// to know it at once.
struct UnreadableColumns {
  private(set) var texts: [String] = []
  private(set) var dates: [String] = []

  /// Reads the file again without one such column after the other.
  ///
  /// - Complexity: a pass over the file up to each column's second text, and one whole pass.
  init(_ path: String, _ options: TableOptions) {
    var options = options
    if case .columns(let encoded) = options.oneHot { options.excluded += encoded }
    options.excluded += options.categories.keys
    options.excluded += options.oneHotIfText
    options.oneHotIfText = []
    options.categories = [:]
    // One text is read as a category, so that columns whose cells are all alike are found, too; a second one ends the pass.
    options.oneHot = .allText
    options.maximumCategoryCount = 1
    options.missingValues = .keep
    while true {
      do throws(DatasetError) {
        let table = try Table.readingColumns(path, options: options)
        for (name, texts) in table.categories.sorted(by: { $0.key < $1.key }) {
          add(name, example: texts.first ?? "")
        }
        return
      } catch .tooManyCategories(let place, let example), .textColumn(let place, let example) {
        guard let name = place.column else { return }
        add(name, example: example)
        options.excluded.append(name)
      } catch .dateColumn(let place, _) {
        guard let name = place.column else { return }
        dates.append(name)
        options.excluded.append(name)
      } catch {
        return
      }
    }
  }

  private mutating func add(_ name: String, example: String) {
    if DatasetError.looksLikeDate(example) { dates.append(name) } else { texts.append(name) }
  }
}

extension DatasetError {
  /// The error with all columns of text and dates in place of the first one, when there are several.
  func namingAllColumns(of path: String, _ options: TableOptions) -> DatasetError {
    switch self {
    case .textColumn, .dateColumn:
      let columns = UnreadableColumns(path, options)
      return columns.texts.count + columns.dates.count > 1
        ? .unreadableColumns(path: path, texts: columns.texts, dates: columns.dates) : self
    default: return self
    }
  }
}
