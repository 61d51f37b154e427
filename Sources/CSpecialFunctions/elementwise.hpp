// A function of numbers over arrays, on libtorch's threads.
#pragma once
#include "CSpecialFunctions.h"
#include <algorithm>
#include <cmath>
#include <limits>

// As in CTorch.h, whose inclusion would need its module to be built for C++.
extern "C" void ct_parallel(ptrdiff_t pieces, void (*body)(ptrdiff_t piece, void *context), void *context) noexcept;

namespace csf {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
inline constexpr double epsilon = std::numeric_limits<double>::epsilon();
inline constexpr double pi = 3.14159265358979323846;
inline constexpr double halfLogTwoPi = 0.91893853320467274178;

inline double at(CSFArgument argument, ptrdiff_t index) { return argument.values[index * argument.step]; }

/// `out[i] = function(arguments[i]...)`; NaN where an argument is NaN or the function throws (Boost may allocate).
template <class Function, class... Arguments>
void elementwise(double *out, ptrdiff_t count, Function function, Arguments... arguments) noexcept {
  constexpr ptrdiff_t size = 256; // of a piece: a function takes 50 ns to 50 us
  auto body = [=](ptrdiff_t piece) noexcept {
    const ptrdiff_t end = std::min(count, (piece + 1) * size);
    for (ptrdiff_t i = piece * size; i < end; ++i) {
      try {
        out[i] = (std::isnan(at(arguments, i)) || ...) ? notANumber : function(at(arguments, i)...);
      } catch (...) {
        out[i] = notANumber;
      }
    }
  };
  ct_parallel(
      (count + size - 1) / size,
      [](ptrdiff_t piece, void *context) { (*static_cast<decltype(body) *>(context))(piece); }, &body);
}

} // namespace csf
