#include "ck_kernel_density.h"
#include "dispatch.hpp"
#include "kernel_density_queries.hpp"
#include "kernel_density_storage.hpp"
#include <numeric>

#define CK_BODY "kernel_density_body.hpp"
#include "for_each_instruction_set.hpp"

namespace ck {
static AddPanel chosenAddPanel(CKKernelShape shape, bool isWide) { CK_DISPATCH(addPanelFunction, shape, isWide); }
} // namespace ck

ptrdiff_t ck_kernel_storage_size(CKKernelShape shape) noexcept { return ck::KernelRows(shape, nullptr).size; }

int32_t ck_kernel_storage_fill(CKKernelShape shape, const double *points, const double *log_coefficients,
                               const double *scales, int64_t *order, double *storage) noexcept {
  const ck::KernelRows rows(shape, storage);
  std::iota(order, order + shape.count, int64_t(0));
  ck::StorageWriter(rows, points, log_coefficients, scales, order).write(rows.root());
  return CK_OK;
}

int32_t ck_kernel_log_sums(CKKernelShape shape, const double *storage, const double *queries, ptrdiff_t query_count,
                           const int64_t *own, bool is_wide, double *out) noexcept {
  const ck::KernelRows rows(shape, storage);
  try {
    return ck::sumInPieces(rows, ck::chosenAddPanel(shape, is_wide), queries, query_count, own, out);
  } catch (...) {
    return CK_OUT_OF_MEMORY;
  }
}

int32_t ck_kernel_log_sums_tree(CKKernelShape shape, const double *storage, const double *queries,
                                ptrdiff_t query_count, const int64_t *own, double relative, double absolute,
                                bool is_wide, double *out) noexcept {
  const ck::KernelRows rows(shape, storage);
  try {
    return ck::TreeSums(rows, ck::chosenAddPanel(shape, is_wide), {relative, absolute}, queries, own, out).run(query_count);
  } catch (...) {
    return CK_OUT_OF_MEMORY;
  }
}
