import Datasets

/// The models that can be fitted by name.
public enum Catalogue {
  /// All models, in the order in which to present them.
  public static let entries: [CatalogueEntry] =
    flowEntries + autoencoderEntries + gaussianEntries + mixtureEntries + kernelDensityEntries + histogramEntries
    + densityTreeEntries
    + factorizationEntries + dynamicsEntries

  /// The model of a name; of two, as ae+nsf, an autoencoder with a model of its codes.
  ///
  /// - Throws: `ModelError.unknownModel` with the nearest name.
  public static func entry(named name: String) throws(ModelError) -> CatalogueEntry {
    if let coded = try codedEntry(named: name) { return coded }
    guard let entry = entries.first(where: { $0.name == name }) else {
      let known = entries.map(\.name)
      throw .unknownModel(name: name, nearest: nearestName(to: name, among: known), known: known)
    }
    return entry
  }
}
