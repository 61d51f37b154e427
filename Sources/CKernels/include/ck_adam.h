// A step of Adam for all parameters of a model.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

/// The settings of a step. `step` counts from 1.
typedef struct CKAdam {
  double learning_rate, beta1, beta2, weight_decay, epsilon;
  ptrdiff_t step;
  bool is_decoupled; // the weight decay, as in AdamW
  bool is_wide;      // 64-bit
} CKAdam;

/// Moves `count` arrays of `sizes` elements, and the averages of their gradients and squared gradients. The reference is
/// libtorch's `_fused_adam_` and `_fused_adamw_`, which take some microseconds for each array.
void ck_adam(const CKAdam *adam, ptrdiff_t count, const ptrdiff_t *sizes, void *const *values,
             const void *const *gradients, void *const *means, void *const *squares) CK_NOEXCEPT;

CK_END
