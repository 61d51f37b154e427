import Dispatch
import Foundation
import Training

/// Turns Ctrl-C, a request to terminate and a closed terminal into a request to stop; a second one ends the program at once.
final class InterruptHandling {
  let stop = StopRequest()
  private var sources: [any DispatchSourceSignal] = []

  init() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [stop] in
        if stop.isRequested { _exit(130) }
        stop.request()
      }
      source.resume()
      sources.append(source)
    }
  }
}
