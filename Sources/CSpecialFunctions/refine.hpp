// Newton's method for quantiles, to the last digits.
#pragma once
#include "elementwise.hpp"

namespace csf {

/// The logarithm of a probability and its derivative by the coordinate in which Newton's method steps.
struct Tail {
  double logarithm, slope;
};

/// Steps until the logarithm of a tail probability is `target`.
///
/// In the coordinates used here (log x for gamma, logit x for beta) the logarithm of a tail is concave, so that the
/// method converges from every start. `tail()` evaluates where it stands, `move(step)` goes on.
template <class Evaluate, class Move> void refine(double target, Evaluate tail, Move move) {
  for (int round = 0; round < 60; ++round) {
    const Tail here = tail();
    const double step = (target - here.logarithm) / here.slope;
    if (!std::isfinite(step)) return;
    move(step);
    // An error of 1e-8 is squared by this last step.
    if (std::abs(step) < 1e-8) return;
  }
}

} // namespace csf
