import Foundation
import Reports
import Testing
import Torch

@Suite struct ImageGridTests {
  @Test func aPictureComesBackFromItsFile() throws {
    var rng = RandomGenerator(seed: 2)
    for (width, count) in [(3, 6), (1, 1), (97, 97 * 31), (300, 300 * 300)] {
      let smooth = (0..<count).map { UInt8(truncatingIfNeeded: $0 % width + $0 / width * 2) }
      let noise = (0..<count).map { _ in UInt8(truncatingIfNeeded: rng.next()) }
      for pixels in [smooth, noise] {
        let picture = try DecodedPNG(PNGImage.encode(grey: pixels, width: width))
        #expect(picture.width == width && picture.height == count / width && picture.channels == 1)
        #expect(picture.bytes == pixels)
      }
    }
  }

  /// Read by Python's zlib and struct to the same pixels.
  @Test func aPNGFileHasTheBytesOfTheFormat() {
    let png = PNGImage.encode(grey: [0, 64, 128, 255, 1, 2], width: 3)
    let expected =
      "89504e470d0a1a0a0000000d4948445200000003000000020800000000b81f39c6000000104944415478016364707060f8cf"
      + "c8040005d1018488566e3f0000000049454e44ae426082"
    #expect(png.map { String(format: "%02x", $0) }.joined() == expected)
  }

  @Test func picturesOfAreasAreSmall() {
    let image = Tensor((0..<64).map { Float($0 % 8 == 3 || $0 / 8 == 4 ? 16 : 0) }, shape: [1, 64])
    let png = ImageGrid(image.tiled([100, 1]), height: 8, width: 8, range: 0...16).png(scale: 4)
    // 331 x 331 points, of which a file without compression would need 109,892 bytes.
    #expect(png.count < 4000)
  }

  @Test func aGridHoldsEveryImage() {
    let rows = Tensor((0..<5).flatMap { index in [Float](repeating: Float(index), count: 4) }, shape: [5, 4])
    let png = ImageGrid(rows, height: 2, width: 2, range: 0...4).png(scale: 1)
    // 3 columns and 2 rows of 2 x 2 pixels, lines between them and around.
    #expect(Array(png[16..<24]) == [0, 0, 0, 10, 0, 0, 0, 7])
  }
}
