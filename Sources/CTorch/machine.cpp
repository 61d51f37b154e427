#include "CTorch.h"
#include "conversions.hpp"
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <dlfcn.h>
#include <string>
#include <unistd.h>
#include <torch/version.h>

const char *ct_version(void) noexcept { return TORCH_VERSION; }
void ct_set_thread_count(int32_t count) noexcept { at::set_num_threads(count); }
int32_t ct_thread_count(void) noexcept { return at::get_num_threads(); }

at::Generator seededGenerator(at::Device device, uint64_t seed) {
  if (device.is_cpu()) {
    // One generator a thread: to seed it is much cheaper than to make it.
    static thread_local at::Generator generator = at::detail::createCPUGenerator();
    generator.set_current_seed(seed);
    return generator;
  }
  at::Generator generator = at::globalContext().getAcceleratorHooksInterface(device.type()).getNewGenerator(device.index());
  generator.set_current_seed(seed);
  return generator;
}

/// The folder that libtorch was loaded from, so that its CUDA half is taken from the same place.
static std::string libraryFolder() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<const void *>(&at::globalContext), &info) || !info.dli_fname) return "";
  std::string path(info.dli_fname);
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

/// Loads libtorch's CUDA half once; returns why it could not, or nothing.
static const std::string &loadCUDALibrary() {
  static const std::string failure = [] {
    std::string path = libraryFolder() + "libtorch_cuda.so";
    if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) return std::string();
    const char *reason = dlerror();
    return std::string(reason ? reason : path);
  }();
  return failure;
}

// libtorch asks for CUDA once, at its first operation, and remembers the answer: where there is an NVIDIA driver the
// library must be there before that.
__attribute__((constructor)) static void loadCUDAEarly() {
  if (access("/dev/nvidiactl", F_OK) == 0) loadCUDALibrary();
}

int32_t ct_load_cuda(int32_t *count, char **message) noexcept {
  return guarded(message, [&] {
    const std::string &failure = loadCUDALibrary();
    TORCH_CHECK(failure.empty(), "this libtorch has no CUDA (", failure, ")");
    TORCH_CHECK(at::globalContext().hasCUDA(), "libtorch has CUDA, but no CUDA device or driver was found");
    *count = static_cast<int32_t>(at::globalContext().getAcceleratorHooksInterface(at::kCUDA).deviceCount());
    TORCH_CHECK(*count > 0, "libtorch has CUDA, but no CUDA device or driver was found");
  });
}

int32_t ct_cuda_memory(int8_t index, int64_t *allocated, int64_t *reserved, int64_t *peak, char **message) noexcept {
  return guarded(message, [&] {
    auto statistics = at::getDeviceAllocator(at::kCUDA)->getDeviceStats(index);
    *allocated = statistics.allocated_bytes[0].current;
    *reserved = statistics.reserved_bytes[0].current;
    *peak = statistics.allocated_bytes[0].peak;
  });
}

int32_t ct_cuda_empty_cache(char **message) noexcept {
  return guarded(message, [&] { at::getDeviceAllocator(at::kCUDA)->emptyCache(); });
}

int32_t ct_synchronize(CTDevice device, char **message) noexcept {
  return guarded(message, [&] {
    if (device.kind > 0)
      c10::impl::VirtualGuardImpl(at::kCUDA).synchronizeDevice(device.index);
  });
}
