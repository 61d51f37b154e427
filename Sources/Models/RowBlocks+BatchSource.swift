public import Datasets
public import DensityEstimation
import Torch

extension RowBlocks {
  /// The rows of a source of batches, such as a file that is larger than memory, in its order.
  ///
  ///     let file = try StreamedBatches(contentsOf: "big.parquet", batchSize: 65_536, window: 1)
  ///     let (mixture, report) = try GaussianMixtureEstimator(components: 5)
  ///       .fit(RowBlocks(file, features: file.columnNames.count), using: &rng)
  ///
  /// A source that draws an order draws the same one in every pass.
  ///
  /// - Parameters:
  ///   - source: where batches come from; their context is left out.
  ///   - features: the number of columns.
  public init(_ source: some BatchSource, features: Int) {
    self.init(features: features) { body in
      var rng = RandomGenerator(seed: 0)
      var epoch = try source.epoch(using: &rng)
      while let batch = try epoch.next() { try body(batch.values, nil) }
    }
  }
}
