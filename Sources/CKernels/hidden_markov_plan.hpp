// What the versions of the hidden Markov kernel share.
#pragma once
#include "ck_hidden_markov.h"
#include "scratch.hpp"
#include <algorithm>
#include <cmath>
#include <limits>

namespace ck {

/// Steps between two scalings: with transitions above `leastTransition` a step takes at most a factor of 1e-24 backward.
constexpr ptrdiff_t stepsBetweenScalings = 4;
constexpr double leastTransition = 1e-12;
/// States are padded to whole vectors of the widest instruction set.
constexpr ptrdiff_t stateAlignment = 8;

/// A chain, padded, with states that are never entered.
struct HiddenMarkovPlan {
  ptrdiff_t states, padded;
  bool isLogarithmic;
  Scratch<double> memory;
  /// `matrix` is [states, padded], transitions or their logarithms, and `transposed` is its transpose.
  double *logInitial, *matrix, *transposed;

  bool prepare(const CKHiddenMarkov &chain, bool wantsLogarithms) noexcept {
    states = chain.states;
    padded = (states + stateAlignment - 1) / stateAlignment * stateAlignment;
    memory = makeScratch<double>(padded + 2 * states * padded);
    if (!memory) return false;
    logInitial = memory.get();
    matrix = logInitial + padded;
    transposed = matrix + states * padded;
    const double *logs = chain.log_transition;
    isLogarithmic = wantsLogarithms || std::any_of(logs, logs + states * states,
                                                   [](double log) { return !(log > std::log(leastTransition)); });
    constexpr double never = -std::numeric_limits<double>::infinity();
    std::fill_n(logInitial, padded, never);
    std::fill_n(matrix, 2 * states * padded, isLogarithmic ? never : 0.0);
    std::copy_n(chain.log_initial, states, logInitial);
    for (ptrdiff_t i = 0; i < states; ++i)
      for (ptrdiff_t j = 0; j < states; ++j) {
        const double log = logs[i * states + j];
        matrix[i * padded + j] = transposed[j * padded + i] = isLogarithmic ? log : std::exp(log);
      }
    return true;
  }
};

/// One series, and where its results go.
struct HiddenMarkovPiece {
  const double *logs;
  ptrdiff_t steps;
  double *posteriors, *filtered, *predictive;
  /// [states, padded]
  double *transitions;
  double logLikelihood;
};

} // namespace ck
