import DensityEstimation
import Foundation
import Probability
import Testing
import Torch
import _TestSupport

/// The columns of a table of the Fixtures folder, `[rows, columns]`.
func fixture(_ name: String) throws -> Tensor {
  let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "csv"))
  let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").dropFirst()
  return Tensor(rows: lines.map { $0.split(separator: ",").compactMap { Double($0) } })
}

/// Numbers in lists of any depth.
enum NestedNumbers: Decodable {
  case number(Double)
  case list([NestedNumbers])

  init(from decoder: any Decoder) throws {
    if let number = try? decoder.singleValueContainer().decode(Double.self) {
      self = .number(number)
    } else {
      self = .list(try decoder.singleValueContainer().decode([NestedNumbers].self))
    }
  }

  private var flat: [Double] {
    switch self {
    case .number(let number): [number]
    case .list(let list): list.flatMap(\.flat)
    }
  }

  private var shape: [Int] {
    switch self {
    case .number: []
    case .list(let list): [list.count] + (list.first?.shape ?? [])
    }
  }

  var tensor: Tensor { Tensor(flat, shape: Shape(shape)) }
}

/// Three clouds in three dimensions, of different shapes and sizes.
func clouds(_ count: Int, seed: UInt64) -> Tensor {
  var rng = RandomGenerator(seed: seed)
  let noise = Tensor.normal([count, 3], dtype: .float64, using: &rng)
  let mixed = noise.matmul(Tensor(rows: [[1.0, 0.6, -0.3], [0, 0.8, 0.2], [0, 0, 0.5]]))
  let group = Tensor([0.5, 0.3, 0.2]).multinomial(count, using: &rng)
  let centers = Tensor(rows: [[0.0, 0, 0], [4, 1, -3], [-3, 4, 1]])
  return mixed + centers.selecting(group)
}

func hasRisen(_ path: [Double]) -> Bool {
  zip(path, path.dropFirst()).allSatisfy { $1 - $0 >= -1e-10 * max(1, abs($0)) }
}
