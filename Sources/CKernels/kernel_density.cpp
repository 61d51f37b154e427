#include "ck_kernel_density.h"
#include "dispatch.hpp"
#include "kernel_density_sums.hpp"
#include "kernel_density_tree.hpp"
#include "parallel.hpp"
#include <atomic>
#include <new>
#include <numeric>
#include <vector>

#define CK_BODY "kernel_density_body.hpp"
#include "for_each_instruction_set.hpp"

namespace ck {
namespace {

AddPanel chosenAddPanel(CKKernelShape shape, bool isWide) { CK_DISPATCH(addPanelFunction, shape, isWide); }

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

/// Queries in blocks of four, with room for their sums; what is not finite is set to 0.
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
        blocks[(k / queryBlock * features + f) * queryBlock + k % queryBlock] = std::isfinite(value) ? value : 0;
      }
    if (allOwn) {
      own.resize(count);
      for (ptrdiff_t k = 0; k < count; ++k) own[k] = allOwn[index(k)];
    }
  }
  KernelQueries queries(ptrdiff_t count) { return {blocks.data(), count, own.empty() ? nullptr : own.data(), sums.data()}; }
};

/// Whether a query has numbers only; otherwise `out` is what stands for it.
bool isOrdinary(const double *query, ptrdiff_t features, double *out) {
  bool isFinite = true;
  for (ptrdiff_t f = 0; f < features; ++f) {
    if (std::isnan(query[f])) {
      *out = query[f];
      return false;
    }
    isFinite = isFinite && std::isfinite(query[f]);
  }
  if (!isFinite) *out = -std::numeric_limits<double>::infinity();
  return isFinite;
}

/// Queries of a piece, and panels of rows of a piece where there are few queries.
constexpr ptrdiff_t queriesOfPiece = 64, panelsOfPiece = 256, fewQueries = 1024;

/// The sums of few queries over many rows: pieces of rows side by side, added in order.
int32_t sumInPieces(const KernelRows &rows, AddPanel addPanel, const double *points, ptrdiff_t count, const int64_t *own,
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
      if (rowPieces == 1) out[first + k] = part.sums[k].logarithm(rows.isExponential());
      else sums[piece % rowPieces * count + first + k] = part.sums[k];
    }
  });
  for (ptrdiff_t k = 0; rowPieces > 1 && k < count; ++k) {
    for (ptrdiff_t piece = 1; piece < rowPieces; ++piece) sums[k].add(sums[piece * count + k]);
    out[k] = sums[k].logarithm(rows.isExponential());
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
    const int32_t status = split(0, ptrdiff_t(order.size()), pieceQueries, [&](ptrdiff_t first, ptrdiff_t size) { pieces.push_back({first, size}); });
    if (status != CK_OK) return status;
    return parallelStatus(ptrdiff_t(pieces.size()), [&](ptrdiff_t piece) { runPiece(pieces[piece]); });
  }

private:
  struct Piece {
    ptrdiff_t first, count;
  };
  static constexpr ptrdiff_t pieceQueries = 1024;

  /// Cuts queries along the widest side of their boxes until no part has more than `largest`.
  template <class Body> int32_t split(ptrdiff_t first, ptrdiff_t count, ptrdiff_t largest, const Body &body) {
    if (count <= largest) {
      body(first, count);
      return CK_OK;
    }
    std::vector<double> box(2 * rows.shape.features);
    double *low = box.data(), *high = low + rows.shape.features;
    boundingBox(points, rows.shape.features, order.data() + first, count, low, high);
    splitWidest(points, rows.shape.features, order.data() + first, count, count / 2, low, high);
    split(first, count / 2, largest, body);
    return split(first + count / 2, count - count / 2, largest, body);
  }

  void runPiece(Piece piece) {
    KernelGroup group(rows, addPanel, tolerance);
    runGroup(group, piece.first, piece.count);
  }

  void runGroup(KernelGroup &group, ptrdiff_t first, ptrdiff_t count) {
    const ptrdiff_t features = rows.shape.features;
    std::vector<double> box(2 * features);
    double *low = box.data(), *high = low + features;
    boundingBox(points, features, order.data() + first, count, low, high);
    double widest = 0;
    for (ptrdiff_t f = 0; f < features; ++f) widest = std::max(widest, high[f] - low[f]);
    if (count > GROUP || (count > SMALL && widest > WIDE)) {
      splitWidest(points, features, order.data() + first, count, count / 2, low, high);
      runGroup(group, first, count / 2);
      runGroup(group, first + count / 2, count - count / 2);
      return;
    }
    for (double &edge : box) edge *= rows.unit();
    const int64_t *members = order.data() + first;
    QueryPiece part(rows, points, own, count, [&](ptrdiff_t k) { return members[k]; });
    std::vector<double> results(count);
    group.evaluate(part.queries(count), low, high, results.data());
    for (ptrdiff_t k = 0; k < count; ++k) out[members[k]] = results[k];
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

/// Fills a storage, node by node from the root.
class StorageWriter {
public:
  StorageWriter(const KernelRows &rows, const double *points, const double *logCoefficients, const double *scales,
                int64_t *order)
      : rows(rows), points(points), logCoefficients(logCoefficients), scales(scales), order(order) {}

  void write(KernelNode node) {
    const ptrdiff_t features = rows.shape.features, first = node.firstPanel * panelRows;
    const ptrdiff_t count = std::min(node.panelCount * panelRows, rows.shape.count - first);
    double *low = rows.boxes + node.index * 2 * features, *high = low + features;
    boundingBox(points, features, order + first, count, low, high);
    if (node.isLeaf()) {
      writePanel(node, first, count);
    } else {
      splitWidest(points, features, order + first, count, node.left().panelCount * panelRows, low, high);
      write(node.left());
      write(node.right());
      join(node);
    }
    for (ptrdiff_t f = 0; f < features; ++f) {
      low[f] *= rows.unit();
      high[f] *= rows.unit();
    }
  }

private:
  void writePanel(KernelNode node, ptrdiff_t first, ptrdiff_t count) {
    const ptrdiff_t features = rows.shape.features;
    double mass = 0, least = std::numeric_limits<double>::infinity(), greatest = 0;
    for (ptrdiff_t k = 0; k < panelRows; ++k) {
      const bool isRow = k < count;
      const int64_t row = isRow ? order[first + k] : 0;
      const double logarithm = isRow ? logCoefficients[row] : -noExponent;
      for (ptrdiff_t f = 0; f < features; ++f)
        rows.panels[(node.firstPanel * features + f) * panelRows + k] = isRow ? points[row * features + f] * rows.unit() : 0;
      rows.coefficients[first + k] = rows.isExponential() ? -logarithm : std::exp(logarithm);
      if (isRow) mass += std::exp(logarithm);
      if (!scales) continue;
      const double scale = isRow ? 1 / scales[row] : 1;
      rows.scales[first + k] = scale;
      if (isRow) {
        least = std::min(least, scale);
        greatest = std::max(greatest, scale);
      }
    }
    rows.masses[node.index] = mass;
    if (!scales) return;
    rows.scaleRanges[2 * node.index] = least;
    rows.scaleRanges[2 * node.index + 1] = greatest;
  }

  void join(KernelNode node) {
    const ptrdiff_t left = node.left().index, right = node.right().index;
    rows.masses[node.index] = rows.masses[left] + rows.masses[right];
    if (!scales) return;
    double *ranges = rows.scaleRanges;
    ranges[2 * node.index] = std::min(ranges[2 * left], ranges[2 * right]);
    ranges[2 * node.index + 1] = std::max(ranges[2 * left + 1], ranges[2 * right + 1]);
  }

  const KernelRows &rows;
  const double *points, *logCoefficients, *scales;
  int64_t *order;
};

} // namespace
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
