import Datasets

/// The models that can be fitted by name.
public enum Catalogue {
  /// All models, in the order in which to present them.
  public static let entries: [CatalogueEntry] =
    flowEntries + gaussianEntries + mixtureEntries + kernelDensityEntries + histogramEntries + densityTreeEntries
    + factorizationEntries

  /// The model of a name.
  ///
  /// - Throws: `ModelError.unknownModel` with the nearest name.
  public static func entry(named name: String) throws(ModelError) -> CatalogueEntry {
    guard let entry = entries.first(where: { $0.name == name }) else {
      let known = entries.map(\.name)
      throw .unknownModel(name: name, nearest: nearestName(to: name, among: known), known: known)
    }
    return entry
  }
}
