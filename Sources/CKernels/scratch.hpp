// Memory for a kernel's own use, aligned for vectors; null when there is none.
#pragma once
#include "memory_pool.hpp"
#include <algorithm>
#include <cstddef>
#include <memory>

namespace ck {

/// Whether a block stays for the next call, or goes back to the system: what a long call needs once is not kept.
enum class Keep { yes, no };

struct ScratchDeleter {
  size_t bytes = 0;
  Keep keep = Keep::yes;
  void operator()(void *address) const noexcept {
    keep == Keep::yes ? MemoryPool::shared().give(address, bytes) : MemoryPool::unmap(address, bytes);
  }
};
template <class Element> using Scratch = std::unique_ptr<Element[], ScratchDeleter>;

/// Room for `count` numbers, not initialized.
template <class Element> Scratch<Element> makeScratch(ptrdiff_t count, Keep keep = Keep::yes) noexcept {
  const size_t bytes = static_cast<size_t>(count < 1 ? 1 : count) * sizeof(Element);
  void *address = keep == Keep::yes ? MemoryPool::shared().take(bytes) : MemoryPool::map(bytes);
  return Scratch<Element>(static_cast<Element *>(address), {bytes, keep});
}

/// Room for `count` numbers, all 0, which new pages are.
template <class Element> Scratch<Element> zeros(ptrdiff_t count, Keep keep = Keep::yes) noexcept {
  Scratch<Element> memory = makeScratch<Element>(count, keep);
  if (memory && keep == Keep::yes) std::fill_n(memory.get(), count, Element(0));
  return memory;
}

} // namespace ck
