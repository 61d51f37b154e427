// Work in pieces on libtorch's threads.
#pragma once
#include "ck_instruction_sets.h"
#include <cstddef>

// As in CTorch.h, which the package manager would take for a module here and not find.
extern "C" void ct_parallel(ptrdiff_t pieces, void (*body)(ptrdiff_t piece, void *context), void *context) noexcept;

namespace ck {

/// Calls `body(piece)` for each of `pieces` pieces, on as many threads as libtorch uses; returns when all are done.
///
/// The pieces must not depend on the number of threads, so that results do not either: cut by rows, let each piece write
/// to its own place, and add the places up in order.
template <class Body> void parallel(ptrdiff_t pieces, const Body &body) noexcept {
  struct Work {
    const Body &body;
    int32_t instructionSet;
  } work{body, ck_instruction_set()};
  ct_parallel(
      pieces,
      [](ptrdiff_t piece, void *context) {
        const auto &work = *static_cast<const Work *>(context);
        // The workers use what the caller uses.
        const int32_t before = ck_instruction_set();
        ck_use_instruction_set(work.instructionSet);
        work.body(piece);
        ck_use_instruction_set(before);
      },
      &work);
}

} // namespace ck
