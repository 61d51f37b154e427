import CKernels

/// A chain of hidden states that is asked about series by the densities of their observations in each state: `logs` is
/// `[steps, states]`, 64-bit, series one after another of the steps that `lengths` give.
///
/// Memory beyond the results is a few rows of states, for paths `[steps, states]` of one series, of a byte each up to 256
/// states. Series are worked on side by side; results do not depend on the number of threads.
package struct HiddenMarkovKernel {
  package let states: Int
  private let logInitial, logTransition: [Double]

  /// A chain of initial probabilities and a matrix of transitions in rows.
  ///
  /// - Precondition: probabilities are not negative.
  package init(initial: [Double], transition: [[Double]]) {
    states = initial.count
    precondition(
      states > 0 && transition.count == states && transition.allSatisfy { $0.count == initial.count },
      "HiddenMarkovKernel: expected transitions between \(initial.count) states, got \(transition.map(\.count))")
    logInitial = Tensor(initial).log().doubles()
    logTransition = Tensor(rows: transition).log().doubles()
  }

  /// What a pass gives.
  package struct Pass {
    /// Of each series.
    package var logLikelihoods: [Double]
    /// Of the state given the whole series, `[steps, states]`; NaN throughout a series of probability 0.
    package var posteriors: Tensor?
    /// Of the state given the series so far, `[steps, states]`.
    package var filtered: Tensor?
    /// The log-density of each observation given those before it, `[steps]`.
    package var predictive: Tensor?
    /// Expected numbers of transitions, `[states, states]`.
    package var transitions: Tensor?
  }

  /// What a pass can be asked for.
  package struct Wanted: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }
    package static let posteriors = Wanted(rawValue: 1)
    package static let filtered = Wanted(rawValue: 2)
    package static let predictive = Wanted(rawValue: 4)
    package static let transitions: Wanted = [Wanted(rawValue: 8), .posteriors]
  }

  /// Forward, and backward where posteriors are wanted.
  ///
  /// - Complexity: O(steps * states^2).
  package func pass(_ logs: Tensor, lengths: [Int], _ wanted: Wanted) -> Pass {
    var results = CKHiddenMarkovResults()
    let pass = Pass(
      logLikelihoods: [Double](repeating: 0, count: lengths.count),
      posteriors: memory(wanted.contains(.posteriors), logs.shape, &results.posteriors),
      filtered: memory(wanted.contains(.filtered), logs.shape, &results.filtered),
      predictive: memory(wanted.contains(.predictive), [logs.size(0)], &results.predictive),
      transitions: memory(wanted.contains(.transitions), [states, states], &results.transitions))
    return run(pass, results, logs, lengths)
  }

  private func run(_ pass: Pass, _ results: CKHiddenMarkovResults, _ logs: Tensor, _ lengths: [Int]) -> Pass {
    var (pass, results) = (pass, results)
    pass.logLikelihoods.withUnsafeMutableBufferPointer { sums in
      results.log_likelihoods = sums.baseAddress
      withSeries(logs, lengths) { chain, series in
        requireMemory(ck_hidden_markov_pass(chain, series, &results), "HiddenMarkovKernel")
      }
    }
    return pass
  }

  /// The likeliest path of each series, `[steps]` of 64-bit integers, and its log-probability together with the series; -1
  /// throughout a series of probability 0.
  ///
  /// - Complexity: O(steps * states^2).
  package func likeliestPath(_ logs: Tensor, lengths: [Int]) -> (path: Tensor, logProbs: [Double]) {
    var logProbs = [Double](repeating: 0, count: lengths.count)
    let path = Tensor.filled([logs.size(0)], dtype: .int64) { path in
      withSeries(logs, lengths) { chain, series in
        let status = ck_hidden_markov_path(chain, series, path.assumingMemoryBound(to: Int64.self), &logProbs)
        requireMemory(status, "HiddenMarkovKernel")
      }
    }
    return (path, logProbs)
  }

  /// A tensor that a pass fills later, and its place.
  private func memory(_ isWanted: Bool, _ shape: Shape, _ place: inout UnsafeMutablePointer<Double>?) -> Tensor? {
    guard isWanted else { return nil }
    return Tensor.filled(shape, dtype: .float64) { place = $0.assumingMemoryBound(to: Double.self) }
  }

  private func withSeries(
    _ logs: Tensor, _ lengths: [Int],
    _ body: (UnsafePointer<CKHiddenMarkov>, UnsafePointer<CKHiddenMarkovSeries>) -> Void
  ) {
    precondition(
      logs.rank == 2 && logs.size(1) == states && logs.dtype == .float64 && lengths.allSatisfy { $0 > 0 }
        && lengths.reduce(0, +) == logs.size(0),
      "HiddenMarkovKernel: expected \(states) 64-bit log-densities of each of \(lengths.reduce(0, +)) steps, got "
        + "\(logs.shape) of \(logs.dtype)")
    let starts = lengths.reduce(into: [Int64(0)]) { $0.append(($0.last ?? 0) + Int64($1)) }
    logs.withUnsafeBytes { bytes in
      logInitial.withUnsafeBufferPointer { initial in
        logTransition.withUnsafeBufferPointer { transition in
          starts.withUnsafeBufferPointer { starts in
            var chain = CKHiddenMarkov(
              states: states, log_initial: initial.baseAddress, log_transition: transition.baseAddress)
            var series = CKHiddenMarkovSeries(
              count: lengths.count, starts: starts.baseAddress, logs: bytes.bindMemory(to: Double.self).baseAddress)
            body(&chain, &series)
          }
        }
      }
    }
  }
}
