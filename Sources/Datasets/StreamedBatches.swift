public import Torch

/// Batches of rows of a file, which may be larger than memory.
///
/// Each epoch reads the file once, in order, and shuffles within a window of rows: with a window as large as the file the
/// order is as random as that of ``Batches``; with a smaller one, shuffle the file's rows beforehand if they are sorted.
public struct StreamedBatches: BatchSource {
  /// The file.
  public let path: String
  /// What is read of it.
  public let options: TableOptions
  /// The columns' names, one-hot encoded ones as `column=category`.
  public let columnNames: [String]
  /// Rows in a batch.
  public let batchSize: Int
  /// Rows, at least, among which the order is shuffled; 1 keeps the file's order.
  public let window: Int
  private let contextColumns: [Int]
  private let valueColumns: [Int]

  /// Opens a file to check its columns; rows are read by each epoch.
  ///
  /// `contextColumns` are those that the others are conditioned on.
  ///
  /// - Precondition: `batchSize` and `window` are positive.
  /// - Throws: ``DatasetError``; also when one-hot encoding is asked for without saying which categories there are, which
  ///   a stream cannot know.
  public init(
    contentsOf path: String, options: TableOptions = TableOptions(), contextColumns: [String] = [], batchSize: Int,
    window: Int = 1 << 17
  ) throws(DatasetError) {
    precondition(batchSize > 0 && window > 0, "StreamedBatches: batch size and window must be positive")
    guard try options.resolvedFormat(path) != .numpy else {
      throw .invalidOptions(message: "\(path): a .npy file cannot be read in batches; write it as Parquet")
    }
    let reader = try ArrowReader(path: path, options: options)
    let selection = try ColumnSelection(names: reader.names, path: path, options: options)
    guard !selection.collectsCategories else {
      throw .invalidOptions(message: "\(path): to encode a column of a streamed file, name its categories")
    }
    let names = selection.columns.flatMap { column in
      column.categories?.map { "\(column.name)=\($0)" } ?? [column.name]
    }
    self.path = path
    self.options = options
    self.batchSize = batchSize
    self.window = window
    columnNames = names
    for name in contextColumns where !names.contains(name) {
      throw .unknownColumn(path: path, name: name, suggestion: nearestName(to: name, among: names), available: names)
    }
    self.contextColumns = contextColumns.compactMap { names.firstIndex(of: $0) }
    valueColumns = names.indices.filter { !contextColumns.contains(names[$0]) }
    guard !valueColumns.isEmpty else { throw .noColumns(path: path) }
  }

  /// Unknown before the file is read.
  public var rowCount: Int? { nil }

  /// Opens the file anew.
  public func epoch(using rng: inout RandomGenerator) throws(DatasetError) -> Epoch {
    let reader = try ArrowReader(path: path, options: options)
    let selection = try ColumnSelection(names: reader.names, path: path, options: options)
    try reader.select(selection, options: options)
    return Epoch(source: self, reader: reader, rng: rng.split())
  }

  /// One pass over the file.
  public struct Epoch: BatchEpoch {
    private let source: StreamedBatches
    private let reader: ArrowReader
    private var rng: RandomGenerator
    private var rows: Tensor?
    private var position = 0
    private var isAtEnd = false

    init(source: StreamedBatches, reader: ArrowReader, rng: RandomGenerator) {
      self.source = source
      self.reader = reader
      self.rng = rng
    }

    /// The next batch, or `nil` after the last.
    public mutating func next() throws(DatasetError) -> Batch? {
      if remaining < source.batchSize && !isAtEnd { try refill() }
      guard let rows, remaining > 0 else { return nil }
      let length = min(source.batchSize, remaining)
      defer { position += length }
      return source.batch(rows.narrowed(0, from: position, length: length))
    }

    private var remaining: Int { (rows?.size(0) ?? 0) - position }

    /// Reads blocks until the window is full, and shuffles it together with what was left.
    private mutating func refill() throws(DatasetError) {
      var parts: [Tensor] = []
      var count = remaining
      if let rows, count > 0 { parts.append(rows.narrowed(0, from: position, length: count)) }
      while count < max(source.window, source.batchSize), !isAtEnd {
        guard let block = try reader.readNext(dtype: source.options.dtype) else {
          isAtEnd = true
          break
        }
        count += block.rowCount
        if block.rowCount > 0 { parts.append(try block.takeTensor()) }
      }
      position = 0
      guard !parts.isEmpty else {
        rows = nil
        return
      }
      let filled = Tensor.concatenating(parts)
      rows = source.window > 1 ? filled.selecting(Tensor.permutation(count, using: &rng)) : filled
    }
  }

  private func batch(_ rows: Tensor) -> Batch {
    guard !contextColumns.isEmpty else { return Batch(values: rows) }
    return Batch(values: columns(valueColumns, of: rows), context: columns(contextColumns, of: rows))
  }

  private func columns(_ indices: [Int], of rows: Tensor) -> Tensor {
    rows.selecting(Tensor(indices), 1)
  }
}
