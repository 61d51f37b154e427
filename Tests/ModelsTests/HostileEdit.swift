import Foundation
import Models
import Testing
import Torch

/// One change that makes a good model file a bad one, and the words with which it must be refused.
struct HostileEdit: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let words: String
  /// Whether the weights are refused; otherwise the description is.
  var isAboutWeights = false
  let apply: @Sendable (inout Safetensors) throws -> Void

  /// A file of two columns, a and b.
  static func goodFile() throws -> Safetensors {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/nsf-format-1", withExtension: "safetensors"))
    return try Safetensors(contentsOf: url)
  }

  static let all = sizes + fields + images + formats + buffers

  private static let sizes = [
    setting("\"bins\":8", "\"bins\":-3", "bins: expected at least 1 and at most 4096, got -3"),
    setting(
      "\"bins\":8", "\"bins\":4000000000000000000,\"minimumBinSize\":1e-30", removing: "\"minimumBinSize\":0.001,",
      "bins: expected at least 1 and at most 4096"),
    setting("\"minimumBinSize\":0.001", "\"minimumBinSize\":1e-30", "minimumBinSize: expected at least 1e-6"),
    setting("\"minimumSlope\":0.001", "\"minimumSlope\":0", "minimumSlope: expected at least 1e-6"),
    setting("\"bound\":5", "\"bound\":1e308", "bound: expected at least 0.001 and at most 1e6, got 1e+308"),
    setting("\"bins\":8", "\"bins\":8,\"ensemble\":0", "ensemble must be from 1 to 100, not 0"),
    setting(
      "\"bins\":8", "\"bins\":8,\"ensemble\":90", "weights, but the file holds 300", isAboutWeights: true),
    setting("\"layers\":2", "\"layers\":1000000000", "layers: expected at least 1 and at most 1000"),
    setting("[4]", "[3000000000,3000000000]", "a hidden size of at least 1 and at most 65536, got 3000000000"),
    setting("[4]", "[60000,60000]", "the flow would have 7.2e9 weights; at most 1e9"),
    setting(
      "[4]", "[\(String(repeating: "1,", count: 100))1]",
      "a number of hidden layers of at least 0 and at most 100, got 101"),
    setting(
      "\"multilayerPerceptron\":{\"hiddenFeatures\":[4]}", "\"residual\":{\"hiddenFeatures\":4,\"blocks\":1000000000}",
      "a number of blocks of at least 1 and at most 100"),
    // Within the limits, but not within the file.
    setting(
      "[4]", "[10000,10000]", "its configuration makes 200520100 weights, but the file holds 300", isAboutWeights: true),
    setting(
      "\"columns\":[\"a\",\"b\"]", "\"columns\":[\(columns(5000))]", removing: "\"sourceColumns\":[\"a\",\"b\"],",
      adding: "\"sourceColumns\":[\(columns(5000))]", "the offsets must be one finite number"),
  ]

  private static let fields =
    [
      setting("\"model\":\"nsf\"", "\"model\":\"nfs\"", "there is no model 'nfs'"),
      setting("\"columns\":[\"a\",\"b\"]", "\"columns\":[]", "it has no columns"),
      setting("\"columns\":[\"a\",\"b\"]", "\"columns\":[\"a\",\"a\"]", "the column 'a' is there twice"),
      setting("\"sourceColumns\":[\"a\",\"b\"]", "\"sourceColumns\":[\"a\"]", "do not make the columns"),
      setting("\"categories\":{}", "\"categories\":{\"a\":[\"x\",\"y\"]}", "do not make the columns"),
      grid(column: 1_000_000, "a grid is of column 1000000, but there are 2, from 0 on"),
      grid(column: -1, "a grid is of column -1"),
      grid(column: 1, step: "0", "from 0.0 to 4.0 by 0.0"),
      grid(column: 1, step: "-1", "must have a positive step"),
      grid(column: 1, maximum: "-1", "from 0.0 to -1.0 by 1.0"),
      setting("\"grids\":[]", "\"grids\":[\(gridText(0)),\(gridText(0))]", "the column 'a' has two grids"),
      conditions(columns: "[]", sources: "[]", offsets: "[]", "its conditions have no columns"),
      conditions(columns: "[\"a\"]", sources: "[\"a\"]", offsets: "[0]", "the column 'a' is there twice"),
      conditions(columns: "[\"y\"]", sources: "[\"x\"]", offsets: "[0]", "do not make their columns"),
      conditions(columns: "[\"y\"]", sources: "[\"y\"]", offsets: "[]", "the offsets of its conditions"),
    ]

  private static func conditions(columns: String, sources: String, offsets: String, _ words: String) -> HostileEdit {
    setting(
      "\"grids\":[]",
      "\"grids\":[],\"conditions\":{\"columns\":\(columns),\"sourceColumns\":\(sources),\"categories\":{},"
        + "\"offsets\":\(offsets)}", words)
  }

  private static let images = ["[0,0]", "[3,3]", "[2]", "[]", "[-1,-2]", "[9223372036854775807,2]", "[1,1,2]"].map {
    (size: String) in setting("\"grids\":[]", "\"grids\":[],\"imageSize\":\(size)", "does not have 2 pixels")
  }

  private static let formats = ["-7", "0"].map { (format: String) in
    HostileEdit(testDescription: "format \(format)", words: "it has the format \(format)") {
      $0.metadata["pushforward.format"] = format
    }
  }

  private static let buffers = [
    tensor("preprocessing.scale", Tensor([Float(1), 0]), "preprocessing.scale is not positive and finite"),
    tensor("preprocessing.mean", Tensor([Float(1), .nan]), "preprocessing.mean is not finite"),
    tensor("layers.1.matrix", Tensor.ones([2, 2]), "layers.1.matrix is not orthogonal"),
    HostileEdit(
      testDescription: "permutation [7, 9]", words: "flow.layers.1.order is not a permutation", isAboutWeights: true
    ) { file in
      try replace("orthogonal", "permutation", in: &file)
      file.tensors["flow.layers.1.matrix"] = nil
      file.tensors["flow.layers.1.order"] = Tensor([7, 9])
    },
  ]

  private static func columns(_ count: Int) -> String { (0..<count).map { "\"c\($0)\"" }.joined(separator: ",") }

  private static func gridText(_ column: Int, step: String = "1", maximum: String = "4") -> String {
    "{\"column\":\(column),\"step\":\(step),\"minimum\":0,\"maximum\":\(maximum)}"
  }

  private static func grid(
    column: Int, step: String = "1", maximum: String = "4", _ words: String
  ) -> HostileEdit {
    setting("\"grids\":[]", "\"grids\":[\(gridText(column, step: step, maximum: maximum))]", words)
  }

  private static func setting(
    _ old: String, _ new: String, removing: String? = nil, adding: String = "", _ words: String,
    isAboutWeights: Bool = false
  ) -> HostileEdit {
    HostileEdit(testDescription: String(new.prefix(60)), words: words, isAboutWeights: isAboutWeights) { file in
      if let removing { try replace(removing, adding.isEmpty ? "" : adding + ",", in: &file) }
      try replace(old, new, in: &file)
    }
  }

  private static func replace(_ old: String, _ new: String, in file: inout Safetensors) throws {
    let text = try #require(file.metadata["pushforward.model"])
    try #require(text.contains(old))
    file.metadata["pushforward.model"] = text.replacing(old, with: new, maxReplacements: 1)
  }

  private static func tensor(_ name: String, _ value: Tensor, _ words: String) -> HostileEdit {
    let elements = value.scalars(as: Float.self)
    let shape = value.shape
    return HostileEdit(testDescription: name, words: words, isAboutWeights: true) {
      $0.tensors["flow.\(name)"] = Tensor(elements, shape: shape)
    }
  }
}
