// Work in pieces on libtorch's threads.
#include "CTorch.h"
#include <ATen/Parallel.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

namespace {

/// Waits without sleep for a condition, as long as waking from sleep would take; says whether it came true.
template <class Condition> bool comesSoon(const Condition &condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(100);
  for (int turn = 1; !condition(); ++turn) {
    if (turn % 64) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
      continue;
    }
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield(); // to whoever has work for this core
  }
  return true;
}

/// Pieces of work that are handed out one by one, so that a slow one does not hold up a thread's share of the others.
struct PieceQueue {
  ptrdiff_t pieces;
  void (*body)(ptrdiff_t, void *);
  void *context;
  std::atomic<ptrdiff_t> next{0}, done{0};
  std::mutex mutex;
  std::condition_variable allDone;

  void work() {
    for (ptrdiff_t piece = next++; piece < pieces; piece = next++) {
      body(piece, context);
      if (++done < pieces) continue;
      std::lock_guard<std::mutex> lock(mutex);
      allDone.notify_all();
    }
  }

  void wait() {
    const auto isDone = [&] { return done.load() == pieces; };
    if (comesSoon(isDone)) return;
    std::unique_lock<std::mutex> lock(mutex);
    allDone.wait(lock, isDone);
  }
};

/// Threads that have just finished stay awake for a moment: a step of training hands out work several times, and each
/// waking would take longer than a small piece.
class Helpers {
public:
  static Helpers &shared() {
    static auto *helpers = new Helpers; // threads may outlive static objects
    return *helpers;
  }

  /// Lets `count` threads work on the queue.
  void call(ptrdiff_t count, const std::shared_ptr<PieceQueue> &queue) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      for (; count > 0 && awake > 0; --count, --awake, ++waiting) queues.push_back(queue);
    }
    for (; count > 0; --count) at::launch([this, queue] { help(queue); });
  }

private:
  std::mutex mutex;
  ptrdiff_t awake = 0; // without work; each queue that waits has its thread already
  std::deque<std::shared_ptr<PieceQueue>> queues;
  std::atomic<ptrdiff_t> waiting{0};

  void help(std::shared_ptr<PieceQueue> queue) {
    while (queue) {
      queue->work();
      queue = nullptr;
      {
        std::lock_guard<std::mutex> lock(mutex);
        ++awake;
      }
      comesSoon([this] { return waiting.load(std::memory_order_relaxed) > 0; });
      std::lock_guard<std::mutex> lock(mutex);
      if (queues.empty()) {
        --awake;
        return;
      }
      queue = std::move(queues.front());
      queues.pop_front();
      --waiting;
    }
  }
};

} // namespace

void ct_parallel(ptrdiff_t pieces, void (*body)(ptrdiff_t, void *), void *context) noexcept {
  // libtorch's own loop is a template that has one thread where a compiler is not told of OpenMP; its pool has more.
  const ptrdiff_t threads = std::min<ptrdiff_t>(pieces, at::get_num_threads());
  if (threads <= 1) {
    for (ptrdiff_t piece = 0; piece < pieces; ++piece) body(piece, context);
    return;
  }
  auto queue = std::make_shared<PieceQueue>();
  queue->pieces = pieces;
  queue->body = body;
  queue->context = context;
  Helpers::shared().call(threads - 1, queue);
  queue->work();
  // A helper that starts late finds no piece and touches nothing of the caller's.
  queue->wait();
}
