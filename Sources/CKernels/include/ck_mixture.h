// Gaussian mixtures: log-densities, responsibilities and the statistics of an EM step in one pass over the rows, and
// draws. The tensor formulas are GaussianMixture.logProb and GaussianMixture.sample in Probability.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

/// A weighted sum of exp(constant_k - |A_k (x - center - mean_k)|^2 / 2).
typedef struct CKMixture {
  ptrdiff_t features, components;
  /// Whether the whitening matrices are diagonal: `whitening` is then [components, features].
  bool is_diagonal;
  const double *center; ///< [features]; subtracted from every row first, exactly when it is a number of the rows' type.
  const double *constants; ///< [components]
  const double *means;     ///< [components, features], minus the center.
  const double *whitening; ///< [components, features, features]: A_k, of which the lower triangle is read.
} CKMixture;

/// Where the results of a pass go; every pointer may be NULL.
typedef struct CKMixtureResults {
  /// For each component the sums of r, r d and r d d' over the rows, where r is the row's weight times the component's
  /// responsibility and d = x - center - mean_k: [components, 1 + features + features^2], [.., 1 + 2 features] when
  /// diagonal. Sums are taken in 64 bits, over pieces that do not depend on the number of threads.
  double *statistics;
  /// The weighted sum of the log-densities.
  double *log_likelihood;
  /// Log-densities, [rows], of the rows' type: NaN for rows with NaN, minus infinity for infinite ones.
  void *log_densities;
  /// Responsibilities, [rows, components], of the rows' type.
  void *responsibilities;
} CKMixtureResults;

/// `rows` is [count, features] in row-major order, `weights` is [count] or NULL. Arithmetic on a few hundred rows is of
/// the rows' type, and 64-bit beyond.
int32_t ck_mixture_pass_f32(const CKMixture *mixture, const float *rows, const double *weights, ptrdiff_t count,
                            const CKMixtureResults *results) CK_NOEXCEPT;
int32_t ck_mixture_pass_f64(const CKMixture *mixture, const double *rows, const double *weights, ptrdiff_t count,
                            const CKMixtureResults *results) CK_NOEXCEPT;

/// The logarithm of each component's term for each row, `out` [count, components]: NaN for rows with NaN, minus infinity for
/// infinite ones.
int32_t ck_mixture_component_logs(const CKMixture *mixture, const double *rows, ptrdiff_t count,
                                  double *out) CK_NOEXCEPT;
/// `statistics` as in CKMixtureResults, for given responsibilities, [count, components]; the rows must be finite.
int32_t ck_mixture_given_sums(const CKMixture *mixture, const double *rows, const double *responsibilities,
                              ptrdiff_t count, double *statistics) CK_NOEXCEPT;

/// The parameters of a mixture to draw from.
typedef struct CKMixtureSampler {
  ptrdiff_t features, components;
  bool is_diagonal;
  const double *weights; ///< [components], of sum 1.
  const double *means;   ///< [components, features]
  const double *scales;  ///< [components, features, features], lower triangles; [components, features] when diagonal.
} CKMixtureSampler;

/// Draws number first, first + 1, ... of a seed into `out`, [count, features]; their components into `chosen`, [count],
/// unless it is NULL. A draw depends on the seed and on its number alone: not on threads, not on the instruction set.
int32_t ck_mixture_sample_f32(const CKMixtureSampler *sampler, uint64_t seed, uint64_t first, float *out,
                              int64_t *chosen, ptrdiff_t count) CK_NOEXCEPT;
int32_t ck_mixture_sample_f64(const CKMixtureSampler *sampler, uint64_t seed, uint64_t first, double *out,
                              int64_t *chosen, ptrdiff_t count) CK_NOEXCEPT;

CK_END
