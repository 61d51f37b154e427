// swift-tools-version: 6.2
import PackageDescription

let dependencies = Context.packageDirectory + "/../.deps"

let runPaths: [LinkerSetting] = [
  .unsafeFlags(
    ["libtorch/lib", "libarrow"].flatMap { ["-Xlinker", "-rpath", "-Xlinker", "\(dependencies)/\($0)"] })
]

let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "pushforward", path: "..")],
  targets: [
    .systemLibrary(name: "LibTorchDirect", pkgConfig: "pushforward-libtorch"),
    .target(name: "OperationLoops", dependencies: ["LibTorchDirect"]),
    .executableTarget(
      name: "OperationCost",
      dependencies: ["OperationLoops", .product(name: "Pushforward", package: "pushforward")],
      linkerSettings: runPaths),
    .executableTarget(
      name: "TableReading", dependencies: [.product(name: "Pushforward", package: "pushforward")],
      linkerSettings: runPaths),
  ],
  cxxLanguageStandard: .cxx20
)
