// Sums of kernels over all pairs of rows, their gradients, and sums over the pairs of many ways to split the rows in
// two. The tensor formula is PairwiseKernelSums.formula in Torch/Kernels, with which a test compares.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

/// Functions of the distance r of two rows, with s a scale.
enum CKPairProfile {
  CK_PAIR_GAUSSIAN = 0,              // exp(-r^2 / (2 s^2))
  CK_PAIR_INVERSE_MULTIQUADRIC = 1,  // 1 / (1 + r^2 / s^2)
  CK_PAIR_LAPLACE = 2,               // exp(-r / s)
  CK_PAIR_NEGATIVE_DISTANCE = 3,     // -r
};

/// Rows and a kernel, the sum of one profile over `scale_count` scales.
typedef struct CKPairwise {
  ptrdiff_t x_rows, y_rows, features;
  bool is_wide;       // 64-bit rows
  const void *x, *y;  // [x_rows, features] and [y_rows, features]; y is NULL for the pairs i < j of x
  int32_t profile;
  ptrdiff_t scale_count;
  const double *scales; // positive
} CKPairwise;

/// Where sums go. Within some thousand pairs sums are of the rows' type, and 64-bit beyond, in an order that does not
/// depend on threads. Rows that are not finite make every result NaN.
typedef struct CKPairwiseSums {
  double sum, sum_of_squares; // over pairs: of k, and of k^2 when x_sums is wanted
  double *x_sums, *y_sums;    // of each row over its pairs, [x_rows] and [y_rows]; NULL when not wanted
  void *x_gradient, *y_gradient; // of `sum`, of the rows' type and shape; NULL when not wanted
} CKPairwiseSums;

/// O(x_rows * y_rows * features) time, O((x_rows + y_rows) * features) memory.
int32_t ck_pairwise_sums(const CKPairwise *pairwise, CKPairwiseSums *sums) CK_NOEXCEPT;

/// What the sums over the pairs i < j of x, those of y, and the pairs of both are multiplied by.
typedef struct CKPairwiseWeights {
  double inside, outside, across;
} CKPairwiseWeights;

/// A weighted sum of the three sums, and its gradients, as of ck_pairwise_sums; a gradient is NULL when not wanted.
int32_t ck_pairwise_contrast(const CKPairwise *pairwise, CKPairwiseWeights weights, double *sum, void *x_gradient,
                             void *y_gradient) CK_NOEXCEPT;

/// The sizes of the gradients that ck_pairwise_backward hands on.
typedef struct CKPairwiseGradients {
  ptrdiff_t x_count, y_count;
  bool is_wide;
} CKPairwiseGradients;

/// A `CTBackward` for the sum, a 64-bit scalar: saved are the one or two inputs and, behind them, the gradient of each.
int32_t ck_pairwise_backward(const void *const *saved, const void *const *output_gradients, void *const *input_gradients,
                          const void *gradients) CK_NOEXCEPT;

/// For each of `count` sets of the rows of x the sums over pairs i < j: `inside` with both in the set, `ends` with k
/// counted once for each of the two that is in it, and `total` of all pairs.
///
/// `members` is [x_rows, count] of the rows' type, 1 where a row is in a set and 0 elsewhere; `count` is a multiple of
/// 16.
int32_t ck_pairwise_split_sums(const CKPairwise *pairwise, const void *members, ptrdiff_t count, double *total,
                               double *inside, double *ends) CK_NOEXCEPT;

/// For each row of x the mean of the rows of y with weights exp(c_j - r^2 / (2 s^2)), where c is `log_weights` [y_rows] and
/// s the first scale: [x_rows, features]. Rows are 64-bit and finite; weights are relative to the largest of a row.
int32_t ck_pairwise_means(const CKPairwise *pairwise, const double *log_weights, double *means) CK_NOEXCEPT;

/// The median of the distances of all pairs i < j of x, in O(x_rows^2) time and memory: the mean of the middle two
/// when their number is even, and of the positive ones only when it would be 0. 0 when all rows are the same, NaN when
/// one is not finite.
int32_t ck_median_distance(const CKPairwise *pairwise, double *median) CK_NOEXCEPT;

CK_END
