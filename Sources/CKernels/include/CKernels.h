// The C interface over the vectorized kernels; one header a topic. Torch/Kernels holds the Swift over it.
#pragma once
#include "CKernelsTypes.h"
#include "ck_adam.h"
#include "ck_density_tree.h"
#include "ck_elementary.h"
#include "ck_flow.h"
#include "ck_instruction_sets.h"
#include "ck_kernel_density.h"
#include "ck_mixture.h"
#include "ck_neighbours.h"
#include "ck_normal.h"
#include "ck_pairwise.h"
#include "ck_spline.h"
