// Nearest rows by Euclidean distance, and numbers of balls that hold a row; all pairs are looked at.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

/// Queries and references, all finite.
typedef struct CKNeighbours {
  ptrdiff_t query_count, reference_count, features;
  bool is_wide;                     // 64-bit rows
  const void *queries, *references; // [query_count, features] and [reference_count, features]
} CKNeighbours;

/// The `k` nearest references of each query, nearest first, of equals the first: squared distances [query_count, k] of
/// the rows' type and positions [query_count, k]. With `leaves_out_own`, query i does not find reference i; others at
/// the same place it does. `k` is at most the number of references that a query can find.
int32_t ck_nearest_neighbours(const CKNeighbours *rows, ptrdiff_t k, bool leaves_out_own, void *squared_distances,
                              int64_t *positions) CK_NOEXCEPT;
/// For each query the number of references whose ball, of the squared radius [reference_count], holds it; the boundary
/// belongs to a ball.
int32_t ck_ball_counts(const CKNeighbours *rows, const void *squared_radii, int64_t *counts) CK_NOEXCEPT;

CK_END
