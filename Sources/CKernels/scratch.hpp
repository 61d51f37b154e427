// Memory for a kernel's own use, aligned for vectors; null when there is none.
#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

namespace ck {

constexpr std::align_val_t vectorAlignment{64};

struct ScratchDeleter {
  void operator()(void *address) const noexcept { ::operator delete(address, vectorAlignment); }
};
template <class Element> using Scratch = std::unique_ptr<Element[], ScratchDeleter>;

/// Room for `count` numbers, not initialized.
template <class Element> Scratch<Element> makeScratch(ptrdiff_t count) noexcept {
  const size_t bytes = static_cast<size_t>(count < 1 ? 1 : count) * sizeof(Element);
  return Scratch<Element>(static_cast<Element *>(::operator new(bytes, vectorAlignment, std::nothrow)));
}

/// Room for `count` numbers, all 0.
template <class Element> Scratch<Element> zeros(ptrdiff_t count) noexcept {
  Scratch<Element> memory = makeScratch<Element>(count);
  if (memory) std::fill_n(memory.get(), count, Element(0));
  return memory;
}

} // namespace ck
