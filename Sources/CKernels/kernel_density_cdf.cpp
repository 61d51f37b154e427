#include "ck_kernel_density.h"
#include "parallel.hpp"
#include <algorithm>
#include <cmath>
#include <new>
#include <vector>

namespace {

/// The probability of at most u for a number with the kernel's density.
double distributionFunction(int32_t profile, double u) {
  if (profile == CK_GAUSSIAN) return 0.5 * std::erfc(-0.70710678118654752440 * u);
  if (profile == CK_EXPONENTIAL) return u < 0 ? 0.5 * std::exp(u) : 1 - 0.5 * std::exp(-u);
  if (u <= -1) return 0;
  if (u >= 1) return 1;
  const double s = u * u;
  switch (profile) {
  case CK_UNIFORM: return (1 + u) / 2;
  case CK_TRIANGULAR: return u < 0 ? (1 + u) * (1 + u) / 2 : 1 - (1 - u) * (1 - u) / 2;
  case CK_EPANECHNIKOV: return (1 + u) * (1 + u) * (2 - u) / 4;
  case CK_BIWEIGHT: return 0.5 + u * (15 - s * (10 - 3 * s)) / 16;
  case CK_TRIWEIGHT: return 0.5 + u * (35 - s * (35 - s * (21 - 5 * s))) / 32;
  default: return (1 + std::sin(1.57079632679489661923 * u)) / 2;
  }
}

/// How far below and above its row a kernel's distribution function is 0, or 1 to the last bit.
struct Reach {
  double below, above;
};

Reach reachOf(int32_t profile) {
  switch (profile) {
  case CK_GAUSSIAN: return {38.5, 8.5};
  case CK_EXPONENTIAL: return {746, 40};
  default: return {1, 1};
  }
}

} // namespace

int32_t ck_kernel_cdf(int32_t profile, ptrdiff_t count, const double *points, const double *weights,
                      const double *scales, const double *queries, ptrdiff_t query_count, double *out) noexcept {
  try {
    std::vector<double> below(count + 1);
    for (ptrdiff_t i = 0; i < count; ++i) below[i + 1] = below[i] + weights[i];
    const double widest = scales ? *std::max_element(scales, scales + count) : 1;
    const Reach reach = reachOf(profile);
    constexpr ptrdiff_t piece = 64;
    ck::parallel((query_count + piece - 1) / piece, [&](ptrdiff_t index) {
      for (ptrdiff_t q = index * piece; q < std::min((index + 1) * piece, query_count); ++q) {
        const double x = queries[q];
        const ptrdiff_t first = std::lower_bound(points, points + count, x - reach.above * widest) - points;
        const ptrdiff_t last = std::upper_bound(points, points + count, x + reach.below * widest) - points;
        double sum = below[first];
        for (ptrdiff_t i = first; i < last; ++i)
          sum += weights[i] * distributionFunction(profile, scales ? (x - points[i]) / scales[i] : x - points[i]);
        out[q] = std::isnan(x) ? x : sum;
      }
    });
    return CK_OK;
  } catch (...) {
    return CK_OUT_OF_MEMORY;
  }
}
