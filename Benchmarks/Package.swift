// swift-tools-version: 6.2
import PackageDescription

let dependencies = Context.packageDirectory + "/../.deps"

let runPaths: [LinkerSetting] = [
  .unsafeFlags(
    ["libtorch/lib", "libarrow"].flatMap { ["-Xlinker", "-rpath", "-Xlinker", "\(dependencies)/\($0)"] })
]

let pushforward = Target.Dependency.product(name: "Pushforward", package: "pushforward")

let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "pushforward", path: "..")],
  targets: [
    .systemLibrary(name: "LibTorchDirect", pkgConfig: "pushforward-libtorch"),
    .target(name: "OperationLoops", dependencies: ["LibTorchDirect"]),
    .executableTarget(
      name: "Workloads", dependencies: ["OperationLoops", pushforward], linkerSettings: runPaths),
    .executableTarget(name: "DiscrepancyCalibration", dependencies: [pushforward], linkerSettings: runPaths),
    .executableTarget(name: "GaussianMixtures", dependencies: [pushforward], linkerSettings: runPaths),
  ],
  cxxLanguageStandard: .cxx20
)
