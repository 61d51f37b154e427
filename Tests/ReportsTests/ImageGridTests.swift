import Foundation
import Reports
import Testing
import Torch

@Suite struct ImageGridTests {
  @Test func aPNGFileHasTheSizeAndChecksumsOfTheFormat() throws {
    let png = PNGImage.encode(grey: [0, 64, 128, 255, 1, 2], width: 3)
    // Written by Python's zlib (level 0) and struct for the same pixels.
    let expected =
      "89504e470d0a1a0a0000000d4948445200000003000000020800000000b81f39c600000013494441547801010800f7ff0000408000ff0102"
      + "070901c3832542bc0000000049454e44ae426082"
    #expect(png.map { String(format: "%02x", $0) }.joined() == expected)
  }

  @Test func aGridHoldsEveryImage() {
    let rows = Tensor((0..<5).flatMap { index in [Float](repeating: Float(index), count: 4) }, shape: [5, 4])
    let png = ImageGrid(rows, height: 2, width: 2, range: 0...4).png(scale: 1)
    // 3 columns and 2 rows of 2 x 2 pixels, lines between them and around.
    #expect(Array(png[16..<24]) == [0, 0, 0, 10, 0, 0, 0, 7])
  }
}
