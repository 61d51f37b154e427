// Density trees: boxes that are cut in two again and again. The Swift over it is Torch/Kernels/DensityTreeKernels.swift.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

/// What a cut makes small: with w the share of the weight in a box of volume v, the sum over boxes of -w^2 / v or of
/// -w log(w / v).
enum CKTreeCriterion { CK_SQUARED_ERROR = 0, CK_LIKELIHOOD = 1 };

/// Rows, and how trees of them grow. Columns are given in ascending order, each with the rows that its values come from.
typedef struct CKTreeTask {
  ptrdiff_t rows, columns;
  const double *points;  // [rows, columns]
  const double *sorted;  // [columns, rows]
  const int32_t *order;  // [columns, rows]
  const double *weights; // [rows], positive; NULL for ones
  const int32_t *folds;  // [rows], from 0 to fold_count - 1; NULL when fold_count is 0
  int32_t fold_count;
  const double *lower, *upper; // [columns], the box of all rows, of positive widths
  double maximum_leaf_weight;  // boxes of a weight up to this stay whole
  double minimum_leaf_weight;  // no box has less
  int32_t criterion;
} CKTreeTask;

/// A grown tree: a node comes before its descendants, and its lower child follows it. Each array has `count` elements.
typedef struct CKTree {
  ptrdiff_t count;
  int32_t *column;    // the column that is cut; -1 for leaves
  double *threshold;  // numbers up to it go to the lower child
  int32_t *upper;     // the upper child
  double *weight;     // of the rows that the tree is grown from
  double *held_out;   // of the rows of the fold that was left out
  double *log_volume; // relative to the whole box
  void *owner;        // of the memory
} CKTree;

/// Grows `fold_count` + 1 trees: of all rows, and of all rows but those of each fold. `trees` is left empty when memory
/// is out; otherwise ck_free_trees frees it.
int32_t ck_grow_trees(const CKTreeTask *task, CKTree *trees) CK_NOEXCEPT;
void ck_free_trees(CKTree *trees, ptrdiff_t count) CK_NOEXCEPT;

/// The leaf of each point, as a position among the nodes; `count` outside the box, `count` + 1 when a number is NaN.
void ck_find_leaves(const double *points, ptrdiff_t rows, ptrdiff_t columns, const int32_t *column,
                    const double *threshold, const int32_t *upper_child, ptrdiff_t count, const double *lower,
                    const double *upper, int64_t *leaves) CK_NOEXCEPT;

CK_END
