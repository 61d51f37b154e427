// swift-tools-version: 6.2
import PackageDescription

// `Scripts/setup.sh` puts libtorch, Arrow and Boost here (links to folders elsewhere when told so).
let dependencies = Context.packageDirectory + "/.deps"

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

// SwiftPM drops a run path named in a .pc file, so programs and tests name it here. Libraries hold no unsafe flags.
let runPaths: [LinkerSetting] = [
  .unsafeFlags(
    ["libtorch/lib", "libarrow"].flatMap { ["-Xlinker", "-rpath", "-Xlinker", "\(dependencies)/\($0)"] })
]

func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil, exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: swiftSettings)
}

func program(
  _ name: String, _ dependencies: [Target.Dependency], path: String? = nil, exclude: [String] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: swiftSettings,
    linkerSettings: runPaths)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.target(name: name), "_TestSupport"] + dependencies, resources: resources,
    swiftSettings: swiftSettings, linkerSettings: runPaths)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "pushforward",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Pushforward", targets: ["Pushforward"]),
    .executable(name: "pushforward", targets: ["PushforwardCLI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    // Floor 0: libraries found through pkg-config.
    .systemLibrary(name: "LibTorch", pkgConfig: "pushforward-libtorch"),
    .systemLibrary(name: "LibArrow", pkgConfig: "pushforward-libarrow"),
    .systemLibrary(name: "LibBoost", pkgConfig: "pushforward-libboost"),

    // Floor 1: C interfaces over C++ libraries.
    .target(name: "CTorch", dependencies: ["LibTorch"]),
    .target(name: "CArrow", dependencies: ["LibArrow"]),
    .target(name: "CKernels", dependencies: ["CTorch"]),
    .target(name: "CSpecialFunctions", dependencies: ["LibBoost", "CTorch"]),

    // Floors 2 to 5: tensors, networks and data, probability, training.
    library("Torch", ["CTorch", "CKernels", "CSpecialFunctions"]),
    library("NeuralNetworks", ["Torch"]),
    library("Datasets", ["Torch", "CArrow"], resources: [.copy("Resources")]),
    library("Probability", ["Torch", "NeuralNetworks"]),
    library("Training", ["NeuralNetworks", "Datasets"]),

    // Floors 6 to 10: model families, diagnostics, the catalogue, reports, the umbrella, the command line.
    library("DensityEstimation", ["Probability"]),
    library("Flows", ["Probability", "Training"]),
    library("Autoencoders", ["Probability"]),
    library("Dynamics", ["Probability"]),
    library("Diagnostics", ["Probability", "Training"]),
    library("Models", ["Autoencoders", "DensityEstimation", "Diagnostics", "Dynamics", "Flows", yams]),
    library("Reports", ["Autoencoders", "Diagnostics", "Models"], resources: [.copy("Resources")]),
    library(
      "Pushforward",
      [
        "Torch", "NeuralNetworks", "Datasets", "Probability", "Training", "DensityEstimation", "Flows",
        "Autoencoders", "Dynamics", "Diagnostics", "Models", "Reports",
      ]),
    program("PushforwardCLI", ["Pushforward", argumentParser]),

    // Examples; Examples/AsADependency is a package of its own.
    program("FitAFlow", ["Pushforward"], path: "Examples/FitAFlow"),
    program("ConditionalFlow", ["Pushforward"], path: "Examples/ConditionalFlow"),
    program("ModeCovering", ["Pushforward"], path: "Examples/ModeCovering"),
    program("PosteriorFromSets", ["Pushforward"], path: "Examples/PosteriorFromSets"),

    // Tools and tests.
    program("generate-operations", [], path: "Tools/generate-operations", exclude: ["operations.txt"]),
    .target(
      name: "_TestSupport", dependencies: ["Pushforward"], path: "Tests/_TestSupport", swiftSettings: swiftSettings),
    tests("Torch", resources: [.copy("Fixtures")]),
    tests("NeuralNetworks", ["Torch"]),
    tests("Probability", ["Torch", "NeuralNetworks"]),
    tests("DensityEstimation", ["Torch", "Probability"], resources: [.copy("Fixtures")]),
    tests("Flows", ["Datasets", "Torch", "NeuralNetworks", "Probability", "Training"]),
    tests("Autoencoders", ["NeuralNetworks", "Probability", "Torch", "Training"]),
    tests("Dynamics", ["Probability", "Torch"]),
    tests("Diagnostics", ["Flows", "NeuralNetworks", "Probability", "Torch"]),
    tests("Datasets", resources: [.copy("Fixtures")]),
    tests("Training", ["Datasets", "NeuralNetworks", "Torch"]),
    tests(
      "Models", ["Diagnostics", "NeuralNetworks", "Probability", "Torch", "Training"], resources: [.copy("Fixtures")]),
    tests("Reports", ["Diagnostics", "Models", "Torch"]),
    tests("PushforwardCLI", ["Datasets", "Torch"]),
    .testTarget(
      name: "ExamplesTests", dependencies: ["FitAFlow", "ConditionalFlow", "ModeCovering", "PosteriorFromSets"],
      swiftSettings: swiftSettings, linkerSettings: runPaths),
  ],
  cxxLanguageStandard: .cxx20
)
