import Foundation
import Reports

/// The terminal that results are printed to.
enum Terminal {
  /// Its width and what it can show.
  static var style: TerminalStyle {
    var size = winsize()
    let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return TerminalStyle(environment: ProcessInfo.processInfo.environment, width: isKnown ? Int(size.ws_col) : nil)
  }
}
