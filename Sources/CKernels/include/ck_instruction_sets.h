// The instruction sets for which every kernel is compiled, and which of them runs.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

enum CKInstructionSet { CK_BASELINE = 0, CK_AVX2 = 1, CK_AVX512 = 2 };

/// The best set of this machine.
int32_t ck_best_instruction_set(void) CK_NOEXCEPT;
/// The set that kernels use which this thread calls: the best one unless a test chose another.
int32_t ck_instruction_set(void) CK_NOEXCEPT;
/// Makes kernels that this thread calls use a set, for tests; false, and no change, when the machine lacks it.
bool ck_use_instruction_set(int32_t set) CK_NOEXCEPT;

CK_END
