// What every header of CKernels needs.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CK_BEGIN extern "C" {
#define CK_END }
#define CK_NOEXCEPT noexcept
#else
#define CK_BEGIN
#define CK_END
#define CK_NOEXCEPT
#endif

/// What a kernel that allocates memory returns.
enum CKStatus { CK_OK = 0, CK_OUT_OF_MEMORY = 1 };
