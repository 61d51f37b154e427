/// Colours for numbers from 0 to 1: viridis, dark violet over green to yellow, even for those who see few colours.
enum ColorScale {
  /// Every ninth of the scale (Smith and van der Walt, 2015, CC0).
  private static let stops: [(Double, Double, Double)] = [
    (68, 1, 84), (72, 40, 120), (62, 74, 137), (49, 104, 142), (38, 130, 142), (31, 158, 137), (53, 183, 121),
    (110, 206, 88), (181, 222, 43), (253, 231, 37),
  ]

  /// Red, green and blue of a number; numbers outside are taken to the nearest end.
  static func color(_ value: Double) -> (UInt8, UInt8, UInt8) {
    let place = min(max(value, 0), 1) * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    let share = place - Double(index)
    let (a, b) = (stops[index], stops[index + 1])
    func mixed(_ first: Double, _ second: Double) -> UInt8 { UInt8((first + (second - first) * share).rounded()) }
    return (mixed(a.0, b.0), mixed(a.1, b.1), mixed(a.2, b.2))
  }
}
