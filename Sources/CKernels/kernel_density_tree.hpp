// Sums of kernels over the nodes of a k-d tree, with a bound of the error. Plain C++, compiled once.
//
// All queries of a group share a list of nodes. A node's terms lie between those of the nearest and the farthest place of
// its box; as long as half the sum of these ranges is more than the error allowed, the nodes with more than their part of
// it are replaced by their children, and leaves are summed exactly. What is left counts with the middle of its range. The
// error allowed is relative to a lower bound of the sums, so it holds by construction (Gray and Moore, Nonparametric
// density estimation: toward computational tractability, 2003, bound sums in this way with a fixed part for each node).
#pragma once
#include "kernel_density_sums.hpp"
#include <vector>

namespace ck {

/// A compact kernel of the squared distance: the same as compactValue, for numbers.
inline double compactValue(int32_t profile, double s) {
  if (s > 1) return 0;
  switch (profile) {
  case CK_UNIFORM: return 1;
  case CK_TRIANGULAR: return 1 - std::sqrt(s);
  case CK_BIWEIGHT: return (1 - s) * (1 - s);
  case CK_TRIWEIGHT: return (1 - s) * (1 - s) * (1 - s);
  case CK_COSINE: return std::cos(1.57079632679489661923 * std::sqrt(s));
  default: return 1 - s;
  }
}

/// The term of a row at given distances along the features: an exponent, or a value.
class ScalarTerm {
public:
  explicit ScalarTerm(CKKernelShape shape) : shape(shape), sum(isCompactProduct() ? 1 : 0) {}
  void add(double distance) {
    if (shape.profile == CK_GAUSSIAN || !shape.is_product) sum += distance * distance;
    else if (shape.profile == CK_EXPONENTIAL) sum += distance;
    else sum *= compactValue(shape.profile, distance * distance);
  }
  double value() const {
    if (shape.profile == CK_GAUSSIAN || shape.is_product) return sum;
    return shape.profile == CK_EXPONENTIAL ? std::sqrt(sum) : compactValue(shape.profile, sum);
  }

private:
  bool isCompactProduct() const {
    return shape.is_product && shape.profile != CK_GAUSSIAN && shape.profile != CK_EXPONENTIAL;
  }
  CKKernelShape shape;
  double sum;
};

/// The errors that sums may have: relative to each, and absolute.
struct KernelTolerance {
  double relative, absolute;
};

/// The sums of one group of queries.
class KernelGroup {
public:
  KernelGroup(const KernelRows &rows, AddPanel addPanel, KernelTolerance tolerance)
      : rows(rows), addPanel(addPanel), tolerance(tolerance) {}

  /// The logarithms of the sums of queries that lie in a box.
  void evaluate(const KernelQueries &group, const double *boxLow, const double *boxHigh, double *out) {
    queries = group;
    low = boxLow;
    high = boxHigh;
    findOwnPanels();
    base = least = exact = 0;
    KernelNode nearest = rows.root();
    while (!nearest.isLeaf()) nearest = nearer(nearest);
    if (rows.hasExponents()) base = terms(nearest).far;
    least = candidate(nearest).lower;
    candidates.assign(1, candidate(rows.root()));
    while (refine()) {}
    double middle = 0;
    for (const Candidate &each : candidates) middle += (each.upper + each.lower) / 2;
    finish(middle, out);
  }

private:
  struct Range {
    double near, far;
  };
  struct Candidate {
    KernelNode node;
    double upper, lower;

    double error() const { return (upper - lower) / 2; }
  };

  /// The terms of the nearest and of the farthest place of a node's box, without coefficients.
  Range terms(KernelNode node) const {
    const ptrdiff_t features = rows.shape.features;
    const double *lower = rows.boxes + node.index * 2 * features, *upper = lower + features;
    ScalarTerm near(rows.shape), far(rows.shape);
    const double small = rows.scaleRanges ? rows.scaleRanges[2 * node.index] : 1;
    const double large = rows.scaleRanges ? rows.scaleRanges[2 * node.index + 1] : 1;
    for (ptrdiff_t f = 0; f < features; ++f) {
      near.add(std::max({lower[f] - high[f], low[f] - upper[f], 0.0}) * small);
      far.add(std::max(upper[f] - low[f], high[f] - lower[f]) * large);
    }
    return {near.value(), far.value()};
  }

  /// 2^-exponent relative to the base, or the largest power that is a number.
  double scaled(double exponent) const { return std::exp2(std::min(base - exponent, 1000.0)); }

  double squaredGap(KernelNode node) const {
    const ptrdiff_t features = rows.shape.features;
    const double *lower = rows.boxes + node.index * 2 * features, *upper = lower + features;
    double sum = 0;
    for (ptrdiff_t f = 0; f < features; ++f) {
      const double gap = std::max({lower[f] - high[f], low[f] - upper[f], 0.0});
      sum += gap * gap;
    }
    return sum;
  }

  KernelNode nearer(KernelNode node) const {
    return squaredGap(node.left()) <= squaredGap(node.right()) ? node.left() : node.right();
  }

  Candidate candidate(KernelNode node) const {
    const Range range = terms(node);
    const double mass = rows.masses[node.index];
    double upper = mass * (rows.hasExponents() ? scaled(range.near) : range.near);
    if (rows.hasExponents() && base - range.near > 1000) upper = std::numeric_limits<double>::infinity();
    const double lower = mass * (rows.hasExponents() ? scaled(range.far) : range.far);
    // A row that a query leaves out would count in the lower bound.
    return {node, upper, holdsOwn(node) ? 0 : lower};
  }

  /// Replaces the candidates that are too uncertain; false when what is left is certain enough.
  bool refine() {
    double error = 0, lower = 0;
    bool holdsAnyOwn = false;
    for (const Candidate &each : candidates) {
      error += each.error();
      lower += each.lower;
      holdsAnyOwn = holdsAnyOwn || holdsOwn(each.node);
    }
    const double sum = std::max(least, exact + lower);
    const double allowed = tolerance.relative * sum + tolerance.absolute * scaled(0);
    if (error <= allowed && !holdsAnyOwn) return false;
    const double part = allowed / double(candidates.size());
    next.clear();
    bool isSummed = false;
    for (const Candidate &each : candidates) {
      if (each.error() <= part && !holdsOwn(each.node)) {
        next.push_back(each);
      } else if (each.node.isLeaf()) {
        addPanel(rows, each.node.firstPanel, queries);
        isSummed = true;
      } else {
        next.push_back(candidate(each.node.left()));
        next.push_back(candidate(each.node.right()));
      }
    }
    candidates.swap(next);
    if (isSummed) exact = leastSum();
    return true;
  }

  double leastSum() const {
    double smallest = std::numeric_limits<double>::infinity();
    for (ptrdiff_t q = 0; q < queries.count; ++q) {
      const KernelSum &sum = queries.sums[q];
      smallest = std::min(smallest, sum.total() * (rows.hasExponents() ? scaled(sum.reference) : 1));
    }
    return smallest;
  }

  void findOwnPanels() {
    firstOwn = rows.panelCount;
    lastOwn = -1;
    for (ptrdiff_t q = 0; queries.own && q < queries.count; ++q) {
      if (queries.own[q] < 0) continue;
      firstOwn = std::min<ptrdiff_t>(firstOwn, queries.own[q] / panelRows);
      lastOwn = std::max<ptrdiff_t>(lastOwn, queries.own[q] / panelRows);
    }
  }
  bool holdsOwn(KernelNode node) const {
    return node.firstPanel <= lastOwn && firstOwn < node.firstPanel + node.panelCount;
  }

  void finish(double middle, double *out) const {
    for (ptrdiff_t q = 0; q < queries.count; ++q) {
      const KernelSum &sum = queries.sums[q];
      if (!rows.hasExponents()) {
        out[q] = std::log(sum.total() + middle);
        continue;
      }
      const double a = sum.logarithm(true), b = std::log(middle) - base / log2OfE;
      const double larger = std::max(a, b);
      out[q] = larger == -std::numeric_limits<double>::infinity() ? larger : larger + std::log1p(std::exp(-std::abs(a - b)));
    }
  }

  const KernelRows &rows;
  AddPanel addPanel;
  KernelTolerance tolerance;
  KernelQueries queries{};
  const double *low = nullptr, *high = nullptr;
  double base = 0, least = 0, exact = 0;
  ptrdiff_t firstOwn = 0, lastOwn = -1;
  std::vector<Candidate> candidates, next;
};

} // namespace ck
