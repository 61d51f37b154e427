import Foundation
import Testing
import Torch

@Suite struct CompressTests {
  /// Four columns of few values: integers, decimals, a copy with mistakes, a constant.
  private func table(rows: Int, seed: UInt64) -> String {
    var rng = RandomGenerator(seed: seed)
    let lines = (0..<rows).map { _ -> String in
      let a = Int.random(in: 0...3, using: &rng) * Int.random(in: 0...1, using: &rng)
      let b = Int.random(in: 0...9, using: &rng) == 0 ? 0 : a
      return "\(a),\([-0.1, 0.3, 2.5][Int.random(in: 0...2, using: &rng)]),\(b),7"
    }
    return "a,b,c,d\n" + lines.joined(separator: "\n") + "\n"
  }

  private struct Found: Decodable {
    let bytes: Int
    let ratio: Double
  }

  @Test(arguments: ["independent", "autoregressive", "chow-liu"])
  func tablesComeBack(model: String) throws {
    try withProgram { program in
      try program.file("data.csv", table(rows: 20_000, seed: 1))
      #expect(try program.run("fit", model, "data.csv", "--out", "r", "--no-report", "--quiet").code == 0)
      let done = try program.run("compress", "r", "data.csv", "-o", "data.pf", "--json")
      #expect(done.code == 0, "\(done.errors)")
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let found = try decoder.decode(Found.self, from: Data(done.output.utf8))
      // Nothing but the header comes on top: under 400 bytes.
      #expect(found.ratio > 0.999 && Double(found.bytes - 400) < 1.01 * Double(found.bytes) / found.ratio)
      let back = try program.run("decompress", "data.pf", "-o", "back.csv")
      #expect(back.code == 0, "\(back.errors)")
      func values(_ file: String) throws -> [Double] {
        let text = try String(contentsOf: program.folder.appending(path: file), encoding: .utf8)
        return text.split(whereSeparator: { ",\n".contains($0) }).dropFirst(4).compactMap { Double($0) }
      }
      #expect(try values("back.csv") == values("data.csv"))
      #expect(try program.run("decompress", "data.pf", "-o", "back.csv").code == 64, "it is there already")
    }
  }

  @Test func wrongFilesEndInMessages() throws {
    try withProgram { program in
      try program.file("data.csv", table(rows: 300, seed: 1))
      try program.file("other.csv", table(rows: 300, seed: 2))
      for (data, run) in [("data.csv", "r"), ("other.csv", "s")] {
        #expect(try program.run("fit", "chow-liu", data, "--out", run, "--no-report", "--quiet").code == 0)
      }
      #expect(try program.run("compress", "r", "data.csv", "-o", "data.pf").code == 0)
      let other = try program.run("decompress", "data.pf", "--model", "s")
      #expect(other.code == 65 && other.errors.contains("another model"), "\(other.errors)")

      let bytes = [UInt8](try Data(contentsOf: program.folder.appending(path: "data.pf")))
      for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 12)) {
        var changed = bytes
        changed[place] ^= 4
        for (name, content) in [("changed.pf", changed), ("cut.pf", Array(bytes[..<place]))] {
          try Data(content).write(to: program.folder.appending(path: name))
          let result = try program.run("decompress", name)
          #expect(result.code == 65 && result.errors.contains("no compressed table"), "\(place): \(result.errors)")
        }
      }
      try program.file("unknown.csv", "a,b,c,d\n0,0.3,0,7\n9,0.3,0,7\n")
      let unknown = try program.run("compress", "r", "unknown.csv", "-o", "unknown.pf")
      #expect(unknown.code == 65 && unknown.errors.contains("row 2, column 'a'"), "\(unknown.errors)")
      #expect(!FileManager.default.fileExists(atPath: program.folder.appending(path: "unknown.pf").path))
    }
  }

  @Test func modelsWithDensitiesAreRefused() throws {
    try withProgram { program in
      let rows = (0..<60).map { "\(Double($0 * $0) / 7)" }.joined(separator: "\n")
      try program.file("data.csv", "x\n" + rows + "\n")
      for model in ["gmm", "independent"] {
        #expect(try program.run("fit", model, "data.csv", "--out", model, "--no-report", "--quiet").code == 0)
        let refused = try program.run("compress", model, "data.csv", "-o", "x.pf")
        #expect(refused.code == 64 && refused.errors.contains("cannot compress"), "\(refused.errors)")
      }
    }
  }
}
