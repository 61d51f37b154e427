import ArgumentParser
import Models

@main
struct PushforwardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pushforward",
    abstract: "Learn a distribution from data; draw from it, and ask it for densities.",
    discussion: """
      EXAMPLES
        pushforward fit nsf data.csv --out runs/mine
        pushforward sample runs/mine -n 1000 --seed 7 -o new.parquet
        pushforward score runs/mine heldout.csv -o scores.csv
        pushforward fit nsf data.csv --given dose,sex --out runs/h
        pushforward predict runs/h heldout.csv
        pushforward fit vae data.csv --out runs/v
        pushforward encode runs/v data.csv -o codes.csv
        pushforward compress runs/votes votes.csv -o votes.pf
        pushforward decompress votes.pf -o votes-again.csv
        pushforward verify runs/mine
        pushforward compare runs/a runs/b --data heldout.csv
        pushforward report runs/mine
        pushforward models

      Exit codes: 0 done, 1 a check of verify failed, 64 wrong usage or settings, 65 unfit data or model files, \
      70 training failed, 74 files cannot be read or written, 130 interrupted.
      """,
    version: packageVersion,
    subcommands: [
      FitCommand.self, ResumeCommand.self, SampleCommand.self, ScoreCommand.self, PredictCommand.self,
      EncodeCommand.self, DecodeCommand.self, ReconstructCommand.self, InterpolateCommand.self, TransferCommand.self,
      ClassifyCommand.self, CompressCommand.self, DecompressCommand.self, VerifyCommand.self,
      CompareCommand.self, ReportCommand.self, PlotCommand.self, ModelsCommand.self,
    ])
}
