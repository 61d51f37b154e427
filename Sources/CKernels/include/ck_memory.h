// Large pieces of memory moved by the threads that kernels use. libtorch's own loops use OpenMP's, which then spin beside
// these for milliseconds.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

void ck_copy(const void *from, void *to, ptrdiff_t bytes) CK_NOEXCEPT;
/// Lets two pieces, which do not overlap, change places.
void ck_exchange(void *first, void *second, ptrdiff_t bytes) CK_NOEXCEPT;

CK_END
