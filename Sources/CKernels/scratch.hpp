// Memory for a kernel's own use, aligned for vectors; null when there is none.
#pragma once
#include "memory_pool.hpp"
#include <algorithm>
#include <cstddef>
#include <memory>

namespace ck {

struct ScratchDeleter {
  size_t bytes = 0;
  void operator()(void *address) const noexcept { MemoryPool::shared().give(address, bytes); }
};
template <class Element> using Scratch = std::unique_ptr<Element[], ScratchDeleter>;

/// Room for `count` numbers, not initialized.
template <class Element> Scratch<Element> makeScratch(ptrdiff_t count) noexcept {
  const size_t bytes = static_cast<size_t>(count < 1 ? 1 : count) * sizeof(Element);
  return Scratch<Element>(static_cast<Element *>(MemoryPool::shared().take(bytes)), {bytes});
}

/// Room for `count` numbers, all 0.
template <class Element> Scratch<Element> zeros(ptrdiff_t count) noexcept {
  Scratch<Element> memory = makeScratch<Element>(count);
  if (memory) std::fill_n(memory.get(), count, Element(0));
  return memory;
}

} // namespace ck
