/// The version of the package, as files and `--version` give it.
public let packageVersion = "0.1.0"
