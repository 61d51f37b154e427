// Special functions that libtorch lacks, over arrays of 64-bit numbers; Boost.Math behind most of them.
//
// Outside its domain a function gives NaN, and NaN gives NaN; nothing throws. Arrays of results are worked on in pieces
// by libtorch's threads.
#pragma once
#include <stddef.h>

#ifdef __cplusplus
#define CSF_BEGIN extern "C" {
#define CSF_END }
#define CSF_NOEXCEPT noexcept
#else
#define CSF_BEGIN
#define CSF_END
#define CSF_NOEXCEPT
#endif

CSF_BEGIN

/// An argument: one number for each result (step 1), or one for all (step 0).
typedef struct {
  const double *values;
  ptrdiff_t step;
} CSFArgument;

// Normal. The standard normal's value below which a probability lies, of the probability's logarithm.
void csf_normal_quantile_of_log(CSFArgument log_probability, double *out, ptrdiff_t count) CSF_NOEXCEPT;
/// The same under the condition that it lies between two bounds.
void csf_truncated_normal_quantile(CSFArgument lower, CSFArgument upper, CSFArgument p, double *out,
                                   ptrdiff_t count) CSF_NOEXCEPT;

// Gamma: P(a, x) and Q(a, x) = 1 - P(a, x), their logarithms far in their tails, and their inverses in x.
void csf_gamma_p(CSFArgument a, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_gamma_q(CSFArgument a, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_log_gamma_p(CSFArgument a, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_log_gamma_q(CSFArgument a, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_gamma_p_inverse(CSFArgument a, CSFArgument p, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_gamma_q_inverse(CSFArgument a, CSFArgument q, double *out, ptrdiff_t count) CSF_NOEXCEPT;
/// dx/da where P(a, x) stays the same: the derivative of a gamma draw by its shape.
void csf_gamma_quantile_slope(CSFArgument a, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;

// Beta: I(a, b, x) and 1 - I(a, b, x), their logarithms far in their tails, and their inverses in x.
void csf_beta_i(CSFArgument a, CSFArgument b, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_beta_ic(CSFArgument a, CSFArgument b, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_log_beta_i(CSFArgument a, CSFArgument b, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_log_beta_ic(CSFArgument a, CSFArgument b, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_beta_i_inverse(CSFArgument a, CSFArgument b, CSFArgument p, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_beta_ic_inverse(CSFArgument a, CSFArgument b, CSFArgument q, double *out, ptrdiff_t count) CSF_NOEXCEPT;

// Student's t of `freedom` degrees of freedom, location 0, scale 1.
void csf_student_t_cdf(CSFArgument freedom, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_student_t_log_cdf(CSFArgument freedom, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_student_t_quantile(CSFArgument freedom, CSFArgument p, double *out, ptrdiff_t count) CSF_NOEXCEPT;

// Von Mises around 0, for angles x from -pi to pi.
void csf_von_mises_cdf(CSFArgument concentration, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_von_mises_log_cdf(CSFArgument concentration, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_von_mises_quantile(CSFArgument concentration, CSFArgument p, double *out, ptrdiff_t count) CSF_NOEXCEPT;
/// The mean square of the angle.
void csf_von_mises_variance(CSFArgument concentration, double *out, ptrdiff_t count) CSF_NOEXCEPT;
/// dx/d(concentration) where the cdf stays the same: the derivative of a draw by the concentration.
void csf_von_mises_quantile_slope(CSFArgument concentration, CSFArgument x, double *out, ptrdiff_t count) CSF_NOEXCEPT;

// Counts: the smallest k with cdf(k) >= p, and the entropy in nats.
void csf_poisson_quantile(CSFArgument rate, CSFArgument p, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_poisson_entropy(CSFArgument rate, double *out, ptrdiff_t count) CSF_NOEXCEPT;
void csf_binomial_quantile(CSFArgument trials, CSFArgument probability, CSFArgument p, double *out,
                           ptrdiff_t count) CSF_NOEXCEPT;
void csf_binomial_entropy(CSFArgument trials, CSFArgument probability, double *out, ptrdiff_t count) CSF_NOEXCEPT;
/// The number of failures before `successes` successes, of probability `probability` each.
void csf_negative_binomial_quantile(CSFArgument successes, CSFArgument probability, CSFArgument p, double *out,
                                    ptrdiff_t count) CSF_NOEXCEPT;
void csf_negative_binomial_entropy(CSFArgument successes, CSFArgument probability, double *out,
                                   ptrdiff_t count) CSF_NOEXCEPT;

CSF_END
