import CArrow

/// Which columns of a file are read, in which order, and how each becomes numbers.
struct ColumnSelection {
  struct Column {
    let index: Int
    let name: String
    let treatment: Int32
    let categories: [String]?
  }

  let columns: [Column]

  init(names: [String], path: String, options: TableOptions) throws(DatasetError) {
    var indices: [String: Int] = [:]
    for (index, name) in names.enumerated() where indices.updateValue(index, forKey: name) != nil {
      throw .duplicateColumn(path: path, name: name)
    }
    var encoded = Set(options.categories.keys)
    if case .columns(let listed) = options.oneHot { encoded.formUnion(listed) }
    for name in (options.columns ?? []) + options.excluded + encoded.sorted() + options.oneHotIfText
    where indices[name] == nil {
      let suggestion = nearestName(to: name, among: names)
      throw .unknownColumn(path: path, name: name, suggestion: suggestion, available: names)
    }
    if let chosen = options.columns, Set(chosen).count < chosen.count {
      throw .invalidOptions(message: "a column is chosen twice: \(DatasetError.list(chosen))")
    }
    let excluded = Set(options.excluded)
    var columns: [Column] = []
    for name in options.columns ?? names where !excluded.contains(name) {
      guard let index = indices[name] else { continue }
      let mayBeText = options.oneHot == .allText || options.oneHotIfText.contains(name)
      let treatment = encoded.contains(name) ? CA_CATEGORY : mayBeText ? CA_CATEGORY_IF_TEXT : CA_NUMBER
      columns.append(
        Column(
          index: index, name: name, treatment: Int32(treatment.rawValue), categories: options.categories[name]))
    }
    guard !columns.isEmpty else { throw .noColumns(path: path) }
    self.columns = columns
  }

  /// Whether a category has to be collected from the data, which a stream cannot do.
  var collectsCategories: Bool {
    columns.contains { $0.treatment != Int32(CA_NUMBER.rawValue) && $0.categories == nil }
  }
}
