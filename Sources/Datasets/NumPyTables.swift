import Torch

extension Table {
  static func readingNumPy(_ path: String, options: TableOptions) throws(DatasetError) -> Table {
    throw .unknownFormat(path: path)
  }
}
