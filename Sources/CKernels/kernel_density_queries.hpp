// Sums of many queries: which are handled together, and on which thread. Plain C++, compiled once.
#pragma once
#include "kernel_density_tree.hpp"
#include "parallel.hpp"
#include <atomic>
#include <utility>
#include <vector>

namespace ck {

/// Runs pieces of work that may run out of memory.
template <class Body> int32_t parallelStatus(ptrdiff_t pieces, const Body &body) noexcept {
  std::atomic<int32_t> status{CK_OK};
  parallel(pieces, [&](ptrdiff_t piece) {
    try {
      body(piece);
    } catch (...) {
      status = CK_OUT_OF_MEMORY;
    }
  });
  return status;
}

/// Coordinates beyond this have squares that are no numbers.
constexpr double farthest = 1e150;

/// Queries in blocks of four, with room for their sums; what is not ordinary is set to 0.
struct QueryPiece {
  std::vector<double> blocks;
  std::vector<KernelSum> sums;
  std::vector<int64_t> own;

  template <class Index>
  QueryPiece(const KernelRows &rows, const double *points, const int64_t *allOwn, ptrdiff_t count, Index index)
      : blocks((count + queryBlock - 1) / queryBlock * queryBlock * rows.shape.features), sums(count) {
    const ptrdiff_t features = rows.shape.features;
    const double unit = rows.unit();
    for (ptrdiff_t k = 0; k < count; ++k)
      for (ptrdiff_t f = 0; f < features; ++f) {
        const double value = points[index(k) * features + f] * unit;
        blocks[(k / queryBlock * features + f) * queryBlock + k % queryBlock] = std::abs(value) < farthest ? value : 0;
      }
    if (allOwn) {
      own.resize(count);
      for (ptrdiff_t k = 0; k < count; ++k) own[k] = allOwn[index(k)];
    }
  }
  KernelQueries queries(ptrdiff_t count) { return {blocks.data(), count, own.empty() ? nullptr : own.data(), sums.data()}; }
};

/// Whether a query is a number of bandwidths away that can be squared; otherwise `out` is the logarithm of its sum.
inline bool isOrdinary(const double *query, ptrdiff_t features, double *out) {
  bool isNear = true;
  for (ptrdiff_t f = 0; f < features; ++f) {
    if (std::isnan(query[f])) {
      *out = query[f];
      return false;
    }
    isNear = isNear && std::abs(query[f]) < farthest;
  }
  if (!isNear) *out = -std::numeric_limits<double>::infinity();
  return isNear;
}

/// Queries of a piece, and panels of rows of a piece where there are few queries.
constexpr ptrdiff_t queriesOfPiece = 64, panelsOfPiece = 256, fewQueries = 1024;

/// The sums of few queries over many rows: pieces of rows side by side, added in order.
inline int32_t sumInPieces(const KernelRows &rows, AddPanel addPanel, const double *points, ptrdiff_t count, const int64_t *own,
                    double *out) {
  const ptrdiff_t features = rows.shape.features;
  const ptrdiff_t queryPieces = (count + queriesOfPiece - 1) / queriesOfPiece;
  const ptrdiff_t rowPieces = count > fewQueries ? 1 : (rows.panelCount + panelsOfPiece - 1) / panelsOfPiece;
  const ptrdiff_t panels = rowPieces == 1 ? rows.panelCount : panelsOfPiece;
  std::vector<KernelSum> sums(rowPieces == 1 ? 0 : rowPieces * count);
  const int32_t status = parallelStatus(queryPieces * rowPieces, [&](ptrdiff_t piece) {
    const ptrdiff_t first = piece / rowPieces * queriesOfPiece, size = std::min(queriesOfPiece, count - first);
    QueryPiece part(rows, points, own, size, [&](ptrdiff_t k) { return first + k; });
    const ptrdiff_t firstPanel = piece % rowPieces * panels;
    for (ptrdiff_t panel = firstPanel; panel < std::min(firstPanel + panels, rows.panelCount); ++panel)
      addPanel(rows, panel, part.queries(size));
    for (ptrdiff_t k = 0; k < size; ++k) {
      if (rowPieces == 1) out[first + k] = part.sums[k].logarithm(rows.hasExponents());
      else sums[piece % rowPieces * count + first + k] = part.sums[k];
    }
  });
  for (ptrdiff_t k = 0; rowPieces > 1 && k < count; ++k) {
    for (ptrdiff_t piece = 1; piece < rowPieces; ++piece) sums[k].add(sums[piece * count + k]);
    out[k] = sums[k].logarithm(rows.hasExponents());
  }
  for (ptrdiff_t k = 0; k < count; ++k) isOrdinary(points + k * features, features, out + k);
  return status;
}

/// The sums of queries by the tree: an order of the queries by place, and groups of near ones.
class TreeSums {
public:
  TreeSums(const KernelRows &rows, AddPanel addPanel, KernelTolerance tolerance, const double *points, const int64_t *own,
           double *out)
      : rows(rows), addPanel(addPanel), tolerance(tolerance), points(points), own(own), out(out) {}

  int32_t run(ptrdiff_t count) {
    const ptrdiff_t features = rows.shape.features;
    for (ptrdiff_t k = 0; k < count; ++k)
      if (isOrdinary(points + k * features, features, out + k)) order.push_back(k);
    if (order.empty()) return CK_OK;
    splitPieces({0, ptrdiff_t(order.size())});
    return parallelStatus(ptrdiff_t(pieces.size()), [&](ptrdiff_t piece) {
      KernelGroup group(rows, addPanel, tolerance);
      runGroup(group, pieces[piece]);
    });
  }

private:
  struct Piece {
    ptrdiff_t first, count;
  };
  /// Queries of a piece of work, and of a group that shares a list of nodes; a group that is wider than so many bandwidths
  /// is cut down to few queries, since no bound would hold for all of them.
  static constexpr ptrdiff_t pieceQueries = 1024, groupQueries = 32, fewestQueries = 8;
  static constexpr double widestGroup = 2;

  /// The box of a piece, both corners; its middle query along the widest side is where halves meet.
  std::vector<double> box(Piece piece) const {
    std::vector<double> box(2 * rows.shape.features);
    boundingBox(points, rows.shape.features, order.data() + piece.first, piece.count, box.data(),
                box.data() + rows.shape.features);
    return box;
  }
  std::pair<Piece, Piece> halves(Piece piece, const std::vector<double> &box) {
    const ptrdiff_t half = piece.count / 2;
    splitWidest(points, rows.shape.features, order.data() + piece.first, piece.count, half, box.data(),
                box.data() + rows.shape.features);
    return {{piece.first, half}, {piece.first + half, piece.count - half}};
  }

  void splitPieces(Piece piece) {
    if (piece.count <= pieceQueries) {
      pieces.push_back(piece);
      return;
    }
    const auto [left, right] = halves(piece, box(piece));
    splitPieces(left);
    splitPieces(right);
  }

  void runGroup(KernelGroup &group, Piece piece) {
    const ptrdiff_t features = rows.shape.features;
    std::vector<double> corners = box(piece);
    double widest = 0;
    for (ptrdiff_t f = 0; f < features; ++f) widest = std::max(widest, corners[features + f] - corners[f]);
    if (piece.count > groupQueries || (piece.count > fewestQueries && widest > widestGroup)) {
      const auto [left, right] = halves(piece, corners);
      runGroup(group, left);
      runGroup(group, right);
      return;
    }
    for (double &edge : corners) edge *= rows.unit();
    const int64_t *members = order.data() + piece.first;
    QueryPiece part(rows, points, own, piece.count, [&](ptrdiff_t k) { return members[k]; });
    std::vector<double> results(piece.count);
    group.evaluate(part.queries(piece.count), corners.data(), corners.data() + features, results.data());
    for (ptrdiff_t k = 0; k < piece.count; ++k) out[members[k]] = results[k];
  }

  const KernelRows &rows;
  AddPanel addPanel;
  KernelTolerance tolerance;
  const double *points;
  const int64_t *own;
  double *out;
  std::vector<int64_t> order;
  std::vector<Piece> pieces;
};

} // namespace ck
