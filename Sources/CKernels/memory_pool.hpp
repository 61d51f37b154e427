// Large blocks of memory that calls leave for the next ones.
#pragma once
#include <array>
#include <cstddef>
#include <mutex>
#include <new>
#include <sys/mman.h>

namespace ck {

constexpr std::align_val_t vectorAlignment{64};

/// Keeps the last large blocks: the system would hand them out anew page by page, at each step of a training.
class MemoryPool {
public:
  static MemoryPool &shared() noexcept {
    static auto *pool = new MemoryPool; // threads may outlive static objects
    return *pool;
  }

  /// A block, not initialized; null when there is no memory.
  void *take(size_t bytes) noexcept {
    if (bytes >= smallest) {
      const std::lock_guard<std::mutex> lock(mutex);
      for (size_t i = count; i-- > 0;)
        if (blocks[i].bytes == bytes) return remove(i);
    }
    return ::operator new(bytes, vectorAlignment, std::nothrow);
  }

  /// Takes a block back, in the place of the oldest ones when there are too many.
  void give(void *address, size_t bytes) noexcept {
    if (bytes < smallest || bytes > most) return ::operator delete(address, vectorAlignment);
    const std::lock_guard<std::mutex> lock(mutex);
    while (count == blocks.size() || held + bytes > most) ::operator delete(remove(0), vectorAlignment);
    blocks[count++] = {address, bytes};
    held += bytes;
  }

  /// Pages of their own, all 0, which go back to the system as soon as they are not needed.
  static void *map(size_t bytes) noexcept {
    void *address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return address == MAP_FAILED ? nullptr : address;
  }
  static void unmap(void *address, size_t bytes) noexcept { munmap(address, bytes); }

private:
  struct Block {
    void *address;
    size_t bytes;
  };
  static constexpr size_t smallest = 1 << 18, most = 64 << 20;

  std::mutex mutex;
  std::array<Block, 16> blocks; // the oldest first
  size_t count = 0, held = 0;

  void *remove(size_t index) noexcept {
    const Block block = blocks[index];
    for (size_t i = index + 1; i < count; ++i) blocks[i - 1] = blocks[i];
    --count;
    held -= block.bytes;
    return block.address;
  }
};

} // namespace ck
