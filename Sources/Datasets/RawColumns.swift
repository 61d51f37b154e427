import CArrow
import Foundation
import Torch

/// Columns as the C interface takes them, copied into memory of their own.
final class RawColumns {
  private(set) var columns: [ca_output_column] = []
  private var owned: [UnsafeMutableRawPointer] = []

  init(_ columns: [OutputColumn], rowCount: Int) {
    for column in columns {
      let (type, data) = copy(column.content, rowCount: rowCount)
      let name = UnsafePointer<CChar>(text(column.name))
      self.columns.append(ca_output_column(name: name, type: Int32(type.rawValue), data: data, stride: 1))
    }
  }

  deinit { owned.forEach { free($0) } }

  private func copy(_ content: OutputColumn.Content, rowCount: Int) -> (ca_output_type, UnsafeRawPointer?) {
    switch content {
    case .integers(let values): (CA_INT64, copy(values, rowCount))
    case .texts(let values):
      (CA_STRING, copy(values.prefix(rowCount).map { $0.map { UnsafePointer(text($0)) } ?? nil }, rowCount))
    case .numbers(let tensor):
      switch tensor.dtype {
      case .float64: (CA_FLOAT64, copy(rowCount == 0 ? [] : tensor.scalars(as: Double.self), rowCount))
      case .int64: (CA_INT64, copy(rowCount == 0 ? [] : tensor.scalars(as: Int.self), rowCount))
      default: (CA_FLOAT32, copy(rowCount == 0 ? [] : tensor.to(.float32).scalars(as: Float.self), rowCount))
      }
    }
  }

  private func copy<Element>(_ values: [Element], _ count: Int) -> UnsafeRawPointer? {
    values.withUnsafeBytes { bytes in
      guard count > 0, let source = bytes.baseAddress, let memory = malloc(bytes.count) else { return nil }
      memcpy(memory, source, bytes.count)
      owned.append(memory)
      return UnsafeRawPointer(memory)
    }
  }

  private func text(_ string: String) -> UnsafeMutablePointer<CChar>? {
    let copy = strdup(string)
    if let copy { owned.append(UnsafeMutableRawPointer(copy)) }
    return copy
  }
}
