#include "ck_elementary.h"
#include "dispatch.hpp"

#define CK_BODY "elementary_body.hpp"
#include "for_each_instruction_set.hpp"

void ck_exp_f32(const float *x, float *out, ptrdiff_t count) noexcept { CK_DISPATCH(expArray<float>, x, out, count); }
void ck_exp_f64(const double *x, double *out, ptrdiff_t count) noexcept { CK_DISPATCH(expArray<double>, x, out, count); }
void ck_log_f32(const float *x, float *out, ptrdiff_t count) noexcept { CK_DISPATCH(logArray<float>, x, out, count); }
void ck_log_f64(const double *x, double *out, ptrdiff_t count) noexcept { CK_DISPATCH(logArray<double>, x, out, count); }
