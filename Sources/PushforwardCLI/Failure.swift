import ArgumentParser
import Datasets
import DensityEstimation
import Dynamics
import Foundation
import Models
import Probability
import Reports
import Torch
import Training

/// How the program ends when something goes wrong: one message, one exit code.
enum Failure {
  static let usage = ExitCode(64)
  static let data = ExitCode(65)
  static let failed = ExitCode(70)
  static let inputOutput = ExitCode(74)
  static let interrupted = ExitCode(130)

  /// Runs a command's work and turns its errors into a message and an exit code.
  static func handling(_ work: () throws -> Void) throws {
    do {
      try work()
    } catch let code as ExitCode {
      throw code
    } catch let error as ValidationError {
      throw error
    } catch {
      Console.error("error: \(text(of: error))\(hint(for: error))")
      throw code(for: error)
    }
  }

  private static func code(for error: any Error) -> ExitCode {
    switch error {
    case is SettingsError: usage
    case let error as DatasetError: error.isInputOutput ? inputOutput : data
    case let error as TensorFileError: code(for: error)
    case is CompressionError, is EntropyCodingError: data
    case let error as ModelError: code(for: error)
    case let error as TrainingError: code(for: error)
    case let error as ReportError: code(for: error)
    case let error as DensityEstimationError: code(for: error)
    case let error as DynamicsError: code(for: error)
    case let error as TorchError: error.operation == "device" || error.operation == "CUDA" ? usage : failed
    case is EncodingError, is DecodingError: failed
    default: (error as NSError).domain == NSCocoaErrorDomain ? inputOutput : failed
    }
  }

  private static func code(for error: TensorFileError) -> ExitCode {
    switch error {
    case .unreadable, .unwritable: inputOutput
    case .damaged, .unsupported: data
    }
  }

  private static func code(for error: ModelError) -> ExitCode {
    switch error {
    case .unknownModel, .configuration, .runExists, .cannot: usage
    case .noModel, .inputOutput: inputOutput
    case .notAModel, .newerFormat, .weights, .columns: data
    }
  }

  private static func code(for error: TrainingError) -> ExitCode {
    switch error {
    case .invalidSetting: usage
    case .tooFewRows, .checkpointMismatch: data
    case .diverged, .nothingToTrain: failed
    }
  }

  private static func code(for error: ReportError) -> ExitCode {
    switch error {
    case .missingResource, .noConverter: inputOutput
    case .conversionFailed: failed
    case .cannotDraw: usage
    }
  }

  private static func code(for error: DensityEstimationError) -> ExitCode {
    switch error {
    case .invalidSetting, .tooLarge, .unknownColumn, .unknownValue, .impossibleIntervention, .invalidGraph, .cycle:
      usage
    case .tooFewRows, .notFinite, .constantColumn, .invalidWeights, .degenerate: data
    }
  }

  private static func code(for error: DynamicsError) -> ExitCode {
    if case .invalidSetting = error { return usage }
    return data
  }

  /// The option that remedies what a library can only describe.
  private static func hint(for error: any Error) -> String {
    switch error as? DatasetError {
    case .missingValue, .notFinite: " (--drop-missing leaves such rows out, --exclude the column)"
    case .textColumn(let place, _): " (--one-hot \(place.column ?? "COLUMN") or --exclude \(place.column ?? "COLUMN"))"
    case .unreadableColumns(_, let texts, let dates):
      (texts.isEmpty ? " (" : " (--one-hot \(texts.joined(separator: ",")) or ")
        + "--exclude \((texts + dates).joined(separator: ",")))"
    case .dateColumn(let place, _): " (--exclude \(place.column ?? "COLUMN"))"
    case .constantColumns(_, let names): " (--exclude \(names.joined(separator: ",")))"
    default: ""
    }
  }

  private static func text(of error: any Error) -> String {
    if error is EncodingError || error is DecodingError { return "\(error)" }
    return (error as NSError).domain == NSCocoaErrorDomain ? systemReason(of: error) : "\(error)"
  }
}
