import Foundation
import Reports
import Testing
import Torch

@Suite struct PartitionPictureTests {
  @Test func aPNGFileOfColoursHasTheSizeAndChecksumsOfTheFormat() {
    let png = PNGImage.encode(rgb: Array(10..<22), width: 2)
    // Written by Python's zlib (level 0) and struct for the same pixels.
    let expected =
      "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a7300000019494441547801010e00f1ff000a"
      + "0b0c0d0e0f00101112131415048300bb7b98ca570000000049454e44ae426082"
    #expect(png.map { String(format: "%02x", $0) }.joined() == expected)
  }

  /// The pixels of a picture: no filter, one stored block.
  private func pixels(_ png: Data, width: Int, height: Int) -> [[[UInt8]]] {
    let rows = Array(png[48...])
    return (0..<height).map { row in
      (0..<width).map { column in
        let place = row * (3 * width + 1) + 1 + 3 * column
        return Array(rows[place..<(place + 3)])
      }
    }
  }

  @Test func boxesAreWhereTheyBelong() {
    // The left half, and the upper right quarter; nothing in the lower right one.
    let picture = PartitionPicture(
      lower: Tensor(rows: [[0.0, 0], [1, 5]]), upper: Tensor(rows: [[1.0, 10], [2, 10]]), values: Tensor([-3.0, 4]))
    let image = pixels(picture.png(width: 4, height: 6), width: 4, height: 6)
    let (dark, light, white): ([UInt8], [UInt8], [UInt8]) = ([68, 1, 84], [253, 231, 37], [255, 255, 255])
    for row in 0..<6 {
      #expect(image[row] == [dark, dark] + (row < 3 ? [light, light] : [white, white]))
    }
  }

  @Test func largeBoxesArePartedByLinesAndStrangeOnesAreWhite() {
    let picture = PartitionPicture(
      lower: Tensor(rows: [[0.0], [1], [2]]).tiled([1, 2]) * Tensor([1.0, 0]),
      upper: Tensor(rows: [[1.0, 1], [2, 1], [3, 1]]), values: Tensor([0, 1, -Double.infinity]), range: 0...1)
    let image = pixels(picture.png(width: 30, height: 10), width: 30, height: 10)
    #expect(image[5][9] == [68, 1, 84] && image[5][10] == [126, 115, 18] && image[5][11] == [253, 231, 37])
    #expect(image[5][25] == [255, 255, 255])
  }

  @Test func wrongBoxesStop() async {
    await #expect(processExitsWith: .failure) {
      _ = PartitionPicture(lower: Tensor(rows: [[0.0, 1]]), upper: Tensor(rows: [[1.0, 1]]), values: Tensor([1.0]))
    }
  }
}
