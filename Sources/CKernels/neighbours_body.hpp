// Nearest rows and balls around rows; see dispatch.hpp for how this file is read.
#include "pair_distances_body.hpp"

/// The nearest so far of one query, in ascending order.
template <class Scalar> struct NearestList {
  Scalar *distances;
  int64_t *positions;
  ptrdiff_t size, count;

  /// What a distance must be below to enter.
  Scalar limit() const { return count < size ? std::numeric_limits<Scalar>::infinity() : distances[size - 1]; }

  void insert(Scalar distance, int64_t position) {
    ptrdiff_t at = count < size ? count++ : size - 1;
    for (; at > 0 && distances[at - 1] > distance; --at) {
      distances[at] = distances[at - 1];
      positions[at] = positions[at - 1];
    }
    distances[at] = distance;
    positions[at] = position;
  }
};

/// Looks through a row of a strip, of which the first `columns` count, for what is nearer than the list's last.
template <class Scalar>
static void search(const Scalar *row, ptrdiff_t columns, int64_t first, int64_t own, NearestList<Scalar> &list) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  if (list.count == list.size && columns == panelRows) {
    Vector<Scalar> least = load<Scalar>(row);
    for (ptrdiff_t at = width; at < panelRows; at += width) least = minimum(least, load<Scalar>(row + at));
    if (!(__builtin_reduce_min(least) < list.limit())) return;
  }
  for (ptrdiff_t c = 0; c < columns; ++c)
    if (first + c != own && (row[c] < list.limit() || list.count < list.size)) list.insert(row[c], first + c);
}

template <class Scalar>
static Scratch<Scalar> copyPiece(const PairPoints<Scalar> &points, ptrdiff_t start, ptrdiff_t end) {
  Scratch<Scalar> rows = zeros<Scalar>((end - start + sparePairRows) * points.stride);
  if (rows) points.copyRows(start, end - start, nullptr, rows.get());
  return rows;
}

/// The `k` nearest references of the queries from `start` to `end`, at most pieceRows; false when there is no memory.
template <class Scalar>
static bool nearestRows(const PairPoints<Scalar> &queries, const PairPoints<Scalar> &references, ptrdiff_t start,
                        ptrdiff_t end, ptrdiff_t k, bool leavesOutOwn, Scalar *distances, int64_t *positions) {
  const Scratch<Scalar> rows = copyPiece<Scalar>(queries, start, end);
  if (!rows) return false;
  NearestList<Scalar> lists[pieceRows];
  for (ptrdiff_t i = start; i < end; ++i) lists[i - start] = {distances + i * k, positions + i * k, k, 0};
  alignas(64) Scalar strip[stripRows * panelRows];
  for (ptrdiff_t column = 0; column < references.rows; column += panelRows)
    for (ptrdiff_t row = start; row < end; row += stripRows) {
      squaredDistances<Scalar>(rows.get() + (row - start) * queries.stride, queries.stride, references.panel(column),
                               queries.features, strip);
      for (ptrdiff_t r = 0; r < std::min<ptrdiff_t>(stripRows, end - row); ++r)
        search<Scalar>(strip + r * panelRows, std::min(panelRows, references.rows - column), column,
                       leavesOutOwn ? row + r : -1, lists[row - start + r]);
    }
  return true;
}

/// Adds, for the queries from `start` to `end`, the numbers of balls that hold them; false when there is no memory.
/// `radii` is padded with -1.
template <class Scalar>
static bool countBalls(const PairPoints<Scalar> &queries, const PairPoints<Scalar> &references, const Scalar *radii,
                       ptrdiff_t start, ptrdiff_t end, int64_t *counts) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  const Scratch<Scalar> rows = copyPiece<Scalar>(queries, start, end);
  if (!rows) return false;
  alignas(64) Scalar strip[stripRows * panelRows];
  for (ptrdiff_t column = 0; column < references.rows; column += panelRows)
    for (ptrdiff_t row = start; row < end; row += stripRows) {
      squaredDistances<Scalar>(rows.get() + (row - start) * queries.stride, queries.stride, references.panel(column),
                               queries.features, strip);
      for (ptrdiff_t r = 0; r < std::min<ptrdiff_t>(stripRows, end - row); ++r) {
        Mask<Scalar> inside = 0;
        for (ptrdiff_t at = 0; at < panelRows; at += width)
          inside += load<Scalar>(strip + r * panelRows + at) <= load<Scalar>(radii + column + at);
        counts[row + r] -= __builtin_reduce_add(inside);
      }
    }
  return true;
}
