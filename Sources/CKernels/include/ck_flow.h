// Runs of coupling and autoregressive layers, with what lies between them, in one call each way and with gradients. The
// references are SplineCoupling.swift, AffineCoupling.swift, AutoregressiveBijection.swift, ActivationNormalization.swift, Mixing.swift and WhiteningLayer.swift in Flows; `FlowKernel` in Torch/Kernels is the Swift over it.
#pragma once
#include "CKernelsTypes.h"

CK_BEGIN

/// What a step does to rows, from data to code, and which tensors it reads, in this order.
enum CKFlowStepKind {
  CK_FLOW_STANDARDIZATION = 0,  // mean, scale: [features] each
  CK_FLOW_PERMUTATION = 1,      // order: [features], 64-bit integers; place i is filled from place order[i]
  CK_FLOW_SPLINE_COUPLING = 2,  // when kept > 0 the kept features' splines, [kept, 3 bins - 1]; then the network
  CK_FLOW_AFFINE_COUPLING = 3,  // the range, [features - kept]; then the network
  CK_FLOW_ROTATION = 4,         // an orthogonal matrix [features, features], which takes columns to columns
  CK_FLOW_WHITENING = 5,        // mean, matrix and inverse, which take rows to rows, logarithm of the determinant, [1]
  CK_FLOW_SCALING = 6,          // shift and logarithm of the scale, learned: [features] each
  CK_FLOW_AUTOREGRESSIVE = 7,   // the structure, 64-bit integers; then the masked network
};

/// The map of each feature in an autoregressive step, of as many numbers as the network gives it: a shift; a shift and a
/// log-scale softly kept within log 1000; a spline.
enum CKFlowMap { CK_FLOW_SHIFT = 0, CK_FLOW_AFFINE = 1, CK_FLOW_SPLINE = 2 };

/// The nonlinearity between the linear layers of a network.
enum CKFlowActivation { CK_FLOW_RELU = 0, CK_FLOW_SILU = 1, CK_FLOW_TANH = 2 };

enum { CK_FLOW_MAXIMUM_DEPTH = 8 };

/// What ck_flow returns, beside a CKStatus, for an order that names a feature that is not there.
enum CKFlowStatus { CK_FLOW_BAD_ORDER = 2 };

/// One step. A network's tensors are weight [sizes[i], input] and bias [sizes[i]] of each of `depth` linear layers; its
/// input is the kept features and, behind them, the context.
///
/// An autoregressive step keeps all features, in the order of its structure. Each output of a masked layer sees the first
/// inputs up to some number, and the context, whatever weights are there for others. The structure is the order,
/// [features], in which levels rise; then for each layer: the number of inputs that each output sees, [outputs]; the first
/// output that sees each input, the context apart, [inputs]; and the number of outputs of each level or a lower one,
/// [levels]. The direction in which the network sees what is not known yet goes level by level, and has no gradients.
typedef struct CKFlowStep {
  int32_t kind;
  int32_t activation;
  int32_t depth;
  int32_t bins;
  int32_t map, levels; // of an autoregressive step
  bool is_turned;      // an autoregressive step goes level by level from data to code, not back
  ptrdiff_t kept;
  ptrdiff_t sizes[CK_FLOW_MAXIMUM_DEPTH];
  double bound, minimum_bin_size, minimum_slope; // as in CKSpline
  double dropout; // the probability that a hidden element is dropped
} CKFlowStep;

/// Where a tensor lies for the backward: `offset` elements behind the start of a saved one.
typedef struct CKFlowSource {
  ptrdiff_t saved, offset;
} CKFlowSource;

/// Rows and the number of steps. Behind it in memory lie the steps and, behind these, the source of each tensor.
///
/// Tensors are counted in the order x [rows, features], context [rows, context_features] when there is one, then those of
/// each step. All but the orders are of one type.
typedef struct CKFlow {
  ptrdiff_t rows, features, context_features;
  ptrdiff_t step_count;
  ptrdiff_t tape;        // its index among what is saved
  ptrdiff_t buffer;      // the index of a saved tensor that holds parameters, each in whole lines of 16; or -1
  ptrdiff_t buffer_size;
  uint64_t seed;   // of dropout
  bool is_wide;    // 64-bit
  bool is_inverse; // from code to data, the last step first
  bool is_density; // gives the log-densities of rows with standard normal codes, and no codes
} CKFlow;

/// Whether the kernel is faster than the composed operations. It is not when it was compiled without optimization, as in
/// debug builds, unless this thread asked for it in any case, as tests do.
bool ck_flow_is_wanted(void) CK_NOEXCEPT;
/// Asks for the kernel in any case, or no longer; returns what was asked before.
bool ck_flow_want_always(bool wanted) CK_NOEXCEPT;
/// The number of elements that a call keeps for its backward.
ptrdiff_t ck_flow_tape_size(const CKFlow *flow) CK_NOEXCEPT;
/// The result [rows, features] and the logarithm of the determinant [rows], or for densities NULL and the log-density
/// [rows]; fills the tape unless it is NULL.
int32_t ck_flow(const CKFlow *flow, const void *const *tensors, void *z, void *log_determinant, void *tape) CK_NOEXCEPT;
/// A `CTBackward` for `ck_flow`: saved are the sources and the tape; the outputs are z, unless for densities, and the
/// logarithm. The sums over rows are taken in pieces that do not depend on the number of threads, and added in order.
int32_t ck_flow_backward(const void *const *saved, const void *const *output_gradients, void *const *input_gradients,
                      const void *flow) CK_NOEXCEPT;

CK_END
