#include "ck_neighbours.h"
#include "dispatch.hpp"
#include "pair_points.hpp"
#include "parallel.hpp"
#include <atomic>

namespace ck {
/// Queries of one piece of work: whole strips of every instruction set.
constexpr ptrdiff_t pieceRows = 48;
} // namespace ck

#define CK_BODY "neighbours_body.hpp"
#include "for_each_instruction_set.hpp"

namespace {

using ck::makeScratch;
using ck::PairPoints;
using ck::panelRows;
using ck::Scratch;

template <class Scalar> struct Rows {
  PairPoints<Scalar> queries, references;

  bool prepare(const CKNeighbours &rows) {
    return queries.prepare(rows.queries, rows.query_count, rows.features, false) &&
           references.prepare(rows.references, rows.reference_count, rows.features, true);
  }
  template <class Body> void forPieces(const Body &body) const {
    ck::parallel((queries.rows + ck::pieceRows - 1) / ck::pieceRows, [&](ptrdiff_t piece) {
      body(piece * ck::pieceRows, std::min(queries.rows, (piece + 1) * ck::pieceRows));
    });
  }
};

template <class Scalar>
bool nearestRows(const Rows<Scalar> &rows, ptrdiff_t start, ptrdiff_t end, ptrdiff_t k, bool leavesOutOwn,
                 Scalar *distances, int64_t *positions) {
  CK_DISPATCH(nearestRows<Scalar>, rows.queries, rows.references, start, end, k, leavesOutOwn, distances, positions);
}
template <class Scalar>
bool countBalls(const Rows<Scalar> &rows, const Scalar *radii, ptrdiff_t start, ptrdiff_t end, int64_t *counts) {
  CK_DISPATCH(countBalls<Scalar>, rows.queries, rows.references, radii, start, end, counts);
}

template <class Scalar>
int32_t nearest(const CKNeighbours &given, ptrdiff_t k, bool leavesOutOwn, Scalar *distances, int64_t *positions) {
  Rows<Scalar> rows;
  if (!rows.prepare(given)) return CK_OUT_OF_MEMORY;
  std::atomic<bool> isComplete{true};
  rows.forPieces([&](ptrdiff_t start, ptrdiff_t end) {
    if (!nearestRows<Scalar>(rows, start, end, k, leavesOutOwn, distances, positions)) isComplete = false;
  });
  return isComplete ? CK_OK : CK_OUT_OF_MEMORY;
}

template <class Scalar> int32_t balls(const CKNeighbours &given, const Scalar *squaredRadii, int64_t *counts) {
  Rows<Scalar> rows;
  const ptrdiff_t padded = (given.reference_count + panelRows - 1) / panelRows * panelRows;
  Scratch<Scalar> radii = makeScratch<Scalar>(padded);
  if (!radii || !rows.prepare(given)) return CK_OUT_OF_MEMORY;
  std::copy_n(squaredRadii, given.reference_count, radii.get());
  std::fill_n(radii.get() + given.reference_count, padded - given.reference_count, Scalar(-1));
  std::fill_n(counts, given.query_count, int64_t(0));
  std::atomic<bool> isComplete{true};
  rows.forPieces([&](ptrdiff_t start, ptrdiff_t end) {
    if (!countBalls<Scalar>(rows, radii.get(), start, end, counts)) isComplete = false;
  });
  return isComplete ? CK_OK : CK_OUT_OF_MEMORY;
}

} // namespace

int32_t ck_nearest_neighbours(const CKNeighbours *rows, ptrdiff_t k, bool leaves_out_own, void *squared_distances,
                              int64_t *positions) noexcept {
  return rows->is_wide
             ? nearest<double>(*rows, k, leaves_out_own, static_cast<double *>(squared_distances), positions)
             : nearest<float>(*rows, k, leaves_out_own, static_cast<float *>(squared_distances), positions);
}

int32_t ck_ball_counts(const CKNeighbours *rows, const void *squared_radii, int64_t *counts) noexcept {
  return rows->is_wide ? balls<double>(*rows, static_cast<const double *>(squared_radii), counts)
                       : balls<float>(*rows, static_cast<const float *>(squared_radii), counts);
}
