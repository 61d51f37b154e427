import Foundation
import Torch

/// The three problems of a Sinkhorn divergence, solved.
struct Solution {
  let result: SinkhornDivergence.Result
  private let first, second: TransportSide
  private let across, within, beyond: EntropicTransport
  private let diameter: Double

  /// Solves the problems of samples whose diameter, 1 now, was another.
  init(_ settings: SinkhornDivergence, _ first: TransportSide, _ second: TransportSide, diameter: Double) {
    (self.first, self.second, self.diameter) = (first, second, diameter)
    // Below the smallest numbers an epsilon makes no difference; from a million squared diameters on, the divergence is
    // within a millionth of its limit, and a larger epsilon only loses digits.
    let epsilon = min(max(settings.epsilon / diameter / diameter, 1e-200), 1e6)
    within = EntropicTransport(symmetric: first, settings, epsilon: epsilon)
    beyond = EntropicTransport(symmetric: second, settings, epsilon: epsilon)
    across = EntropicTransport(first, second, settings, epsilon: epsilon, guess: beyond.f)
    let all = [across, within, beyond]
    let value = max(across.cost - (within.cost + beyond.cost) / 2, 0)
    let error = all.map(\.marginalError).max() ?? 0
    result = SinkhornDivergence.Result(
      value: value * diameter * diameter, transportCost: across.cost * diameter * diameter, marginalError: error,
      iterations: all.map(\.iterations).max() ?? 0, isConverged: error <= settings.tolerance)
  }

  /// The gradient of the divergence by the rows of the first sample, in the data's units.
  ///
  /// Of OT(a, b) it is 2 a_i (x_i - the plan's mean of y given x_i); that of OT(a, a) / 2 has the same form, so x_i cancels.
  var firstGradient: Tensor { gradient(first, own: within.barycentres, other: across.barycentres) }

  /// The gradient by the rows of the second sample.
  var secondGradient: Tensor { gradient(second, own: beyond.barycentres, other: across.reversedBarycentres) }

  private func gradient(_ side: TransportSide, own: Tensor, other: Tensor) -> Tensor {
    side.spread((own - other) * side.masses.unsqueezed(-1)) * (2 * diameter)
  }
}

/// Optimal transport with entropy between two sets of rows, by its potentials f and g:
/// f_i = -epsilon log sum_j b_j exp((g_j - |x_i - y_j|^2) / epsilon), and the same for g.
struct EntropicTransport {
  /// The value of the dual, which the optimum is not below.
  let cost: Double
  let marginalError: Double
  let iterations: Int
  private let x, y: TransportSide
  /// The potentials.
  let f, g: Tensor
  private let epsilon: Double

  /// The error down to which exponentials are in 32 bits: sums of them are off by up to 1e-6.
  private static let narrowError = 1e-5
  /// Iterations at each epsilon of the annealing, which divides it by 4 from the squared diameter on.
  private static let annealingIterations = 2

  /// Transport from one set to another; the iterations of Sinkhorn, one side after the other.
  ///
  /// They start from annealing or from a guess of g, whichever has the greater dual. The potential of y to itself is a
  /// guess that is right when the sets are equal.
  init(
    _ x: TransportSide, _ y: TransportSide, _ settings: SinkhornDivergence, epsilon: Double, guess: Tensor
  ) {
    (self.x, self.y, self.epsilon) = (x, y, epsilon)
    var g = Tensor.zeros([y.rows.size(0)], dtype: .float64)
    for warm in Self.annealing(to: epsilon) {
      for _ in 0..<Self.annealingIterations {
        let f = Self.potential(at: x, from: y, g, warm, isWide: false)
        g = Self.potential(at: y, from: x, f, warm, isWide: false)
      }
    }
    var f = Self.potential(at: x, from: y, g, epsilon)
    let guessed = Self.potential(at: x, from: y, guess, epsilon)
    if Self.dual(x, guessed, y, guess) > Self.dual(x, f, y, g) { (f, g) = (guessed, guess) }
    var (error, iterations) = (Double.infinity, 0)
    let goal = Self.goal(settings, epsilon)
    var relaxation = Relaxation()
    while iterations < settings.maximumIterations, error > goal {
      iterations += 1
      let isWide = error < Self.narrowError
      g = relaxation.move(g, to: Self.potential(at: y, from: x, f, epsilon, isWide: isWide))
      let next = Self.potential(at: x, from: y, g, epsilon, isWide: isWide)
      error = Self.excess(x, f, next, epsilon).absolute().sum().item()
      f = relaxation.move(f, to: next)
      relaxation.observe(error)
    }
    // A step of its own at the end: the columns have their masses, and the rows a_i exp((f_i - next_i) / epsilon). Without
    // overrelaxation the error can be above the goal again, and plain steps go on.
    g = Self.potential(at: y, from: x, f, epsilon)
    var next = Self.potential(at: x, from: y, g, epsilon)
    error = Self.excess(x, f, next, epsilon).absolute().sum().item()
    while iterations < settings.maximumIterations, error > goal {
      iterations += 1
      f = next
      g = Self.potential(at: y, from: x, f, epsilon)
      next = Self.potential(at: x, from: y, g, epsilon)
      error = Self.excess(x, f, next, epsilon).absolute().sum().item()
    }
    (self.f, self.g, self.iterations, marginalError) = (next, g, iterations, error)
    cost = Self.dual(x, next, y, g)
  }

  /// Steps that go further than they should, which is faster where convergence is slow.
  ///
  /// Sinkhorn's iterations are Gauss and Seidel's for the dual, so the best factor follows from their rate by Young's theory;
  /// the rate is taken from the errors while they fall.
  ///
  /// - Reference: Thibault, Chizat, Dossal, Papadakis, *Overrelaxed Sinkhorn-Knopp algorithm for regularized optimal
  ///   transport*, 2021; Hageman and Young, *Applied iterative methods*, 1981, chapter 9.
  private struct Relaxation {
    private var factor = 1.0
    private var errors: [Double] = []
    private static let window = 10

    /// A potential moved by the factor times its step.
    func move(_ potential: Tensor, to next: Tensor) -> Tensor {
      factor == 1 ? next : potential + (next - potential) * factor
    }

    /// Takes the error after a step, and after each window another factor.
    mutating func observe(_ error: Double) {
      errors.append(error)
      guard errors.count > Self.window, let first = errors.first else { return }
      let rate = pow(error / first, 1 / Double(Self.window))
      errors = []
      guard rate < 1, rate > 0 else {
        factor = 1 + (factor - 1) / 2
        return
      }
      // The rate of plain steps that would give this one with the present factor.
      let plain = (rate + factor - 1) * (rate + factor - 1) / (rate * factor * factor)
      factor = plain < 1 ? max(factor, min(2 / (1 + (1 - plain).squareRoot()), 1.97)) : factor
    }
  }

  /// The dual at potentials of which one has just been set by the other, so that the plan has a mass of 1.
  private static func dual(_ x: TransportSide, _ f: Tensor, _ y: TransportSide, _ g: Tensor) -> Double {
    (x.masses * f).sum().item() + (y.masses * g).sum().item()
  }

  /// Transport of a set to itself, whose two potentials are one: half a step each time, which converges in a few.
  init(symmetric x: TransportSide, _ settings: SinkhornDivergence, epsilon: Double) {
    (self.x, y, self.epsilon) = (x, x, epsilon)
    var f = Tensor.zeros([x.rows.size(0)], dtype: .float64)
    for warm in Self.annealing(to: epsilon) {
      for _ in 0..<Self.annealingIterations { f = (f + Self.potential(at: x, from: x, f, warm, isWide: false)) * 0.5 }
    }
    var (error, iterations, surplus) = (Double.infinity, 0, 0.0)
    let goal = Self.goal(settings, epsilon)
    while iterations < settings.maximumIterations {
      iterations += 1
      let isWide = error < Self.narrowError || iterations == settings.maximumIterations
      let next = Self.potential(at: x, from: x, f, epsilon, isWide: isWide)
      let excess = Self.excess(x, f, next, epsilon)
      error = excess.absolute().sum().item()
      surplus = excess.sum().item()
      if error <= goal, isWide { break }
      if iterations < settings.maximumIterations { f = (f + next) * 0.5 }
    }
    (self.f, g, marginalError, self.iterations) = (f, f, error, iterations)
    // The dual at potentials of which the plan has a mass of 1 + surplus.
    cost = 2 * (x.masses * f).sum().item() - (surplus.isFinite ? epsilon * surplus : 0)
  }

  /// The error at which to end. Errors of potentials are epsilon times those of masses, so a large epsilon asks for more,
  /// and gets it at once.
  private static func goal(_ settings: SinkhornDivergence, _ epsilon: Double) -> Double {
    settings.tolerance / max(epsilon, 1)
  }

  private static func annealing(to epsilon: Double) -> [Double] {
    Array(sequence(first: 1.0) { $0 / 4 > epsilon ? $0 / 4 : nil })
  }

  /// The masses of the plan's rows minus what they should be.
  private static func excess(_ side: TransportSide, _ f: Tensor, _ next: Tensor, _ epsilon: Double) -> Tensor {
    side.masses * ((f - next) / epsilon).clamped(to: 700).expMinusOne()
  }

  /// The potential at rows of one side that follows from that of the other.
  private static func potential(
    at side: TransportSide, from other: TransportSide, _ potential: Tensor, _ epsilon: Double, isWide: Bool = true
  ) -> Tensor {
    // Kernels are exp(-|u|^2 / 2) of rows in units of the bandwidth.
    let unit = (2 / epsilon).squareRoot()
    let rows = KernelRows(
      points: other.rows * unit, logCoefficients: potential / epsilon + other.masses.log(), scales: nil,
      profile: .gaussian, isProduct: false)
    return rows.logSums(at: side.rows * unit, isWide: isWide) * -epsilon
  }

  /// The mean of y under the plan given each x, `[rows of x, features]`.
  var barycentres: Tensor { means(at: x, from: y, g) }

  /// The mean of x under the plan given each y.
  var reversedBarycentres: Tensor { means(at: y, from: x, f) }

  private func means(at side: TransportSide, from other: TransportSide, _ potential: Tensor) -> Tensor {
    PairwiseKernelSums.means(
      side.rows, of: other.rows, logWeights: potential / epsilon + other.masses.log(),
      scale: (epsilon / 2).squareRoot())
  }
}
