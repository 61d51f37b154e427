import Foundation
import Reports
import Testing
import Torch

@Suite struct PartitionPictureTests {
  @Test func aPNGFileOfColoursComesBack() throws {
    let picture = try DecodedPNG(PNGImage.encode(rgb: Array(10..<22), width: 2))
    #expect(picture.width == 2 && picture.height == 2 && picture.channels == 3 && picture.bytes == Array(10..<22))
  }

  private func pixels(_ png: Data) throws -> [[[UInt8]]] {
    let picture = try DecodedPNG(png)
    return (0..<picture.height).map { row in
      (0..<picture.width).map { column in
        let place = 3 * (row * picture.width + column)
        return Array(picture.bytes[place..<(place + 3)])
      }
    }
  }

  @Test func boxesAreWhereTheyBelong() throws {
    // The left half, and the upper right quarter; nothing in the lower right one.
    let picture = PartitionPicture(
      lower: Tensor(rows: [[0.0, 0], [1, 5]]), upper: Tensor(rows: [[1.0, 10], [2, 10]]), values: Tensor([-3.0, 4]))
    let image = try pixels(picture.png(width: 4, height: 6))
    let (dark, light, white): ([UInt8], [UInt8], [UInt8]) = ([68, 1, 84], [253, 231, 37], [255, 255, 255])
    for row in 0..<6 {
      #expect(image[row] == [dark, dark] + (row < 3 ? [light, light] : [white, white]))
    }
  }

  @Test func largeBoxesArePartedByLinesAndStrangeOnesAreWhite() throws {
    let picture = PartitionPicture(
      lower: Tensor(rows: [[0.0], [1], [2]]).tiled([1, 2]) * Tensor([1.0, 0]),
      upper: Tensor(rows: [[1.0, 1], [2, 1], [3, 1]]), values: Tensor([0, 1, -Double.infinity]), range: 0...1)
    let image = try pixels(picture.png(width: 30, height: 10))
    #expect(image[5][9] == [68, 1, 84] && image[5][10] == [126, 115, 18] && image[5][11] == [253, 231, 37])
    #expect(image[5][25] == [255, 255, 255])
  }

  @Test func wrongBoxesStop() async {
    await #expect(processExitsWith: .failure) {
      _ = PartitionPicture(lower: Tensor(rows: [[0.0, 1]]), upper: Tensor(rows: [[1.0, 1]]), values: Tensor([1.0]))
    }
  }
}
