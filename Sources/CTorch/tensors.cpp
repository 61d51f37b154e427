#include "CTorch.h"
#include "conversions.hpp"
#include <ATen/ops/from_blob.h>
#include <ATen/ops/empty.h>
#include <memory>

std::atomic<int64_t> liveTensorCount{0};

void ct_release(CTTensor tensor) noexcept {
  liveTensorCount.fetch_sub(1, std::memory_order_relaxed);
  c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(reinterpret_cast<c10::TensorImpl *>(tensor));
}

void ct_free_message(char *message) noexcept { std::free(message); }
void ct_free_list(CTTensor *list) noexcept { std::free(list); }
int64_t ct_live_tensor_count(void) noexcept { return liveTensorCount.load(); }

int32_t ct_from_buffer(const void *data, const ptrdiff_t *shape, ptrdiff_t rank, int8_t dtype, CTTensor *out,
                       char **message) noexcept {
  return guarded(message, [&] {
    at::Tensor result = at::empty(IntegerList{shape, rank}.integers(), at::TensorOptions(dataType(dtype)));
    if (result.nbytes() > 0) std::memcpy(result.mutable_data_ptr(), data, result.nbytes());
    store(out, std::move(result));
  });
}

int32_t ct_adopt_buffer(void *data, const ptrdiff_t *shape, ptrdiff_t rank, int8_t dtype, void (*release)(void *),
                        void *context, CTTensor *out, char **message) noexcept {
  return guarded(message, [&] {
    // The last copy of the owner releases, whether the tensor came about or an exception did.
    std::shared_ptr<void> owner(context, release);
    store(out, at::from_blob(data, IntegerList{shape, rank}.integers(), [owner](void *) {},
                             at::TensorOptions(dataType(dtype))));
  });
}

int32_t ct_copy_to_buffer(CTTensor tensor, void *destination, ptrdiff_t bytes, char **message) noexcept {
  return guarded(message, [&] {
    at::Tensor source = borrow(tensor).detach().to(at::kCPU).contiguous();
    TORCH_CHECK(static_cast<ptrdiff_t>(source.nbytes()) == bytes, "expected a buffer of ", source.nbytes(),
                " bytes, got ", bytes);
    if (bytes > 0) std::memcpy(destination, source.const_data_ptr(), static_cast<size_t>(bytes));
  });
}

int32_t ct_item(CTTensor tensor, CTScalar *out, char **message) noexcept {
  return guarded(message, [&] {
    at::Scalar value = borrow(tensor).item();
    if (value.isFloatingPoint()) *out = {value.toDouble(), 0, 0};
    else if (value.isBoolean()) *out = {0, value.toBool() ? 1 : 0, 2};
    else *out = {0, value.toLong(), 1};
  });
}

void *ct_data(CTTensor tensor) noexcept {
  auto *implementation = borrow(tensor).unsafeGetTensorImpl();
  return implementation->storage_initialized() ? implementation->mutable_data() : nullptr;
}

void ct_mark_changed(CTTensor tensor) noexcept { borrow(tensor).unsafeGetTensorImpl()->bump_version(); }

ptrdiff_t ct_rank(CTTensor tensor) noexcept { return borrow(tensor).dim(); }
ptrdiff_t ct_size(CTTensor tensor, ptrdiff_t dimension) noexcept {
  return borrow(tensor).sizes()[static_cast<size_t>(dimension)];
}
ptrdiff_t ct_element_count(CTTensor tensor) noexcept { return borrow(tensor).numel(); }
int8_t ct_dtype(CTTensor tensor) noexcept { return static_cast<int8_t>(borrow(tensor).scalar_type()); }
CTDevice ct_device(CTTensor tensor) noexcept {
  at::Device device = borrow(tensor).device();
  return {static_cast<int8_t>(device.is_cpu() ? 0 : 1), static_cast<int8_t>(device.is_cpu() ? 0 : device.index())};
}
bool ct_requires_gradient(CTTensor tensor) noexcept { return borrow(tensor).requires_grad(); }
bool ct_is_leaf(CTTensor tensor) noexcept { return borrow(tensor).is_leaf(); }
bool ct_is_contiguous(CTTensor tensor) noexcept { return borrow(tensor).is_contiguous(); }
