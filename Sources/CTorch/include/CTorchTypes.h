// The types of the C interface over libtorch. Every entry point that can fail returns a status (0: success) and, on
// failure, a message in `*message` that the caller frees with ct_free_message. No C++ exception crosses.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CT_BEGIN extern "C" {
#define CT_END }
#define CT_NOEXCEPT noexcept
#else
#define CT_BEGIN
#define CT_END
#define CT_NOEXCEPT
#endif

// One owning reference to a libtorch tensor; ct_release gives it back. NULL stands for "no tensor" where one is optional.
typedef struct CTTensorImplementation *CTTensor;

typedef struct {
  double real;
  int64_t integer;
  int8_t kind; // 0 real, 1 integer, 2 boolean
} CTScalar;

typedef struct {
  int8_t kind; // -1 unspecified, 0 CPU, 1 CUDA
  int8_t index;
} CTDevice;

enum {
  CT_OK = 0,
  CT_ERROR = 1,
  CT_OUT_OF_MEMORY = 2,
  CT_UNKNOWN = 3,
};
