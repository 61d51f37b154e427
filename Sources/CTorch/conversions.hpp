// Between the C types and libtorch's: no work beyond what the call itself needs.
#pragma once
#include "CTorchTypes.h"
#include "guard.hpp"
#include <ATen/core/Generator.h>
#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/IListRef.h>
#include <c10/core/Scalar.h>
#include <c10/core/SymIntArrayRef.h>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

// A tensor is one reference-counted pointer, so a C handle can be read as the tensor that it stands for.
static_assert(sizeof(at::Tensor) == sizeof(void *));
static_assert(sizeof(ptrdiff_t) == sizeof(int64_t));

extern std::atomic<int64_t> liveTensorCount;

inline const at::Tensor &borrow(const CTTensor &handle) { return *reinterpret_cast<const at::Tensor *>(&handle); }

inline at::Tensor &borrowMutable(CTTensor &handle) { return *reinterpret_cast<at::Tensor *>(&handle); }

inline CTTensor own(at::Tensor &&tensor) {
  if (!tensor.defined()) return nullptr;
  liveTensorCount.fetch_add(1, std::memory_order_relaxed);
  return reinterpret_cast<CTTensor>(tensor.unsafeReleaseTensorImpl());
}

inline void store(CTTensor *out, at::Tensor &&tensor) { *out = own(std::move(tensor)); }
inline void store(bool *out, bool value) { *out = value; }
inline void store(ptrdiff_t *out, int64_t value) { *out = value; }
inline void store(double *out, double value) { *out = value; }
inline void store(CTTensor **out, ptrdiff_t *count, std::vector<at::Tensor> &&tensors) {
  auto *list = static_cast<CTTensor *>(std::malloc(sizeof(CTTensor) * (tensors.size() + 1)));
  if (!list) throw std::bad_alloc();
  for (size_t index = 0; index < tensors.size(); ++index) list[index] = own(std::move(tensors[index]));
  *out = list;
  *count = static_cast<ptrdiff_t>(tensors.size());
}

inline std::optional<at::Tensor> optionalTensor(const CTTensor &handle) {
  if (!handle) return std::nullopt;
  return borrow(handle);
}

inline at::TensorList tensorList(const CTTensor *handles, ptrdiff_t count) {
  return at::TensorList(reinterpret_cast<const at::Tensor *>(handles), static_cast<size_t>(count));
}

inline c10::List<std::optional<at::Tensor>> optionalTensorList(const CTTensor *handles, ptrdiff_t count) {
  c10::List<std::optional<at::Tensor>> list;
  for (ptrdiff_t index = 0; index < count; ++index) list.push_back(optionalTensor(handles[index]));
  return list;
}

inline at::Scalar toScalar(CTScalar value) {
  switch (value.kind) {
  case 1: return at::Scalar(value.integer);
  case 2: return at::Scalar(value.integer != 0);
  default: return at::Scalar(value.real);
  }
}

inline std::optional<at::Scalar> optionalScalar(bool has, CTScalar value) {
  if (!has) return std::nullopt;
  return toScalar(value);
}

template <class Value> std::optional<Value> optionalValue(bool has, Value value) {
  if (!has) return std::nullopt;
  return value;
}

// Schemas say `SymInt?` and `int?`; one converts to the other.
struct OptionalInteger {
  bool has;
  int64_t value;
  operator std::optional<int64_t>() const { return has ? std::optional<int64_t>(value) : std::nullopt; }
  operator std::optional<c10::SymInt>() const { return has ? std::optional<c10::SymInt>(value) : std::nullopt; }
};
inline OptionalInteger optionalInteger(bool has, ptrdiff_t value) { return {has, value}; }

struct IntegerList {
  const ptrdiff_t *values;
  ptrdiff_t count;
  at::IntArrayRef integers() const {
    return at::IntArrayRef(reinterpret_cast<const int64_t *>(values), static_cast<size_t>(count));
  }
  operator at::IntArrayRef() const { return integers(); }
  operator c10::SymIntArrayRef() const { return c10::fromIntArrayRefSlow(integers()); }
};

// Not an IntegerList: libtorch's optional would take that for a list that is there, and nil would become an empty one.
struct OptionalIntegerList {
  IntegerList list;
  operator at::OptionalIntArrayRef() const {
    return list.values ? at::OptionalIntArrayRef(list.integers()) : at::OptionalIntArrayRef();
  }
  operator at::OptionalSymIntArrayRef() const {
    return list.values ? at::OptionalSymIntArrayRef(c10::fromIntArrayRefSlow(list.integers()))
                       : at::OptionalSymIntArrayRef();
  }
};

inline at::ScalarType dataType(int8_t code) { return static_cast<at::ScalarType>(code); }
inline std::optional<at::ScalarType> optionalDataType(int8_t code) {
  if (code < 0) return std::nullopt;
  return dataType(code);
}

inline at::Device deviceOrCPU(CTDevice value) {
  return value.kind <= 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, value.index);
}
inline std::optional<at::Device> toDevice(CTDevice value) {
  if (value.kind < 0) return std::nullopt;
  return deviceOrCPU(value);
}

inline std::optional<std::string_view> optionalString(const char *text) {
  if (!text) return std::nullopt;
  return std::string_view(text);
}

/// A generator on `device` that starts from `seed`; its draws depend on nothing else.
at::Generator seededGenerator(at::Device device, uint64_t seed);
