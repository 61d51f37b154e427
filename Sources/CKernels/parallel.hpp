// Work in pieces on libtorch's threads.
#pragma once
#include <cstddef>

// As in CTorch.h, which the package manager would take for a module here and not find.
extern "C" void ct_parallel(ptrdiff_t pieces, void (*body)(ptrdiff_t piece, void *context), void *context) noexcept;

namespace ck {

/// Calls `body(piece)` for each of `pieces` pieces, on as many threads as libtorch uses; returns when all are done.
///
/// The pieces must not depend on the number of threads, so that results do not either: cut by rows, let each piece write
/// to its own place, and add the places up in order.
template <class Body> void parallel(ptrdiff_t pieces, const Body &body) noexcept {
  ct_parallel(
      pieces, [](ptrdiff_t piece, void *context) { (*static_cast<const Body *>(context))(piece); },
      const_cast<void *>(static_cast<const void *>(&body)));
}

} // namespace ck
