// Monotonic rational-quadratic splines of arrays, and their gradients.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

/// Rows of numbers, each with a spline of its own. The first `kept` features have splines that are the same in every row.
typedef struct {
  ptrdiff_t rows;
  ptrdiff_t features;
  ptrdiff_t kept;
  int32_t bins;
  bool is_wide;    // 64-bit
  bool is_inverse; // from the spline's values to its arguments
  double bound;
  double minimum_bin_size;
  double minimum_slope;
} CKSpline;

/// The most bins that the kernels take.
enum { CK_SPLINE_MAXIMUM_BINS = 64 };

/// The value and the logarithm of the slope of each number, `[rows, features]`.
///
/// `kept` is `[kept, 3 bins - 1]`, `moved` `[rows, features - kept, 3 bins - 1]`: widths, heights, inner slopes,
/// unnormalized. The reference is RationalQuadraticSpline.swift.
void ck_spline(const CKSpline *spline, const void *x, const void *kept, const void *moved, void *z,
               void *log_slope) CK_NOEXCEPT;
/// A `CTBackward` for `ck_spline`: saved are x, kept, moved, z; the outputs are z, log_slope; the inputs x, kept, moved.
int32_t ck_spline_backward(const void *const *saved, const void *const *output_gradients, void *const *input_gradients,
                        const void *spline) CK_NOEXCEPT;

CK_END
