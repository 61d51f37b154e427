import Foundation
import Reports
import Testing

@Suite struct ChartConverterTests {
  private let chart = VegaLiteSpecification.lines([NamedLine("a", x: [0, 1], y: [1, 0])], x: "x", y: "y").standalone()

  /// A folder with a made-up program.
  private func withProgram(_ name: String, _ script: String, _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString, directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = folder.appending(path: name)
    try Data(script.utf8).write(to: program)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
    try body(folder.path)
  }

  @Test func theCommandGetsTheChartAndItsPictureComesBack() throws {
    // Writes its first argument and what it read.
    let script = "#!/bin/sh\n{ echo \"$1 $6 $7\"; cat \"$3\"; } > \"$5\"\n"
    try withProgram("vl-convert", script) { folder in
      let svg = try ChartConverter(for: .svg, searchPath: "/nowhere:\(folder)").picture(of: chart, as: .svg)
      let lines = String(decoding: svg, as: UTF8.self).split(separator: "\n", maxSplits: 1)
      #expect(lines[0].hasPrefix("vl2svg"))
      #expect(try JSONDecoder().decode(VegaLiteSpecification.self, from: Data(lines[1].utf8)) == chart)
      let png = try ChartConverter(for: .png, searchPath: folder).picture(of: chart, as: .png)
      #expect(String(decoding: png, as: UTF8.self).hasPrefix("vl2png --scale 2"))
    }
  }

  @Test func theModuleOfPythonIsTheSecondChoice() throws {
    let script = "#!/bin/sh\n[ \"$2\" = 'import vl_convert' ] && exit 0\nprintf '%s\\n' \"$2\"; cat\n"
    try withProgram("python3", script) { folder in
      let svg = try ChartConverter(for: .svg, searchPath: folder).picture(of: chart, as: .svg)
      #expect(String(decoding: svg, as: UTF8.self).contains("vegalite_to_svg") && svg.count > 200)
    }
  }

  @Test func whatFailsSaysWhy() throws {
    try withProgram("vl-convert", "#!/bin/sh\necho first >&2; echo 'bad mark' >&2; exit 3\n") { folder in
      let converter = try ChartConverter(for: .svg, searchPath: folder)
      #expect(throws: ReportError.conversionFailed(reason: "bad mark")) { try converter.picture(of: chart, as: .svg) }
    }
    try withProgram("vl-convert", "#!/bin/sh\nexit 0\n") { folder in
      let converter = try ChartConverter(for: .svg, searchPath: folder)
      #expect(throws: ReportError.self) { try converter.picture(of: chart, as: .svg) }
    }
  }

  @Test func withoutAConverterThereIsAdvice() throws {
    #expect(throws: ReportError.noConverter(format: "png")) { try ChartConverter(for: .png, searchPath: "/nowhere") }
    #expect("\(ReportError.noConverter(format: "png"))".contains("pip install vl-convert-python"))
    // A Python without the module is no converter.
    try withProgram("python3", "#!/bin/sh\nexit 1\n") { folder in
      #expect(throws: ReportError.noConverter(format: "svg")) { try ChartConverter(for: .svg, searchPath: folder) }
    }
  }
}
