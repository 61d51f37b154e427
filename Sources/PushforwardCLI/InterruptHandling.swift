import Dispatch
import Foundation
import Synchronization
import Training

/// Turns Ctrl-C, a request to terminate and a closed terminal into a request to stop; a second one ends the program at once.
final class InterruptHandling {
  let stop = StopRequest()
  private var sources: [any DispatchSourceSignal] = []

  /// Handles signals.
  ///
  /// - Parameter onFirst: told of the first request; it may end the program.
  init(onFirst: @escaping @Sendable () -> Void = {}) {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [stop] in
        if stop.isRequested { _exit(130) }
        stop.request()
        onFirst()
      }
      source.resume()
      sources.append(source)
    }
  }
}

/// Work that cannot be stopped in the middle, such as a fit that computes everything at once: a request ends the program
/// before its result is being saved, and waits for the end of the saving after that.
final class SavingGuard: Sendable {
  private let isSaving = Mutex(false)

  /// From here on the program is not ended.
  func beginSaving() { isSaving.withLock { $0 = true } }

  /// Ends the program with a message, unless the result is being saved.
  ///
  /// - Parameters:
  ///   - message: what the user is told.
  ///   - cleaningUp: removes what the program made; nobody else does when it ends here.
  func end(_ message: String, cleaningUp: () -> Void) {
    isSaving.withLock { isSaving in
      guard !isSaving else { return }
      cleaningUp()
      Console.error(message)
      _exit(130)
    }
  }
}
