public import Autoencoders
public import Torch

/// A model that gives each row a code, and each code a row.
public protocol CodeModel: GenerativeModel {
  /// The size of a code.
  var codeFeatures: Int { get }

  /// The codes of rows, without gradient.
  ///
  /// - Parameters:
  ///   - rows: `[rows, features]`.
  ///   - context: one condition of all rows, `[conditions]`, or one for each, `[rows, conditions]`; nil for a model without.
  /// - Returns: `[rows, codeFeatures]`.
  func encode(_ rows: Tensor, given context: Tensor?) -> Tensor

  /// The rows of codes, without gradient; their means where a code does not determine its row.
  ///
  /// - Parameters:
  ///   - codes: `[rows, codeFeatures]`.
  ///   - context: one condition of all codes, `[conditions]`, or one for each, `[rows, conditions]`; nil for a model without.
  /// - Returns: `[rows, features]`.
  func decode(_ codes: Tensor, given context: Tensor?) -> Tensor

  /// What each code number does, over rows; nil for a model whose codes are exact. A model that wraps another forwards it.
  ///
  /// - Parameters:
  ///   - rows: `[rows, features]`.
  ///   - context: as ``encode(_:given:)`` takes it.
  /// - Returns: the statistics, from codes that are drawn in the same way in every call.
  func codeStatistics(of rows: Tensor, given context: Tensor?) -> CodeStatistics?
}

extension CodeModel {
  /// Nil.
  public func codeStatistics(of rows: Tensor, given context: Tensor?) -> CodeStatistics? { nil }
}
