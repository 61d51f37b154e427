// swift-tools-version: 6.2
import PackageDescription

// Where `make setup` of Pushforward put libtorch and Arrow. For this example that is the folder that it lies in; for a
// package of yours it is a clone: `git clone URL pushforward && make -C pushforward setup`.
let pushforward = Context.packageDirectory + "/../.."

// Two things about libtorch are a matter of the program, not of a package that it uses. Before `swift build`, do
//     export PKG_CONFIG_PATH=$PWD/../../.deps/pkgconfig
// and let the program say where its libraries are when it starts: SwiftPM takes such a run path, an unsafe flag, only from
// the package that is built, never from its dependencies. (Without these lines, LD_LIBRARY_PATH can say it at run time.)
let runPaths = ["libtorch/lib", "libarrow"].flatMap {
  ["-Xlinker", "-rpath", "-Xlinker", "\(pushforward)/.deps/\($0)"]
}

let package = Package(
  name: "as-a-dependency",
  platforms: [.macOS(.v15)],
  dependencies: [
    // From elsewhere: .package(url: "https://HOST/pushforward.git", branch: "main"), with the address of the repository.
    .package(name: "pushforward", path: "../..")
  ],
  targets: [
    .executableTarget(
      name: "BodyMeasures", dependencies: [.product(name: "Pushforward", package: "pushforward")],
      linkerSettings: [.unsafeFlags(runPaths)])
  ]
)
