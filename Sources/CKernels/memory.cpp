#include "ck_memory.h"
#include "parallel.hpp"
#include <algorithm>
#include <cstring>

namespace {

/// Calls `body(start, size)` for pieces, in bytes.
template <class Body> void inPieces(ptrdiff_t bytes, const Body &body) {
  constexpr ptrdiff_t size = 1 << 19;
  ck::parallel((bytes + size - 1) / size,
               [&](ptrdiff_t piece) { body(piece * size, std::min(size, bytes - piece * size)); });
}

} // namespace

void ck_copy(const void *from, void *to, ptrdiff_t bytes) noexcept {
  inPieces(bytes, [&](ptrdiff_t start, ptrdiff_t size) {
    std::memcpy(static_cast<char *>(to) + start, static_cast<const char *>(from) + start, size);
  });
}

void ck_exchange(void *first, void *second, ptrdiff_t bytes) noexcept {
  inPieces(bytes, [&](ptrdiff_t start, ptrdiff_t size) {
    char *own = static_cast<char *>(first) + start;
    std::swap_ranges(own, own + size, static_cast<char *>(second) + start);
  });
}
