// The loops of OperationCost, written directly against libtorch.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
/// Seconds for `count` additions of one-element tensors.
double operation_loops_add(int64_t count, bool recording_gradients);
#ifdef __cplusplus
}
#endif
