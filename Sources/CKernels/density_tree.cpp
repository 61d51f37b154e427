#include "ck_density_tree.h"
#include "dispatch.hpp"
#include "parallel.hpp"
#include <atomic>
#include <memory>
#include <new>
#include <numeric>
#include <vector>

#define CK_BODY "density_tree_body.hpp"
#include "for_each_instruction_set.hpp"

namespace ck {
namespace {

typedef baseline::Cut Cut;

Cut bestCut(int32_t criterion, const double *values, const double *below, double total, ptrdiff_t first, ptrdiff_t last,
            double lower, double upper) {
  const auto convert = [](auto cut) { return Cut{cut.score, cut.threshold, cut.position}; };
#if defined(__x86_64__)
  switch (ck_instruction_set()) {
  case CK_AVX512: return convert(avx512::bestCut(criterion, values, below, total, first, last, lower, upper));
  case CK_AVX2: return convert(avx2::bestCut(criterion, values, below, total, first, last, lower, upper));
  default: break;
  }
#endif
  return convert(baseline::bestCut(criterion, values, below, total, first, last, lower, upper));
}

/// What a CKTree points into.
struct Nodes {
  std::vector<int32_t> column, upper;
  std::vector<double> threshold, weight, heldOut, logVolume;
};

/// Grows one tree, depth first, lower children before upper ones.
///
/// Every column is kept in ascending order: a cut divides each by a stable partition, so that nothing is sorted again
/// and each level of the tree costs rows times columns. Rows of a box are the same segment of every column.
class Grower {
public:
  Grower(const CKTreeTask &task, int32_t leftOut)
      : task(task), leftOut(leftOut), lanes(task.fold_count == 0 ? task.columns : 1) {
    count = leftOut < 0 ? task.rows : task.rows - std::count(task.folds, task.folds + task.rows, leftOut);
    values.reset(new double[task.columns * count]);
    order.reset(new int32_t[task.columns * count]);
    spareValues.reset(new double[lanes * count]);
    spareOrder.reset(new int32_t[lanes * count]);
    below.reset(new double[(task.weights ? lanes : 1) * (count + 1)]);
    isLower.reset(new uint8_t[task.rows]);
    cuts.resize(task.columns);
    lower.assign(task.lower, task.lower + task.columns);
    upper.assign(task.upper, task.upper + task.columns);
    if (!task.weights) std::iota(below.get(), below.get() + count + 1, 0.0);
    eachColumn(count, [&](ptrdiff_t column, ptrdiff_t) { copyColumn(column); });
  }

  std::unique_ptr<Nodes> grow() {
    nodes = std::make_unique<Nodes>();
    pending.push_back({0, count, -1, 0, 0, weightOf(0, 0, count), 0});
    while (!pending.empty()) {
      const Box box = pending.back();
      pending.pop_back();
      enter(box);
      const ptrdiff_t node = append(box);
      const ptrdiff_t column = columnToCut(box);
      if (column < 0) continue;
      nodes->column[node] = int32_t(column);
      nodes->threshold[node] = cuts[column].threshold;
      divide(box, node, column);
    }
    nodes->heldOut.assign(nodes->column.size(), 0);
    if (leftOut >= 0) countHeldOut();
    return std::move(nodes);
  }

private:
  /// A box that waits: its rows, the node it is the upper child of (-1: it follows its parent), and how many of the
  /// changes of the current bounds belong to its parent.
  struct Box {
    ptrdiff_t start, count, upperOf;
    size_t changes;
    double bound, weight, logVolume;
  };
  struct Change {
    double *bound;
    double before;
  };

  const CKTreeTask &task;
  const int32_t leftOut;
  const ptrdiff_t lanes; // Columns that are worked on at the same time: all of them when there is one tree only.
  ptrdiff_t count;
  std::unique_ptr<double[]> values, spareValues, below;
  std::unique_ptr<int32_t[]> order, spareOrder;
  std::unique_ptr<uint8_t[]> isLower;
  std::vector<double> lower, upper;
  std::vector<Change> changes;
  std::vector<Box> pending;
  std::vector<Cut> cuts;
  std::unique_ptr<Nodes> nodes;

  template <class Body> void eachColumn(ptrdiff_t rows, const Body &body) {
    if (lanes > 1 && rows >= 4096) return parallel(task.columns, [&](ptrdiff_t column) { body(column, column); });
    for (ptrdiff_t column = 0; column < task.columns; ++column) body(column, 0);
  }

  void copyColumn(ptrdiff_t column) {
    const double *sourceValues = task.sorted + column * task.rows;
    const int32_t *sourceOrder = task.order + column * task.rows;
    double *toValues = values.get() + column * count;
    int32_t *toOrder = order.get() + column * count;
    ptrdiff_t filled = 0;
    for (ptrdiff_t i = 0; i < task.rows; ++i) {
      const int32_t row = sourceOrder[i];
      if (leftOut >= 0 && task.folds[row] == leftOut) continue;
      toValues[filled] = sourceValues[i];
      toOrder[filled++] = row;
    }
  }

  double weightOf(ptrdiff_t column, ptrdiff_t start, ptrdiff_t rows) const {
    if (!task.weights) return double(rows);
    double sum = 0;
    const int32_t *segment = order.get() + column * count + start;
    for (ptrdiff_t i = 0; i < rows; ++i) sum += task.weights[segment[i]];
    return sum;
  }

  /// Makes the current bounds those of the box, of which its parent's and one more hold.
  void enter(const Box &box) {
    const ptrdiff_t parent = box.upperOf >= 0 ? box.upperOf : ptrdiff_t(nodes->column.size()) - 1;
    if (parent < 0) return;
    for (; changes.size() > box.changes; changes.pop_back()) *changes.back().bound = changes.back().before;
    double *bound = (box.upperOf >= 0 ? lower.data() : upper.data()) + nodes->column[parent];
    changes.push_back({bound, *bound});
    *bound = box.bound;
  }

  ptrdiff_t append(const Box &box) {
    const ptrdiff_t node = ptrdiff_t(nodes->column.size());
    if (box.upperOf >= 0) nodes->upper[box.upperOf] = int32_t(node);
    nodes->column.push_back(-1);
    nodes->upper.push_back(-1);
    nodes->threshold.push_back(0);
    nodes->weight.push_back(box.weight);
    nodes->logVolume.push_back(box.logVolume);
    return node;
  }

  /// The column of the best cut, the first of equal ones; -1 when the box stays whole.
  ptrdiff_t columnToCut(const Box &box) {
    // Volumes keep their distance from the smallest number.
    if (box.weight <= task.maximum_leaf_weight || box.logVolume < -400) return -1;
    eachColumn(box.count, [&](ptrdiff_t column, ptrdiff_t lane) { cuts[column] = cutOf(column, lane, box); });
    // A gain that rounding alone could make is none.
    double best = (task.criterion == CK_SQUARED_ERROR ? 1 : 0) + 1e-12;
    ptrdiff_t chosen = -1;
    for (ptrdiff_t column = 0; column < task.columns; ++column)
      if (cuts[column].position > 0 && cuts[column].score > best) best = cuts[column].score, chosen = column;
    return chosen;
  }

  Cut cutOf(ptrdiff_t column, ptrdiff_t lane, const Box &box) {
    const double *sums = below.get();
    if (task.weights) {
      double *mine = below.get() + lane * (count + 1);
      const int32_t *segment = order.get() + column * count + box.start;
      mine[0] = 0;
      for (ptrdiff_t i = 0; i < box.count; ++i) mine[i + 1] = mine[i] + task.weights[segment[i]];
      sums = mine;
    }
    const double total = sums[box.count], least = task.minimum_leaf_weight;
    const ptrdiff_t first = std::lower_bound(sums + 1, sums + box.count, least) - sums;
    const ptrdiff_t last = std::upper_bound(sums + 1, sums + box.count, total - least) - sums - 1;
    return bestCut(task.criterion, values.get() + column * count + box.start, sums, total, first, last, lower[column],
                   upper[column]);
  }

  void divide(const Box &box, ptrdiff_t node, ptrdiff_t column) {
    const Cut cut = cuts[column];
    const ptrdiff_t start = box.start, middle = start + cut.position, rest = box.count - cut.position;
    const double lowerWeight = weightOf(column, start, cut.position), upperWeight = weightOf(column, middle, rest);
    if (std::max(lowerWeight, upperWeight) > task.maximum_leaf_weight) {
      const int32_t *segment = order.get() + column * count + start;
      for (ptrdiff_t i = 0; i < box.count; ++i) isLower[segment[i]] = i < cut.position;
      eachColumn(box.count, [&](ptrdiff_t other, ptrdiff_t lane) {
        if (other != column) partition(other, lane, box);
      });
    }
    const double span = upper[column] - lower[column];
    const double lowerShare = (cut.threshold - lower[column]) / span, upperShare = (upper[column] - cut.threshold) / span;
    pending.push_back({middle, rest, node, changes.size(), cut.threshold, upperWeight, box.logVolume + std::log(upperShare)});
    pending.push_back(
        {start, cut.position, -1, changes.size(), cut.threshold, lowerWeight, box.logVolume + std::log(lowerShare)});
  }

  /// Moves the rows of the lower child before the others, both in the order they had.
  void partition(ptrdiff_t column, ptrdiff_t lane, const Box &box) {
    double *columnValues = values.get() + column * count + box.start;
    int32_t *columnOrder = order.get() + column * count + box.start;
    double *others = spareValues.get() + lane * count;
    int32_t *otherRows = spareOrder.get() + lane * count;
    ptrdiff_t kept = 0, moved = 0;
    for (ptrdiff_t i = 0; i < box.count; ++i) {
      const double value = columnValues[i];
      const int32_t row = columnOrder[i];
      const bool stays = isLower[row];
      columnValues[kept] = value, columnOrder[kept] = row; // At or before what was read.
      others[moved] = value, otherRows[moved] = row;
      kept += stays, moved += !stays;
    }
    std::copy(others, others + moved, columnValues + kept);
    std::copy(otherRows, otherRows + moved, columnOrder + kept);
  }

  void countHeldOut() {
    for (ptrdiff_t row = 0; row < task.rows; ++row) {
      if (task.folds[row] != leftOut) continue;
      const double *point = task.points + row * task.columns;
      ptrdiff_t node = 0;
      while (nodes->column[node] >= 0)
        node = point[nodes->column[node]] <= nodes->threshold[node] ? node + 1 : nodes->upper[node];
      nodes->heldOut[node] += task.weights ? task.weights[row] : 1;
    }
    for (ptrdiff_t node = ptrdiff_t(nodes->column.size()) - 1; node >= 0; --node)
      if (nodes->column[node] >= 0) nodes->heldOut[node] = nodes->heldOut[node + 1] + nodes->heldOut[nodes->upper[node]];
  }
};

CKTree treeOf(Nodes *nodes) {
  return {ptrdiff_t(nodes->column.size()), nodes->column.data(),  nodes->threshold.data(), nodes->upper.data(),
          nodes->weight.data(),            nodes->heldOut.data(), nodes->logVolume.data(), nodes};
}

} // namespace
} // namespace ck

int32_t ck_grow_trees(const CKTreeTask *task, CKTree *trees) noexcept {
  const ptrdiff_t count = ptrdiff_t(task->fold_count) + 1;
  for (ptrdiff_t i = 0; i < count; ++i) trees[i] = CKTree{};
  std::atomic<bool> isOutOfMemory{false};
  const auto grow = [&](ptrdiff_t index) noexcept {
    try {
      trees[index] = ck::treeOf(ck::Grower(*task, int32_t(index) - 1).grow().release());
    } catch (...) { // Only allocation throws.
      isOutOfMemory = true;
    }
  };
  if (count == 1) grow(0);
  else ck::parallel(count, grow);
  if (!isOutOfMemory) return CK_OK;
  ck_free_trees(trees, count);
  return CK_OUT_OF_MEMORY;
}

void ck_free_trees(CKTree *trees, ptrdiff_t count) noexcept {
  for (ptrdiff_t i = 0; i < count; ++i) {
    delete static_cast<ck::Nodes *>(trees[i].owner);
    trees[i] = CKTree{};
  }
}

void ck_find_leaves(const double *points, ptrdiff_t rows, ptrdiff_t columns, const int32_t *column,
                    const double *threshold, const int32_t *upper_child, ptrdiff_t count, const double *lower,
                    const double *upper, int64_t *leaves) noexcept {
  constexpr ptrdiff_t piece = 4096;
  ck::parallel((rows + piece - 1) / piece, [&](ptrdiff_t index) {
    const ptrdiff_t end = std::min(rows, (index + 1) * piece);
    for (ptrdiff_t row = index * piece; row < end; ++row) {
      const double *point = points + row * columns;
      bool isInside = true, isNumber = true;
      for (ptrdiff_t i = 0; i < columns; ++i) {
        isInside &= point[i] >= lower[i] && point[i] <= upper[i];
        isNumber &= point[i] == point[i];
      }
      ptrdiff_t node = 0;
      if (!isNumber) node = count + 1;
      else if (!isInside) node = count;
      else
        while (column[node] >= 0) node = point[column[node]] <= threshold[node] ? node + 1 : upper_child[node];
      leaves[row] = node;
    }
  });
}
