// A step of Adam for all parameters of a model, and the norm of their gradients.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

/// The settings of a step. `step` counts from 1.
typedef struct CKAdam {
  double learning_rate, beta1, beta2, weight_decay, epsilon;
  ptrdiff_t step;
  double gradient_scale; // what gradients are multiplied by first
  double average_share;  // how far averages of the values move to the new values
  bool is_decoupled; // the weight decay, as in AdamW
  bool is_wide;      // 64-bit
} CKAdam;

/// Moves `count` arrays of `sizes` elements, and the averages of their gradients and squared gradients. The reference is
/// libtorch's `_fused_adam_` and `_fused_adamw_`, which take some microseconds for each array. `averages`, unless NULL, hold
/// running averages of the values, of which the reference is `_foreach_lerp_`.
void ck_adam(const CKAdam *adam, ptrdiff_t count, const ptrdiff_t *sizes, void *const *values,
             const void *const *gradients, void *const *means, void *const *squares,
             void *const *averages) CK_NOEXCEPT;

/// The sum of the squares of all elements of `count` arrays, in 64 bits; the same bits for any number of threads.
double ck_sum_of_squares(ptrdiff_t count, const ptrdiff_t *sizes, const void *const *arrays, bool is_wide) CK_NOEXCEPT;

CK_END
