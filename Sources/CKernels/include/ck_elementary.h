// Exponential and logarithm of arrays; the input and the output may be the same.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

/// Within 2 units in the last place; 0 below, infinity above the range of the type, NaN for NaN.
void ck_exp_f32(const float *x, float *out, ptrdiff_t count) CK_NOEXCEPT;
void ck_exp_f64(const double *x, double *out, ptrdiff_t count) CK_NOEXCEPT;
/// Within 2 units in the last place; minus infinity at 0, NaN below 0, infinity at infinity.
void ck_log_f32(const float *x, float *out, ptrdiff_t count) CK_NOEXCEPT;
void ck_log_f64(const double *x, double *out, ptrdiff_t count) CK_NOEXCEPT;

CK_END
