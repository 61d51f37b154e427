import Datasets
import Foundation
public import Torch

/// Classifies rows by the largest p(X | Y) p(Y): a conditional density and how frequent each class is.
public struct GenerativeClassifier {
  /// The classes, in the order of the probabilities' columns.
  public let classes: [String]
  private let model: any DensityModel
  private let contexts: Tensor
  private let logPrior: Tensor

  /// A classifier of the one condition of a model, a column of text or labels.
  ///
  /// - Parameters:
  ///   - model: a density with that condition.
  ///   - description: what its file says of it.
  ///   - prior: how frequent each class is, by class; equally frequent without.
  /// - Throws: `ModelError.cannot` for a model without densities, without conditions, or with others than one of classes.
  public init(_ model: any GenerativeModel, _ description: ModelDescription, prior: [String: Double]? = nil) throws {
    guard let density = model as? any DensityModel else {
      throw ModelError.cannot(
        model: description.model, action: "classify", instead: "fit a density, such as cvae or nsf, --given the class")
    }
    guard let conditions = description.conditions, conditions.sourceColumns.count == 1,
      let classes = conditions.categories[conditions.sourceColumns[0]],
      let contexts = description.modelContext(Tensor.identity(classes.count, dtype: .float64))
    else {
      throw ModelError.cannot(
        model: description.model, action: "classify",
        instead: "fit it --given one column of text or the labels of images, and nothing else")
    }
    self.classes = classes
    self.model = density
    self.contexts = contexts
    let shares = classes.map { name in prior.map { $0[name] ?? 0 } ?? 1 }
    let sum = shares.reduce(0, +)
    logPrior = Tensor(shares.map { log($0 / sum) })
  }

  /// log p(Y | X) of each class, normalized, without gradient.
  ///
  /// - Parameter rows: `[rows, features]` as the model sees them.
  /// - Returns: `[rows, classes]`.
  /// - Complexity: a density of each row for each class.
  public func logProbabilities(of rows: Tensor) -> Tensor {
    let scores = (0..<classes.count).map { place in
      model.logProb(rows, given: contexts.narrowed(0, from: place, length: 1).squeezed(0).to(rows.dtype, rows.device))
        .to(.float64, Device.cpu)
    }
    return (Tensor.stacking(scores, 1) + logPrior).logSoftmax(1)
  }
}
