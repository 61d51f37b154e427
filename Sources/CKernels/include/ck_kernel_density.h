// Sums of kernels over many rows: log sum_i c_i K((query - row_i) / scale_i) for each query.
//
// Rows and queries are in units of the bandwidth; K is not normalized: exp(-|u|^2 / 2), exp(-|u|), and functions that are
// 1 at 0 and 0 beyond 1. `u` counts by its length, or feature by feature as a product.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

enum CKKernelProfile {
  CK_GAUSSIAN = 0,
  CK_EXPONENTIAL = 1,
  CK_UNIFORM = 2,
  CK_TRIANGULAR = 3,
  CK_EPANECHNIKOV = 4,
  CK_BIWEIGHT = 5,
  CK_TRIWEIGHT = 6,
  CK_COSINE = 7,
};

/// What the rows of a sum are; `has_scales` says whether each has a scale of its own.
typedef struct {
  ptrdiff_t count, features;
  int32_t profile;
  bool is_product, has_scales;
} CKKernelShape;

/// The number of doubles of the storage of rows; the most that `features` may be is 4096.
ptrdiff_t ck_kernel_storage_size(CKKernelShape shape) CK_NOEXCEPT;
/// Orders rows as a k-d tree in panels of 64 and fills the storage.
///
/// `points` [count][features], `log_coefficients` [count], `scales` [count] or NULL: all finite, scales positive.
/// `order[k]` becomes the index in `points` of the row at position k.
int32_t ck_kernel_storage_fill(CKKernelShape shape, const double *points, const double *log_coefficients,
                               const double *scales, int64_t *order, double *storage) CK_NOEXCEPT;
/// The sums over all rows, O(count * query_count) time and O(query_count) memory.
///
/// `own` [query_count], or NULL, holds the position of a row that the sum of a query leaves out, or -1. `is_wide` asks for
/// exponentials in 64 bits; otherwise they are taken in 32 bits of differences in 64 bits, and a sum is within 1e-6 of
/// itself. Minus infinity where nothing is added, NaN for a query with NaN.
int32_t ck_kernel_log_sums(CKKernelShape shape, const double *storage, const double *queries, ptrdiff_t query_count,
                           const int64_t *own, bool is_wide, double *out) CK_NOEXCEPT;
/// The same, of which each sum is off by no more than `relative` times itself plus `absolute` (besides rounding).
int32_t ck_kernel_log_sums_tree(CKKernelShape shape, const double *storage, const double *queries,
                                ptrdiff_t query_count, const int64_t *own, double relative, double absolute,
                                bool is_wide, double *out) CK_NOEXCEPT;
/// The sums of the distribution functions of kernels of one feature: sum_i w_i P(row_i + scale_i U <= query), U of the
/// kernel's density.
///
/// `points` [count] ascending; `weights` [count]; `scales` [count] or NULL. NaN for NaN.
int32_t ck_kernel_cdf(int32_t profile, ptrdiff_t count, const double *points, const double *weights,
                      const double *scales, const double *queries, ptrdiff_t query_count, double *out) CK_NOEXCEPT;

CK_END
