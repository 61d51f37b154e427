// Recursions over time of a hidden Markov model: forward, backward, expected transitions, the likeliest path.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

/// A chain of hidden states; minus infinity is a probability of 0.
typedef struct CKHiddenMarkov {
  ptrdiff_t states;
  const double *log_initial;    ///< [states]
  const double *log_transition; ///< [states, states], from the row to the column.
} CKHiddenMarkov;

/// Series one after another: series i has the steps starts[i], ..., starts[i + 1] - 1, at least one.
typedef struct CKHiddenMarkovSeries {
  ptrdiff_t count;
  const int64_t *starts; ///< [count + 1]
  const double *logs;    ///< [steps, states]: the log-density of each observation in each state.
} CKHiddenMarkovSeries;

/// Where the results of a pass go. Rows of a series of probability 0 are NaN.
typedef struct CKHiddenMarkovResults {
  double *log_likelihoods; ///< [count]
  double *posteriors;      ///< [steps, states]: of the state given the whole series; or NULL.
  double *filtered;        ///< [steps, states]: of the state given the series so far; or NULL.
  double *predictive;      ///< [steps]: the log-density of an observation given those before it; or NULL.
  /// [states, states]: the expected numbers of transitions, over all series of positive probability; or NULL, as without
  /// `posteriors`.
  double *transitions;
} CKHiddenMarkovResults;

/// Forward, and backward where `posteriors` are wanted. In probabilities, scaled, where all transitions are above 1e-12, so
/// that nothing that matters can underflow; else in logarithms. Sums do not depend on the number of threads.
int32_t ck_hidden_markov_pass(const CKHiddenMarkov *chain, const CKHiddenMarkovSeries *series,
                              const CKHiddenMarkovResults *results) CK_NOEXCEPT;

/// The likeliest path of each series, [steps], of ties that of lower states; -1 throughout a series of probability 0.
/// `log_probabilities`, [count], are those of path and series together.
int32_t ck_hidden_markov_path(const CKHiddenMarkov *chain, const CKHiddenMarkovSeries *series, int64_t *path,
                              double *log_probabilities) CK_NOEXCEPT;

CK_END
