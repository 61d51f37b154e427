import NeuralNetworks

/// The sizes that an image has on the way to its code: height and width halved, rounded up, again and again.
struct ConvolutionalSizes {
  /// Height and width before each halving, and after the last.
  let steps: [(height: Int, width: Int)]

  init(_ image: ImageShape, halvings: Int) {
    var steps = [(height: image.height, width: image.width)]
    for _ in 0..<halvings {
      steps.append(((steps[steps.count - 1].height + 1) / 2, (steps[steps.count - 1].width + 1) / 2))
    }
    self.steps = steps
  }

  /// The last size, with one channel.
  var smallest: ImageShape { ImageShape(height: steps[steps.count - 1].height, width: steps[steps.count - 1].width) }
}
